"""Self-assessments over HTTP: who gets in, autosaving, what is refused, and what is frozen."""

import asyncio
from typing import Any
from uuid import uuid4

from sqlalchemy import event, text
from tests.assessments.conftest import BEST, CRITERIA, EDITION, Desk
from tests.conftest import MovableClock
from tests.dossiers.conftest import Headers

from ocop_api.domain.rubric.edition import load_edition

WITH_CASES = 26
"""A set one of whose criteria has cases."""


async def test_a_new_one_follows_the_product_and_the_day(desk: Desk) -> None:
    made = await desk.started(title="Lần đầu", target_star=4)
    assert (made["edition"], made["set_number"], made["state"]) == ("qd26-2026", 13, "draft")
    assert [choice["criterion"] for choice in made["choices"]] == list(CRITERIA)
    assert {choice["version"] for choice in made["choices"]} == {0}
    progress = made["progress"]
    assert (progress["criteria"], progress["scored"], progress["total"]) == (len(CRITERIA), 0, "0")
    assert progress["missing"] == list(CRITERIA)
    assert [part["code"] for part in progress["parts"]] == ["A", "B", "C"]
    assert progress["target_in_reach"] is True
    assert made["findings"] == []
    assert await desk.read(made) == made


async def test_strangers_find_nothing_and_readers_change_nothing(desk: Desk, inspector: Headers) -> None:
    made = await desk.started()
    await desk.put(made, "1.1", level=2)
    one = f"/v1/self-assessments/{made['id']}"
    for path in (desk.of_product, one, f"{one}/changes?since={made['id']}"):
        assert (await desk.client.get(path)).status_code == 401
        assert (await desk.client.get(path, headers=desk.stranger)).status_code == 404
        for insider in (desk.owner, desk.officer, inspector):
            assert (await desk.client.get(path, headers=insider)).status_code == 200, path
    any_version = {"If-Match": "*"}
    for who, status in ((desk.stranger, 404), (inspector, 403)):
        headers = {**who, **any_version}
        answers = [
            await desk.client.post(desk.of_product, json={}, headers=who),
            await desk.client.patch(one, json={"title": "x"}, headers=headers),
            await desk.client.put(f"{one}/choices/1.1", json={"level": 1}, headers=headers),
            await desk.client.delete(f"{one}/choices/1.1", headers=headers),
            await desk.client.put(f"{one}/choices", json={"choices": {}}, headers=headers),
            await desk.client.post(f"{one}/finish", headers=who),
            await desk.client.delete(one, headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [status] * len(answers)
    helped = await desk.client.put(
        f"{one}/choices/1.1", json={"level": 1}, headers={**desk.officer, **any_version}
    )
    assert helped.status_code == 200
    assert helped.json()["level"] == 1


async def test_a_choice_is_saved_and_answered_with_what_it_comes_to(desk: Desk) -> None:
    made = await desk.started()
    unconditional = await desk.client.put(
        f"/v1/self-assessments/{made['id']}/choices/1.1", json={"level": 2}, headers=desk.owner
    )
    assert unconditional.status_code == 428
    saved = await desk.put(made, "1.1", 0, level=2, remark="Có hợp đồng")
    assert saved.status_code == 200, saved.text
    body = saved.json()
    assert (body["level"], body["state"], body["remark"]) == (2, "scored", "Có hợp đồng")
    assert saved.headers["etag"].startswith(f'"{body["version"]}.')
    assert body["version"] == body["assessment_version"] == 2
    assert body["points"] == body["progress"]["total"] == str(CRITERIA["1.1"].by_level[2].points)
    assert body["progress"]["scored"] == 1
    again = await desk.put(made, "1.1", 0, level=2, remark="Có hợp đồng")
    assert (again.status_code, again.json()) == (200, body), "a repeated request is answered as saved"
    undecided = await desk.put(made, "1.2", 0, remark="Hỏi lại")
    assert (undecided.json()["level"], undecided.json()["progress"]["scored"]) == (None, 1)
    emptied = await desk.client.delete(
        f"/v1/self-assessments/{made['id']}/choices/1.1", headers={**desk.owner, "If-Match": '"2"'}
    )
    assert (emptied.status_code, emptied.json()["version"], emptied.json()["level"]) == (200, 0, None)
    assert emptied.json()["progress"]["scored"] == 0
    repeated = await desk.client.delete(
        f"/v1/self-assessments/{made['id']}/choices/1.1", headers={**desk.owner, "If-Match": '"2"'}
    )
    assert repeated.status_code == 200


async def test_two_devices_never_lose_each_others_choices(desk: Desk) -> None:
    made = await desk.started()
    codes = list(CRITERIA)[:6]
    answers = await asyncio.gather(*(desk.put(made, code, 0, level=1) for code in codes))
    assert [answer.status_code for answer in answers] == [200] * len(codes)
    assert (await desk.read(made))["scored"] == len(codes)

    first = (await desk.read(made))["choices"][0]
    rivals = await asyncio.gather(
        *(desk.put(made, codes[0], first["version"], level=1, remark=word) for word in ("một", "hai"))
    )
    assert sorted(answer.status_code for answer in rivals) == [200, 412]
    late = next(answer for answer in rivals if answer.status_code == 412)
    assert late.json()["code"] == "request.stale_version"
    # A choice that was emptied and made anew is another one than that of before.
    now = next(answer for answer in rivals if answer.status_code == 200).json()
    url = f"/v1/self-assessments/{made['id']}/choices/{codes[0]}"
    assert (await desk.client.delete(url, headers={**desk.owner, "If-Match": "*"})).status_code == 200
    assert (await desk.put(made, codes[0], now["version"], level=2)).status_code == 412
    anew = await desk.put(made, codes[0], 0, level=1)
    assert anew.json()["version"] > now["version"]
    stale = await desk.client.patch(
        f"/v1/self-assessments/{made['id']}", json={"title": "x"}, headers={**desk.owner, "If-Match": '"1"'}
    )
    assert stale.status_code == 412


async def test_wrong_choices_are_refused_by_name(desk: Desk) -> None:
    made = await desk.started(set_number=WITH_CASES)
    criteria = load_edition(EDITION).criteria_set(WITH_CASES).criteria
    with_cases = next(code for code, criterion in criteria.items() if criterion.cases)
    of_second = criteria[with_cases].options_of(2)[0].level
    tried: list[tuple[str, dict[str, Any], str]] = [
        ("99.9", {"level": 1}, "rubric.unknown_criterion"),
        ("99.9", {"remark": "x"}, "rubric.unknown_criterion"),
        ("1.1", {"level": 77}, "rubric.unknown_level"),
        ("1.1", {"level": 1, "case": 1}, "rubric.case_not_applicable"),
        (with_cases, {"level": of_second, "case": 1}, "rubric.unknown_level"),
        (with_cases, {"level": of_second, "case": 9}, "rubric.unknown_case"),
        (with_cases, {"case": 1}, "assessments.case_without_level"),
    ]
    for code, body, expected in tried:
        refused = await desk.put(made, code, **body)
        assert (refused.status_code, refused.json()["code"]) == (422, expected)
        assert refused.json()["data"]["criterion"] == code
    both = await desk.put_all(made, {"1.1": {"level": 77}, "99.9": {"level": 1}, "1.2": {"level": 1}})
    assert (both.status_code, both.json()["code"]) == (422, "assessments.choices_invalid")
    assert [fault["criterion"] for fault in both.json()["data"]["faults"]] == ["1.1", "99.9"]
    gate = await desk.put_all(made, {}, gates=[{"gate": "nope", "reason": "x"}])
    assert gate.json()["code"] == "rubric.unknown_gate"
    unknown = await desk.client.delete(
        f"/v1/self-assessments/{made['id']}/choices/99.9", headers={**desk.owner, "If-Match": "*"}
    )
    assert unknown.json()["code"] == "rubric.unknown_criterion"
    assert (await desk.read(made))["version"] == made["version"]


async def test_all_at_once_keeps_the_versions_of_what_stays(desk: Desk) -> None:
    made = await desk.started(target_star=5)
    await desk.put(made, "1.1", **BEST["1.1"])
    before = await desk.read(made)
    answer = await desk.put_all(made, BEST)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["state"], body["outcome"], body["star"], body["total"]) == ("draft", "rated", 5, "100")
    assert body["progress"]["target_in_reach"] is True
    assert body["choices"][0]["version"] == before["choices"][0]["version"]
    assert {choice["version"] for choice in body["choices"][1:]} == {body["version"]}
    gates = [{"gate": "no_product_story", "reason": "Chưa viết"}]
    gated = await desk.put_all(made, {"1.1": {"level": 1}}, gates=gates)
    assert (gated.json()["gates"], gated.json()["scored"] < len(CRITERIA)) == (gates, True)
    patched = await desk.client.patch(
        f"/v1/self-assessments/{made['id']}",
        json={"gates": [], "title": "Mới", "target_star": None},
        headers={**desk.owner, "If-Match": f'"{gated.json()["version"]}"'},
    )
    assert (patched.json()["gates"], patched.json()["title"], patched.json()["target_star"]) == (
        [],
        "Mới",
        None,
    )
    two = await desk.client.post(desk.of_product, json={"target_star": 2}, headers=desk.owner)
    assert (two.status_code, two.json()["code"]) == (422, "rubric.unknown_target_star")


async def test_a_finished_one_is_frozen_and_goes_on_as_a_copy(desk: Desk, clock: MovableClock) -> None:
    made = await desk.started(title="Trước", target_star=4)
    empty = await desk.finish(made)
    assert (empty.status_code, empty.json()["code"]) == (409, "assessments.nothing_chosen")
    await desk.put(made, "1.1", level=2, remark="Có")
    clock.move(days=1)
    done = await desk.finish(made)
    assert (done.status_code, done.json()["state"]) == (200, "finished")
    one = f"/v1/self-assessments/{made['id']}"
    headers = {**desk.owner, "If-Match": "*"}
    for answer in (
        await desk.put(made, "1.1", level=1),
        await desk.put(made, "1.1", level=2, remark="Có"),
        await desk.client.delete(f"{one}/choices/1.1", headers=headers),
        await desk.put_all(made, {}),
        await desk.client.patch(one, json={"title": "x"}, headers=headers),
        await desk.finish(made),
        await desk.client.delete(one, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "assessments.finished")
    copy = await desk.started(copy_of=made["id"])
    assert (copy["state"], copy["copied_from_id"], copy["target_star"]) == ("draft", made["id"], 4)
    assert (copy["choices"][0]["level"], copy["choices"][0]["remark"]) == (2, "Có")
    assert (await desk.put(copy, "1.1", 1, level=1)).status_code == 200
    assert (await desk.read(made))["choices"][0]["level"] == 2
    other_set = await desk.client.post(
        desk.of_product, json={"copy_of": made["id"], "set_number": 1}, headers=desk.owner
    )
    assert (other_set.status_code, other_set.json()["code"]) == (409, "assessments.copy_of_other_criteria")
    listed = (await desk.client.get(desk.of_product, headers=desk.owner)).json()["items"]
    assert [item["id"] for item in listed] == [copy["id"], made["id"]]
    only = await desk.client.get(f"{desk.of_product}?state=finished", headers=desk.owner)
    assert [item["id"] for item in only.json()["items"]] == [made["id"]]
    deleted = await desk.client.delete(f"/v1/self-assessments/{copy['id']}", headers=headers)
    assert deleted.status_code == 204
    assert (
        await desk.client.get(f"/v1/self-assessments/{copy['id']}", headers=desk.owner)
    ).status_code == 404


async def test_the_list_takes_the_same_few_queries_however_long_it_is(desk: Desk) -> None:
    queries: list[str] = []
    event.listen(
        desk.trade.database.read_engine.sync_engine,
        "before_cursor_execute",
        lambda *given: queries.append(given[2]),
    )
    counted = []
    for _ in range(2):
        for _ in range(3):
            await desk.put_all(await desk.started(), BEST)
        queries.clear()
        answer = await desk.client.get(f"{desk.of_product}?with_total=true", headers=desk.owner)
        assert {item["star"] for item in answer.json()["items"]} == {5}
        counted.append((len(queries), answer.json()["total"]))
    assert counted[0][0] == counted[1][0] <= 4
    assert [total for _, total in counted] == [3, 6]
    exported = await desk.client.get(f"{desk.of_product}.csv", headers=desk.owner)
    assert exported.status_code == 200
    assert len(exported.text.splitlines()) == 7


async def test_the_ledger_tells_that_there_is_one_and_nothing_of_it(desk: Desk) -> None:
    made = await desk.started(title="Riêng tư")
    await desk.put_all(made, BEST)
    await desk.finish(made)
    async with desk.trade.database.read() as session:
        rows = (
            await session.execute(
                text("select kind, data from ledger_event where subject_type = 'self_assessment'")
            )
        ).all()
    assert [row.kind for row in rows] == ["self_assessment.created", "self_assessment.finished"]
    assert all(set(row.data) == {"product_id", "producer_id", "edition", "set_number"} for row in rows)


async def test_a_merged_products_assessments_follow_it(desk: Desk, clock: MovableClock) -> None:
    made = await desk.started()
    other, _ = await desk.trade.product("Cà phê bột rang", at=clock())
    merged = await desk.client.post(
        f"/v1/products/{other}/merge", json={"absorbed_id": desk.product_id}, headers=desk.officer
    )
    assert merged.status_code == 200, merged.text
    assert merged.json()["moved"]["self_assessment"] == 1
    assert (await desk.read(made, desk.officer))["product_id"] == other
    old = await desk.client.get(desk.of_product, headers=desk.officer)
    assert [item["id"] for item in old.json()["items"]] == [made["id"]]
    # The product belongs to the surviving product's producer now.
    assert (await desk.client.get(desk.of_product, headers=desk.owner)).status_code == 404


async def test_unknown_things_are_named(desk: Desk, clock: MovableClock) -> None:
    nowhere = await desk.client.post(f"/v1/products/{uuid4()}/self-assessments", json={}, headers=desk.owner)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "products.unknown")
    edition = await desk.client.post(desk.of_product, json={"edition": "qd1"}, headers=desk.owner)
    assert (edition.status_code, edition.json()["code"]) == (404, "rubric.unknown_edition")
    numbered = await desk.client.post(desk.of_product, json={"set_number": 99}, headers=desk.owner)
    assert (numbered.status_code, numbered.json()["code"]) == (404, "rubric.unknown_set")
    bare, owner = await desk.trade.product("Chưa phân loại", at=clock(), set_number=None)
    unset = await desk.client.post(f"/v1/products/{bare}/self-assessments", json={}, headers=owner)
    assert (unset.status_code, unset.json()["code"]) == (422, "assessments.set_number_missing")
    told = await desk.client.post(
        f"/v1/products/{bare}/self-assessments", json={"set_number": 13}, headers=owner
    )
    assert told.status_code == 201
