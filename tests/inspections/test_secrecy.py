"""Of an unannounced inspection the producer learns when it begins, by no way before."""

from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from sqlalchemy import text
from tests.conftest import settle

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.jobs.queue import JobContext
from ocop_api.ledger.jobs import seal_pending
from ocop_api.notifications.jobs import JOBS as NOTIFICATION_JOBS
from ocop_api.settings import Settings

from .conftest import Headers, Stage, area

SECRET = "Người tiêu dùng ở chợ phản ánh."


async def _told(stage: Stage, app: FastAPI, settings: Settings) -> list[tuple[str, str]]:
    """Notices so far, as user and kind."""
    await settle(stage.database)
    await seal_pending(stage.database, settings, stage.clock)
    await NOTIFICATION_JOBS["notifications.fan_out"](
        JobContext(stage.database, settings, stage.clock, app.state.__dict__), {}
    )
    async with stage.database.read() as session:
        rows = await session.execute(text("select user_id, kind from notification order by created_at"))
        return [(str(row.user_id), row.kind) for row in rows]


async def _secret(stage: Stage, certificate: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    inspector = await stage.inspector()
    order = {
        "kind": "unannounced",
        "certificate_id": certificate["id"],
        "cause": "complaint",
        "cause_note": SECRET,
        "scheduled_on": "2026-06-16",
        "inspectors": [{"user_id": str(inspector[0]), "lead": True}],
    }
    made = await stage.post("/inspections", stage.officer, order, 201)
    await stage.post(f"/inspections/{made['id']}/declare", inspector[1], {"has_interest": False})
    return made, inspector


async def _everything(stage: Stage, made: dict[str, Any], headers: Headers) -> str:
    """All that a reader finds about the product by the API, as text."""
    product, certificate = made["product_id"], made["certificate_id"]
    paths = (
        f"/inspections/{made['id']}",
        f"/inspections/{made['id']}/papers/minutes.pdf",
        "/inspections",
        f"/inspections?certificate_id={certificate}",
        f"/inspections?product_id={product}&state=planned",
        "/inspections?kind=unannounced&with_total=true",
        "/inspections/candidates",
        "/inspection-plans",
        "/changes?limit=1000",
        f"/products/{product}",
        f"/products/{product}/history",
        f"/certificates/{certificate}",
        "/notifications",
        "/ledger/events",
        f"/ledger/events?subject_id={made['id']}",
    )
    found = ""
    for path in paths:
        answer = await stage.http.get(f"/v1{path}", headers=headers)
        assert answer.status_code in {200, 403, 404}, (path, answer.text)
        if path.startswith("/inspections/" + made["id"]):
            assert answer.status_code == 404, path
        found += answer.text.replace(f"/v1{path}", "")
    return found


async def test_a_producer_learns_nothing_before_it_begins(
    stage: Stage, app: FastAPI, settings: Settings
) -> None:
    certificate = await stage.certificate()
    of_producer = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=certificate["producer_id"])
    producer_id, producer = await stage.account(of_producer, name="Chủ thể")
    before = await stage.get(f"/certificates/{certificate['id']}", producer)
    made, inspector = await _secret(stage, certificate)
    told = await _told(stage, app, settings)
    assert (str(inspector[0]), "inspection.planned") in told
    assert [one for one in told if one[0] == str(producer_id)] == []
    # Neither does somebody of the producer's side who also is an official of the province.
    both = stage.someone(area(Role.OFFICER), area(Role.INSPECTOR), of_producer)
    commune = stage.someone(area(Role.OFFICER, "34:24611", Level.COMMUNE))
    for headers in (producer, commune):
        found = await _everything(stage, made, headers)
        assert made["id"] not in found
        assert SECRET not in found
        assert "inspection.planned" not in found
    assert (await stage.get("/inspections", both))["items"] == []
    await stage.get(f"/inspections/{made['id']}", both, 404)
    for action, body in (("begin", None), ("cancel", {"reason": "x"}), ("remark", {"remark": "x"})):
        problem = await stage.post(f"/inspections/{made['id']}/{action}", producer, body, 404)
        assert problem["code"] == "inspection.unknown"
    for headers in ({}, producer):
        public = await stage.http.get(f"/v1/inspections/{made['id']}", headers=headers)
        assert public.status_code == (404 if headers else 401)
    assert await stage.get(f"/certificates/{certificate['id']}", producer) == before
    # What happens to it before it begins is told without naming anybody.
    async with stage.database.read() as session:
        rows = await session.execute(
            text("select kind, area_path, data from ledger_event where subject_type = 'inspection'")
        )
        events = [(row.kind, row.area_path, str(row.data)) for row in rows]
    assert {kind for kind, _, _ in events} == {"inspection.planned", "inspection.interest_declared"}
    for _, path, data in events:
        assert path == ["34:68"]
        assert certificate["id"] not in data
        assert str(certificate["producer_id"]) not in data
        assert str(certificate["product_id"]) not in data

    await stage.post(f"/inspections/{made['id']}/begin", inspector[1])
    shown = await stage.get(f"/inspections/{made['id']}", producer)
    assert (shown["state"], shown["cause"], shown["cause_note"]) == ("under_way", "complaint", None)
    assert shown["items"] == []
    assert [one["action"] for one in shown["steps"]] == ["begin"]
    assert shown["inspectors"][0]["declared_at"] is None
    assert SECRET not in str(shown)
    told = await _told(stage, app, settings)
    assert [kind for user, kind in told if user == str(producer_id)] == ["inspection.begun"]


