"""Advisory groups: who is of them, what they see and do, and that who advised does not rate."""

from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select
from tests.dossiers.conftest import full_contents

from ocop_api.db.tables.accounts import RoleGrant
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Bound, Grant, Role

from .conftest import BEST, EDITION, NINETY, PROVINCE, Headers, World, area_actor

_SERIALS = count(1)
REPORT = {"report": "Hồ sơ đúng mô tả.", "recommendation": "Trình hội đồng."}


def place(user_id: UUID, office: str = "leader") -> dict[str, str]:
    return {"user_id": str(user_id), "office": office, "name": "Trần Văn Hùng"}


async def change(world: World, **wanted: Any) -> httpx.Response:
    return await world.client.patch(
        f"/v1/councils/{world.council['id']}", json=wanted, headers=world.officer | {"If-Match": "*"}
    )


def adviser_headers(world: World, user_id: UUID, council_id: str | UUID | None = None) -> Headers:
    bound = UUID(str(council_id or world.council["id"]))
    return world.sign_in(user_id, Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=bound))


async def grouped(world: World) -> tuple[UUID, Headers]:
    """A council with a leader of an advisory group, and the leader's headers."""
    await world.set_up()
    leader = await world.user("adviser")
    answer = await change(world, advisers=[place(leader)])
    assert answer.status_code == 200, answer.text
    return leader, adviser_headers(world, leader)


async def at_the_office(world: World, **changes: Any) -> Dossier:
    """A file that its producer has completed, at the desk of the province."""
    serial = next(_SERIALS)
    facts = {"state": "office_check", "contents": full_contents(EDITION)}
    return await world.dossier(**{**facts, "product_code": f"68-24611-{serial}-2026", **changes})


async def start(world: World, dossier: Dossier, council_id: object = None) -> httpx.Response:
    return await world.client.post(
        f"/v1/dossiers/{dossier.id}/start-assessment",
        json={} if council_id is None else {"council_id": str(council_id)},
        headers=world.officer,
    )


async def report(world: World, dossier: Dossier, who: Headers, **facts: Any) -> httpx.Response:
    return await world.client.post(
        f"/v1/dossiers/{dossier.id}/submit-report", json=REPORT | facts, headers=who
    )


async def live_roles(world: World, user_id: UUID) -> set[str]:
    async with world.database.read() as session:
        rows = await session.scalars(
            select(RoleGrant.role).where(RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None))
        )
        return set(rows)


async def test_a_place_in_the_group_brings_its_role_and_takes_it_away(world: World) -> None:
    leader, headers = await grouped(world)
    secretary = world.users[-1]
    read = await world.client.get(f"/v1/councils/{world.council['id']}", headers=headers)
    assert read.json()["advisers"] == [place(leader)]
    assert await live_roles(world, leader) == {"council_adviser"}
    changed = await change(world, advisers=[place(secretary), place(leader, "member")])
    assert [one["office"] for one in changed.json()["advisers"]] == ["leader", "member"]
    assert await live_roles(world, secretary) == {"council_secretary", "council_adviser"}
    emptied = await change(world, advisers=[])
    assert emptied.json()["advisers"] == []
    assert await live_roles(world, leader) == set()
    assert await live_roles(world, secretary) == {"council_secretary"}


async def test_a_council_is_set_up_with_its_group(world: World) -> None:
    chair, leader = await world.user("chair"), await world.user("leader")
    body = {
        "name": "Hội đồng OCOP tỉnh",
        "level": "province",
        "place_id": PROVINCE,
        "decision_number": "9/QĐ-UBND",
        "decision_date": "2026-06-01",
        "members": [{"user_id": str(chair), "office": "chair", "name": "Chủ tịch"}],
        "advisers": [place(leader)],
    }
    both = body | {"advisers": [place(chair)]}
    refused = await world.client.post("/v1/councils", json=both, headers=world.officer)
    assert (refused.status_code, refused.json()["code"]) == (422, "council.member_advises")
    made = await world.client.post("/v1/councils", json=body, headers=world.officer)
    assert made.status_code == 201, made.text
    assert made.json()["advisers"] == [place(leader)]


