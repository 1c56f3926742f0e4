"""Every way of changing the past is found, and the report says where."""

import base64
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocop_api.db.session import Database
from ocop_api.ledger.canonical import GENESIS, EventRow, canonical_event, chain_hash
from ocop_api.ledger.checking import verify_ledger
from ocop_api.ledger.heads import append_heads, heads_file
from ocop_api.ledger.keys import Signer, key_file
from ocop_api.ledger.nodes import add_nodes
from ocop_api.ledger.tree import Frontier, leaf_hash
from ocop_api.ledger.verifying import Fault, FaultKind, VerifyReport
from ocop_api.settings import Clock, Settings

Write = Callable[..., Awaitable[None]]
Seal = Callable[[], Awaitable[int]]
Check = Callable[..., Awaitable[VerifyReport]]
Tamper = Callable[..., Awaitable[None]]


@pytest.fixture
async def six(write: Write, seal_all: Seal, clock: Clock) -> None:
    """Six events sealed in three batches, so heads stand at 2, 4 and 6."""
    for pair in ("ab", "cd", "ef"):
        await write(*pair)
        await seal_all()


def kinds(report: VerifyReport) -> set[str]:
    return {kind.value for kind in report.counts}


def event_at(seq: int) -> str:
    return f"(select event_id from ledger_seal where seq = {seq})"  # noqa: S608


@pytest.mark.usefixtures("six")
async def test_an_untouched_ledger_is_intact(check: Check) -> None:
    report = await check()
    assert (report.ok, report.checked_events, report.checked_heads, report.checked_outside) == (True, 6, 3, 3)
    assert report.text().endswith("Intact.")
    assert (await check(batch=100)).ok


@pytest.mark.parametrize(
    "change",
    [
        "data = jsonb_set(data, '{price}', '11')",
        "data = data - 'name'",
        "at = at + interval '1 microsecond'",
        "kind = 'product.deleted'",
        "subject_id = 'z'",
        "subject_type = 'z'",
        "actor_id = gen_random_uuid()",
        "area_path = '{34:68}'",
    ],
)
@pytest.mark.usefixtures("six")
async def test_a_changed_field_is_found_at_its_place(check: Check, tamper: Tamper, change: str) -> None:
    await tamper(f"update ledger_event set {change} where id = {event_at(3)}")  # noqa: S608
    report = await check()
    assert kinds(report) == {"altered"}
    assert report.first_broken == 3
    assert report.counts.total() == 1


@pytest.mark.usefixtures("six")
async def test_a_changed_time_of_sealing_is_found(check: Check, tamper: Tamper) -> None:
    await tamper("update ledger_seal set sealed_at = sealed_at - interval '1 day' where seq = 4")
    assert (await check()).faults[0].seq == 4


@pytest.mark.usefixtures("six")
async def test_a_deleted_event_is_found(check: Check, tamper: Tamper) -> None:
    await tamper(f"delete from ledger_event where id = {event_at(5)}")  # noqa: S608
    report = await check()
    assert (kinds(report), report.first_broken) == ({"event_missing"}, 5)


@pytest.mark.usefixtures("six")
async def test_an_event_deleted_with_its_seal_is_found(check: Check, tamper: Tamper) -> None:
    await tamper(
        f"delete from ledger_event where id = {event_at(3)}",  # noqa: S608
        "delete from ledger_seal where seq = 3",
    )
    report = await check()
    assert (kinds(report), report.first_broken) == ({"seal_missing"}, 3)
    await tamper("update ledger_seal set seq = seq - 1 where seq = 4")
    report = await check()
    assert report.first_broken == 3
    assert not report.ok


@pytest.mark.usefixtures("six")
async def test_a_deleted_seal_leaves_an_event_too_many(check: Check, tamper: Tamper) -> None:
    await tamper("delete from ledger_seal where seq = 3")
    assert kinds(await check()) == {"seal_missing", "extra_event"}


@pytest.mark.usefixtures("six")
async def test_reordered_seals_are_found(check: Check, tamper: Tamper) -> None:
    await tamper(
        "update ledger_seal set seq = 100 where seq = 2",
        "update ledger_seal set seq = 2 where seq = 3",
        "update ledger_seal set seq = 3 where seq = 100",
    )
    report = await check()
    assert report.first_broken == 2
    assert {"altered", "hash_not_signed", "head_differs"} <= kinds(report)


