"""The sealer's order is final: nothing that commits late is overtaken or skipped."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.jobs.queue import JobContext
from ocop_api.ledger import jobs
from ocop_api.ledger.heads import heads_file, last_seq
from ocop_api.ledger.keys import load_signer
from ocop_api.ledger.recording import record
from ocop_api.ledger.sealing import seal
from ocop_api.ledger.verifying import VerifyReport
from ocop_api.settings import Clock, Settings

Write = Callable[..., Awaitable[None]]
Seal = Callable[[], Awaitable[int]]
Check = Callable[..., Awaitable[VerifyReport]]


async def order(database: Database) -> list[str]:
    async with database.read() as session:
        rows = await session.execute(
            text("select subject_id from ledger_seal s join ledger_event e on e.id = s.event_id order by seq")
        )
        return list(rows.scalars())


async def count(database: Database, table: str) -> int:
    async with database.read() as session:
        found: int = (await session.execute(text(f"select count(*) from {table}"))).scalar_one()  # noqa: S608
        return found


async def test_an_open_transaction_is_neither_overtaken_nor_skipped(
    database: Database, clock: Clock, write: Write, seal_all: Seal, check: Check
) -> None:
    await write("before")
    async with database.write() as slow:
        await record(
            slow, kind="product.changed", subject_type="product", subject_id="slow", actor=SYSTEM, at=clock()
        )
        await write("after")
        assert await seal_all() == 1
        assert await order(database) == ["before"]
        await slow.commit()
    assert await seal_all() == 2
    assert await order(database) == ["before", "slow", "after"]
    assert (await check()).ok


async def test_an_older_transaction_that_writes_no_event_yet_holds_back_what_is_younger(
    database: Database, clock: Clock, write: Write, seal_all: Seal
) -> None:
    async with database.write() as slow:
        await slow.execute(text("select pg_current_xact_id()"))
        await write("young")
        await record(
            slow, kind="product.changed", subject_type="product", subject_id="old", actor=SYSTEM, at=clock()
        )
        assert await seal_all() == 0
        await slow.commit()
    await seal_all()
    # The ordinal of the old one is higher; its transaction came first.
    assert await order(database) == ["old", "young"]


async def test_a_rolled_back_event_leaves_no_gap(
    database: Database, clock: Clock, write: Write, seal_all: Seal, check: Check
) -> None:
    await write("one")
    async with database.write() as doomed:
        await record(
            doomed, kind="product.changed", subject_type="product", subject_id="x", actor=SYSTEM, at=clock()
        )
        await doomed.rollback()
    await write("two")
    assert await seal_all() == 2
    report = await check()
    assert report.ok
    assert report.last_seq == 2


async def test_batches_go_on_where_the_last_stopped(
    database: Database, settings: Settings, clock: Clock, write: Write, check: Check
) -> None:
    for number in range(5):
        await write(f"{number}a", f"{number}b")
    signer = load_signer(settings)
    sizes = []
    more = True
    while more:
        async with database.transaction() as session:
            report = await seal(session, now=clock(), signer=signer, limit=4)
        sizes.append(report.sealed)
        more = report.more
    assert sizes == [4, 4, 2]
    assert await order(database) == [f"{n}{x}" for n in range(5) for x in "ab"]
    assert await count(database, "ledger_checkpoint") == 3
    assert await count(database, "ledger_pending") == 0
    assert (await check()).ok


async def test_two_sealers_at_once_make_one_chain(
    database: Database, settings: Settings, clock: Clock, write: Write, check: Check
) -> None:
    await write(*[str(number) for number in range(40)])
    signer = load_signer(settings)

    async def one_batch() -> int:
        async with database.transaction() as session:
            return (await seal(session, now=clock(), signer=signer, limit=10)).sealed

    assert sum(await asyncio.gather(*(one_batch() for _ in range(4)))) == 40
    assert await order(database) == [str(number) for number in range(40)]
    assert (await check()).ok


async def test_heads_that_a_crash_kept_inside_are_written_by_the_next_run(
    database: Database, settings: Settings, write: Write, seal_all: Seal, check: Check
) -> None:
    path = heads_file(settings)
    for subject in ("one", "two"):
        await write(subject)
        async with database.transaction() as session:
            await seal(session, now=datetime(2026, 6, 15, tzinfo=UTC), signer=load_signer(settings))
    assert last_seq(path) == 0
    assert await seal_all() == 0
    assert last_seq(path) == 2
    assert len(path.read_text().splitlines()) == 2
    report = await check()
    assert (report.ok, report.checked_outside) == (True, 2)


async def test_two_copies_at_once_write_each_head_once(
    database: Database, settings: Settings, clock: Clock, write: Write
) -> None:
    await write("one")
    async with database.transaction() as session:
        await seal(session, now=clock(), signer=load_signer(settings))
    written = await asyncio.gather(*(jobs.copy_heads(database, settings) for _ in range(3)))
    assert sorted(written) == [0, 0, 1]


async def test_after_a_restore_foreign_transaction_numbers_are_sealed_first_and_in_their_order(
    database: Database, write: Write, seal_all: Seal, check: Check
) -> None:
    await write("first")
    await write("second")
    await write("third")
    # As a dump of an older, busier server leaves them: two numbers lie ahead of this server.
    async with database.transaction() as session:
        for subject, xid in (("first", 3), ("second", 2**40), ("third", 2**40 + 1)):
            await session.execute(
                text(
                    "update ledger_pending set xid = :xid"
                    " where event_id = (select id from ledger_event where subject_id = :subject)"
                ),
                {"xid": xid, "subject": subject},
            )
    await write("new")
    assert await seal_all() == 3
    assert await seal_all() == 1
    assert await order(database) == ["first", "second", "third", "new"]
    assert (await check()).ok


async def test_foreign_events_do_not_wait_for_an_open_transaction_and_it_is_not_lost(
    database: Database, clock: Clock, write: Write, seal_all: Seal
) -> None:
    await write("restored")
    async with database.transaction() as session:
        await session.execute(text("update ledger_pending set xid = 1099511627776"))
    async with database.write() as slow:
        await record(
            slow, kind="product.changed", subject_type="product", subject_id="slow", actor=SYSTEM, at=clock()
        )
        assert await seal_all() == 1
        await slow.commit()
    assert await seal_all() == 1
    assert await order(database) == ["restored", "slow"]


async def test_an_event_that_waits_again_is_not_sealed_twice(
    database: Database, write: Write, seal_all: Seal, check: Check
) -> None:
    await write("one")
    await seal_all()
    async with database.transaction() as session:
        await session.execute(text("insert into ledger_pending (event_id) select id from ledger_event"))
    report = await check()
    assert [fault.kind for fault in report.faults] == ["sealed_and_pending"]
    await write("two")
    assert await seal_all() == 1
    assert await order(database) == ["one", "two"]
    assert (await check()).ok


async def test_the_job_seals_and_is_scheduled(
    database: Database, settings: Settings, clock: Clock, write: Write
) -> None:
    await write("one")
    context = JobContext(database=database, settings=settings, clock=clock, resources={})
    await jobs.JOBS["ledger.seal"](context, {})
    await jobs.JOBS["ledger.seal"](context, {})
    assert await order(database) == ["one"]
    assert set(jobs.SCHEDULES) <= set(jobs.JOBS)


@pytest.mark.parametrize(
    "data", [{"n": 2**63 - 1}, {"x": 1e300}, {"x": 0.1 + 0.2}, {"text": "Đắk \u2028 \U0001f33e"}]
)
async def test_odd_values_come_back_as_they_were_sealed(
    database: Database, clock: Clock, seal_all: Seal, check: Check, data: dict[str, object]
) -> None:
    async with database.transaction() as session:
        await record(
            session, kind="x.y", subject_type="x", subject_id="1", actor=SYSTEM, at=clock(), data=data
        )
    assert await seal_all() == 1
    assert (await check()).ok