async def test_one_called_off_before_it_begins_stays_unknown(stage: Stage) -> None:
    certificate = await stage.certificate()
    producer = stage.producer(certificate["producer_id"])
    made, _ = await _secret(stage, certificate)
    await stage.post(f"/inspections/{made['id']}/cancel", stage.officer, {"reason": "Trùng lịch."})
    await stage.get(f"/inspections/{made['id']}", producer, 404)
    assert (await stage.get("/inspections", producer))["items"] == []


async def test_whoever_acts_for_the_producer_plans_no_inspection_of_it(stage: Stage) -> None:
    certificate = await stage.certificate()
    of_producer = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=certificate["producer_id"])
    order = {"kind": "unannounced", "certificate_id": certificate["id"], "cause": "request"}
    for grants in ((area(Role.OFFICER), of_producer), (area(Role.INSPECTOR),), (area(Role.LEADER),)):
        await stage.post("/inspections", stage.someone(*grants), order, 403)
    elsewhere = stage.someone(area(Role.OFFICER, "34:01"))
    await stage.post("/inspections", elsewhere, order, 403)


async def test_a_second_one_without_notice_waits_for_the_first(stage: Stage) -> None:
    certificate = await stage.certificate()
    await _secret(stage, certificate)
    order = {"kind": "unannounced", "certificate_id": certificate["id"], "cause": "request"}
    problem = await stage.post("/inspections", stage.officer, order, 409)
    assert problem["code"] == "inspection.already_open"


async def test_a_periodic_one_is_known_from_the_approval_of_its_plan(
    stage: Stage, app: FastAPI, settings: Settings
) -> None:
    certificate = await stage.certificate()
    producer_id, producer = await stage.account(
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=certificate["producer_id"])
    )
    plan = await stage.plan(certificate["id"])
    assert (await stage.get("/inspections", producer))["items"] == []
    await stage.get(f"/inspection-plans/{plan['id']}", producer, 404)
    assert await _told(stage, app, settings) == []
    await stage.post(f"/inspection-plans/{plan['id']}/approve", stage.leader)
    [shown] = (await stage.get("/inspections", producer))["items"]
    assert (shown["state"], shown["plan_id"]) == ("planned", None)
    told = await _told(stage, app, settings)
    assert (str(producer_id), "inspection.announced") in told
    stranger = stage.producer(uuid4())
    await stage.get(f"/inspections/{shown['id']}", stranger, 404)
    actor = Actor(uuid4(), "", (Grant(Role.COUNCIL_MEMBER, Bound.COUNCIL, council_id=uuid4()),))
    await stage.get(f"/inspections/{shown['id']}", stage.as_actor(actor), 404)
