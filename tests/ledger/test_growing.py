"""A ledger from before there was a tree gets one, while it goes on being sealed."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ocop_api.db import migrating
from ocop_api.db.session import Database
from ocop_api.ledger import jobs
from ocop_api.ledger.canonical import GENESIS, EventRow, canonical_event, chain_hash
from ocop_api.ledger.heads import append_heads, heads_file, read_heads
from ocop_api.ledger.keys import Head, load_signer
from ocop_api.ledger.service import LedgerService, Proofs
from ocop_api.ledger.verifying import VerifyReport
from ocop_api.settings import Clock, Settings

from .scripts import verify_ledger

Write = Callable[..., Awaitable[None]]
Seal = Callable[[], Awaitable[int]]
Check = Callable[..., Awaitable[VerifyReport]]
Tamper = Callable[..., Awaitable[None]]

REVISION = "f036"
KINDS = {"product.changed"}
SUBJECTS = [uuid4() for _ in range(7)]


async def go_down(url: str) -> None:
    script = ScriptDirectory.from_config(migrating.configuration(url)).get_revision(REVISION)
    assert isinstance(script.down_revision, str)
    await asyncio.to_thread(migrating.downgrade, url, script.down_revision)


async def seal_as_before(database: Database, settings: Settings, clock: Clock, size: int) -> Head:
    """Seal up to ``size`` pending events as versions before the tree did, and keep the head outside."""
    async with database.transaction() as session:
        last = (
            await session.execute(text("select seq, hash from ledger_seal order by seq desc limit 1"))
        ).first()
        seq, digest = (0, GENESIS) if last is None else last
        found = await session.execute(
            text(
                "select e.id, e.ordinal, e.at, e.kind, e.subject_type, e.subject_id, e.actor_id, e.area_path,"
                " e.data::text from ledger_pending p join ledger_event e on e.id = p.event_id"
                " order by e.ordinal limit :size"
            ),
            {"size": size},
        )
        for row in found.all():
            event, seq = EventRow(*row), seq + 1
            digest = chain_hash(digest, canonical_event(event, seq=seq, sealed_at=clock()).chained())
            await session.execute(
                text("insert into ledger_seal values (:seq, :id, :hash, :at)"),
                {"seq": seq, "id": event.id, "hash": digest, "at": clock()},
            )
            await session.execute(text("delete from ledger_pending where event_id = :id"), {"id": event.id})
        head = load_signer(settings).sign(seq, digest, clock())
        await session.execute(
            text("insert into ledger_checkpoint values (:seq, :hash, :at, :key, :signature)"),
            {
                "seq": seq,
                "hash": digest,
                "at": head.signed_at,
                "key": head.public_key,
                "signature": head.signature,
            },
        )
    append_heads(heads_file(settings), [head])
    return head


@pytest.fixture
async def seven(
    database: Database, database_url: str, settings: Settings, clock: Clock, write: Write
) -> None:
    """Seven events sealed in three batches by a version without a tree, and the upgrade."""
    await go_down(database_url)
    await write(*map(str, SUBJECTS))
    for size in (3, 3, 1):
        await seal_as_before(database, settings, clock, size)
    await asyncio.to_thread(migrating.upgrade, database_url)


async def proofs_of(database: Database, subject: UUID, size: int | None = None) -> Proofs:
    async with database.read() as session:
        return await LedgerService(session).proofs("product", subject, kinds=KINDS, size=size)


async def roots(database: Database) -> list[tuple[int, bool]]:
    """Place of each signed head, and whether it covers a root."""
    async with database.read() as session:
        rows = await session.execute(text("select seq, root is not null from ledger_checkpoint order by seq"))
        return [(seq, covered) for seq, covered in rows]


async def assert_proven(database: Database, subjects: list[UUID]) -> None:
    for subject in subjects:
        found = await proofs_of(database, subject)
        assert found.head is not None
        assert found.head.holds()
        (event,) = found.events
        assert verify_ledger().included(event.leaf, event.seq, event.path, found.head.seq, found.head.root)


@pytest.mark.usefixtures("seven")
async def test_events_sealed_before_there_was_a_tree_are_proven_by_the_next_head(
    database: Database, settings: Settings, write: Write, seal_all: Seal, check: Check
) -> None:
    before = await check()
    assert (before.ok, before.checked_nodes) == (True, 0)
    nothing_yet = await proofs_of(database, SUBJECTS[0])
    assert nothing_yet == Proofs(head=None, events=[], pending=1)
    await write(str(newer := uuid4()))
    assert await seal_all() == 1
    assert await roots(database) == [(3, False), (6, False), (7, False), (8, True)]
    await assert_proven(database, [*SUBJECTS, newer])
    after = await check()
    assert (after.ok, after.checked_nodes, after.checked_outside) == (True, 15, 4)
    outside = heads_file(settings)
    kept = list(read_heads(outside, size=outside.stat().st_size))
    assert [(head.seq, head.root is not None) for head in kept] == await roots(database)
    assert all(head.holds() for head in kept)


@pytest.mark.usefixtures("seven")
async def test_the_tree_grows_in_small_steps_and_nobody_waits_for_it(
    database: Database, write: Write, seal_all: Seal, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "grow_tree", partial(jobs.grow_tree, batches=1, limit=3))
    for leaves, covered in ((3, False), (6, False), (10, True)):
        await write(str(uuid4()))
        assert await seal_all() == 1
        assert (await roots(database))[-1][1] is covered
        report = await check()
        assert report.ok, report.text()
        async with database.read() as session:
            assert await session.scalar(text("select count(*) from ledger_node where level = 0")) == leaves
    await assert_proven(database, SUBJECTS)


@pytest.mark.usefixtures("seven")
async def test_two_that_let_it_grow_at_once_make_one_tree(
    database: Database, write: Write, seal_all: Seal, check: Check
) -> None:
    grown = await asyncio.gather(*(jobs.grow_tree(database, limit=2) for _ in range(3)))
    assert sum(grown) == 7
    await write("newer")
    await seal_all()
    report = await check()
    assert (report.ok, report.checked_nodes) == (True, 15)


async def test_going_down_and_up_keeps_what_was_signed_and_builds_the_nodes_again(
    database: Database, database_url: str, write: Write, seal_all: Seal, check: Check
) -> None:
    await write(*map(str, SUBJECTS))
    await seal_all()
    await go_down(database_url)
    await asyncio.to_thread(migrating.upgrade, database_url)
    assert await roots(database) == [(7, True)]
    assert {kind.value for kind in (await check()).counts} == {"node_missing"}
    assert await seal_all() == 0
    assert (await check()).ok
    await assert_proven(database, SUBJECTS)


async def test_a_changed_tree_is_not_signed_while_events_are_still_sealed(
    database: Database, write: Write, seal_all: Seal, check: Check, tamper: Tamper
) -> None:
    await write("a", "b", "c")
    await seal_all()
    await tamper("update ledger_node set hash = sha256('x') where level = 1")
    await write("d")
    assert await seal_all() == 1
    assert await roots(database) == [(3, True), (4, False)]
    assert {kind.value for kind in (await check()).counts} == {"node_differs"}


async def test_nodes_lost_at_the_end_grow_again(
    database: Database, write: Write, seal_all: Seal, check: Check, tamper: Tamper
) -> None:
    await write("a", "b", "c", "d")
    await seal_all()
    await tamper("delete from ledger_node where level = 0 and index > 1")
    await write("e")
    assert await seal_all() == 1
    assert await roots(database) == [(4, True), (5, True)]
    assert (await check()).ok


async def test_the_tree_stops_before_a_place_that_is_missing(
    database: Database, write: Write, seal_all: Seal, tamper: Tamper
) -> None:
    await write("a", "b", "c")
    await seal_all()
    await tamper("delete from ledger_node", "delete from ledger_seal where seq = 2")
    assert await jobs.grow_tree(database) == 1
    assert await jobs.grow_tree(database) == 0
