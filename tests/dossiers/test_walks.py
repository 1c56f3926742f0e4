"""Whole ways of dossiers with real councils: under 148 with districts, under 26/2026 up to the ministry.

At every step everybody around the file looks at it and whoever may not act tries to.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from ocop_api.domain.actor import SYSTEM, Actor, Level, Role
from ocop_api.products.service import ProductService

from .conftest import FORM_03, LETTER, NEW_COMMUNE, OLD_COMMUNE, Headers, Trade, full_contents, producer_actor
from .walking import Person, Walk, of_the_centre, official

Clock = Any
REPORT = {"report": "Đạt yêu cầu.", "recommendation": "Trình hội đồng."}


def cast_of_2024(as_actor: Callable[[Actor], Headers]) -> dict[str, Person]:
    return {
        "commune_officer": Person(
            official(as_actor, Role.OFFICER, OLD_COMMUNE, Level.COMMUNE).headers,
            frozenset({"office", "advisory_group"}),
            "commune",
        ),
        "district_officer": official(as_actor, Role.OFFICER, "63:660", Level.DISTRICT),
        "district_leader": official(as_actor, Role.LEADER, "63:660", Level.DISTRICT),
        "district_inspector": official(as_actor, Role.INSPECTOR, "63:660", Level.DISTRICT),
        "province_officer": official(as_actor, Role.OFFICER, "63:67", Level.PROVINCE),
        "province_leader": official(as_actor, Role.LEADER, "63:67", Level.PROVINCE),
        "central_officer": of_the_centre(as_actor, Role.OFFICER),
        "central_leader": of_the_centre(as_actor, Role.LEADER),
        "other_district_officer": official(as_actor, Role.OFFICER, "63:661", Level.DISTRICT, sees=False),
        "other_district_leader": official(as_actor, Role.LEADER, "63:661", Level.DISTRICT, sees=False),
        "other_producer": Person(as_actor(producer_actor(UUID(int=1))), sees=False),
    }


def cast_of_2026(as_actor: Callable[[Actor], Headers]) -> dict[str, Person]:
    return {
        "commune_officer": official(as_actor, Role.OFFICER, NEW_COMMUNE, Level.COMMUNE),
        "commune_leader": official(as_actor, Role.LEADER, NEW_COMMUNE, Level.COMMUNE),
        "province_officer": official(as_actor, Role.OFFICER, "34:68", Level.PROVINCE),
        "province_leader": official(as_actor, Role.LEADER, "34:68", Level.PROVINCE),
        "central_officer": of_the_centre(as_actor, Role.OFFICER),
        "central_leader": of_the_centre(as_actor, Role.LEADER),
        # The district is gone, and a file of today does not lie in it, whatever its officer was granted once.
        "former_district_officer": official(as_actor, Role.OFFICER, "63:660", Level.DISTRICT, sees=False),
        "other_commune_officer": official(as_actor, Role.OFFICER, "34:24646", Level.COMMUNE, sees=False),
        "other_province_leader": official(as_actor, Role.LEADER, "34:01", Level.PROVINCE, sees=False),
        "other_producer": Person(as_actor(producer_actor(UUID(int=1))), sees=False),
    }


async def test_a_coffee_of_2024_is_rated_by_its_district_and_recognised_by_its_province(
    trade: Trade, clock: Clock, as_actor: Callable[[Actor], Headers]
) -> None:
    clock.at = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
    walk = Walk(trade, clock, as_actor, cast_of_2024(as_actor))
    lodged, producer = await trade.lodged(clock(), edition="qd148-2023", place_id=OLD_COMMUNE)
    assert (lodged["regime"], lodged["product_code"]) == ("qd148-2023", "67-660-24611-1-2024")
    await walk.begin(lodged, producer)
    clock.move(days=1)
    received = await walk.step("receive", "district_officer", "office_check@district")
    assert (received["received_on"], received["finish_by"]) == ("2024-03-05", None)
    await walk.step("start-assessment", "district_officer", "under_assessment@district", samples=5)
    await walk.step("submit-report", "district_officer", "in_council@district", **REPORT)
    district = await walk.convene("district", "63:660", "district_officer")
    result = await walk.rate(district, 76, 4)
    assert 70 <= float(result["mean"]["shown"]) < 90
    outcome = walk.dossier["outcome"]
    assert (outcome["kind"], outcome["level"], outcome["threshold"]) == ("forward", "province", "70")
    # Four stars are not the district's to give, and it may not say that three were missed.
    refused = await trade.act(lodged["id"], "conclude-not-reached", walk.people["district_leader"].headers)
    assert refused.json()["data"]["missing"] == ["outcome_is_not_reached"]
    clock.move(days=7)
    sent = await walk.step(
        "forward", "district_leader", "forwarded@province", request_letter=LETTER, samples=5
    )
    assert (sent["points"], sent["star"], sent["outcome"], sent["samples"]) == (None, None, None, 5)
    assert sent["received_on"] == "2024-03-12"
    await walk.step("receive", "province_officer", "office_check@province")
    await walk.step("start-assessment", "province_officer", "under_assessment@province")
    await walk.step("submit-report", "province_officer", "in_council@province", **REPORT)
    province = await walk.convene("province", "63:67", "province_officer")
    await walk.rate(province, 78, 4)
    assert walk.dossier["outcome"]["kind"] == "recognise"
    clock.move(days=3)
    certificate = await walk.recognise(
        "province_leader",
        4,
        others=("district_leader", "central_leader", "province_officer", "other_district_leader", "producer"),
    )
    assert certificate["number"].startswith("67-")
    assert certificate["valid_until"] == "2027-03-15"
    steps = await walk.check_history()
    assert [step["action"] for step in steps] == [
        *("lodge", "receive", "start_assessment", "submit_report", "propose", "forward"),
        *("receive", "start_assessment", "submit_report", "propose", "recognise"),
    ]
    # The result of the district is gone from the file and stays in the step that sent it up.
    assert steps[5]["data"]["outcome"]["star"] == 4
    assert steps[5]["data"]["request_letter"] == LETTER


async def to_the_province(walk: Walk, dossier: dict[str, Any], producer: Headers) -> None:
    """The commune's part under Decision 26/2026, Art. 7.2, and the check at the province."""
    await walk.begin(dossier, producer)
    # Received on Tuesday 16 June; 15 working days end on Tuesday 7 July.
    walk.clock.at = datetime(2026, 6, 16, 2, 0, tzinfo=UTC)
    await walk.step("receive", "commune_officer", "commune_review@commune", due="2026-07-07")
    await walk.step(
        "forward",
        "commune_officer",
        "forwarded@province",
        form_03=FORM_03,
        request_letter=LETTER,
        samples=5,
    )
    await walk.step("receive", "province_officer", "office_check@province")
    await walk.step("start-assessment", "province_officer", "under_assessment@province")
    await walk.step("submit-report", "province_officer", "in_council@province", **REPORT)