@pytest.mark.parametrize(
    ("offices", "code"),
    [
        (["member"], "council.one_leader_needed"),
        (["leader", "leader"], "council.one_leader_needed"),
    ],
)
async def test_a_group_has_one_leader(world: World, offices: list[str], code: str) -> None:
    await world.set_up()
    people = [place(await world.user(f"a{n}"), office) for n, office in enumerate(offices)]
    refused = await change(world, advisers=people)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    twice = await change(world, advisers=[people[0], people[0] | {"office": "leader"}])
    assert twice.json()["code"] == "council.adviser_named_twice"


async def test_nobody_scores_and_advises_in_one_council(world: World) -> None:
    leader, _ = await grouped(world)
    advising = await change(world, advisers=[place(world.users[1])])
    assert (advising.status_code, advising.json()["code"]) == (422, "council.member_advises")
    assert advising.json()["data"]["people"] == [str(world.users[1])]
    seats = world.council["members"]
    seated = await change(
        world, members=[*seats, {"user_id": str(leader), "office": "expert", "name": "Chuyên gia"}]
    )
    assert (seated.status_code, seated.json()["code"]) == (422, "council.member_advises")
    # Both may change places in one decision.
    left, rest = seats[1], [seats[0], *seats[2:]]
    swapped = await change(
        world,
        members=[*rest, {"user_id": str(leader), "office": "deputy", "name": "Phó chủ tịch"}],
        advisers=[place(UUID(left["user_id"]))],
    )
    assert swapped.status_code == 200, swapped.text
    assert await live_roles(world, leader) == {"council_member"}
    assert await live_roles(world, world.users[1]) == {"council_adviser"}


async def test_advisers_of_the_council_named_see_the_file_and_report_on_it(world: World) -> None:
    leader, adviser = await grouped(world)
    stranger = adviser_headers(world, uuid4(), uuid4())
    dossier = await at_the_office(world)
    url = f"/v1/dossiers/{dossier.id}"
    assert (await world.client.get(url, headers=adviser)).status_code == 404
    started = await start(world, dossier, world.council["id"])
    assert (started.status_code, started.json()["state"]) == (200, "under_assessment")
    seen = (await world.client.get(url, headers=adviser)).json()
    own = {one["action"]: one["party"] for one in seen["allowed_actions"]}
    assert own == {"submit_report": "advisory_group", "request_supplement": "advisory_group"}
    waiting = await world.client.get("/v1/work-list", headers=adviser)
    assert [one["id"] for one in waiting.json()["items"]] == [str(dossier.id)]
    assert (await world.client.get("/v1/work-list", headers=stranger)).json()["items"] == []
    # The leader hands it to somebody of the group as a desk does to a colleague.
    given = await world.client.post(f"{url}/assign", json={"user_id": str(leader)}, headers=adviser)
    assert (given.status_code, given.json()["assignee_id"]) == (200, str(leader)), given.text
    said = await world.client.post(
        f"{url}/comments",
        json={"section": "report", "text": "Cần rõ hơn.", "internal": True},
        headers=adviser,
    )
    assert said.json()["author_party"] == "advisory_group"
    assert (await report(world, dossier, stranger)).status_code == 404
    member = await report(world, dossier, world.headers[world.users[1]])
    assert (member.status_code, member.json()["code"]) == (403, "dossier.not_the_acting_party")
    filed = await report(world, dossier, adviser)
    assert (filed.status_code, filed.json()["state"]) == (200, "in_council")
    received = await world.client.post(f"{url}/reject", json={"reason": "Không đạt."}, headers=adviser)
    assert received.status_code == 409


async def test_officers_work_as_before_when_no_council_is_named(world: World) -> None:
    _, adviser = await grouped(world)
    dossier = await at_the_office(world)
    begun = await start(world, dossier)
    assert begun.status_code == 200, begun.text
    assert (await report(world, dossier, adviser)).json()["code"] == "dossier.unknown"
    assert (await report(world, dossier, world.officer)).json()["state"] == "in_council"


