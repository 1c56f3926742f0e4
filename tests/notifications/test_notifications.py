"""Notices reach those an event concerns, once, and only they read them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.conftest import settle

from ocop_api.db.base import Base, uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Level, Role
from ocop_api.jobs.queue import JobContext
from ocop_api.ledger.jobs import seal_pending
from ocop_api.ledger.recording import record
from ocop_api.notifications.jobs import JOBS, SCHEDULES
from ocop_api.notifications.policy import MAILED, concern_of
from ocop_api.notifications.service import FanOutService
from ocop_api.notifications.wording import wording
from ocop_api.settings import Clock, Settings

Headers = Callable[[Actor], dict[str, str]]
AddUser = Callable[..., Awaitable[UUID]]
Happen = Callable[..., Awaitable[None]]
Run = Callable[[], Awaitable[None]]

HERE = ("63:24611", "63:660", "63:67", "34:24611", "34:68")


@pytest.fixture
def add_user(database: Database, clock: Clock) -> AddUser:
    """A user with one grant."""

    async def adding(
        role: Role = Role.PRODUCER,
        *,
        producer_id: UUID | None = None,
        place_id: str | None = None,
        level: Level | None = None,
        grant: dict[str, Any] | None = None,
        disabled_at: datetime | None = None,
    ) -> UUID:
        user_id = uuid7()
        async with database.transaction() as session:
            session.add(
                AccountUser(
                    id=user_id,
                    email=f"{user_id}@example.vn",
                    email_folded=f"{user_id}@example.vn",
                    display_name="An",
                    name_sort="an",
                    search="an",
                    password_hash="x",
                    area_path=[],
                    disabled_at=disabled_at,
                    created_at=clock(),
                    updated_at=clock(),
                )
            )
            await session.flush()  # the grant refers to the user
            values: dict[str, Any] = {
                "user_id": user_id,
                "role": role,
                "bound": Bound.PRODUCER if producer_id else Bound.AREA,
                "level": level,
                "place_id": place_id,
                "producer_id": producer_id,
                "area_path": [],
                "valid_from": clock(),
                "granted_at": clock(),
            }
            session.add(RoleGrant(**{**values, **(grant or {})}))
        return user_id

    return adding


@pytest.fixture
def happen(database: Database, settings: Settings, clock: Clock) -> Happen:
    """Record an event and seal it."""

    async def happening(
        kind: str,
        *,
        area: Sequence[str] = (),
        actor: Actor = SYSTEM,
        subject: str = "s1",
        seal: bool = True,
        **data: Any,
    ) -> None:
        async with database.transaction() as session:
            await record(
                session,
                kind=kind,
                subject_type=kind.partition(".")[0],
                subject_id=subject,
                actor=actor,
                at=clock(),
                data=data,
                area_path=area,
            )
        if seal:
            await settle(database)
            await seal_pending(database, settings, clock)

    return happening


@pytest.fixture
def run(database: Database, settings: Settings, clock: Clock) -> Run:
    """The fan-out job."""

    async def running() -> None:
        context = JobContext(database=database, settings=settings, clock=clock, resources={})
        await JOBS["notifications.fan_out"](context, {})

    return running


async def told(database: Database) -> list[tuple[UUID, str]]:
    async with database.read() as session:
        rows = await session.execute(text("select user_id, kind from notification order by created_at, id"))
        return [(row.user_id, row.kind) for row in rows]


async def test_members_of_the_producer_are_told(
    database: Database, add_user: AddUser, happen: Happen, run: Run
) -> None:
    producer, other = uuid4(), uuid4()
    member = await add_user(producer_id=producer)
    await add_user(producer_id=other)
    await happen("dossier.received", producer_id=str(producer))
    await happen("certificate.issued", producer_id=str(producer))
    await happen("product.created", producer_id=str(producer))
    await happen("dossier.received", producer_id="damaged")
    await run()
    assert await told(database) == [(member, "dossier.received"), (member, "certificate.issued")]


async def test_officers_of_the_area_are_told_of_arriving_dossiers(
    database: Database, add_user: AddUser, happen: Happen, run: Run
) -> None:
    commune = await add_user(Role.OFFICER, place_id="34:24611", level=Level.COMMUNE)
    province = await add_user(Role.OFFICER, place_id="34:68", level=Level.PROVINCE)
    await add_user(Role.OFFICER, place_id="34:66", level=Level.PROVINCE)
    await add_user(Role.LEADER, place_id="34:68", level=Level.PROVINCE)
    await happen("dossier.lodged", area=HERE, level="commune")
    await happen("dossier.forwarded", area=HERE, level="province")
    await happen("dossier.received", area=HERE)
    await run()
    assert await told(database) == [(commune, "dossier.lodged"), (province, "dossier.forwarded")]
    await happen("dossier.lodged", area=HERE)
    await run()
    assert sorted((await told(database))[2:]) == sorted(
        [(commune, "dossier.lodged"), (province, "dossier.lodged")]
    )


async def test_leaders_are_told_of_what_lies_before_them(
    database: Database, add_user: AddUser, happen: Happen, run: Run
) -> None:
    chair = await add_user(Role.LEADER, place_id="34:68", level=Level.PROVINCE)
    officer = await add_user(Role.OFFICER, place_id="34:68", level=Level.PROVINCE)
    minister = await add_user(Role.LEADER, grant={"bound": Bound.EVERYWHERE})
    await add_user(Role.LEADER, place_id="34:66", level=Level.PROVINCE)
    await happen("withdrawal.submitted", area=HERE, level="province")
    await happen("withdrawal.submitted", area=HERE, level="central")
    await happen("appeal.reported", area=HERE, level="province")
    await happen("withdrawal.returned", area=HERE, level="province")
    await run()
    assert sorted(await told(database)) == sorted(
        [
            (chair, "withdrawal.submitted"),
            (minister, "withdrawal.submitted"),
            (chair, "appeal.reported"),
            (officer, "appeal.reported"),
            (officer, "withdrawal.returned"),
        ]
    )


async def test_the_ministrys_officers_are_told_of_what_is_due_there(
    database: Database, add_user: AddUser, happen: Happen, run: Run
) -> None:
    ministry = await add_user(Role.OFFICER, grant={"bound": Bound.EVERYWHERE})
    province = await add_user(Role.OFFICER, place_id="34:68", level=Level.PROVINCE)
    for level in (Level.CENTRAL, Level.PROVINCE):
        await happen("withdrawal.overdue", area=HERE, tell="office", tell_level=level)
    await run()
    assert [user for user, _ in await told(database)] == [ministry, province]


async def test_grants_that_do_not_count_reach_nobody(
    database: Database, clock: Clock, add_user: AddUser, happen: Happen, run: Run
) -> None:
    producer = uuid4()
    await add_user(producer_id=producer, grant={"revoked_at": clock()})
    await add_user(producer_id=producer, grant={"valid_from": clock().replace(year=2030)})
    await add_user(producer_id=producer, disabled_at=clock())
    actor = await add_user(producer_id=producer)
    await happen("dossier.lodged", producer_id=str(producer), actor=Actor(user_id=actor))
    await run()
    assert await told(database) == []


async def test_running_again_or_twice_at_once_tells_once(
    database: Database, add_user: AddUser, happen: Happen, run: Run
) -> None:
    producer = uuid4()
    await add_user(producer_id=producer)
    for number in range(3):
        await happen("dossier.received", subject=str(number), producer_id=str(producer))
    await asyncio.gather(run(), run())
    assert len(await told(database)) == 3
    # A cursor that fell back (a restore) repeats events, not notices.
    async with database.transaction() as session:
        await session.execute(text("update notification_cursor set seq = 0"))
    await run()
    assert len(await told(database)) == 3


async def test_only_sealed_events_are_told_and_batches_leave_none_out(
    database: Database, clock: Clock, add_user: AddUser, happen: Happen, run: Run
) -> None:
    producer = uuid4()
    await add_user(producer_id=producer)
    await happen("dossier.received", producer_id=str(producer), seal=False)
    await run()
    assert await told(database) == []
    for number in range(4):
        await happen("product.changed", subject=str(number))
        await happen("dossier.received", subject=str(number), producer_id=str(producer))
    rounds = 0
    more = True
    while more:
        async with database.transaction() as session:
            more = await FanOutService(session, clock()).advance(limit=2)
        rounds += 1
    assert rounds == 3
    assert len(await told(database)) == 5


async def test_a_user_lists_and_reads_the_own_notices_only(
    client: httpx.AsyncClient,
    clock: Clock,
    as_actor: Headers,
    add_user: AddUser,
    happen: Happen,
    run: Run,
) -> None:
    producer = uuid4()
    me, other = await add_user(producer_id=producer), await add_user(producer_id=uuid4())
    await happen("dossier.received", producer_id=str(producer))
    await happen("dossier.something_new", producer_id=str(producer))
    await run()
    mine, theirs = as_actor(Actor(user_id=me)), as_actor(Actor(user_id=other))
    listed = (await client.get("/v1/notifications?sort=created", headers=mine)).json()["items"]
    assert [item["text"] for item in listed] == [
        "Hồ sơ dự thi đã được tiếp nhận.",
        "Có thay đổi mới: dossier.something_new.",
    ]
    assert (await client.get("/v1/notifications", headers=theirs)).json()["items"] == []
    path = f"/v1/notifications/{listed[0]['id']}/read"
    hidden = await client.post(path, headers=theirs)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "notifications.unknown")
    read = await client.post(path, headers={**mine, "Accept-Language": "en"})
    assert (read.status_code, read.json()["text"]) == (200, "The dossier was received.")
    assert read.json()["read_at"] == "2026-06-15T02:00:00Z"
    assert (await client.post(path, headers=mine)).json()["read_at"] == read.json()["read_at"]
    for unread, expected in (("true", listed[1]), ("false", listed[0])):
        found = (await client.get(f"/v1/notifications?unread={unread}", headers=mine)).json()["items"]
        assert [item["id"] for item in found] == [expected["id"]]


async def test_notices_need_a_signed_in_user(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/notifications")).status_code == 401
    assert (await client.post(f"/v1/notifications/{uuid4()}/read")).status_code == 401


def test_appeals_concern_their_producer_the_office_and_the_panel() -> None:
    producer, chair = uuid4(), uuid4()
    data = {"producer_id": str(producer), "level": "province"}
    lodged = concern_of("appeal.lodged", HERE, data)
    assert (lodged.producer_id, lodged.place_ids, lodged.level) == (producer, HERE, Level.PROVINCE)
    accepted = concern_of("appeal.accepted", HERE, {**data, "tell_users": [str(chair), "nobody"]})
    assert (accepted.producer_id, accepted.place_ids, accepted.user_ids) == (producer, (), (chair,))
    # The producer learns what the panel found with the decision.
    reported = concern_of("appeal.reported", HERE, data)
    assert (reported.producer_id, reported.place_ids) == (None, HERE)
    for kind in ("appeal.upheld", "appeal.dismissed", "appeal.refused"):
        assert concern_of(kind, HERE, data).producer_id == producer
        assert kind in MAILED
    assert concern_of("dossier.panel_assigned", HERE, data).nobody


def test_who_learns_of_the_new_certificate_is_not_told_of_the_old_one_too() -> None:
    producer = uuid4()
    data = {"producer_id": str(producer)}
    assert concern_of("certificate.issued", HERE, data).producer_id == producer
    assert concern_of("certificate.superseded", HERE, data).nobody


def test_every_kind_of_appeal_has_its_words() -> None:
    for name in ("lodged", "accepted", "refused", "reported", "upheld", "dismissed", "withdrawn"):
        for language in ("vi", "en"):
            assert f"appeal.{name}" not in wording(f"appeal.{name}", language)


def test_unknown_levels_and_kinds_are_harmless() -> None:
    assert concern_of("user.created", HERE, {"producer_id": str(uuid4())}).nobody
    assert concern_of("dossier.lodged", HERE, {"level": "moon"}).level is None
    assert concern_of("dossier.lodged", [], {}).nobody
    assert set(SCHEDULES) <= set(JOBS)


def test_an_invitation_concerns_those_invited_and_nobody_else() -> None:
    first, second = uuid4(), uuid4()
    told = concern_of("session.invited", HERE, {"user_ids": [str(first), str(second), "nobody", 7]})
    assert (told.user_ids, told.place_ids, told.producer_id) == ((first, second), (), None)
    assert concern_of("session.invited", HERE, {"user_ids": "x"}).nobody
    assert concern_of("session.opened", HERE, {"user_ids": [str(first)]}).nobody


async def test_the_migrations_give_these_tables(database: Database) -> None:
    async with database.write_engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), Base.metadata)
        )
    named = [str(difference) for difference in differences]
    assert not [text_ for text_ in named if "notification" in text_ or "ledger_" in text_]