@pytest.mark.parametrize("rates_again", [False, True])
async def test_ninety_points_go_to_the_ministry_and_below_them_the_province_decides(
    trade: Trade, clock: Clock, as_actor: Callable[[Actor], Headers], *, rates_again: bool
) -> None:
    walk = Walk(trade, clock, as_actor, cast_of_2026(as_actor))
    await to_the_province(walk, *await trade.lodged(clock()))
    dossier_id = walk.dossier["id"]
    province = await walk.convene("province", "34:68", "province_officer")
    await walk.rate(province, 100, 5)
    assert (walk.dossier["outcome"]["kind"], walk.dossier["outcome"]["level"]) == ("forward", "central")
    # Five stars are the minister's: the chair can neither issue them nor send the result down.
    chair = walk.people["province_leader"].headers
    own = await trade.client.post(
        "/v1/certificates",
        json={
            "dossier_id": dossier_id,
            "decision_number": "1/QĐ-UBND",
            "decided_on": "2026-06-16",
            "signed_by_title": "Chủ tịch",
        },
        headers=chair,
    )
    assert (own.status_code, own.json()["code"]) == (409, "dossier.guard_not_met")
    remand = await trade.act(dossier_id, "remand", chair)
    assert (remand.status_code, remand.json()["code"]) == (409, "dossier.action_not_allowed")
    sent = await walk.step("forward", "province_leader", "forwarded@central", request_letter=LETTER)
    # The ministry has samples of its own (Art. 6.3), and none came along.
    assert (sent["samples"], sent["outcome"]) == (0, None)
    await walk.step("receive", "central_officer", "office_check@central")
    short = await trade.act(dossier_id, "start-assessment", walk.people["central_officer"].headers)
    assert short.json()["data"]["missing"] == ["samples_handed_in"]
    await walk.step("start-assessment", "central_officer", "under_assessment@central", samples=5)
    await walk.step("submit-report", "central_officer", "in_council@central", **REPORT)
    centre = await walk.convene("central", None, "central_officer")
    await walk.rate(centre, 84, 4)
    found = walk.dossier["points"]
    assert (walk.dossier["outcome"]["kind"], walk.dossier["outcome"]["level"]) == ("remand", "province")
    await walk.step("remand", "central_leader", "remanded@province")
    outcome = walk.dossier["outcome"]
    assert (outcome["kind"], outcome["level"], outcome["star"]) == ("recognise", "province", 4)
    assert (walk.dossier["star"], walk.dossier["points"]) == (4, found)
    expected = ["lodge", "receive", "forward", *RATED, "forward", *RATED, "remand"]
    if rates_again:
        again = await walk.step(
            "reorganise", "province_leader", "office_check@province", reason="Đánh giá lại."
        )
        assert (again["star"], again["points"], again["outcome"]) == (None, None, None)
        await walk.step("start-assessment", "province_officer", "under_assessment@province", samples=5)
        await walk.step("submit-report", "province_officer", "in_council@province", **REPORT)
        await walk.rate(province, 72, 4)
        expected += ["reorganise", *RATED[1:]]
    certificate = await walk.recognise(
        "province_leader", 4, others=("central_leader", "commune_leader", "other_province_leader")
    )
    assert certificate["number"].startswith("68-")
    steps = await walk.check_history()
    assert [step["action"] for step in steps] == [*expected, "recognise"]
    if rates_again:
        # What the ministry's council found stays in the step that put it aside.
        assert steps[13]["data"]["outcome"]["points"] == found
        assert steps[13]["reason"] == "Đánh giá lại."


