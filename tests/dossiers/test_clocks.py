"""Terms over HTTP: office days, rounds, stops, reminders, letters, escalation."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.conftest import MovableClock, settle

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.adapters.mail import MemoryMailer
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.dossiers.jobs import look_at_clocks
from ocop_api.jobs.queue import JobContext
from ocop_api.ledger.jobs import seal_pending
from ocop_api.notifications.jobs import JOBS as NOTIFICATION_JOBS
from ocop_api.products.service import ProductService
from ocop_api.settings import SecuritySettings, Settings
from ocop_api.worker import drain

from .conftest import FORM_03, LETTER, NEW_COMMUNE, Headers, Trade

ITEMS = [{"what": "Phiếu kiểm nghiệm còn hiệu lực"}]
Morning = Callable[[], Awaitable[list[tuple[str, str, UUID]]]]


@pytest.fixture
def admin(as_actor: Callable[[Actor], Headers]) -> Headers:
    return as_actor(Actor(uuid4(), "Quản trị", (Grant(Role.ADMIN, Bound.EVERYWHERE),)))


@pytest.fixture
async def officers(database: Database, clock: MovableClock) -> dict[Level, UUID]:
    """Stored accounts of a commune's and a province's officer, who can be told of things."""
    found = {}
    for level, place in ((Level.COMMUNE, NEW_COMMUNE), (Level.PROVINCE, "34:68")):
        async with database.transaction() as session:
            found[level] = await ensure_user(
                session,
                email=f"{level}@example.org",
                display_name=f"Cán bộ {level}",
                password=None,
                grants=[Grant(Role.OFFICER, Bound.AREA, level=level, place_id=place)],
                now=clock(),
                security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
            )
    return found


@pytest.fixture
def mailer() -> MemoryMailer:
    return MemoryMailer()


@pytest.fixture
def morning(database: Database, settings: Settings, clock: MovableClock, mailer: MemoryMailer) -> Morning:
    """Run the daily job, the fan-out and the letters; gives who has been told what so far."""

    async def run() -> list[tuple[str, str, UUID]]:
        context = JobContext(database, settings, clock, {"mailer": mailer})
        await look_at_clocks(context, {})
        await settle(database)
        await seal_pending(database, settings, clock)
        await NOTIFICATION_JOBS["notifications.fan_out"](context, {})
        await drain(database, settings, clock, {"mailer": mailer})
        async with database.read() as session:
            rows = await session.execute(
                text("select kind, subject_id, user_id from notification order by created_at, kind, user_id")
            )
            return [(row.kind, row.subject_id, row.user_id) for row in rows]

    return run


async def test_days_off_and_made_up_days_are_public(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/office-days", params={"since": "2026-08-15", "until": "2026-09-30"})
    assert [(day["day"], day["working"]) for day in answer.json()["items"]] == [
        ("2026-08-22", True),
        ("2026-08-31", False),
        ("2026-09-01", False),
        ("2026-09-02", False),
    ]
    assert answer.headers["cache-control"] == "public, max-age=300"
    this_year = (await client.get("/v1/office-days")).json()
    assert (this_year["since"], this_year["until"]) == ("2026-01-01", "2026-12-31")
    term = (await client.get("/v1/office-days/term?start=2026-08-20&working_days=15")).json()
    assert (term["end"], len(term["days_off"])) == ("2026-09-14", 4)
    for query in (
        "since=2026-02-01&until=2026-01-01",
        "since=1900-01-01",
        "since=2000-01-01&until=2020-01-01",
    ):
        refused = await client.get(f"/v1/office-days?{query}")
        assert (refused.status_code, refused.json()["code"]) == (422, "office_days.period")
    late = await client.get("/v1/office-days/term?start=2999-01-01&working_days=1")
    assert (late.status_code, late.json()["code"]) == (422, "office_days.period")


async def test_entered_day_moves_the_terms_of_open_dossiers(
    trade: Trade,
    clock: MovableClock,
    people: dict[str, Headers],
    admin: Headers,
    database: Database,
    settings: Settings,
) -> None:
    dossier, _ = await trade.lodged(clock())
    received = await trade.done(dossier["id"], "receive", people["commune_officer"])
    assert (received["due_on"], received["due_basis"]) == ("2026-07-06", "commune_term")
    assert (received["working_days_left"], received["overdue"]) == (15, False)
    day = {"working": False, "vi": "Nghỉ do bão", "en": "Storm", "source": "Công điện 12"}
    url = "/v1/office-days/2026-06-16"
    for headers, status in ((people["province_officer"], 403), ({}, 401)):
        assert (await trade.client.put(url, json=day, headers=headers)).status_code == status
    assert (await trade.client.put(url, json=day, headers=admin)).status_code == 200
    await drain(database, settings, clock)
    assert (await trade.read(dossier["id"], people["commune_officer"]))["due_on"] == "2026-07-07"
    assert (await trade.client.put(url, json=day, headers=admin)).status_code == 428
    saturday = day | {"working": True, "vi": "Làm bù", "en": "Worked"}
    worked = await trade.client.put("/v1/office-days/2026-06-20", json=saturday, headers=admin)
    assert worked.json()["version"] == 1
    gone = await trade.client.delete(url, headers=admin | {"If-Match": "*"})
    assert gone.status_code == 204
    again = await trade.client.delete(url, headers=admin | {"If-Match": "*"})
    assert again.json()["code"] == "office_days.not_entered"
    await drain(database, settings, clock)
    assert (await trade.read(dossier["id"], people["commune_officer"]))["due_on"] == "2026-07-03"


async def test_clock_stops_while_the_producer_answers(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    assert (dossier["due_on"], dossier["due_basis"]) == ("2026-06-18", "receipt")
    commune = people["commune_officer"]
    await trade.done(dossier["id"], "receive", commune)
    clock.at = datetime(2026, 6, 22, 2, 0, tzinfo=UTC)
    asked = await trade.done(dossier["id"], "request-supplement", commune, items=ITEMS, due_on="2026-07-31")
    assert (asked["due_on"], asked["due_basis"], asked["awaits"]) == ("2026-07-31", "supplement", "producer")
    clock.at = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
    answers = [{"item": 1, "answer": "Đã bổ sung."}]
    back = await trade.done(dossier["id"], "resubmit", producer, answers=answers)
    assert (back["due_on"], back["due_basis"], back["working_days_left"]) == (
        "2026-07-15",
        "commune_term",
        10,
    )


async def test_rounds_of_the_decision_and_of_the_province(
    trade: Trade,
    clock: MovableClock,
    people: dict[str, Headers],
    database: Database,
    settings: Settings,
) -> None:
    listed = await trade.client.get("/v1/rating-rounds", params={"year": 2027, "place": "34:68"})
    assert [
        (one["level"], one["requested_before"], one["done_before"]) for one in listed.json()["items"]
    ] == [
        ("central", "2027-01-30", "2027-03-30"),
        ("province", "2027-04-30", "2027-06-30"),
        ("central", "2027-07-30", "2027-09-30"),
        ("province", "2027-10-30", "2027-12-30"),
    ]
    plan = (await trade.client.get("/v1/rating-rounds", params={"year": 2024})).json()["items"]
    assert [(one["level"], one["done_before"]) for one in plan] == [
        ("district", "2024-10-01"),
        ("province", "2024-10-30"),
    ]
    dossier, _ = await trade.lodged(clock())
    await trade.done(dossier["id"], "receive", people["commune_officer"], samples=5)
    await trade.done(
        dossier["id"], "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER
    )
    checked = await trade.done(dossier["id"], "receive", people["province_officer"])
    assert (checked["due_on"], checked["due_basis"]) == ("2026-12-29", "rating_round")
    assert checked["requested_on"] == "2026-06-15"

    extra = {
        "level": "province",
        "place_id": "34:68",
        "requested_before": "2026-07-20",
        "done_before": "2026-09-01",
        "source": "Kế hoạch 115/KH-UBND",
    }
    url = "/v1/rating-rounds"
    for who in ("commune_officer", "elsewhere_officer", "central_officer", "province_inspector"):
        refused = await trade.client.post(url, json=extra, headers=people[who])
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted"), who
    made = await trade.client.post(url, json=extra, headers=people["province_officer"])
    assert made.status_code == 201, made.text
    twice = await trade.client.post(url, json=extra, headers=people["province_officer"])
    assert (twice.status_code, twice.json()["code"]) == (409, "dossier.round_exists")
    await drain(database, settings, clock)
    moved = await trade.read(dossier["id"], people["province_officer"])
    assert (moved["due_on"], moved["version"]) == ("2026-08-31", checked["version"])
    one = made.headers["location"]
    assert (await trade.client.get(one)).json() == made.json()
    assert (await trade.client.delete(one, headers=people["province_officer"])).status_code == 428
    current = people["province_officer"] | {"If-Match": "*"}
    assert (await trade.client.delete(one, headers=current)).status_code == 204
    assert (await trade.client.delete(one, headers=current)).json()["code"] == "dossier.unknown_round"
    for change, code in (
        ({"level": "commune"}, "dossier.round_level"),
        ({"place_id": None}, "dossier.round_place"),
        ({"place_id": NEW_COMMUNE}, "dossier.round_place"),
        ({"done_before": "2026-07-01"}, "dossier.round_days"),
    ):
        wrong = await trade.client.post(url, json=extra | change, headers=people["province_officer"])
        assert (wrong.status_code, wrong.json()["code"]) == (422, code)


async def test_desk_is_reminded_and_the_level_above_told_once_each(
    trade: Trade,
    clock: MovableClock,
    people: dict[str, Headers],
    officers: dict[Level, UUID],
    morning: Morning,
    mailer: MemoryMailer,
) -> None:
    dossier, _ = await trade.lodged(clock())
    await trade.done(dossier["id"], "receive", people["commune_officer"])
    commune, province = officers[Level.COMMUNE], officers[Level.PROVINCE]

    async def told(day: date) -> list[tuple[str, UUID]]:
        clock.at = datetime(day.year, day.month, day.day, 0, 0, tzinfo=UTC)
        await morning()
        found = await morning()
        return [(kind, user) for kind, _, user in found if kind != "dossier.lodged"]

    assert await told(date(2026, 6, 26)) == []
    soon = ("dossier.due_soon", commune)
    assert await told(date(2026, 6, 29)) == [soon]
    assert await told(date(2026, 7, 1)) == [soon]
    assert await told(date(2026, 7, 6)) == [soon, soon]
    late = [soon, soon, ("dossier.overdue", commune)]
    assert await told(date(2026, 7, 7)) == late
    assert (await trade.read(dossier["id"], people["commune_officer"]))["overdue"] is True
    assert await told(date(2026, 7, 10)) == late
    assert await told(date(2026, 7, 13)) == [*late, ("dossier.escalated", province)]
    assert [letter.to for letter in mailer.sent] == ["commune@example.org"] * 3 + ["province@example.org"]
    assert "Hạn xử lý: 06/07/2026" in mailer.sent[0].text
    assert mailer.sent[2].subject == "OCOP: Hồ sơ đã quá hạn xử lý."


async def test_producer_is_reminded_of_a_supplement_and_the_office_when_it_stays_out(
    trade: Trade,
    clock: MovableClock,
    people: dict[str, Headers],
    officers: dict[Level, UUID],
    morning: Morning,
    database: Database,
) -> None:
    dossier, _ = await trade.lodged(clock())
    async with database.transaction() as session:
        producer_user = await ensure_user(
            session,
            email="chuthe@example.org",
            display_name="Chủ thể",
            password=None,
            grants=[Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=UUID(dossier["producer_id"]))],
            now=clock(),
            security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
        )
    commune = people["commune_officer"]
    await trade.done(dossier["id"], "receive", commune)
    await trade.done(dossier["id"], "request-supplement", commune, items=ITEMS, due_on="2026-07-15")
    clock.at = datetime(2026, 7, 14, 0, 0, tzinfo=UTC)
    found = await morning()
    assert ("dossier.due_soon", dossier["id"], producer_user) in found
    clock.at = datetime(2026, 7, 16, 0, 0, tzinfo=UTC)
    new = set(await morning()) - set(found)
    assert new == {
        ("dossier.overdue", dossier["id"], producer_user),
        ("dossier.supplement_overdue", dossier["id"], officers[Level.COMMUNE]),
    }
    await trade.done(dossier["id"], "reject", commune, reason="Không bổ sung.")
    clock.move(days=30)
    assert not [kind for kind, _, _ in set(await morning()) - set(found) - new if kind != "dossier.rejected"]


async def test_producer_hears_of_the_window_of_a_rerating(
    trade: Trade, clock: MovableClock, morning: Morning, database: Database
) -> None:
    product_id, _ = await trade.product(at=clock())
    other_id, _ = await trade.product("Cà phê khác", at=clock())
    async with database.transaction() as session:
        products = ProductService(session, SYSTEM, clock())
        valid_until = date(2027, 3, 1)
        await products.set_recognition(UUID(product_id), stars=3, valid_until=valid_until, status="valid")
        await products.set_recognition(UUID(other_id), stars=3, valid_until=valid_until, status="withdrawn")
    kinds = []
    for day in ("2026-09-01", "2026-09-02", "2026-10-02", "2026-10-25", "2026-11-02"):
        clock.at = datetime.fromisoformat(f"{day}T00:00:00+00:00")
        await morning()
        async with database.read() as session:
            rows = await session.execute(
                text(
                    "select kind, subject_id from ledger_event where kind like 'dossier.rerating%' "
                    "order by id"
                )
            )
            kinds.append(
                [(row.kind.removeprefix("dossier.rerating_window_"), row.subject_id) for row in rows]
            )
    opened, half, closing = (("opened", product_id), ("half_over", product_id), ("closing", product_id))
    assert kinds == [[], [opened], [opened, half], [opened, half, closing], [opened, half, closing]]


async def test_product_seen_late_is_told_only_how_its_window_stands(
    trade: Trade, clock: MovableClock, morning: Morning, database: Database
) -> None:
    late = {}
    for name, valid_until in (("130 ngày", date(2027, 3, 1)), ("127 ngày", date(2027, 2, 26))):
        late[name], _ = await trade.product(f"Cà phê còn {name}", at=clock())
        async with database.transaction() as session:
            await ProductService(session, SYSTEM, clock()).set_recognition(
                UUID(late[name]), stars=3, valid_until=valid_until, status="valid"
            )
    clock.at = datetime(2026, 10, 22, 0, 0, tzinfo=UTC)
    await morning()
    async with database.read() as session:
        rows = await session.execute(
            text("select kind, subject_id from ledger_event where kind like 'dossier.rerating%'")
        )
        told = {(row.kind.removeprefix("dossier.rerating_window_"), row.subject_id) for row in rows}
    assert told == {("half_over", late["130 ngày"]), ("closing", late["127 ngày"])}


async def test_files_of_1489_are_due_by_the_transition_from_the_new_law_on(
    trade: Trade, clock: MovableClock, people: dict[str, Headers], database: Database, settings: Settings
) -> None:
    clock.at = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
    dossier, _ = await trade.lodged(clock(), edition="qd148-2023")
    received: dict[str, Any] = await trade.done(dossier["id"], "receive", people["commune_officer"])
    assert (received["regime"], received["due_on"], received["finish_by"]) == ("qd1489-2025", None, None)
    clock.at = datetime(2026, 5, 23, 2, 0, tzinfo=UTC)
    await look_at_clocks(JobContext(database, settings, clock, {}), {})
    now = await trade.read(dossier["id"], people["commune_officer"])
    assert (now["due_on"], now["due_basis"], now["finish_by"]) == ("2026-07-21", "transition", "2026-07-21")
