"""The sealer: gives committed events their final order, chains them, adds them to the tree, signs the head.

Chaining in the request would put every writer behind one lock; here only the sealer waits for itself.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.ledger.canonical import GENESIS, EventRow, canonical_event, chain_hash
from ocop_api.ledger.keys import Head, Signer
from ocop_api.ledger.nodes import add_nodes, stored_frontier
from ocop_api.ledger.tree import Subtree, leaf_hash

log = structlog.get_logger()

_LOCK = text("select pg_advisory_xact_lock(7033202)")
_HEADS_LOCK = text("select pg_advisory_xact_lock(7033203)")
_LAST = text("select seq, hash from ledger_seal order by seq desc limit 1")
EVENT_COLUMNS = (
    "e.id, e.ordinal, e.at, e.kind, e.subject_type, e.subject_id, e.actor_id, e.area_path,"
    " e.data::text as data_text"
)
"""The fields of ``EventRow``, of ``ledger_event e``."""
# A visible row belongs to a finished transaction, and every transaction of this server that the
# snapshot knows as finished lies below its xmax. A number at or above it was given by another server.
_FOREIGN_UNTIL = text(
    "select max(e.ordinal) from ledger_pending p join ledger_event e on e.id = p.event_id"
    " where p.xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
)
_FOREIGN = text(
    f"select {EVENT_COLUMNS} from ledger_pending p join ledger_event e on e.id = p.event_id"  # noqa: S608
    " where e.ordinal <= :until order by p.xid, e.ordinal limit :limit"
)
_FINISHED = text(
    f"select {EVENT_COLUMNS} from ledger_pending p join ledger_event e on e.id = p.event_id"  # noqa: S608
    " where p.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    " order by p.xid, e.ordinal limit :limit"
)
_ALREADY = text("select event_id from ledger_seal where event_id = any(cast(:ids as uuid[]))")
_SEAL = text(
    "insert into ledger_seal (seq, event_id, hash, sealed_at)"
    " select seq, event_id, hash, :sealed_at from"
    " unnest(cast(:seqs as bigint[]), cast(:ids as uuid[]), cast(:hashes as bytea[]))"
    " as s(seq, event_id, hash)"
)
_DONE = text("delete from ledger_pending where event_id = any(cast(:ids as uuid[]))")
_CHECKPOINT = text(
    "insert into ledger_checkpoint (seq, hash, signed_at, public_key, signature, root)"
    " values (:seq, :hash, :signed_at, :public_key, :signature, :root)"
)
_CHECKPOINTS_AFTER = text(
    "select seq, hash, signed_at, public_key, signature, root from ledger_checkpoint"
    " where seq > :after order by seq limit :limit"
)


@dataclass(frozen=True, slots=True)
class SealReport:
    """What one batch did: events sealed, the new head (None when there was nothing), whether more wait."""

    sealed: int
    head: Head | None
    more: bool


async def seal(session: AsyncSession, *, now: datetime, signer: Signer, limit: int = 1000) -> SealReport:
    """Seal one batch of pending events in the caller's transaction (READ COMMITTED).

    Only events of transactions older than every running one are taken, in the order (transaction,
    ordinal). So whatever commits later also comes later, and no place in the order is ever given twice.
    The head covers the tree once it has grown over all earlier events (``growing``); until then events
    are chained alone, because nobody shall wait for it.

    Args:
        session: a transaction of its own; the caller commits, then copies the head outside.
        now: time of sealing and signing.
        signer: signs the new head.
        limit: events in one batch; each batch ends in one checkpoint.
    """
    # One sealer at a time. The statements after it see what the one before has committed.
    await lock_chain(session)
    until = (await session.execute(_FOREIGN_UNTIL)).scalar_one()
    if until is None:
        found = await session.execute(_FINISHED, {"limit": limit})
    else:
        # After a restore into another server: what came along is complete, and older than everything
        # written since, because ordinals go on where they stopped.
        found = await session.execute(_FOREIGN, {"until": until, "limit": limit})
    events = [EventRow(*row) for row in found]
    if not events:
        return SealReport(sealed=0, head=None, more=False)
    taken = [event.id for event in events]
    known = set((await session.execute(_ALREADY, {"ids": taken})).scalars())
    if known:
        log.warning("ledger_pending_already_sealed", events=len(known))
        events = [event for event in events if event.id not in known]
    head = await _chain(session, events, now, signer) if events else None
    await session.execute(_DONE, {"ids": taken})
    return SealReport(sealed=len(events), head=head, more=len(taken) == limit)


async def _chain(session: AsyncSession, events: list[EventRow], now: datetime, signer: Signer) -> Head:
    last = (await session.execute(_LAST)).first()
    seq, digest = (0, GENESIS) if last is None else (last.seq, last.hash)
    tree = await stored_frontier(session, seq)
    nodes: list[tuple[Subtree, bytes]] = []
    seqs: list[int] = []
    ids: list[UUID] = []
    hashes: list[bytes] = []
    for event in events:
        seq += 1
        canonical = canonical_event(event, seq=seq, sealed_at=now)
        digest = chain_hash(digest, canonical.chained())
        if tree is not None:
            nodes += tree.append(leaf_hash(canonical.leaf(digest)))
        seqs.append(seq)
        ids.append(event.id)
        hashes.append(digest)
    await session.execute(_SEAL, {"seqs": seqs, "ids": ids, "hashes": hashes, "sealed_at": now})
    await add_nodes(session, nodes)
    head = signer.sign(seq, digest, now, None if tree is None else tree.root())
    await session.execute(
        _CHECKPOINT,
        {
            "seq": head.seq,
            "hash": head.hash,
            "signed_at": head.signed_at,
            "public_key": head.public_key,
            "signature": head.signature,
            "root": head.root,
        },
    )
    return head


async def lock_chain(session: AsyncSession) -> None:
    """Let one process at a time extend the chain or the tree, until this transaction ends."""
    await session.execute(_LOCK)


async def lock_heads(session: AsyncSession) -> None:
    """Let one process at a time write outside heads, until this transaction ends."""
    await session.execute(_HEADS_LOCK)


async def checkpoints_after(session: AsyncSession, seq: int, limit: int = 1000) -> list[Head]:
    """Signed heads of the database above ``seq``, in order."""
    rows = await session.execute(_CHECKPOINTS_AFTER, {"after": seq, "limit": limit})
    return [Head(*row) for row in rows]