RATED = ("receive", "start_assessment", "submit_report", "propose")


async def rerating_lodged(walk: Walk) -> str:
    """A re-rating of a product whose three stars end on 1 March 2027, lodged on 7 September; its product."""
    trade, clock = walk.trade, walk.clock
    clock.at = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
    product_id, producer = await trade.product(at=clock())
    async with trade.database.transaction() as session:
        await ProductService(session, SYSTEM, clock()).set_recognition(
            UUID(product_id), stars=3, valid_until=date(2027, 3, 1), status="valid"
        )
    draft = await trade.draft(product_id, producer, kind="rerating")
    topics = "raw_material technology packaging labels quality_declaration test_reports market output revenue"
    updates = dict.fromkeys(topics.split(), "Không đổi.")
    await trade.write(draft["id"], producer, full_contents("qd26-2026") | {"updates": updates})
    await walk.begin(await trade.done(draft["id"], "lodge", producer), producer)
    return product_id


async def test_written_opinions_that_differ_lead_to_a_meeting_and_nothing_else_is_decided_without_one(
    trade: Trade, clock: Clock, as_actor: Callable[[Actor], Headers]
) -> None:
    walk = Walk(trade, clock, as_actor, cast_of_2026(as_actor))
    await rerating_lodged(walk)
    await walk.step("receive", "commune_officer", "commune_review@commune")
    await walk.step(
        "forward",
        "commune_officer",
        "forwarded@province",
        form_03=FORM_03,
        request_letter=LETTER,
        samples=5,
    )
    await walk.step("receive", "province_officer", "office_check@province")
    await walk.step("start-assessment", "province_officer", "under_assessment@province")
    await walk.step("submit-report", "province_officer", "in_council@province", **REPORT)
    panel = await walk.convene("province", "34:68", "province_officer")
    plan = {"held_on": "2026-09-10", "dossier_ids": [walk.dossier["id"]]}
    sessions = f"/v1/councils/{panel.council_id}/sessions"
    refused = await trade.client.post(sessions, json={**plan, "form": "meeting"}, headers=panel.secretary)
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.meeting_reason_needed")

    session_id = await walk.opened(panel, "written_opinions")
    result = await walk.scored(panel, session_id, 60, 90)
    assert (result["final"], result["spread_exceeded"]) == (False, True)
    sitting = (await trade.client.get(f"/v1/sessions/{session_id}", headers=panel.secretary)).json()
    (item,) = sitting["dossiers"]
    assert (item["state"], item["dropped_reason"], sitting["state"]) == (
        "dropped",
        "opinions_differ",
        "closed",
    )
    assert len(item["rounds"]) == 1
    dossier = await trade.read(walk.dossier["id"], walk.people["producer"].headers)
    assert (dossier["state"], dossier["star"]) == ("in_council", None)

    again = await trade.client.post(
        sessions, json={**plan, "form": "written_opinions"}, headers=panel.secretary
    )
    assert (again.status_code, again.json()["code"]) == (409, "scoring.meeting_needed")
    assert again.json()["data"]["dossiers"] == [walk.dossier["id"]]
    await walk.rate(panel, 75, 4, form="meeting")
    clock.at = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
    await walk.recognise("province_leader", 4)
    await walk.check_history()