async def test_only_a_council_of_the_level_and_area_with_a_group_is_named(world: World) -> None:
    await world.set_up()
    dossier = await at_the_office(world)
    bare = await start(world, dossier, world.council["id"])
    assert (bare.status_code, bare.json()["code"]) == (409, "dossier.council_without_advisers")
    leader = await world.user("adviser")
    await change(world, advisers=[place(leader)])
    nobody = await start(world, dossier, uuid4())
    elsewhere = await start(
        world, await at_the_office(world, area_path=["34:01"], place_id=None), world.council["id"]
    )
    assert (nobody.status_code, nobody.json()["code"]) == (404, "dossier.council_unknown")
    # The officer of this province does not even see that file.
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "dossier.unknown")
    everywhere = world.as_actor(area_actor(Role.OFFICER, "34:01"))
    foreign = await at_the_office(world, area_path=["34:01"], place_id=None)
    hidden = await world.client.post(
        f"/v1/dossiers/{foreign.id}/start-assessment",
        json={"council_id": world.council["id"]},
        headers=everywhere,
    )
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.council_unknown")
    central = await at_the_office(world, level="central")
    minister = world.sign_in(uuid4(), Grant(Role.OFFICER, Bound.EVERYWHERE))
    below = await world.client.post(
        f"/v1/dossiers/{central.id}/start-assessment",
        json={"council_id": world.council["id"]},
        headers=minister,
    )
    assert (below.status_code, below.json()["code"]) == (409, "dossier.council_of_other_level")
    leader_of_area = world.as_actor(area_actor(Role.LEADER))
    party = await world.client.post(
        f"/v1/dossiers/{dossier.id}/start-assessment",
        json={"council_id": str(uuid4())},
        headers=leader_of_area,
    )
    assert (party.status_code, party.json()["code"]) == (403, "dossier.not_the_acting_party")


async def test_findings_by_criterion_are_checked_and_added_up(world: World) -> None:
    _, adviser = await grouped(world)
    dossier = await at_the_office(world)
    await start(world, dossier, world.council["id"])
    wrong = await report(
        world,
        dossier,
        adviser,
        assessment={
            "criteria": {"1.1": {"level": 77}, "99": {"level": 1}, "1.2": {"level": 1, "case": 2}},
            "gates": [{"gate": "no_such_gate", "reason": "Không rõ."}],
        },
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "rubric.sheet_invalid")
    assert {one["pointer"]: one["code"] for one in wrong.json()["errors"]} == {
        "/body/assessment/criteria/1.1/level": "rubric.unknown_level",
        "/body/assessment/criteria/99": "rubric.unknown_criterion",
        "/body/assessment/criteria/1.2/case": "rubric.case_not_applicable",
        "/body/assessment/gates/0/gate": "rubric.unknown_gate",
    }
    stranger = world.headers[world.users[1]]
    unasked = await report(world, dossier, stranger, assessment={"criteria": {"99": {"level": 1}}})
    assert unasked.status_code == 403
    found: dict[str, dict[str, Any]] = {code: {"level": level} for code, level in NINETY.items()}
    found["1.1"] |= {"remark": "Ba hợp đồng thu mua."}
    filed = await report(world, dossier, adviser, assessment={"criteria": found})
    assert filed.status_code == 200, filed.text
    history = await world.client.get(f"/v1/dossiers/{dossier.id}/history", headers=adviser)
    (step,) = [one for one in history.json()["items"] if one["action"] == "submit_report"]
    kept = step["data"]["assessment"]
    assert (kept["total"], kept["star"], kept["complete"], kept["missing"]) == ("90", 5, True, [])
    assert kept["criteria"]["1.1"]["remark"] == "Ba hợp đồng thu mua."
    assert set(kept["criteria"]) == set(BEST)
    # Those who score without network take it along.
    session_id = await world.plan(dossier)
    package = await world.client.get(
        f"/v1/sessions/{session_id}/package", headers=world.headers[world.users[1]]
    )
    packed = package.json()["dossiers"][0]["assessment_report"]
    assert (packed["report"], packed["assessment"]) == (REPORT["report"], kept)


