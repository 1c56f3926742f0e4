"""Appeals against ratings, from the producer's grounds to another certificate or the confirmed one."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from tests.conftest import MovableClock
from tests.documents.conftest import pdf
from tests.scoring.conftest import area_actor

from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.dossiers.service import DossierService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService

from .appealing import Matter


@pytest.fixture
def matter(
    client: httpx.AsyncClient,
    database: Database,
    as_actor: Callable[[Actor], dict[str, str]],
    clock: MovableClock,
) -> Matter:
    return Matter(client, database, as_actor, clock)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_an_appeal_that_is_upheld_leads_to_more_stars_and_a_certificate_that_replaces_the_first(
    matter: Matter, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    first = await matter.recognised(3)
    panel = await matter.bench("2")
    clock.move(days=2)
    lodged = await matter.lodge(
        requested_star=4, criteria=[{"code": "2.4", "reason": "Hợp đồng bao tiêu chưa được tính."}]
    )
    assert lodged.status_code == 201, lodged.text
    appeal_id = lodged.json()["id"]
    assert lodged.headers["location"] == f"/v1/appeals/{appeal_id}"
    seen = lodged.json()
    assert (seen["state"], seen["told_on"], seen["last_day"]) == ("lodged", "2026-06-15", "2026-07-15")
    assert seen["contested"] | {"council_result_id": None} == {
        "outcome": "recognised",
        "star": 3,
        "points": "60.000000",
        "decision_number": "11/QĐ-UBND",
        "council_result_id": None,
        "certificate_id": first["id"],
        "certificate_number": first["number"],
    }
    assert [one["action"] for one in seen["allowed_actions"]] == ["withdraw"]
    at_office = await matter.appeal(appeal_id, matter.officer)
    assert [one["action"] for one in at_office["allowed_actions"]] == ["accept", "refuse"]
    accepted = (await matter.accept(appeal_id, panel)).json()
    assert accepted["state"] == "under_review"
    assert accepted["panel"] == {
        "council_id": panel.id,
        "name": "Hội đồng số 2",
        "report_due_on": "2026-07-07",
    }
    chair = matter.speaks(panel)
    # The panel reads the file it is to judge.
    assert (await matter.read(chair))["state"] == "recognised"
    answered = [{"code": "2.4", "finding": "founded", "reason": "Hợp đồng có trong hồ sơ."}]
    reported = await matter.report(appeal_id, chair, criteria=answered)
    assert reported.json()["report"] == {
        "finding": "founded",
        "recommendation": "rescore",
        "summary": "Có căn cứ.",
        "criteria": answered,
    }
    at_leader = await matter.appeal(appeal_id, matter.leader)
    assert {(one["action"], one["path"]) for one in at_leader["allowed_actions"]} == {
        ("uphold", f"/v1/appeals/{appeal_id}/decide"),
        ("dismiss", f"/v1/appeals/{appeal_id}/decide"),
    }
    clock.move(days=1)
    decided = (await matter.decide(appeal_id)).json()
    assert (decided["state"], decided["decision"]["rescore"]) == ("upheld", True)
    reopened = await matter.read(matter.officer)
    assert (reopened["state"], reopened["star"], reopened["points"]) == ("in_council", None, None)
    # What was recognised stands while the panel rates.
    assert (await client.get(f"/v1/verify/{first['verification_code']}")).json()["in_force"] is True
    clock.move(days=1)
    await matter.rate(panel, 4)
    issued = await matter.issue("31/QĐ-UBND")
    assert issued.status_code == 201, issued.text
    second = issued.json()
    assert (second["stars"], second["appeal_id"], second["dossier_id"]) == (4, appeal_id, str(matter.file.id))
    old = (await client.get(f"/v1/verify/{first['verification_code']}")).json()
    assert (old["status"], old["in_force"]) == ("superseded", False)
    assert old["successor_url"].endswith(second["verification_code"])
    page = (await client.get(f"/verify/{first['verification_code']}")).text
    assert "Đã được thay thế" in page
    assert (await client.get(f"/v1/verify/{second['verification_code']}")).json()["status"] == "valid"
    told = await matter.appeal(appeal_id, matter.producer)
    follow_up = told["follow_up"]
    assert follow_up.pop("council_result_id") not in {None, told["contested"]["council_result_id"]}
    assert follow_up == {
        "dossier_state": "recognised",
        "star": 4,
        "certificate_id": second["id"],
        "certificate_number": second["number"],
    }
    assert [(one["action"], one["party"], one["to_state"]) for one in told["steps"]] == [
        ("lodge", "producer", "lodged"),
        ("accept", "office", "under_review"),
        ("report", "panel", "reported"),
        ("uphold", "authority", "upheld"),
    ]
    # Neither a third certificate nor a second appeal comes of it.
    assert refused(await matter.issue("32/QĐ-UBND")) == (409, "certificate.already_issued")
    assert refused(await matter.lodge()) == (409, "appeal.already_decided")
    history = (await client.get(f"/v1/dossiers/{matter.file.id}/history", headers=matter.officer)).json()
    assert [one["action"] for one in history["items"]] == [
        "propose",
        "recognise",
        "reopen",
        "propose",
        "recognise",
    ]


async def test_an_appeal_that_is_dismissed_changes_nothing(matter: Matter, client: httpx.AsyncClient) -> None:
    certificate = await matter.recognised(3)
    panel = await matter.bench("2")
    appeal_id = await matter.reported(panel, finding="unfounded", recommendation="none")
    assert refused(await matter.decide(appeal_id, "dismissed", matter.officer)) == (
        403,
        "appeal.not_the_acting_party",
    )
    decided = await matter.decide(appeal_id, "dismissed")
    assert decided.json()["decision"]["verdict"] == "dismissed"
    assert decided.json()["allowed_actions"] == []
    dossier = await matter.read(matter.producer)
    assert (dossier["state"], dossier["star"]) == ("recognised", 3)
    verified = (await client.get(f"/v1/verify/{certificate['verification_code']}")).json()
    assert verified["status"] == "valid"
    # The panel's work is over: it keeps the appeal in sight, the file no longer.
    chair = matter.speaks(panel)
    assert (await client.get(f"/v1/dossiers/{matter.file.id}", headers=chair)).status_code == 404
    assert (await matter.appeal(appeal_id, chair))["state"] == "dismissed"
    assert refused(await matter.lodge()) == (409, "appeal.already_decided")
    assert refused(await matter.decide(appeal_id)) == (409, "appeal.action_not_allowed")


async def test_an_appeal_may_be_upheld_without_a_new_rating(matter: Matter) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    appeal_id = await matter.reported(panel)
    decided = (await matter.decide(appeal_id, rescore=False)).json()
    assert (decided["state"], decided["decision"]["rescore"], decided["follow_up"]) == ("upheld", False, None)
    assert (await matter.read(matter.officer))["state"] == "recognised"
    contradiction = await matter.decide(appeal_id, "dismissed", rescore=True)
    assert contradiction.status_code == 422


@pytest.mark.parametrize("found", [2, 3])
async def test_a_panel_that_finds_no_more_stars_never_makes_it_worse(
    matter: Matter, client: httpx.AsyncClient, found: int
) -> None:
    first = await matter.recognised(3)
    panel = await matter.bench("2")
    appeal_id = await matter.upheld(panel)
    await matter.rate(panel, found)
    assert refused(await matter.issue("31/QĐ-UBND")) == (409, "certificate.no_more_stars")
    for action, body in (
        ("conclude-not-reached", {}),
        ("reject", {"reason": "Không đạt."}),
    ):
        answer = await matter.act(action, matter.leader, **body)
        assert refused(answer) == (409, "dossier.guard_not_met"), action
        assert "no_recognition_stands" in answer.json()["data"]["missing"]
    assert refused(await matter.act("confirm", matter.officer)) == (403, "dossier.not_the_acting_party")
    confirmed = await matter.act("confirm", matter.leader)
    assert confirmed.status_code == 200, confirmed.text
    dossier = confirmed.json()
    assert (dossier["state"], dossier["star"], dossier["points"]) == ("recognised", 3, "60.000000")
    assert dossier["outcome"]["star"] == 3
    verified = (await client.get(f"/v1/verify/{first['verification_code']}")).json()
    assert verified["status"] == "valid"
    register = await client.get("/v1/certificates", params={"product_id": str(matter.file.product_id)})
    assert [one["id"] for one in register.json()["items"]] == [first["id"]]
    follow_up = (await matter.appeal(appeal_id, matter.producer))["follow_up"]
    assert (follow_up["dossier_state"], follow_up["star"], follow_up["certificate_id"]) == (
        "recognised",
        found,
        None,
    )
    history = (await client.get(f"/v1/dossiers/{matter.file.id}/history", headers=matter.officer)).json()
    last = history["items"][-1]
    # The file shows what is recognised; what the panel found stays in the step.
    assert (last["action"], last["data"]["outcome"]["star"]) == ("confirm", found)


async def test_more_stars_are_issued_and_not_confirmed(matter: Matter) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    await matter.upheld(panel)
    await matter.rate(panel, 4)
    answer = await matter.act("confirm", matter.leader)
    assert refused(answer) == (409, "dossier.guard_not_met")
    assert answer.json()["data"]["missing"] == ["recognition_stands"]


async def test_who_was_not_recognised_may_be_after_an_appeal(matter: Matter) -> None:
    await matter.begin(2)
    concluded = await matter.act(
        "conclude-not-reached", matter.leader, letter={"number": "9/TB-UBND", "issued_on": "2026-06-15"}
    )
    assert concluded.json()["state"] == "not_reached"
    panel = await matter.bench("2")
    lodged = await matter.lodge(requested_star=3)
    assert lodged.json()["contested"]["decision_number"] == "9/TB-UBND"
    assert lodged.json()["contested"]["certificate_id"] is None
    appeal_id = lodged.json()["id"]
    assert (await matter.accept(appeal_id, panel)).status_code == 200
    assert (await matter.report(appeal_id, matter.speaks(panel))).status_code == 200
    assert (await matter.decide(appeal_id)).status_code == 200
    await matter.rate(panel, 3)
    issued = await matter.issue()
    assert (issued.status_code, issued.json()["appeal_id"]) == (201, appeal_id)


async def test_who_is_rejected_after_a_rating_may_appeal_and_may_be_rejected_again(matter: Matter) -> None:
    await matter.begin(3)
    assert (await matter.act("reject", matter.leader, reason="Nghi giả mạo.")).status_code == 200
    panel = await matter.bench("2")
    await matter.upheld(panel)
    await matter.rate(panel, 3)
    again = await matter.act("reject", matter.leader, reason="Vẫn không hợp lệ.")
    assert again.json()["state"] == "rejected"


async def test_a_refusal_without_a_rating_is_no_rating_to_appeal_against(matter: Matter) -> None:
    await matter.filed(state="office_check")
    assert refused(await matter.lodge()) == (409, "appeal.no_outcome")
    assert (await matter.act("reject", matter.officer, reason="Thiếu hồ sơ.")).status_code == 200
    assert refused(await matter.lodge()) == (409, "appeal.not_rated")


async def test_an_appeal_that_is_refused_is_told_why_and_may_be_lodged_better(matter: Matter) -> None:
    await matter.recognised(3)
    appeal_id = await matter.lodged()
    assert refused(await matter.take(appeal_id, "refuse", matter.leader, reason="Không rõ.")) == (
        403,
        "appeal.not_the_acting_party",
    )
    assert (await matter.take(appeal_id, "refuse", matter.officer)).status_code == 422
    answer = await matter.done(appeal_id, "refuse", matter.officer, reason="Không nêu căn cứ.")
    assert (answer["state"], answer["refusal"]) == ("refused", "Không nêu căn cứ.")
    assert (await matter.appeal(appeal_id, matter.producer))["refusal"] == "Không nêu căn cứ."
    assert (await matter.lodge()).status_code == 201


@pytest.mark.parametrize(
    ("days", "last_second"),
    [
        # 15/07/2026 is a Wednesday; 18/07 a Saturday, so that term runs on to Monday the 20th.
        (30, datetime(2026, 7, 15, 16, 59, 59, tzinfo=UTC)),
        (33, datetime(2026, 7, 20, 16, 59, 59, tzinfo=UTC)),
        # Wednesday the 2nd of September is the National Day, the 1st is off with it.
        (78, datetime(2026, 9, 3, 16, 59, 59, tzinfo=UTC)),
    ],
)
async def test_the_last_day_is_counted_in_vietnam_and_ends_at_midnight(
    matter: Matter, clock: MovableClock, days: int, last_second: datetime
) -> None:
    await matter.recognised(3, appeal_days=days)
    clock.at = last_second
    assert (await matter.lodge()).status_code == 201
    [first] = (await matter.client.get("/v1/appeals", headers=matter.producer)).json()["items"]
    await matter.done(first["id"], "withdraw", matter.producer)
    clock.move(seconds=1)
    answer = await matter.lodge()
    assert refused(answer) == (409, "appeal.too_late")
    assert answer.json()["data"]["last_day"] == last_second.date().isoformat()


async def test_the_term_is_that_of_the_rules_the_session_was_held_under(
    matter: Matter, clock: MovableClock
) -> None:
    await matter.recognised(3, appeal_days=40)
    assert matter.first is not None
    changed = await matter.client.patch(
        f"/v1/councils/{matter.first.id}",
        json={"rules": {"appeal_days": 2}},
        headers=matter.officer | {"If-Match": "*"},
    )
    assert changed.json()["rules"]["appeal_days"] == 2
    clock.move(days=36)
    assert (await matter.lodge()).json()["last_day"] == "2026-07-27"


async def test_a_producer_takes_an_appeal_back_until_it_is_decided(
    matter: Matter, client: httpx.AsyncClient
) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    appeal_id = await matter.reported(panel)
    for headers in (matter.officer, matter.leader, matter.speaks(panel)):
        assert refused(await matter.take(appeal_id, "withdraw", headers)) == (
            403,
            "appeal.not_the_acting_party",
        )
    answer = await matter.done(appeal_id, "withdraw", matter.producer, reason="Sẽ nâng hạng sau.")
    assert (answer["state"], answer["report"]) == ("withdrawn", None)
    assert refused(await matter.decide(appeal_id)) == (409, "appeal.action_not_allowed")
    chair = matter.speaks(panel)
    assert (await client.get(f"/v1/dossiers/{matter.file.id}", headers=chair)).status_code == 404
    assert (await matter.lodge()).status_code == 201


async def test_nobody_of_the_first_rating_is_on_the_panel(matter: Matter) -> None:
    await matter.recognised(3)
    assert matter.first is not None
    appeal_id = await matter.lodged()
    for seat in range(3):
        people = [await matter.user(f"p{seat}{n}") for n in range(3)]
        people[2 - seat] = matter.first.people[seat]
        panel = await matter.bench(f"2{seat}", people)
        answer = await matter.accept(appeal_id, panel)
        assert refused(answer) == (409, "appeal.panel_not_independent")
        assert answer.json()["data"]["people"] == [str(matter.first.people[seat])]
    assert refused(await matter.accept(appeal_id, matter.first)) == (409, "appeal.panel_not_independent")
    kin = await matter.user("kin", Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=matter.file.producer_id))
    others = [await matter.user(f"q{n}") for n in range(2)]
    answer = await matter.accept(appeal_id, await matter.bench("3", [*others, kin]))
    assert answer.json()["data"]["people"] == [str(kin)]
    assert (await matter.appeal(appeal_id, matter.officer))["state"] == "lodged"


async def test_who_reported_to_the_first_council_is_not_on_the_panel(
    matter: Matter, database: Database
) -> None:
    author = await matter.user("bao.cao")
    await matter.filed(state="under_assessment")
    adviser = matter.sign_in(author, Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"))
    done = await matter.act("submit-report", adviser, report="Đạt.", recommendation="Trình.")
    assert done.status_code == 200, done.text
    await matter.rate(await matter.bench("1"), 3)
    assert (await matter.issue()).status_code == 201
    panel = await matter.bench("2", [author, *[await matter.user(f"r{n}") for n in range(2)]])
    answer = await matter.accept(await matter.lodged(), panel)
    assert answer.json()["data"]["people"] == [str(author)]


async def test_the_panel_is_of_the_level_and_area_that_decided(matter: Matter) -> None:
    await matter.recognised(3)
    appeal_id = await matter.lodged()
    central = await matter.bench("5", level="central", place_id=None)
    elsewhere = await matter.bench("6", place_id="34:01")
    # A province's officer sees neither of them; the ministry's sees both, and does not act at this level.
    assert refused(await matter.accept(appeal_id, central)) == (404, "scoring.unknown_council")
    assert refused(await matter.accept(appeal_id, elsewhere)) == (404, "scoring.unknown_council")
    both = (
        Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),
        Grant(Role.INSPECTOR, Bound.EVERYWHERE, level=Level.CENTRAL),
    )
    matter.officer = matter.as_actor(Actor(user_id=uuid4(), grants=both))
    for bench in (central, elsewhere):
        assert refused(await matter.accept(appeal_id, bench)) == (422, "appeal.panel_elsewhere")
    past = await matter.take(
        appeal_id,
        "accept",
        matter.officer,
        panel_id=(await matter.bench("7")).id,
        report_due_on="2026-06-15",
    )
    assert refused(past) == (422, "appeal.due_on_past")


async def test_who_is_seated_later_is_found_out_when_the_panel_reports(matter: Matter) -> None:
    await matter.recognised(3)
    assert matter.first is not None
    panel = await matter.bench("2")
    fresh = list(panel.people)
    appeal_id = await matter.accepted(panel)
    await matter.reseat(panel, [fresh[0], matter.first.people[1], fresh[2]])
    answer = await matter.report(appeal_id, matter.speaks(panel))
    assert refused(answer) == (409, "appeal.panel_not_independent")
    await matter.reseat(panel, fresh)
    # A member speaks for nobody; the secretary does.
    assert refused(await matter.report(appeal_id, matter.speaks(panel, 1))) == (
        403,
        "appeal.not_the_acting_party",
    )
    assert (await matter.report(appeal_id, matter.speaks(panel, 2))).status_code == 200


async def test_who_is_seated_later_does_not_rate_again(matter: Matter, client: httpx.AsyncClient) -> None:
    await matter.recognised(3)
    assert matter.first is not None
    panel = await matter.bench("2")
    fresh = list(panel.people)
    await matter.upheld(panel)
    # The first council may not even put it on an agenda.
    matter.sit(matter.first)
    body = {"held_on": "2026-06-16", "dossier_ids": [str(matter.file.id)]}
    planned = await client.post(
        f"/v1/councils/{matter.first.id}/sessions", json=body, headers=matter.secretary
    )
    assert refused(planned) == (409, "scoring.dossiers_not_ready")
    # Nor may its secretary keep the minutes of the panel.
    await matter.reseat(panel, [fresh[0], fresh[1], matter.first.people[2]])
    matter.sit(panel)
    session_id = await matter.plan(matter.file)
    assert refused(await matter.open(session_id)) == (409, "scoring.secretary_rated_before")
    # A member of it is recused, and here too few are left to act.
    await matter.reseat(panel, [fresh[0], matter.first.people[1], fresh[2]])
    matter.sit(panel)
    assert refused(await matter.open(session_id)) == (409, "scoring.no_quorum")
    changed = await client.patch(
        f"/v1/councils/{panel.id}",
        json={"rules": {"least_voters": 1}},
        headers=matter.officer | {"If-Match": "*"},
    )
    assert changed.status_code == 200
    opened = await matter.open(session_id)
    assert opened.status_code == 200, opened.text
    [item] = opened.json()["dossiers"]
    assert [(one["user_id"], one["reason"], one["origin"]) for one in item["recusals"]] == [
        (str(matter.first.people[1]), "rated_before", "detected")
    ]


async def test_a_panel_may_rate_twice_when_the_authority_asks(matter: Matter) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    await matter.upheld(panel)
    # Nothing is added to what the panel judges.
    returned = await matter.act("return-to-assessment", matter.speaks(panel, 2), reason="Thiếu khảo sát.")
    assert returned.json()["data"]["missing"] == ["no_panel"]
    await matter.rate(panel, 3)
    assert (await matter.act("return-to-council", matter.leader, reason="Chấm lại.")).status_code == 200
    await matter.rate(panel, 4)
    assert (await matter.issue("31/QĐ-UBND")).status_code == 201


@pytest.mark.parametrize("found", [3, 4])
async def test_a_panel_that_finds_five_stars_sends_the_file_up_and_nothing_is_lost_there(
    matter: Matter, database: Database, found: int
) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    await matter.upheld(panel)
    await matter.rate(panel, 5)
    letter = {"number": "45/TTr-UBND", "issued_on": "2026-06-15"}
    sent = await matter.act("forward", matter.leader, request_letter=letter, samples=5)
    assert (sent.status_code, sent.json()["level"]) == (200, "central")
    # Its desk and its advisory group are passed over; what the council there finds is what counts.
    async with database.transaction() as session:
        await session.execute(text("update dossier set state = 'in_council'"))
    central = await matter.bench("9", level="central", place_id=None)
    await matter.rate(central, found)
    minister = Grant(Role.LEADER, Bound.EVERYWHERE, level=Level.CENTRAL)
    headers = matter.as_actor(Actor(user_id=uuid4(), grants=(minister,)))
    # The ministry recognised nothing that it could confirm.
    assert refused(await matter.act("confirm", headers)) == (409, "dossier.guard_not_met")
    back = await matter.act("remand", headers)
    assert (back.status_code, back.json()["state"], back.json()["level"]) == (200, "remanded", "province")
    concluded = await matter.act("conclude-not-reached", matter.leader)
    assert "no_recognition_stands" in concluded.json()["data"]["missing"]
    if found > 3:
        assert (await matter.issue("31/QĐ-UBND")).json()["stars"] == found
        return
    assert refused(await matter.issue("31/QĐ-UBND")) == (409, "certificate.no_more_stars")
    confirmed = (await matter.act("confirm", matter.leader)).json()
    assert (confirmed["state"], confirmed["level"], confirmed["star"]) == ("recognised", "province", 3)


async def test_of_two_appeals_at_once_one_stands(matter: Matter) -> None:
    await matter.recognised(3)
    answers = await asyncio.gather(matter.lodge(), matter.lodge(), matter.lodge())
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "appeal.already_open"
    }


async def test_of_two_authorities_who_decide_at_once_one_does(matter: Matter) -> None:
    await matter.recognised(3)
    appeal_id = await matter.reported(await matter.bench("2"))
    deputy = matter.as_actor(area_actor(Role.LEADER))
    answers = await asyncio.gather(
        matter.decide(appeal_id), matter.decide(appeal_id, "dismissed", deputy), matter.decide(appeal_id)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    read = await matter.appeal(appeal_id, matter.leader)
    assert [one["action"] for one in read["steps"]].count("report") == 1
    assert len(read["steps"]) == 4
    state = (await matter.read(matter.leader))["state"]
    assert state == ("in_council" if read["state"] == "upheld" else "recognised")


async def test_a_stale_copy_is_not_decided_on(matter: Matter) -> None:
    await matter.recognised(3)
    appeal_id = await matter.lodged()
    stale = matter.officer | {"If-Match": '"7.abc"'}
    answer = await matter.take(appeal_id, "refuse", stale, reason="Không rõ.")
    assert refused(answer) == (412, "request.stale_version")


async def test_an_appeal_is_seen_by_its_producer_its_area_and_its_panel(
    matter: Matter, client: httpx.AsyncClient
) -> None:
    await matter.recognised(3)
    assert matter.first is not None
    panel = await matter.bench("2")
    appeal_id = await matter.accepted(panel)
    inspector = matter.as_actor(area_actor(Role.INSPECTOR))
    commune = matter.as_actor(area_actor(Role.OFFICER, "34:24611", Level.COMMUNE))
    insiders = [matter.producer, matter.officer, matter.leader, inspector, commune]
    insiders += [matter.speaks(panel, seat) for seat in range(3)]
    for headers in insiders:
        assert (await matter.appeal(appeal_id, headers))["state"] == "under_review"
        listed = (await client.get("/v1/appeals", headers=headers)).json()["items"]
        assert [one["id"] for one in listed] == [appeal_id]
    other = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=uuid4())
    outsiders = [
        matter.as_actor(Actor(user_id=uuid4(), grants=(other,))),
        matter.as_actor(area_actor(Role.OFFICER, "34:01")),
        # Whose rating is contested does not read what is said about it.
        matter.speaks(matter.first),
    ]
    for headers in outsiders:
        assert (await client.get(f"/v1/appeals/{appeal_id}", headers=headers)).status_code == 404
        assert (await client.get("/v1/appeals", headers=headers)).json()["items"] == []
        for action, body in (
            ("refuse", {"reason": "Không."}),
            ("withdraw", {}),
        ):
            assert refused(await matter.take(appeal_id, action, headers, **body)) == (404, "appeal.unknown")
    assert refused(await matter.lodge(outsiders[0])) == (404, "dossier.unknown")
    for headers in (matter.officer, matter.leader, inspector):
        assert refused(await matter.lodge(headers)) == (403, "appeal.not_the_acting_party")


async def test_appeals_are_found_by_what_they_are_about(matter: Matter, client: httpx.AsyncClient) -> None:
    await matter.recognised(3)
    appeal_id = await matter.lodged()
    for query, found in (
        ({"state": "lodged"}, True),
        ({"state": "upheld"}, False),
        ({"place_id": "34:24611"}, True),
        ({"place_id": "34:01"}, False),
        ({"dossier_id": str(matter.file.id)}, True),
        ({"dossier_id": str(uuid4())}, False),
        ({"producer_id": str(matter.file.producer_id)}, True),
        ({"producer_id": str(uuid4())}, False),
    ):
        listed = await client.get("/v1/appeals", params=query, headers=matter.officer)
        assert [one["id"] for one in listed.json()["items"]] == ([appeal_id] if found else []), query


async def test_the_producer_learns_the_panels_report_with_the_decision(matter: Matter) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    appeal_id = await matter.reported(panel)
    before = await matter.appeal(appeal_id, matter.producer)
    assert (before["state"], before["report"], before["steps"][-1]["data"]) == ("reported", None, {})
    both = (
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=matter.file.producer_id),
        Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),
    )
    double = matter.as_actor(Actor(user_id=uuid4(), grants=both))
    # Whoever acts for the producer is of the producer's side, whatever office they hold.
    seen = await matter.appeal(appeal_id, double)
    assert seen["report"] is None
    assert [one["party"] for one in seen["allowed_actions"]] == ["producer"]
    assert (await matter.appeal(appeal_id, matter.officer))["report"]["finding"] == "founded"
    await matter.decide(appeal_id)
    after = await matter.appeal(appeal_id, matter.producer)
    assert after["report"]["finding"] == "founded"
    assert after["steps"][2]["data"] == {"finding": "founded", "recommendation": "rescore"}


async def test_evidence_is_the_producers_and_is_read_by_the_panel(
    matter: Matter, client: httpx.AsyncClient
) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    facts = {"producer_id": str(matter.file.producer_id), "kind": "test_report", "title": "Phiếu kiểm nghiệm"}
    editor = matter.producer
    kept = await client.post(
        "/v1/documents", data=facts, files={"file": ("a.pdf", pdf(), "application/pdf")}, headers=editor
    )
    assert kept.status_code == 201, kept.text
    document_id = kept.json()["id"]
    strange = await matter.lodge(evidence=[str(uuid4())])
    assert refused(strange) == (404, "documents.not_of_producer")
    appeal_id = await matter.accepted(panel, evidence=[document_id, document_id])
    [cited] = (await matter.appeal(appeal_id, matter.officer))["evidence"]
    assert (cited["document_id"], cited["title"]) == (document_id, "Phiếu kiểm nghiệm")
    for headers in (matter.speaks(panel, 1), matter.officer, matter.producer):
        file = await client.get(cited["content"], headers=headers)
        assert (file.status_code, file.headers["content-type"]) == (200, "application/pdf")
    assert matter.first is not None
    hidden = await client.get(cited["content"], headers=matter.speaks(matter.first))
    assert refused(hidden) == (404, "appeal.unknown")
    other = cited["content"].replace(document_id, str(uuid4()))
    assert refused(await client.get(other, headers=matter.officer)) == (404, "documents.not_found")
    withdrawn = await client.post(
        f"/v1/documents/{document_id}/withdraw",
        json={"reason": "Nhầm."},
        headers=editor | {"If-Match": "*"},
    )
    assert refused(withdrawn) == (409, "documents.cited")


async def test_what_is_asked_for_must_be_something(matter: Matter) -> None:
    await matter.recognised(3)
    assert refused(await matter.lodge(requested_star=3)) == (422, "appeal.stars_not_more")
    unknown = await matter.lodge(criteria=[{"code": "99", "reason": "Sai."}])
    assert refused(unknown) == (422, "appeal.criterion_unknown")
    twice = await matter.lodge(criteria=[{"code": "2.4", "reason": "Sai."}] * 2)
    assert twice.status_code == 422
    assert (await matter.lodge(grounds="")).status_code == 422


async def test_the_report_answers_what_is_contested(matter: Matter) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    appeal_id = await matter.accepted(panel, criteria=[{"code": "2.4", "reason": "Chưa tính."}])
    chair = matter.speaks(panel)
    answer = {"code": "2.4", "finding": "unfounded", "reason": "Đã tính."}
    assert refused(await matter.report(appeal_id, chair)) == (422, "appeal.criteria_unanswered")
    more = [answer, {**answer, "code": "2.3"}]
    assert refused(await matter.report(appeal_id, chair, criteria=more)) == (
        422,
        "appeal.criterion_not_contested",
    )
    assert refused(await matter.report(appeal_id, chair, criteria=[answer], finding="unfounded")) == (
        422,
        "appeal.finding_contradicts",
    )


@pytest.mark.parametrize("day", ["2026-06-14", "2026-06-16"])
async def test_a_decision_is_of_a_day_that_can_be(matter: Matter, day: str) -> None:
    await matter.recognised(3)
    appeal_id = await matter.reported(await matter.bench("2"))
    assert refused(await matter.decide(appeal_id, decided_on=day)) == (409, "appeal.decided_on_impossible")


async def test_the_new_decision_is_not_older_than_that_on_the_appeal(
    matter: Matter, clock: MovableClock
) -> None:
    await matter.recognised(3)
    panel = await matter.bench("2")
    clock.move(days=3)
    await matter.upheld(panel)
    await matter.rate(panel, 4)
    body = {
        "dossier_id": str(matter.file.id),
        "decision_number": "31/QĐ-UBND",
        "decided_on": "2026-06-17",
        "signed_by_title": "Chủ tịch",
    }
    answer = await matter.client.post("/v1/certificates", json=body, headers=matter.leader)
    assert refused(answer) == (409, "certificate.decided_before_appeal")


async def test_a_withdrawn_certificate_is_not_bettered_by_an_appeal(
    matter: Matter, client: httpx.AsyncClient
) -> None:
    certificate = await matter.recognised(3)
    panel = await matter.bench("2")
    withdrawal = {"ground": "misuse_of_mark", "reason": "In sai sao.", "concluded_on": "2026-06-15"}
    appeal_id = await matter.reported(panel)
    path = f"/v1/certificates/{certificate['id']}/withdraw"
    assert (await client.post(path, json=withdrawal, headers=matter.leader)).status_code == 200
    assert refused(await matter.decide(appeal_id)) == (409, "appeal.certificate_ended")
    # It may still be said that the producer was right.
    assert (await matter.decide(appeal_id, rescore=False)).status_code == 200


async def test_a_certificate_withdrawn_while_the_panel_rates_is_not_replaced(
    matter: Matter, client: httpx.AsyncClient
) -> None:
    certificate = await matter.recognised(3)
    panel = await matter.bench("2")
    await matter.upheld(panel)
    withdrawal = {"ground": "misuse_of_mark", "reason": "In sai sao.", "concluded_on": "2026-06-15"}
    path = f"/v1/certificates/{certificate['id']}/withdraw"
    assert (await client.post(path, json=withdrawal, headers=matter.leader)).status_code == 200
    await matter.rate(panel, 4)
    assert refused(await matter.issue("31/QĐ-UBND")) == (409, "certificate.contested_ended")


async def test_a_withdrawn_certificate_is_nothing_to_appeal_about(
    matter: Matter, client: httpx.AsyncClient
) -> None:
    certificate = await matter.recognised(3)
    withdrawal = {"ground": "misuse_of_mark", "reason": "In sai sao.", "concluded_on": "2026-06-15"}
    path = f"/v1/certificates/{certificate['id']}/withdraw"
    assert (await client.post(path, json=withdrawal, headers=matter.leader)).status_code == 200
    assert refused(await matter.lodge()) == (409, "appeal.certificate_ended")


async def test_a_file_is_not_reopened_beside_another_one_of_the_product(
    matter: Matter, database: Database
) -> None:
    await matter.begin(2)
    assert (await matter.act("conclude-not-reached", matter.leader)).status_code == 200
    appeal_id = await matter.reported(await matter.bench("2"))
    values = {
        name: getattr(matter.file, name)
        for name in ("product_id", "producer_id", "kind", "regime", "level", "edition", "set_number")
    }
    async with database.transaction() as session:
        session.add(
            Dossier(
                **values,
                state="draft",
                area_path=list(matter.file.area_path),
                contents={},
                samples=0,
                created_at=matter.clock(),
                updated_at=matter.clock(),
            )
        )
    assert refused(await matter.decide(appeal_id)) == (409, "dossier.already_open")
    assert (await matter.appeal(appeal_id, matter.leader))["state"] == "reported"


async def test_steps_and_evidence_are_records(matter: Matter, database: Database) -> None:
    await matter.recognised(3)
    await matter.lodged()
    for statement in ("update appeal_step set action = 'x'", "delete from appeal_step"):
        with pytest.raises(DBAPIError, match="cannot be changed"):
            async with database.transaction() as session:
                await session.execute(text(statement))


async def test_every_step_is_in_the_ledger_and_names_the_producer(matter: Matter, database: Database) -> None:
    await matter.recognised(3)
    await matter.upheld(await matter.bench("2"))
    async with database.read() as session:
        rows = (
            await session.execute(
                text("select kind, data from ledger_event where kind like 'appeal.%' order by at, id")
            )
        ).all()
    assert sorted(row.kind for row in rows) == [
        "appeal.accepted",
        "appeal.lodged",
        "appeal.reported",
        "appeal.upheld",
    ]
    assert {row.data["producer_id"] for row in rows} == {str(matter.file.producer_id)}
    # What the producer learns with the decision is not in the event before it.
    [reported] = [row.data for row in rows if row.kind == "appeal.reported"]
    assert not {"finding", "recommendation"} & reported.keys()
    assert "VietGAP" not in str(rows)


async def test_a_reopened_file_has_the_terms_of_one_that_comes_in_today(
    matter: Matter, database: Database, clock: MovableClock
) -> None:
    await matter.recognised(3)
    clock.at = datetime(2026, 7, 10, 2, tzinfo=UTC)
    await matter.upheld(await matter.bench("2"))
    async with database.read() as session:
        row = await DossierService(session, SYSTEM, clock()).get(UUID(str(matter.file.id)))
    assert (row.received_on, row.requested_on) == (date(2026, 7, 10), date(2026, 7, 10))
    # Requests before 30/10 are done before 30/12 (Decision 26/2026, Art. 5).
    assert row.due_on == date(2026, 12, 29)


async def test_other_products_keep_one_certificate_for_each_dossier(
    matter: Matter, database: Database
) -> None:
    first: dict[str, Any] = await matter.recognised(3)
    async with database.transaction() as session:
        product = await ProductService(session, SYSTEM, matter.clock()).create(
            ProductCreate(producer_id=matter.file.producer_id, name="Cà phê hạt", set_number=13)
        )
    copied = f"code || 'x', number || 'x', '{product.id}', dossier_id, producer_id, regime"
    with pytest.raises(DBAPIError, match="uq_certificate__dossier_id_appeal_id"):
        async with database.transaction() as session:
            await session.execute(
                text(
                    "insert into certificate (id, code, number, product_id, dossier_id, producer_id, regime,"  # noqa: S608
                    " level, stars, decision_number, decided_on, issued_on, valid_until, notice_from,"
                    " product_name, producer_name, producer_address, source, confidence, area_path, version,"
                    f" created_at, updated_at) select gen_random_uuid(), {copied}, level,"
                    " stars, decision_number, decided_on, issued_on, valid_until, notice_from, product_name,"
                    " producer_name, producer_address, source, confidence, area_path, 1, created_at,"
                    " updated_at from certificate where id = :id"
                ),
                {"id": UUID(first["id"])},
            )


async def test_a_page_of_appeals_is_one_statement_however_long_it_is(
    matter: Matter, client: httpx.AsyncClient, database: Database, clock: MovableClock
) -> None:
    await matter.recognised(3)
    made = []
    for _ in range(3):
        clock.move(minutes=1)
        made.append(await matter.lodged())
        await matter.done(made[-1], "withdraw", matter.producer)
    statements: list[str] = []
    event.listen(
        database.read_engine.sync_engine,
        "before_cursor_execute",
        lambda *a: statements.append(str(a[2])),
    )
    page = (await client.get("/v1/appeals", params={"limit": 2}, headers=matter.officer)).json()
    assert len(statements) == 1
    rest = (
        await client.get(
            "/v1/appeals", params={"limit": 2, "cursor": page["next_cursor"]}, headers=matter.officer
        )
    ).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]
