"""Whole ways of dossiers through the API, under the regimes of their days."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Role
from ocop_api.domain.dossier import Acting, Action, Guard, Level, Outcome, OutcomeKind, Party
from ocop_api.dossiers.service import DossierService
from ocop_api.products.service import ProductService

from .conftest import FORM_03, LETTER, OLD_COMMUNE, UNDER_148, Headers, Trade, full_contents

People = dict[str, Headers]
Clock = Any


async def council_finds(
    database: Database, clock: Clock, dossier_id: str, points: str, star: int | None
) -> Outcome:
    """What scoring does when a session closes."""
    async with database.transaction() as session:
        service = DossierService(session, SYSTEM, clock())
        dossier = await service.get(UUID(dossier_id), lock=True)
        outcome = await service.record_result(
            dossier, points=Decimal(points), star=star, source="council_result:test"
        )
        council = Acting(Party.COUNCIL, Level(dossier.level))
        await service.advance(dossier, Action.PROPOSE, acting=council, satisfied={Guard.ROUND_CLOSED})
        return outcome


async def recognised(database: Database, clock: Clock, dossier_id: str) -> str:
    """What issuing a certificate does; gives the state."""
    async with database.transaction() as session:
        service = DossierService(session, SYSTEM, clock())
        dossier = await service.get(UUID(dossier_id), lock=True)
        authority = Acting(Party.AUTHORITY, Level(dossier.level))
        return (await service.advance(dossier, Action.RECOGNISE, acting={authority})).state


async def to_council(trade: Trade, dossier_id: str, officer: Headers, **start: Any) -> dict[str, Any]:
    await trade.done(dossier_id, "receive", officer)
    await trade.done(dossier_id, "start-assessment", officer, **start)
    return await trade.done(
        dossier_id, "submit-report", officer, report="Đạt yêu cầu.", recommendation="Trình"
    )


async def test_whole_way_under_decision_26(trade: Trade, clock: Clock, people: People) -> None:
    commune, province = people["commune_officer"], people["province_officer"]
    dossier, producer = await trade.lodged(clock())
    dossier_id = dossier["id"]
    assert (dossier["state"], dossier["level"], dossier["regime"]) == ("lodged", "commune", "qd26-2026")
    assert dossier["product_code"] == "68-24611-1-2026"
    assert dossier["registration_slip"] == "1/PĐK-68-24611-2026"
    assert dossier["lodged_on"] == "2026-06-15"
    received = await trade.done(dossier_id, "receive", commune)
    # Monday 15 June and 15 working days: Monday 6 July.
    assert (received["state"], received["due_on"]) == ("commune_review", "2026-07-06")
    early = await trade.act(dossier_id, "forward", commune, request_letter=LETTER)
    assert early.status_code == 409
    assert early.json()["data"]["missing"] == ["form_03_issued", "samples_handed_in"]
    offered = {a["action"]: a for a in (await trade.read(dossier_id, commune))["allowed_actions"]}
    assert offered["forward"]["fields"] == ["form_03", "request_letter", "samples"]
    assert offered["forward"]["path"] == f"/v1/dossiers/{dossier_id}/forward"
    up = await trade.done(dossier_id, "forward", commune, form_03=FORM_03, request_letter=LETTER, samples=5)
    assert (up["state"], up["level"]) == ("forwarded", "province")
    # The file has left the commune.
    assert (await trade.act(dossier_id, "receive", commune)).status_code == 403
    in_council = await to_council(trade, dossier_id, province)
    assert in_council["state"] == "in_council"
    outcome = await council_finds(trade.database, clock, dossier_id, "76.5", 4)
    assert outcome.kind is OutcomeKind.RECOGNISE
    waiting = await trade.read(dossier_id, people["province_leader"])
    assert (waiting["state"], waiting["star"], waiting["points"]) == ("awaiting_decision", 4, "76.5")
    assert {"recognise", "return_to_council"} <= {a["action"] for a in waiting["allowed_actions"]}
    refused = await trade.act(dossier_id, "forward", people["province_leader"], request_letter=LETTER)
    assert refused.json()["data"]["missing"] == ["outcome_is_forward"]
    assert await recognised(trade.database, clock, dossier_id) == "recognised"
    history = await trade.client.get(f"/v1/dossiers/{dossier_id}/history", headers=producer)
    assert [step["action"] for step in history.json()["items"]] == [
        "lodge",
        "receive",
        "forward",
        "receive",
        "start_assessment",
        "submit_report",
        "propose",
        "recognise",
    ]
    assert history.json()["items"][2]["data"]["form_03"]["local_labour"]["supported"] is True
    async with trade.database.read() as session:
        product = await ProductService(session, SYSTEM, clock()).get(UUID(dossier["product_id"]))
    assert product.product_code == "68-24611-1-2026"


async def test_ninety_points_go_to_the_ministry_and_come_back(
    trade: Trade, clock: Clock, people: People
) -> None:
    province, chair = people["province_officer"], people["province_leader"]
    dossier, _ = await trade.lodged(clock())
    dossier_id = dossier["id"]
    await trade.done(dossier_id, "receive", people["commune_officer"], samples=5)
    await trade.done(dossier_id, "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER)
    await to_council(trade, dossier_id, province)
    assert (await council_finds(trade.database, clock, dossier_id, "91", 5)).kind is OutcomeKind.FORWARD
    assert (await trade.act(dossier_id, "forward", province, request_letter=LETTER)).status_code == 403
    sent = await trade.done(dossier_id, "forward", chair, request_letter=LETTER, samples=5)
    assert (sent["state"], sent["level"], sent["points"], sent["samples"]) == (
        "forwarded",
        "central",
        None,
        5,
    )
    await to_council(trade, dossier_id, people["central_officer"])
    assert (await council_finds(trade.database, clock, dossier_id, "85", 4)).kind is OutcomeKind.REMAND
    assert (await trade.act(dossier_id, "remand", chair)).status_code == 403
    back = await trade.done(dossier_id, "remand", people["central_leader"])
    assert (back["state"], back["level"], back["star"]) == ("remanded", "province", 4)
    assert back["outcome"]["kind"] == "recognise"
    again = await trade.done(dossier_id, "reorganise", chair, reason="Đánh giá lại theo kết luận.")
    assert (again["state"], again["outcome"], again["star"]) == ("office_check", None, None)


async def test_whole_way_under_decision_148(trade: Trade, clock: Clock, people: People) -> None:
    clock.at = UNDER_148
    district, chair = people["old_district_officer"], people["old_district_leader"]
    dossier, _ = await trade.lodged(clock(), edition="qd148-2023", place_id=OLD_COMMUNE)
    dossier_id = dossier["id"]
    assert (dossier["regime"], dossier["level"]) == ("qd148-2023", "district")
    assert dossier["product_code"] == "67-660-24611-1-2024"
    await trade.done(dossier_id, "receive", district)
    short = await trade.act(dossier_id, "start-assessment", district, samples=4)
    assert short.json()["data"]["missing"] == ["samples_handed_in"]
    await trade.done(dossier_id, "start-assessment", district, samples=5)
    await trade.done(dossier_id, "submit-report", district, report="Đạt.", recommendation="Trình")
    assert (await council_finds(trade.database, clock, dossier_id, "62", 3)).kind is OutcomeKind.RECOGNISE
    # A higher level does not act for the district while districts exist.
    assert (
        await trade.act(dossier_id, "return-to-council", people["old_province_leader"], reason="Sai")
    ).status_code == 403
    returned = await trade.done(dossier_id, "return-to-council", chair, reason="Thiếu biên bản.")
    assert (returned["state"], returned["outcome"]) == ("in_council", None)
    await council_finds(trade.database, clock, dossier_id, "62", 3)
    assert await recognised(trade.database, clock, dossier_id) == "recognised"


async def test_under_148_seventy_points_go_to_the_province_and_fall_back_to_the_district(
    trade: Trade, clock: Clock, people: People
) -> None:
    clock.at = UNDER_148
    dossier, _ = await trade.lodged(clock(), edition="qd148-2023", place_id=OLD_COMMUNE)
    dossier_id = dossier["id"]
    await to_council(trade, dossier_id, people["old_district_officer"], samples=5)
    assert (await council_finds(trade.database, clock, dossier_id, "70", 4)).level is Level.PROVINCE
    await trade.done(dossier_id, "forward", people["old_district_leader"], request_letter=LETTER)
    await to_council(trade, dossier_id, people["old_province_officer"], samples=5)
    await council_finds(trade.database, clock, dossier_id, "66", 3)
    down = await trade.done(dossier_id, "remand", people["old_province_leader"])
    assert (down["state"], down["level"], down["outcome"]["kind"]) == ("remanded", "district", "recognise")


async def test_after_the_districts_the_successor_province_finishes_their_files(
    trade: Trade, clock: Clock, people: People
) -> None:
    clock.at = datetime(2025, 6, 20, 2, 0, tzinfo=UTC)
    dossier, _ = await trade.lodged(clock(), edition="qd148-2023", place_id=OLD_COMMUNE)
    assert (await trade.act(dossier["id"], "receive", people["province_officer"])).status_code == 403
    clock.at = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
    assert (await trade.act(dossier["id"], "receive", people["old_district_officer"])).status_code == 403
    received = await trade.done(dossier["id"], "receive", people["province_officer"])
    assert (received["level"], received["regime"]) == ("district", "qd148-2023")
    # Decision 26/2026, Art. 12.2: 60 days from 22/05/2026.
    assert received["finish_by"] == "2026-07-21"


async def test_result_below_three_stars_ends_the_file(trade: Trade, clock: Clock, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    dossier_id = dossier["id"]
    await trade.done(dossier_id, "receive", people["commune_officer"], samples=5)
    await trade.done(dossier_id, "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER)
    await to_council(trade, dossier_id, people["province_officer"])
    stopped = await council_finds(trade.database, clock, dossier_id, "88", None)
    assert stopped.kind is OutcomeKind.NOT_REACHED
    over = await trade.done(dossier_id, "conclude-not-reached", people["province_leader"])
    assert (over["state"], over["star"], over["allowed_actions"]) == ("not_reached", None, [])


async def test_supplement_is_itemised_answered_and_frozen_again(
    trade: Trade, clock: Clock, people: People
) -> None:
    commune = people["commune_officer"]
    dossier, producer = await trade.lodged(clock())
    dossier_id = dossier["id"]
    await trade.done(dossier_id, "receive", commune)
    items = [{"what": "Phiếu kiểm nghiệm mới"}, {"what": "Ảnh bao bì"}]
    past = await trade.act(dossier_id, "request-supplement", commune, items=items, due_on="2026-06-15")
    assert (past.status_code, past.json()["code"]) == (422, "dossier.due_on_past")
    asked = await trade.done(dossier_id, "request-supplement", commune, items=items, due_on="2026-06-25")
    assert (asked["state"], asked["due_on"]) == ("supplement_requested", "2026-06-25")
    assert asked["open_items"] == ["Phiếu kiểm nghiệm mới", "Ảnh bao bì"]
    early = await trade.act(dossier_id, "reject", commune, reason="Không bổ sung")
    assert early.json()["data"]["missing"] == ["supplement_overdue"]
    evidence = [{"kind": "business_registration"}, {"kind": "test_report", "number": "KN-12"}]
    assert (await trade.write(dossier_id, producer, {"evidence": evidence})).status_code == 200
    half = await trade.act(dossier_id, "resubmit", producer, answers=[{"item": 1, "answer": "Đã gửi"}])
    assert (half.status_code, half.json()["data"]["items"]) == (409, [2])
    clock.move(days=3)
    answers = [{"item": 1, "answer": "Đã gửi"}, {"item": 2, "answer": "Đã gửi"}]
    back = await trade.done(dossier_id, "resubmit", producer, answers=answers)
    # The commune's term runs anew from the day the file is complete, Thursday 18 June.
    assert (back["state"], back["due_on"]) == ("commune_review", "2026-07-09")
    versions = (await trade.client.get(f"/v1/dossiers/{dossier_id}/versions", headers=commune)).json()
    assert [v["number"] for v in versions] == [1, 2]
    assert len(versions[0]["contents"]["evidence"]) == 1
    assert len(versions[1]["contents"]["evidence"]) == 2
    assert versions[0]["sha256"] != versions[1]["sha256"]


async def test_overdue_supplement_may_be_rejected_and_the_product_starts_anew(
    trade: Trade, clock: Clock, people: People
) -> None:
    commune = people["commune_officer"]
    dossier, producer = await trade.lodged(clock())
    await trade.done(dossier["id"], "receive", commune)
    items = [{"what": "Ảnh bao bì"}]
    await trade.done(dossier["id"], "request-supplement", commune, items=items, due_on="2026-06-25")
    second = await trade.client.post(
        "/v1/dossiers", json={"product_id": dossier["product_id"]}, headers=producer
    )
    assert (second.status_code, second.json()["code"]) == (409, "dossier.already_open")
    clock.at = datetime(2026, 6, 26, 2, 0, tzinfo=UTC)
    assert (await trade.act(dossier["id"], "reject", commune)).status_code == 422
    gone = await trade.done(dossier["id"], "reject", commune, reason="Quá hạn bổ sung.")
    assert gone["state"] == "rejected"
    await trade.draft(dossier["product_id"], producer)


async def test_wrong_actor_wrong_place_wrong_state(trade: Trade, clock: Clock, people: People) -> None:
    dossier, producer = await trade.lodged(clock())
    dossier_id = dossier["id"]
    hidden = await trade.act(dossier_id, "receive", people["elsewhere_officer"])
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")
    for name in ("province_officer", "commune_leader", "commune_inspector", "central_officer"):
        answer = await trade.act(dossier_id, "receive", people[name])
        assert (answer.status_code, answer.json()["code"]) == (403, "dossier.not_the_acting_party"), name
    assert (await trade.act(dossier_id, "receive", producer)).status_code == 403
    assert (await trade.client.post(f"/v1/dossiers/{dossier_id}/receive")).status_code == 401
    wrong = await trade.act(
        dossier_id, "submit-report", people["commune_officer"], report="x", recommendation="y"
    )
    assert (wrong.status_code, wrong.json()["code"]) == (409, "dossier.action_not_allowed")
    assert wrong.json()["data"]["allowed_actions"] == ["receive"]
    assert (await trade.act(dossier_id, "receive", people["commune_officer"], samples=-1)).status_code == 422
    stale = await trade.client.post(
        f"/v1/dossiers/{dossier_id}/receive",
        json={},
        headers={**people["commune_officer"], "If-Match": '"1.x"'},
    )
    assert stale.status_code == 412


async def test_two_officers_at_once_make_one_step(trade: Trade, clock: Clock, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    answers = await asyncio.gather(
        *(trade.act(dossier["id"], "receive", people["commune_officer"]) for _ in range(2))
    )
    assert sorted(a.status_code for a in answers) == [200, 409]
    lost = next(a.json() for a in answers if a.status_code == 409)
    assert lost["code"] == "dossier.action_not_allowed"
    assert lost["data"]["state"] == "commune_review"
    assert "forward" in lost["data"]["allowed_actions"]


async def test_members_of_the_assigned_council_see_the_file(
    trade: Trade, clock: Clock, people: People, as_actor: Callable[[Actor], Headers]
) -> None:
    dossier, _ = await trade.lodged(clock())
    council_id = uuid4()
    member, secretary = (
        as_actor(Actor(user_id=uuid4(), grants=(Grant(role, Bound.COUNCIL, council_id=council_id),)))
        for role in (Role.COUNCIL_MEMBER, Role.COUNCIL_SECRETARY)
    )
    url = f"/v1/dossiers/{dossier['id']}"
    assert (await trade.client.get(url, headers=member)).status_code == 404
    await trade.done(dossier["id"], "receive", people["commune_officer"], samples=5)
    await trade.done(
        dossier["id"], "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER
    )
    await to_council(trade, dossier["id"], people["province_officer"])
    async with trade.database.transaction() as session:
        service = DossierService(session, SYSTEM, clock())
        row = await service.get(UUID(dossier["id"]), lock=True)
        await service.assign_council(row, council_id)
    assert (await trade.read(dossier["id"], member))["allowed_actions"] == []
    back = await trade.act(dossier["id"], "return-to-assessment", member, reason="Thiếu")
    assert back.status_code == 403
    returned = await trade.done(dossier["id"], "return-to-assessment", secretary, reason="Thiếu khảo sát")
    assert returned["state"] == "under_assessment"


async def test_rerating_comes_in_its_window_and_the_office_reports(
    trade: Trade, clock: Clock, people: People
) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer, kind="rerating")
    topics = "raw_material technology packaging labels quality_declaration test_reports market output revenue"
    contents = full_contents("qd26-2026") | {"updates": dict.fromkeys(topics.split(), "Không đổi.")}
    await trade.write(draft["id"], producer, contents)
    without = await trade.act(draft["id"], "lodge", producer)
    assert without.json()["data"]["missing"] == ["holds_certificate", "within_rerating_window"]
    async with trade.database.transaction() as session:
        await ProductService(session, SYSTEM, clock()).set_recognition(
            UUID(product_id), stars=3, valid_until=date(2027, 3, 1), status="valid"
        )
    early = await trade.act(draft["id"], "lodge", producer)
    assert early.json()["code"] == "dossier.outside_rerating_window"
    assert early.json()["data"]["first_day"] == "2026-09-02"
    clock.at = datetime(2026, 9, 2, 2, 0, tzinfo=UTC)
    await trade.done(draft["id"], "lodge", producer)
    await trade.done(draft["id"], "receive", people["commune_officer"], samples=5)
    sent = await trade.done(
        draft["id"], "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER
    )
    assert (sent["due_on"], sent["due_basis"]) == ("2026-09-07", "receipt")
    clock.move(days=7)
    reported = await to_council(trade, draft["id"], people["province_officer"])
    # 45 days from the complete request (Art. 7.6g), which end on a Saturday: the next working day.
    assert (reported["state"], reported["due_on"]) == ("in_council", "2026-10-19")
    assert reported["due_basis"] == "rerating_term"


async def test_records_of_steps_cannot_be_changed(trade: Trade, clock: Clock) -> None:
    await trade.lodged(clock())
    for statement in ("update dossier_step set reason = 'x'", "delete from dossier_version"):
        with pytest.raises(DBAPIError, match="are records"):
            async with trade.database.transaction() as session:
                await session.execute(text(statement))


async def test_every_step_stands_in_the_ledger(trade: Trade, clock: Clock, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    await trade.done(dossier["id"], "receive", people["commune_officer"])
    async with trade.database.read() as session:
        rows = await session.execute(
            text("select kind, data from ledger_event where subject_id = :id order by ordinal"),
            {"id": dossier["id"]},
        )
        found = [(row.kind, row.data["state"], row.data["level"]) for row in rows]
    assert found == [
        ("dossier.created", "draft", "commune"),
        ("dossier.edited", "draft", "commune"),
        ("dossier.lodged", "lodged", "commune"),
        ("dossier.received", "commune_review", "commune"),
    ]


async def test_repeated_action_with_one_key_happens_once(trade: Trade, clock: Clock, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    headers = {**people["commune_officer"], "Idempotency-Key": "k-1"}
    first: httpx.Response = await trade.act(dossier["id"], "receive", headers)
    again = await trade.act(dossier["id"], "receive", headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