async def test_findings_may_leave_criteria_open_and_need_criteria_to_be_held(world: World) -> None:
    _, adviser = await grouped(world)
    partly, without = await at_the_office(world), await at_the_office(world, edition=None)
    for dossier in (partly, without):
        assert (await start(world, dossier, world.council["id"])).status_code == 200
    some = {"criteria": {"1.1": {"level": 1}}, "gates": [{"gate": "no_product_story", "reason": "Chưa có."}]}
    refused = await report(world, without, adviser, assessment=some)
    assert (refused.status_code, refused.json()["code"]) == (422, "dossier.no_criteria")
    assert (await report(world, partly, adviser, assessment=some)).status_code == 200
    history = await world.client.get(f"/v1/dossiers/{partly.id}/history", headers=adviser)
    kept = history.json()["items"][-1]["data"]["assessment"]
    assert (kept["complete"], kept["star"]) == (False, None)
    # The gate takes a criterion out, so that one is not missing.
    assert len(kept["missing"]) == len(BEST) - 2
    assert kept["gates"] == [{"gate": "no_product_story", "reason": "Chưa có."}]


async def test_who_filed_the_report_does_not_rate_the_file(world: World) -> None:
    leader, adviser = await grouped(world)
    dossier, other = await at_the_office(world), await world.dossier()
    await start(world, dossier, world.council["id"])
    assert (await report(world, dossier, adviser)).status_code == 200
    seats = [*world.council["members"], {"user_id": str(leader), "office": "member", "name": "Trần Văn Hùng"}]
    seated = await change(world, members=seats, advisers=[])
    assert seated.status_code == 200, seated.text
    world.users.insert(0, leader)
    world.seat_headers(leader, world.council["id"], "member")
    session_id = await world.opened(dossier, other)
    read = await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)
    first, second = read.json()["dossiers"]
    assert [(one["user_id"], one["reason"], one["origin"]) for one in first["recusals"]] == [
        (str(leader), "advised", "detected")
    ]
    assert second["recusals"] == []
    refused = await world.client.put(
        world.sheet_url(session_id, dossier), json={"choices": NINETY}, headers=world.headers[leader]
    )
    assert (refused.status_code, refused.json()["data"]["bar"]) == (403, "recused")
    assert (await world.hand_in(session_id, other, leader, NINETY)).status_code == 200


async def test_advisers_learn_nothing_of_sheets_under_seal(world: World) -> None:
    _, adviser = await grouped(world)
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    secret = "Điều kín trong phiếu"
    assert (await world.hand_in(session_id, dossier, world.users[1], NINETY, secret)).status_code == 200
    await world.client.put(
        world.sheet_url(session_id, dossier),
        json={"choices": NINETY, "remarks": secret},
        headers=world.headers[world.users[2]],
    )
    shown = await world.client.get(f"/v1/sessions/{session_id}", headers=adviser)
    assert shown.json()["dossiers"][0]["rounds"][0]["submitted"] == [str(world.users[1])]
    assert shown.json()["dossiers"][0]["allowed_actions"] == []
    base = f"/v1/sessions/{session_id}/dossiers/{dossier.id}"
    refusals = {
        f"{base}/sheet": (404, "scoring.no_sheet"),
        f"{base}/result": (404, "scoring.no_closed_round"),
        f"/v1/sessions/{session_id}/package": (403, "scoring.not_on_council"),
    }
    for url, wanted in refusals.items():
        answer = await world.client.get(url, headers=adviser)
        assert (answer.status_code, answer.json()["code"]) == wanted, url
    beside = await world.client.get(f"{base}/assessments", headers=adviser)
    assert beside.status_code == 200, beside.text
    for answer in (shown, beside):
        assert secret not in answer.text
        assert "sha256" not in answer.text
    writing = await world.client.put(f"{base}/sheet", json={"choices": NINETY}, headers=adviser)
    assert (writing.status_code, writing.json()["code"]) == (403, "scoring.may_not_score")
    for action, body in (("close-round", {}), ("drop", {"reason": "X"}), ("recuse", {"reason": "owner"})):
        answer = await world.client.post(f"{base}/{action}", json=body, headers=adviser)
        assert answer.status_code in {403, 422}, action
    reseating = await world.client.patch(
        f"/v1/councils/{world.council['id']}", json={"advisers": []}, headers=adviser | {"If-Match": "*"}
    )
    assert (reseating.status_code, reseating.json()["code"]) == (403, "auth.not_permitted")
