"""The life of certificates by the clock: notices before the end, the end itself, prolongation."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text, update
from tests.certificates.conftest import AsActor, Issue, World, leader
from tests.conftest import MovableClock

from ocop_api.certificates import repository
from ocop_api.certificates.jobs import JOBS, SCHEDULES
from ocop_api.certificates.standing import Standing
from ocop_api.db.base import uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier, DossierStep
from ocop_api.domain.certificate import EXPIRY_MARKS, expiry_mark, prolongation
from ocop_api.domain.forwarding import rerating_lodging_days
from ocop_api.domain.regimes import REGIMES, regime
from ocop_api.dossiers.jobs import look_at_clocks
from ocop_api.jobs.queue import JobContext
from ocop_api.notifications.policy import concern_of
from ocop_api.settings import Settings

Run = Callable[[str], Awaitable[None]]
Events = Callable[[str], Awaitable[list[Any]]]

DECIDED, LAST_DAY = date(2024, 1, 10), date(2027, 1, 10)
OLD_DECIDED, OLD_LAST_DAY = date(2023, 7, 1), date(2026, 7, 1)
"""A term that ends after the decision came into force, with a filing window that had closed before."""
LIMIT = OLD_LAST_DAY + timedelta(days=180)


@pytest.fixture
def run(database: Database, settings: Settings, clock: MovableClock) -> Run:
    async def job(name: str) -> None:
        await JOBS[f"certificates.{name}"](JobContext(database, settings, clock, {}), {})

    return job


@pytest.fixture
def events(database: Database) -> Events:
    async def read(kind: str) -> list[Any]:
        async with database.read() as session:
            rows = await session.execute(
                text(
                    "select kind, subject_id, area_path, data from ledger_event where kind like :kind "
                    "order by id"
                ),
                {"kind": kind},
            )
            return list(rows)

    return read


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, 0, tzinfo=UTC)


async def lodge_rerating(
    world: World, product_id: UUID, lodged_on: date, *, state: str = "office_check", kind: str = "rerating"
) -> UUID:
    async with world.database.transaction() as session:
        producer = (
            await session.execute(text("select producer_id from product where id = :id"), {"id": product_id})
        ).scalar_one()
    rated = await world.rated(product=(product_id, producer), lodged_on=lodged_on, state=state)
    async with world.database.transaction() as session:
        await session.execute(update(Dossier).where(Dossier.id == rated.dossier_id).values(kind=kind))
    return rated.dossier_id


async def close(world: World, dossier_id: UUID, at: datetime, state: str = "rejected") -> None:
    async with world.database.transaction() as session:
        await session.execute(update(Dossier).where(Dossier.id == dossier_id).values(state=state))
        await session.execute(
            insert(DossierStep).values(
                id=uuid7(),
                dossier_id=dossier_id,
                ordinal=1,
                action="reject",
                from_state="office_check",
                from_level="province",
                to_state=state,
                to_level="province",
                party="office",
                actor_id=None,
                at=at,
                reason="x",
                data={},
            )
        )


async def test_each_mark_is_told_once(world: World, clock: MovableClock, run: Run, events: Events) -> None:
    known = await world.recorded(decided_on=DECIDED)
    for left in (200, 181, 180, 180, 179, 151, 150, 121, 120, 31, 30, 29, 0):
        clock.at = noon(LAST_DAY - timedelta(days=left))
        await run("tell_of_ends")
    told = await events("certificate.expiring")
    assert [row.data["mark"] for row in told] == [180, 150, 120, 30]
    assert [row.data["days_left"] for row in told] == [180, 150, 120, 30]
    assert {row.subject_id for row in told} == {known["id"]}
    first = told[0].data
    assert (first["number"], first["valid_until"]) == ("68-01-2026", "2027-01-10")
    assert (first["lodging_first_day"], first["lodging_last_day"]) == ("2026-07-14", "2026-09-12")
    assert str(UUID(first["producer_id"])) == first["producer_id"]
    assert "34:68" in told[0].area_path


async def test_a_certificate_seen_late_is_told_the_mark_it_stands_at(
    world: World, clock: MovableClock, run: Run, events: Events
) -> None:
    clock.at = noon(LAST_DAY - timedelta(days=40))
    await world.recorded(decided_on=DECIDED)
    for left in (40, 39, 30):
        clock.at = noon(LAST_DAY - timedelta(days=left))
        await run("tell_of_ends")
    told = await events("certificate.expiring")
    assert [(row.data["mark"], row.data["days_left"]) for row in told] == [(120, 40), (30, 30)]


async def test_marks_missed_while_the_worker_was_down_are_not_told_all_at_once(
    world: World, clock: MovableClock, run: Run, events: Events
) -> None:
    await world.recorded(decided_on=DECIDED)
    clock.at = noon(LAST_DAY - timedelta(days=180))
    await run("tell_of_ends")
    clock.at = noon(LAST_DAY - timedelta(days=100))
    await run("tell_of_ends")
    told = await events("certificate.expiring")
    assert [(row.data["mark"], row.data["days_left"]) for row in told] == [(180, 180), (120, 100)]


async def test_two_workers_tell_once(world: World, clock: MovableClock, run: Run, events: Events) -> None:
    for count in range(5):
        await world.recorded(decided_on=DECIDED, number=f"68-{count + 10}-2024")
    clock.at = noon(LAST_DAY - timedelta(days=30))
    await asyncio.gather(*(run("tell_of_ends") for _ in range(4)))
    assert len(await events("certificate.expiring")) == 5
    clock.at = noon(LAST_DAY + timedelta(days=1))
    await asyncio.gather(*(run("end_terms") for _ in range(4)))
    assert len(await events("certificate.expired")) == 5


async def test_more_than_one_batch_is_told(
    world: World, clock: MovableClock, run: Run, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocop_api.certificates.service.lives._BATCH", 2)
    for count in range(5):
        await world.recorded(decided_on=DECIDED, number=f"68-{count + 10}-2024")
    clock.at = noon(LAST_DAY)
    await run("tell_of_ends")
    clock.at = noon(LAST_DAY + timedelta(days=1))
    await run("end_terms")
    assert len(await events("certificate.expiring")) == len(await events("certificate.expired")) == 5


async def test_a_certificate_that_is_being_changed_waits_for_the_next_run(
    world: World, database: Database, clock: MovableClock, run: Run, events: Events
) -> None:
    known = await world.recorded(decided_on=DECIDED)
    clock.at = noon(LAST_DAY + timedelta(days=1))
    async with database.transaction() as session:
        await session.execute(
            text("select 1 from certificate where id = :id for update"), {"id": known["id"]}
        )
        await asyncio.wait_for(run("end_terms"), 5)
        assert await events("certificate.expired") == []
    await run("end_terms")
    assert len(await events("certificate.expired")) == 1


async def test_what_was_withdrawn_replaced_or_only_reported_is_not_told(
    world: World, client: httpx.AsyncClient, as_actor: AsActor, clock: MovableClock, run: Run, events: Events
) -> None:
    taken = await world.recorded(decided_on=DECIDED)
    answer = await client.post(
        f"/v1/certificates/{taken['id']}/withdraw",
        json={"ground": "production_stopped", "reason": "Đã giải thể", "concluded_on": "2026-06-10"},
        headers=as_actor(leader()),
    )
    assert answer.status_code == 200, answer.text
    replaced = await world.recorded(decided_on=DECIDED, number="68-02-2026")
    await world.recorded(
        decided_on=date(2026, 6, 1), stars=5, number="68-03-2026", product_id=replaced["product_id"]
    )
    await world.recorded(decided_on=None, number=None)
    for left in (180, 30, -1):
        clock.at = noon(LAST_DAY - timedelta(days=left))
        await run("tell_of_ends")
        await run("end_terms")
    assert await events("certificate.expir%") == []


@pytest.mark.parametrize(("under_way", "heard"), [(False, "dossier."), (True, "certificate.")])
async def test_producers_hear_of_one_day_by_one_message(
    world: World,
    clock: MovableClock,
    run: Run,
    events: Events,
    database: Database,
    settings: Settings,
    *,
    under_way: bool,
    heard: str,
) -> None:
    known = await world.recorded(decided_on=DECIDED)
    clock.at = noon(LAST_DAY - timedelta(days=180))
    if under_way:
        await lodge_rerating(world, known["product_id"], clock.at.date())
    told: list[list[str]] = []
    for left in (180, 150, 120, 30):
        clock.at = noon(LAST_DAY - timedelta(days=left))
        before = len(await events("%"))
        await run("tell_of_ends")
        await look_at_clocks(JobContext(database, settings, clock, {}), {})
        new = (await events("%"))[before:]
        told.append(
            [
                row.kind
                for row in new
                if row.kind.startswith(("certificate.expiring", "dossier.rerating"))
                and concern_of(row.kind, row.area_path, row.data).producer_id is not None
            ]
        )
    assert [len(day) for day in told[:2]] == [1, 1]
    assert told[0][0].startswith(heard)
    assert told[3] == ["certificate.expiring"]
    assert "certificate.expiring" in told[2]


async def test_the_term_ends_with_its_last_second_in_vietnam(
    world: World, client: httpx.AsyncClient, clock: MovableClock, run: Run, events: Events
) -> None:
    known = await world.recorded(decided_on=DECIDED)
    path = f"/v1/certificates/{known['id']}"
    clock.at = datetime(2027, 1, 10, 16, 59, 59, tzinfo=UTC)
    await run("end_terms")
    assert await events("certificate.expired") == []
    assert (await client.get(path)).json()["status"] == "expiring"
    clock.at = datetime(2027, 1, 10, 17, 0, 0, tzinfo=UTC)
    assert (await client.get(path)).json()["status"] == "expired"
    for _ in range(2):
        await run("end_terms")
    (told,) = await events("certificate.expired")
    assert told.subject_id == known["id"]
    assert (told.data["valid_until"], told.data["expired_on"]) == ("2027-01-10", "2027-01-11")
    changed = (await events("product.recognition_changed"))[-1]
    assert changed.subject_id == str(known["product_id"])
    assert changed.data == {"status": "expired", "stars": 4, "valid_until": "2027-01-10"}


async def test_a_worker_that_was_down_catches_up_once_with_the_true_day(
    world: World, clock: MovableClock, run: Run, events: Events
) -> None:
    await world.recorded(decided_on=DECIDED)
    for days in (9, 10):
        clock.at = noon(LAST_DAY + timedelta(days=days))
        await run("end_terms")
    (told,) = await events("certificate.expired")
    assert told.data["expired_on"] == "2027-01-11"


async def test_a_term_that_was_over_before_it_was_recorded_ends_nothing(
    world: World, run: Run, events: Events
) -> None:
    await world.recorded(decided_on=date(2021, 5, 1))
    await run("end_terms")
    await run("tell_of_ends")
    assert await events("certificate.exp%") == []


async def test_the_jobs_run_by_the_clock() -> None:
    assert set(SCHEDULES) == set(JOBS)


async def test_notices_are_records(world: World, clock: MovableClock, run: Run, database: Database) -> None:
    await world.recorded(decided_on=DECIDED)
    clock.at = noon(LAST_DAY)
    await run("tell_of_ends")
    with pytest.raises(Exception, match="record"):
        async with database.transaction() as session:
            await session.execute(text("delete from certificate_notice"))


async def test_an_open_rerating_prolongs_the_certificate_until_its_file_ends(
    world: World, client: httpx.AsyncClient, clock: MovableClock, run: Run, events: Events
) -> None:
    known = await world.recorded(decided_on=OLD_DECIDED)
    dossier_id = await lodge_rerating(world, known["product_id"], date(2026, 6, 10))
    path = f"/v1/certificates/{known['id']}"
    before = (await client.get(path)).json()
    assert (before["status"], before["rerating"], before["extended_until"]) == ("expiring", True, None)
    clock.at = datetime(2026, 7, 1, 17, 0, tzinfo=UTC)
    for _ in range(2):
        await run("end_terms")
    read = (await client.get(path)).json()
    assert (read["status"], read["in_force"], read["extended_until"]) == ("extended", True, LIMIT.isoformat())
    shown = (await client.get(f"/v1/verify/{known['code']}")).json()
    assert (shown["status"], shown["in_force"], shown["extended_until"]) == (
        "extended",
        True,
        LIMIT.isoformat(),
    )
    assert "28/12/2026" in shown["meaning"]
    page = (await client.get(f"/verify/{known['code']}?lang=vi")).text
    assert "Còn hiệu lực, được kéo dài" in page
    assert "28/12/2026" in page
    listed = (await client.get("/v1/certificates", params={"status": "extended"})).json()["items"]
    assert [item["id"] for item in listed] == [known["id"]]
    product = (await client.get(f"/v1/products/{known['product_id']}")).json()
    assert product["recognition"]["status"] == "valid", product["recognition"]
    (told,) = await events("certificate.extended")
    assert told.data["extended_until"] == LIMIT.isoformat()
    assert await events("certificate.expired") == []

    # 17:30 UTC of 31 July is the first of August in Vietnam.
    await close(world, dossier_id, datetime(2026, 7, 31, 17, 30, tzinfo=UTC))
    clock.at = datetime(2026, 8, 1, 16, 59, 59, tzinfo=UTC)
    await run("end_terms")
    read = (await client.get(path)).json()
    assert (read["status"], read["extended_until"], read["rerating"]) == ("extended", "2026-08-01", False)
    assert await events("certificate.expired") == []
    clock.at = datetime(2026, 8, 1, 17, 0, tzinfo=UTC)
    assert (await client.get(path)).json()["status"] == "expired"
    shown = (await client.get(f"/v1/verify/{known['code']}")).json()
    assert (shown["status"], shown["extended_until"]) == ("expired", "2026-08-01")
    assert "01/08/2026" in shown["meaning"]
    for _ in range(2):
        await run("end_terms")
    (told,) = await events("certificate.expired")
    assert (told.data["extended_until"], told.data["expired_on"]) == ("2026-08-01", "2026-08-02")
    product = (await client.get(f"/v1/products/{known['product_id']}")).json()
    assert product["recognition"]["status"] == "expired"


async def test_a_file_without_a_result_prolongs_for_180_days(
    world: World, client: httpx.AsyncClient, clock: MovableClock, run: Run, events: Events
) -> None:
    known = await world.recorded(decided_on=OLD_DECIDED)
    await lodge_rerating(world, known["product_id"], date(2026, 6, 10))
    found = []
    for day in (LIMIT, LIMIT + timedelta(days=1)):
        clock.at = noon(day)
        found.append((await client.get(f"/v1/verify/{known['code']}")).json()["status"])
    assert found == ["extended", "expired"]
    await run("end_terms")
    (told,) = await events("certificate.expired")
    assert told.data["expired_on"] == (LIMIT + timedelta(days=1)).isoformat()
    assert await events("certificate.extended") == []


async def test_a_file_reopened_by_an_appeal_prolongs_again(
    world: World, client: httpx.AsyncClient, clock: MovableClock, run: Run, events: Events
) -> None:
    known = await world.recorded(decided_on=OLD_DECIDED)
    dossier_id = await lodge_rerating(world, known["product_id"], date(2026, 6, 10))
    await close(world, dossier_id, noon(date(2026, 7, 10)), "not_reached")
    clock.at = noon(date(2026, 8, 1))
    await run("end_terms")
    product = f"/v1/products/{known['product_id']}"
    assert (await client.get(product)).json()["recognition"]["status"] == "expired"
    async with world.database.transaction() as session:
        await session.execute(update(Dossier).where(Dossier.id == dossier_id).values(state="in_council"))
    await run("end_terms")
    assert (await client.get(f"/v1/certificates/{known['id']}")).json()["status"] == "extended"
    shown = (await client.get(product)).json()["recognition"]
    assert (shown["status"], shown["valid_until"]) == ("valid", LIMIT.isoformat())


async def test_a_file_lodged_after_the_term_prolongs_nothing_further(
    world: World, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    known = await world.recorded(decided_on=OLD_DECIDED)
    first = await lodge_rerating(world, known["product_id"], date(2026, 6, 10))
    await close(world, first, noon(date(2026, 7, 10)))
    await lodge_rerating(world, known["product_id"], date(2026, 7, 12))
    clock.at = noon(date(2026, 7, 20))
    for path in (f"/v1/certificates/{known['id']}", f"/v1/verify/{known['code']}"):
        read = (await client.get(path)).json()
        assert (read["status"], read["extended_until"]) == ("expired", "2026-07-10")


async def test_a_draft_is_no_rerating_under_way(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded(decided_on=DECIDED)
    dossier_id = await lodge_rerating(world, known["product_id"], date(2026, 6, 10), state="draft")
    path = f"/v1/certificates/{known['id']}"
    found = []
    for values in ({"lodged_on": None}, {"lodged_on": date(2026, 6, 12), "state": "lodged"}):
        async with world.database.transaction() as session:
            await session.execute(update(Dossier).where(Dossier.id == dossier_id).values(values))
        read = (await client.get(path)).json()
        found.append((read["status"], read["rerating"]))
    assert found == [("valid", False), ("valid", True)]


async def test_a_new_certificate_takes_the_place_of_a_prolonged_one(
    world: World, client: httpx.AsyncClient, issue: Issue, clock: MovableClock, run: Run, events: Events
) -> None:
    known = await world.recorded(decided_on=OLD_DECIDED, number="68-09-2023")
    product_id = known["product_id"]
    dossier_id = await lodge_rerating(world, product_id, date(2026, 6, 10), state="awaiting_decision")
    clock.at = noon(date(2026, 8, 10))
    await run("end_terms")
    async with world.database.read() as session:
        producer = (await session.execute(text("select producer_id from dossier"))).scalar_one()
    answer = await issue(
        type("R", (), {"dossier_id": dossier_id, "product_id": product_id, "producer_id": producer})(),
        decided_on="2026-08-10",
    )
    assert answer.status_code == 201, answer.text
    read = (await client.get(f"/v1/certificates/{known['id']}")).json()
    assert (read["status"], read["superseded_by"]) == ("superseded", answer.json()["id"])
    clock.at = noon(date(2026, 8, 12))
    await run("end_terms")
    assert await events("certificate.expired") == []


@pytest.mark.parametrize(
    ("decided_on", "lodged_on", "kind", "claims"),
    [
        (OLD_DECIDED, date(2026, 6, 10), "rerating", True),
        (OLD_DECIDED, OLD_LAST_DAY, "rerating", True),
        (OLD_DECIDED, OLD_LAST_DAY + timedelta(days=1), "rerating", False),
        (OLD_DECIDED, date(2026, 6, 10), "upgrade", False),
        (date(2023, 5, 22), date(2026, 5, 22), "rerating", True),
        (date(2023, 5, 21), date(2026, 5, 21), "rerating", False),
        (date(2023, 9, 18), date(2026, 6, 10), "rerating", True),
        # Its window could be met: it closed on the day the decision came into force.
        (date(2023, 9, 19), date(2026, 5, 22), "rerating", False),
    ],
)
@pytest.mark.parametrize("ended", [None, -20, 0, 1, 60, 179, 180, 181, 400])
async def test_the_lists_condition_verification_and_the_rule_agree_on_prolonged_ones(
    world: World,
    client: httpx.AsyncClient,
    clock: MovableClock,
    database: Database,
    decided_on: date,
    lodged_on: date,
    kind: str,
    ended: int | None,
    *,
    claims: bool,
) -> None:
    known = await world.recorded(decided_on=decided_on)
    last_day = decided_on.replace(year=2026)
    dossier_id = await lodge_rerating(world, known["product_id"], lodged_on, kind=kind)
    if ended is not None:
        await close(world, dossier_id, noon(last_day + timedelta(days=ended)))
    seen = set()
    for offset in (-1, 0, 1, 2, 59, 60, 61, 179, 180, 181):
        day = last_day + timedelta(days=offset)
        async with database.read() as session:
            found = [
                standing
                for standing in Standing
                if (
                    await session.execute(
                        repository.with_ends().where(repository._standing_is(standing, day))
                    )
                ).first()
            ]
            row = (await session.execute(repository.with_ends())).one()
        life = repository.CertificateRecord(*row).life
        assert found == [life.standing(day)], day
        clock.at = noon(day)
        shown = (await client.get(f"/v1/verify/{known['code']}")).json()
        assert shown["status"] == found[0], day
        expected = life.prolonged_until(day)
        assert shown["extended_until"] == (None if expected is None else expected.isoformat())
        seen.add(found[0])
    assert (Standing.EXTENDED in seen) == (claims and (ended is None or ended > 0))


def test_the_mark_is_the_last_one_reached() -> None:
    found = [
        expiry_mark(LAST_DAY, LAST_DAY - timedelta(days=left)) for left in (181, 180, 121, 120, 31, 30, 0, -1)
    ]
    assert found == [None, 180, 180 - 30, 120, 120, 30, 30, None]
    assert max(EXPIRY_MARKS) == 180


def test_only_the_transition_of_2026_prolongs() -> None:
    assert [law.code for law in REGIMES if prolongation(law) is not None] == ["qd26-2026"]
    found = prolongation(regime("qd26-2026"))
    assert found is not None
    law = regime("qd26-2026")
    # The days of expiry are those for which the lodging days are the transition's.
    for offset in range(-3, 4):
        for edge in (found.expiries.first_day, found.expiries.last_day):
            day = edge + timedelta(days=offset)
            window = rerating_lodging_days(law, day)
            assert window is not None
            assert (window.first_day == found.issued_before) == (day in found.expiries), day