@pytest.mark.usefixtures("six")
async def test_an_event_slipped_in_is_found(check: Check, tamper: Tamper) -> None:
    copy = (
        "insert into ledger_event (id, at, kind, subject_type, subject_id, data)"
        " select gen_random_uuid(), at, kind, subject_type, 'slipped', data from ledger_event limit 1"
    )
    await tamper(copy)
    assert kinds(await check()) == {"extra_event"}
    # A place outside of the counted ones does not hide it.
    await tamper(
        "insert into ledger_seal select 0, id, '\\x00', at from ledger_event where subject_id = 'slipped'"
    )
    assert kinds(await check()) == {"extra_event"}
    await tamper("update ledger_seal set seq = 7 where seq = 0")
    assert {"altered", "unsigned_tail"} == kinds(await check())


async def _rewrite(database: Database, signer: Signer | None, *, tree: bool = True) -> None:
    """Compute the whole chain and tree anew over a changed event; sign with a key if one is at hand."""
    async with database.transaction() as session:
        await session.execute(text("set local session_replication_role = replica"))
        await session.execute(text("update ledger_event set data = '{\"price\": 1}' where subject_id = 'b'"))
        rows = await session.execute(
            text(
                "select s.seq, s.sealed_at, e.id, e.ordinal, e.at, e.kind, e.subject_type, e.subject_id,"
                " e.actor_id, e.area_path, e.data::text from ledger_seal s"
                " join ledger_event e on e.id = s.event_id order by s.seq"
            )
        )
        digest, frontier = GENESIS, Frontier()
        if tree:
            await session.execute(text("delete from ledger_node"))
        for row in rows.all():
            body = canonical_event(EventRow(*row[2:]), seq=row.seq, sealed_at=row.sealed_at)
            digest = chain_hash(digest, body.chained())
            nodes = frontier.append(leaf_hash(body.leaf(digest)))
            if tree:
                await add_nodes(session, nodes)
            await session.execute(
                text("update ledger_seal set hash = :hash where seq = :seq"), {"hash": digest, "seq": row.seq}
            )
            if signer is not None:
                head = signer.sign(row.seq, digest, row.sealed_at, frontier.root())
                await session.execute(
                    text(
                        "update ledger_checkpoint set hash = :hash, root = :root, public_key = :key,"
                        " signature = :signature, signed_at = :at where seq = :seq"
                    ),
                    {
                        "hash": head.hash,
                        "root": head.root,
                        "key": head.public_key,
                        "signature": head.signature,
                        "at": head.signed_at,
                        "seq": row.seq,
                    },
                )


@pytest.mark.usefixtures("six")
async def test_a_chain_computed_anew_without_a_key_is_found(check: Check, database: Database) -> None:
    await _rewrite(database, None)
    report = await check()
    assert kinds(report) == {"hash_not_signed", "root_differs", "head_differs"}
    assert report.counts[FaultKind.HASH_NOT_SIGNED] == report.counts[FaultKind.ROOT_DIFFERS] == 3


@pytest.mark.usefixtures("six")
async def test_a_tree_that_was_left_behind_tells_of_a_chain_computed_anew(
    check: Check, database: Database, settings: Settings
) -> None:
    heads_file(settings).unlink()
    seed = base64.b64decode(key_file(settings).read_bytes())
    await _rewrite(database, Signer(seed), tree=False)
    report = await check()
    assert kinds(report) == {"node_differs"}
    assert report.first_broken == 2


@pytest.mark.usefixtures("six")
async def test_a_changed_node_is_found_alone(check: Check, tamper: Tamper) -> None:
    for level, index, seq in ((0, 2, 3), (1, 0, 2), (2, 0, 4)):
        place = f"level = {level} and index = {index}"
        flip = f"update ledger_node set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where {place}"  # noqa: S608
        await tamper(flip)
        report = await check()
        assert report.faults == [Fault(FaultKind.NODE_DIFFERS, seq, f"level {level} index {index}")]
        await tamper(flip)
        assert (await check()).ok


@pytest.mark.parametrize(("level", "index", "seq"), [(0, 0, 1), (0, 5, 6), (1, 1, 4), (2, 0, 4)])
@pytest.mark.usefixtures("six")
async def test_a_missing_node_is_found(
    check: Check, tamper: Tamper, level: int, index: int, seq: int
) -> None:
    await tamper(f"delete from ledger_node where level = {level} and index = {index}")  # noqa: S608
    report = await check()
    assert report.faults == [Fault(FaultKind.NODE_MISSING, seq, f"level {level} index {index}")]


