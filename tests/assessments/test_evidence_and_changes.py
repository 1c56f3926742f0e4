"""Evidence by criterion, comparison over time, and what a dossier takes over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.assessments.conftest import BEST, CRITERIA, Desk
from tests.conftest import MovableClock
from tests.dossiers.conftest import Headers, full_contents

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role


def _codes(read: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["code"], finding["criterion"]) for finding in read["findings"]]


async def test_evidence_is_the_producers_own_and_told_when_it_ends(desk: Desk, clock: MovableClock) -> None:
    made = await desk.started()
    ends = (clock() + timedelta(days=30)).date().isoformat()
    lasting, ending = await desk.document(), await desk.document(expires_on=ends)
    other_product, other_owner = await desk.trade.product("Tiêu", at=clock())
    foreign = await desk.document(other_owner, other_product)
    refused = await desk.put(made, "1.1", level=2, evidence=[lasting, foreign])
    assert (refused.status_code, refused.json()["code"]) == (404, "documents.not_of_producer")
    assert refused.json()["data"]["document_ids"] == [foreign]

    unproven = await desk.put(made, "1.1", level=2)
    assert unproven.json()["progress"]["evidence_missing"] == ["1.1"]
    assert unproven.json()["evidence_kinds"]
    assert _codes(await desk.read(made)) == [("evidence_missing", "1.1")]
    saved = await desk.put(made, "1.1", level=2, evidence=[lasting, ending, lasting])
    assert [(item["document_id"], item["state"]) for item in saved.json()["evidence"]] == [
        (lasting, "valid"),
        (ending, "expiring"),
    ]
    assert saved.json()["progress"]["evidence_missing"] == []
    assert _codes(await desk.read(made)) == [("evidence_expiring", "1.1")]
    clock.move(days=31)
    assert _codes(await desk.read(made)) == [("evidence_expired", "1.1")]
    withdrawn = await desk.client.post(
        f"/v1/documents/{lasting}/withdraw", json={"reason": "Nhầm"}, headers=desk.owner
    )
    assert withdrawn.status_code == 200
    assert _codes(await desk.read(made)) == [("evidence_withdrawn", "1.1"), ("evidence_expired", "1.1")]
    # What is named already may stay while the level changes; naming it anew is refused.
    assert (await desk.put(made, "1.1", level=1, evidence=[lasting])).status_code == 200
    again = await desk.put(made, "1.2", level=1, evidence=[lasting])
    assert again.status_code == 200, "the assessment names it already"
    copy = await desk.started()
    assert (await desk.put(copy, "1.1", level=1, evidence=[lasting])).status_code == 422


async def test_whoever_may_not_see_a_document_neither_reads_nor_names_it(
    desk: Desk, as_actor: Callable[[Actor], Headers]
) -> None:
    made = await desk.started()
    named, other = await desk.document(), await desk.document()
    await desk.put(made, "1.1", level=2, evidence=[named])
    grant = Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    reach = frozenset({Permission.PRODUCT_READ, Permission.PRODUCT_EDIT})
    key = as_actor(Actor(user_id=uuid4(), grants=(grant,), scopes=reach))
    shown = (await desk.read(made, key))["choices"][0]["evidence"]
    assert shown == [
        {"document_id": named, "state": "valid", "kind": None, "title": None, "expires_on": None}
    ]
    url, headers = f"/v1/self-assessments/{made['id']}/choices/1.1", {**key, "If-Match": "*"}
    kept = await desk.client.put(url, json={"level": 1, "evidence": [named]}, headers=headers)
    assert kept.status_code == 200
    refused = await desk.client.put(url, json={"level": 1, "evidence": [named, other]}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "documents.not_of_producer")
    assert refused.json()["data"]["document_ids"] == [other]


async def test_changes_over_time_are_told_by_criterion(desk: Desk, clock: MovableClock) -> None:
    first = await desk.started()
    await desk.put_all(first, {"1.1": {"level": 2}, "1.2": {"level": 2}, "1.3": {"level": 1}})
    await desk.finish(first)
    clock.move(days=90)
    later = await desk.started(copy_of=first["id"])
    document = await desk.document()
    choices = BEST | {"1.1": {"level": 1}, "1.2": {"level": 2, "evidence": [document]}}
    del choices["1.3"]
    assert (await desk.put_all(later, choices)).status_code == 200

    url = f"/v1/self-assessments/{later['id']}/changes"
    answer = await desk.client.get(f"{url}?since={first['id']}", headers=desk.owner)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    changes = {change["criterion"]: change for change in body["changes"]}
    assert body["basis"] == "same_criteria"
    assert (changes["1.1"]["change"], changes["1.1"]["level_after"]) == ("lowered", 1)
    assert (changes["1.2"]["change"], changes["1.2"]["evidence_added"]) == ("evidence", [document])
    assert (changes["1.3"]["change"], changes["1.3"]["points_after"]) == ("removed", None)
    assert (body["raised"], body["lowered"], body["removed"]) == (0, 1, 1)
    assert body["added"] == len(CRITERIA) - 3
    gained = sum(float(part["difference"]) for part in body["parts"])
    assert gained == float(body["total"]["difference"])
    assert float(body["total"]["after"]) == float(body["now"]["total"])
    back = await desk.client.get(
        f"/v1/self-assessments/{first['id']}/changes?since={later['id']}", headers=desk.owner
    )
    assert (back.json()["raised"], back.json()["added"]) == (1, 1)

    old = await desk.started(edition="qd148-2023")
    across = await desk.client.get(f"{url}?since={old['id']}", headers=desk.owner)
    assert across.json()["basis"] == "same_set_other_edition"
    assert {change["change"] for change in across.json()["changes"]} == {"added"}
    tea = await desk.started(set_number=1)
    unlike = await desk.client.get(f"{url}?since={tea['id']}", headers=desk.owner)
    assert (unlike.json()["basis"], unlike.json()["changes"], unlike.json()["parts"]) == (
        "different_sets",
        [],
        [],
    )
    other, owner = await desk.trade.product("Tiêu", at=clock())
    theirs = await desk.client.post(f"/v1/products/{other}/self-assessments", json={}, headers=owner)
    unseen = await desk.client.get(f"{url}?since={theirs.json()['id']}", headers=desk.owner)
    assert (unseen.status_code, unseen.json()["code"]) == (404, "assessments.unknown")
    officer = await desk.client.get(f"{url}?since={theirs.json()['id']}", headers=desk.officer)
    assert (officer.status_code, officer.json()["code"]) == (422, "assessments.other_product")


async def test_the_evaluation_explains_itself(desk: Desk) -> None:
    made = await desk.started()
    await desk.put_all(made, BEST)
    url = f"/v1/self-assessments/{made['id']}/evaluation"
    answer = await desk.client.get(url, headers={**desk.owner, "Accept-Language": "en"})
    assert (answer.status_code, answer.json()["star"]) == (200, 5)
    assert answer.json()["explanation"][-1]["sentence"].startswith("Result: 5 stars")
    assert (await desk.client.get(url, headers=desk.stranger)).status_code == 404


async def test_advice_aims_at_the_star_that_is_wanted(desk: Desk) -> None:
    made = await desk.started()
    await desk.put_all(made, BEST | {"1.1": {"level": 1}})
    url = f"/v1/self-assessments/{made['id']}/advice"
    aimless = await desk.client.get(url, headers=desk.owner)
    assert (aimless.status_code, aimless.json()["code"]) == (422, "assessments.no_target")
    await desk.client.patch(
        f"/v1/self-assessments/{made['id']}",
        json={"target_star": 5},
        headers={**desk.owner, "If-Match": "*"},
    )
    five = await desk.client.get(url, headers=desk.owner)
    assert five.status_code == 200, five.text
    assert five.json()["target_star"] == 5
    four = await desk.client.get(f"{url}?target_star=4", headers=desk.owner)
    assert four.json()["target_star"] == 4
    two = await desk.client.get(f"{url}?target_star=2", headers=desk.owner)
    assert (two.status_code, two.json()["code"]) == (422, "rubric.unknown_target_star")
    assert (await desk.client.get(url, headers=desk.stranger)).status_code == 404


async def _carry(
    desk: Desk, dossier_id: str, assessment_id: str, who: Headers | None = None
) -> httpx.Response:
    return await desk.client.post(
        f"/v1/dossiers/{dossier_id}/self-assessment/from/{assessment_id}",
        headers={**(who or desk.owner), "If-Match": "*"},
    )


async def test_a_draft_takes_choices_and_evidence_over(desk: Desk) -> None:
    made = await desk.started()
    there, new = await desk.document(number="12/2026"), await desk.document()
    choices = BEST | {"1.1": {**BEST["1.1"], "evidence": [there, new]}, "8": {**BEST["8"], "evidence": [new]}}
    assert (await desk.put_all(made, choices)).status_code == 200
    dossier = await desk.trade.draft(desk.product_id, desk.owner)
    contents = full_contents("qd26-2026")
    del contents["self_assessment"]
    contents["evidence"].append({"kind": "test_report", "document_id": there, "criteria": ["7"]})
    assert (await desk.trade.write(dossier["id"], desk.owner, contents)).status_code == 200
    stale = await desk.client.post(
        f"/v1/dossiers/{dossier['id']}/self-assessment/from/{made['id']}",
        headers={**desk.owner, "If-Match": '"1"'},
    )
    assert stale.status_code == 412
    for _ in range(2):
        taken = await _carry(desk, dossier["id"], made["id"])
        assert taken.status_code == 200, taken.text
        file = taken.json()["contents"]
        assert {code: choice["level"] for code, choice in file["self_assessment"].items()} == {
            code: choice["level"] for code, choice in BEST.items()
        }
        cited = {item["document_id"]: item["criteria"] for item in file["evidence"]}
        assert (len(file["evidence"]), cited[there], cited[new]) == (3, ["1.1", "7"], ["1.1", "8"])
        assert file["self_assessment_origin"]["assessment_id"] == made["id"]
        assert file["self_assessment_origin"]["finished"] is False
    assert taken.json()["findings"] == []

    kept = await desk.trade.write(dossier["id"], desk.owner, {"report": contents["report"]})
    assert kept.json()["contents"]["self_assessment_origin"] is not None
    lodged = await desk.trade.done(dossier["id"], "lodge", desk.owner)
    history = await desk.client.get(f"/v1/dossiers/{lodged['id']}/history", headers=desk.owner)
    (step,) = history.json()["items"]
    assert step["data"]["self_assessment_origin"]["assessment_id"] == made["id"]
    late = await _carry(desk, dossier["id"], made["id"])
    assert (late.status_code, late.json()["code"]) == (409, "dossier.not_editable")


async def test_choices_written_afterwards_are_the_dossiers_own(desk: Desk) -> None:
    made = await desk.started()
    await desk.put_all(made, BEST)
    dossier = await desk.trade.draft(desk.product_id, desk.owner)
    assert (await _carry(desk, dossier["id"], made["id"])).status_code == 200
    changed = await desk.trade.write(
        dossier["id"], desk.owner, {"self_assessment": {**BEST, "1.1": {"level": 1}}}
    )
    assert changed.json()["contents"]["self_assessment_origin"] is None


@pytest.mark.parametrize(
    ("start", "choices", "code"),
    [
        ({"edition": "qd148-2023"}, {"1.1": {"level": 1}}, "dossier.self_assessment_other_edition"),
        ({"set_number": 1}, {"1.1": {"level": 1}}, "dossier.self_assessment_other_set"),
        ({}, {"1.1": {"remark": "x"}}, "dossier.self_assessment_empty"),
    ],
)
async def test_what_does_not_fit_the_dossier_is_refused_with_the_reason(
    desk: Desk, start: dict[str, Any], choices: dict[str, Any], code: str
) -> None:
    made = await desk.started(**start)
    assert (await desk.put_all(made, choices)).status_code == 200
    dossier = await desk.trade.draft(desk.product_id, desk.owner)
    refused = await _carry(desk, dossier["id"], made["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert (await desk.trade.read(dossier["id"], desk.owner))["contents"] == dossier["contents"]


async def test_only_its_producer_takes_over_and_only_of_the_same_product(
    desk: Desk, clock: MovableClock
) -> None:
    made = await desk.started()
    gone = await desk.document()
    await desk.put_all(made, {"1.1": {"level": 1, "evidence": [gone]}})
    other, other_owner = await desk.trade.product("Tiêu", at=clock())
    theirs = await desk.trade.draft(other, other_owner)
    assert (await _carry(desk, theirs["id"], made["id"])).status_code == 404
    assert (await _carry(desk, theirs["id"], made["id"], other_owner)).json()["code"] == "assessments.unknown"
    dossier = await desk.trade.draft(desk.product_id, desk.owner)
    assert (await _carry(desk, dossier["id"], made["id"], desk.officer)).status_code == 404
    product = (await desk.client.get(f"/v1/products/{desk.product_id}")).json()
    second = await desk.client.post(
        "/v1/products",
        json={"producer_id": product["producer"]["id"], "name": "Cà phê hạt", "set_number": 13},
        headers=desk.owner,
    )
    assert second.status_code == 201, second.text
    another = await desk.trade.draft(second.json()["id"], desk.owner)
    unlike = await _carry(desk, another["id"], made["id"])
    assert (unlike.status_code, unlike.json()["code"]) == (409, "dossier.self_assessment_of_other_product")
    await desk.client.post(f"/v1/documents/{gone}/withdraw", json={"reason": "Nhầm"}, headers=desk.owner)
    withdrawn = await _carry(desk, dossier["id"], made["id"])
    assert (withdrawn.status_code, withdrawn.json()["code"]) == (422, "documents.cited_withdrawn")