async def test_opinions_count_when_the_quorum_has_given_them_the_chair_among_them(
    trade: Trade, clock: Clock, as_actor: Callable[[Actor], Headers]
) -> None:
    walk = Walk(trade, clock, as_actor, cast_of_2026(as_actor))
    await rerating_lodged(walk)
    await walk.step("receive", "commune_officer", "commune_review@commune")
    papers: dict[str, Any] = {"form_03": FORM_03, "request_letter": LETTER, "samples": 5}
    await walk.step("forward", "commune_officer", "forwarded@province", **papers)
    await walk.step("receive", "province_officer", "office_check@province")
    await walk.step("start-assessment", "province_officer", "under_assessment@province")
    await walk.step("submit-report", "province_officer", "in_council@province", **REPORT)
    panel = await walk.convene("province", "34:68", "province_officer")
    session_id = await walk.opened(panel, "written_opinions")
    desk = f"/v1/sessions/{session_id}/dossiers/{walk.dossier['id']}"
    for force, days, wanted in (
        (False, 0, "scoring.sheets_missing"),
        (True, 0, "scoring.opinions_awaited"),
        (True, 14, "scoring.no_quorum"),
    ):
        clock.move(days=days)
        closed = await trade.client.post(
            f"{desk}/close-round", json={"without_missing": force}, headers=panel.secretary
        )
        assert (closed.status_code, closed.json()["code"]) == (409, wanted)


async def test_a_rerating_is_reported_by_the_office_and_decided_within_its_45_days(
    trade: Trade, clock: Clock, as_actor: Callable[[Actor], Headers]
) -> None:
    walk = Walk(trade, clock, as_actor, cast_of_2026(as_actor))
    product_id = await rerating_lodged(walk)
    # Monday 7 September and 15 working days: Monday 28 September.
    await walk.step("receive", "commune_officer", "commune_review@commune", due="2026-09-28")
    clock.at = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
    due = "2026-10-29"  # 45 days from the request of 14 September (Art. 7.6g)
    await walk.step(
        "forward",
        "commune_officer",
        "forwarded@province",
        due="2026-09-17",  # taken in within three working days
        form_03=FORM_03,
        request_letter=LETTER,
        samples=5,
    )
    clock.move(days=2)
    await walk.step("receive", "province_officer", "office_check@province", due=due)
    assert walk.dossier["received_on"] == "2026-09-14"
    await walk.step("start-assessment", "province_officer", "under_assessment@province", due=due)
    offered = (await trade.read(walk.dossier["id"], walk.people["province_officer"].headers))[
        "allowed_actions"
    ]
    parties = {one["action"]: one["party"] for one in offered}
    # There is no advisory group in a re-rating: the office asks, and the office reports (Art. 7.6c).
    assert parties == {"submit_report": "office", "request_supplement": "office"}
    await walk.step(
        "request-supplement",
        "province_officer",
        "supplement_requested@province",
        due="2026-09-25",
        items=[{"what": "Phiếu kiểm nghiệm"}],
        due_on="2026-09-25",
    )
    clock.at = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
    # The clock stood still for the five days in which the producer was asked.
    due = "2026-11-03"
    answers = [{"item": 1, "answer": "Đã gửi."}]
    await walk.step("resubmit", "producer", "office_check@province", due=due, answers=answers)
    await walk.step("start-assessment", "province_officer", "under_assessment@province", due=due)
    await walk.step("submit-report", "province_officer", "in_council@province", due=due, **REPORT)
    province = await walk.convene("province", "34:68", "province_officer")
    await walk.rate(province, 75, 4, due=due, form="written_opinions")
    clock.at = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    certificate = await walk.recognise("province_leader", 4, others=("province_officer", "producer"))
    assert certificate["valid_until"] == "2029-11-03"
    steps = await walk.check_history()
    assert {step["party"] for step in steps if step["action"] == "submit_report"} == {"office"}
    assert "advisory_group" not in {step["party"] for step in steps}
    async with trade.database.read() as session:
        product = await ProductService(session, SYSTEM, clock()).get(UUID(product_id))
    assert (product.stars, product.stars_valid_until) == (4, date(2029, 11, 3))