@pytest.mark.usefixtures("six")
async def test_a_tree_without_nodes_is_found_where_a_head_covers_it(check: Check, tamper: Tamper) -> None:
    await tamper("delete from ledger_node")
    report = await check()
    assert (kinds(report), report.counts.total()) == ({"node_missing"}, 10)


@pytest.mark.usefixtures("six")
async def test_a_node_too_many_is_found(check: Check, tamper: Tamper) -> None:
    await tamper("insert into ledger_node select 1, 3, hash from ledger_node where level = 0 and index = 0")
    assert (await check()).faults == [Fault(FaultKind.NODE_EXTRA, None, "level 1 index 3")]


@pytest.mark.usefixtures("six")
async def test_a_head_with_a_wrong_root_is_found(
    check: Check, database: Database, settings: Settings, tamper: Tamper, clock: Clock
) -> None:
    await tamper("update ledger_checkpoint set root = sha256('x') where seq = 4")
    assert kinds(await check()) == {"root_differs", "bad_signature", "head_differs"}
    await tamper("update ledger_checkpoint set root = null where seq = 4")
    assert kinds(await check()) == {"bad_signature", "head_differs"}
    # Even with the key: the root must be that of the events.
    heads_file(settings).unlink()
    async with database.transaction() as session:
        digest = await session.scalar(text("select hash from ledger_seal where seq = 4"))
        head = Signer(base64.b64decode(key_file(settings).read_bytes())).sign(4, digest, clock(), b"x" * 32)
        await session.execute(
            text(
                "update ledger_checkpoint set root = :root, signature = :signature, signed_at = :at"
                " where seq = 4"
            ),
            {"root": head.root, "signature": head.signature, "at": head.signed_at},
        )
    assert (await check()).faults == [Fault(FaultKind.ROOT_DIFFERS, 4)]
    assert kinds(await check(after=4)) == {"root_differs"}


@pytest.mark.usefixtures("six")
async def test_a_run_from_a_checkpoint_goes_on_with_the_stored_tree(check: Check, tamper: Tamper) -> None:
    report = await check(after=4)
    assert (report.ok, report.checked_nodes) == (True, 3)
    await tamper("update ledger_node set hash = sha256('x') where level = 2")
    assert kinds(await check(after=4)) == {"root_differs"}
    await tamper("delete from ledger_node where level = 2")
    assert (await check(after=4)).faults == [Fault(FaultKind.NODE_MISSING, 4, "level 2 index 0")]


async def test_nobody_can_change_a_node_by_the_way(database: Database, write: Write, seal_all: Seal) -> None:
    await write("a")
    await seal_all()
    for statement in ("update ledger_node set hash = sha256('x')", "delete from ledger_node"):
        with pytest.raises(DBAPIError, match="is a record"):
            async with database.transaction() as session:
                await session.execute(text(statement))


@pytest.mark.usefixtures("six")
async def test_a_chain_signed_with_another_key_is_found_even_without_outside_heads(
    check: Check, database: Database, settings: Settings
) -> None:
    await _rewrite(database, Signer(b"\x05" * 32))
    assert kinds(await check()) == {"unknown_key", "head_differs"}
    heads_file(settings).unlink()
    report = await check()
    assert kinds(report) == {"unknown_key"}
    assert report.first_broken == 2


@pytest.mark.usefixtures("six")
async def test_a_chain_signed_with_the_stolen_key_still_differs_from_the_outside_heads(
    check: Check, database: Database, settings: Settings
) -> None:
    seed = base64.b64decode(key_file(settings).read_bytes())
    await _rewrite(database, Signer(seed))
    assert kinds(await check()) == {"head_differs"}


@pytest.mark.usefixtures("six")
async def test_deleted_checkpoints_are_found(check: Check, tamper: Tamper, settings: Settings) -> None:
    await tamper("delete from ledger_checkpoint where seq = 4")
    assert kinds(await check()) == {"head_missing"}
    await tamper("delete from ledger_checkpoint")
    assert kinds(await check()) == {"head_missing", "unsigned_tail"}
    heads_file(settings).unlink()
    assert kinds(await check()) == {"unsigned_tail"}


CUT = (
    "delete from ledger_event where id in (select event_id from ledger_seal where seq > 4)",
    "delete from ledger_seal where seq > 4",
    "delete from ledger_node where (index + 1) << level > 4",
)


@pytest.mark.usefixtures("six")
async def test_a_cut_tail_is_found(check: Check, tamper: Tamper) -> None:
    await tamper(*CUT)
    report = await check()
    assert (kinds(report), report.first_broken) == ({"tail_cut"}, 5)
    await tamper("delete from ledger_checkpoint where seq > 4")
    report = await check()
    assert report.faults == [Fault(FaultKind.TAIL_CUT, 5, "outside head at 6")]


@pytest.mark.usefixtures("six")
async def test_a_cut_tail_that_grew_again_is_found(
    check: Check, tamper: Tamper, write: Write, seal_all: Seal
) -> None:
    await tamper(*CUT, "delete from ledger_checkpoint where seq > 4")
    await write("x", "y", "z")
    assert await seal_all() == 3
    report = await check()
    assert (kinds(report), report.first_broken) == ({"head_differs", "head_missing"} & kinds(report), 6)
    assert FaultKind.HEAD_DIFFERS in report.counts


@pytest.mark.usefixtures("six")
async def test_a_forged_outside_head_is_told_by_its_signature(
    check: Check, settings: Settings, clock: Clock
) -> None:
    append_heads(heads_file(settings), [Signer(b"\x07" * 32).sign(9, b"\x01" * 32, clock())])
    assert kinds(await check()) == {"tail_cut", "unknown_key"}


@pytest.mark.usefixtures("six")
async def test_a_damaged_signature_is_found(check: Check, tamper: Tamper) -> None:
    await tamper("update ledger_checkpoint set signature = set_byte(signature, 3, 0) where seq = 4")
    report = await check()
    assert FaultKind.BAD_SIGNATURE in report.counts
    assert report.first_broken == 4


@pytest.mark.usefixtures("six")
async def test_a_run_from_a_checkpoint_reads_only_what_follows(check: Check, tamper: Tamper) -> None:
    report = await check(after=4)
    assert (report.ok, report.checked_events, report.checked_heads, report.last_seq) == (True, 2, 2, 6)
    await tamper(f"update ledger_event set kind = 'x.y' where id = {event_at(1)}")  # noqa: S608
    assert (await check(after=4)).ok
    await tamper(f"update ledger_event set kind = 'x.y' where id = {event_at(5)}")  # noqa: S608
    assert (await check(after=4)).first_broken == 5
    assert kinds(await check(after=3)) == {"no_start"}
    await tamper("update ledger_checkpoint set hash = '\\x00' where seq = 4")
    assert {"bad_signature", "hash_not_signed"} <= kinds(await check(after=4))


@pytest.mark.usefixtures("six")
async def test_the_command_lines_answer(settings: Settings, tamper: Tamper) -> None:
    whole = await verify_ledger(settings)
    assert (whole.status, whole.intact, whole.text.splitlines()[-1]) == (0, True, "Intact.")
    part = await verify_ledger(settings, after=5)
    assert (part.status, part.text.splitlines()[0]) == (0, "Ledger 5..6: 2 events")
    await tamper(f"update ledger_event set kind = 'x.y' where id = {event_at(3)}")  # noqa: S608
    broken = await verify_ledger(settings)
    assert (broken.status, broken.intact) == (1, False)
    assert "First broken place: 3" in broken.text
    key_file(settings).write_text("damaged!")
    assert (await verify_ledger(settings)).status == 2
    key_file(settings).unlink()
    unknown = await verify_ledger(settings)
    assert (unknown.status, "No ledger key" in unknown.text) == (2, True)


async def test_a_long_list_of_faults_is_counted_but_not_kept(
    write: Write, seal_all: Seal, check: Check, tamper: Tamper
) -> None:
    await write(*[str(number) for number in range(130)])
    await seal_all()
    await tamper("update ledger_event set kind = 'x.y'")
    report = await check(batch=50)
    assert (report.counts.total(), len(report.faults)) == (130, 100)
    assert "and 30 more" in report.text()


async def test_an_empty_ledger_is_intact(check: Check, seal_all: Seal) -> None:
    assert await seal_all() == 0
    assert (await check()).ok


async def test_sealing_while_verifying_is_not_taken_for_a_cut(
    write: Write, seal_all: Seal, check: Check, clock: Clock
) -> None:
    import asyncio

    await write("a")
    await seal_all()

    async def grow() -> None:
        for number in range(6):
            await write(str(number))
            await seal_all()

    async def watch() -> list[bool]:
        return [(await check(batch=1)).ok for _ in range(6)]

    _, seen = await asyncio.gather(grow(), watch())
    assert all(seen)
