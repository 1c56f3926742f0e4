"""Looking for what was changed after the fact. Streams in batches; never runs inside a request.

What each witness shows: the chain of hashes an altered, missing or moved row; the tree, computed anew from
the events, a node or root that proves something else; the signatures a chain or tree computed anew by
somebody without the key; the heads outside the database a ledger cut or replaced.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.session import Database
from ocop_api.ledger.canonical import GENESIS, EventRow, canonical_event, chain_hash
from ocop_api.ledger.heads import read_heads
from ocop_api.ledger.keys import Head, key_id_of
from ocop_api.ledger.nodes import nodes_at, nodes_grown
from ocop_api.ledger.tree import Frontier, Span, Subtree, leaf_hash

_KEPT = 100
"""Faults described one by one; beyond it they are counted only."""

_SEALS = text(
    "select s.seq, s.hash, s.sealed_at, s.event_id, e.id, e.ordinal, e.at, e.kind, e.subject_type,"
    " e.subject_id, e.actor_id, e.area_path, e.data::text as data_text"
    " from ledger_seal s left join ledger_event e on e.id = s.event_id"
    " where s.seq > :after order by s.seq limit :limit"
)
_CHECKPOINTS = text(
    "select c.seq, c.hash, c.signed_at, c.public_key, c.signature, c.root, s.hash as sealed"
    " from ledger_checkpoint c left join ledger_seal s on s.seq = c.seq"
    " where c.seq > :after order by c.seq limit :limit"
)
_ACCOUNTED = text(
    "select e.ordinal, e.id, s.seq, p.event_id as pending from ledger_event e"
    " left join ledger_seal s on s.event_id = e.id left join ledger_pending p on p.event_id = e.id"
    " where e.ordinal > :after order by e.ordinal limit :limit"
)
_WITNESSED = text(
    "select w.seq, s.hash as sealed, c.hash, c.signed_at, c.public_key, c.signature, c.root"
    " from unnest(cast(:seqs as bigint[])) as w(seq)"
    " left join ledger_seal s on s.seq = w.seq left join ledger_checkpoint c on c.seq = w.seq"
)
_START = text(
    "select c.hash, c.root, e.ordinal from ledger_checkpoint c"
    " left join ledger_seal s on s.seq = c.seq left join ledger_event e on e.id = s.event_id"
    " where c.seq = :seq"
)
# The tree reaches as far as its leaves, or as a head says: a head covers the tree of all events before it.
_GROWN = text(
    "select greatest((select max(index) + 1 from ledger_node where level = 0),"
    " (select max(seq) from ledger_checkpoint where root is not null), 0)"
)
_ROOTS = text(
    "select seq, root from ledger_checkpoint where seq between :first and :last and root is not null"
)
_BEYOND = text(
    "select level, index from ledger_node where (index + 1) * power(2::numeric, level) > :size"
    " order by level, index limit :limit"
)


class FaultKind(StrEnum):
    """What is wrong with one place of the ledger."""

    ALTERED = "altered"
    """The event, or its place, is not what was sealed."""
    EVENT_MISSING = "event_missing"
    SEAL_MISSING = "seal_missing"
    """There is a gap in the numbering."""
    EXTRA_EVENT = "extra_event"
    """An event that neither waits for the sealer nor was sealed."""
    SEALED_AND_PENDING = "sealed_and_pending"
    HASH_NOT_SIGNED = "hash_not_signed"
    """The signed head of this place shows another hash."""
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    UNSIGNED_TAIL = "unsigned_tail"
    """Seals behind the last signed head; a batch is always sealed together with its head."""
    TAIL_CUT = "tail_cut"
    """A signed head stands beyond the last seal."""
    HEAD_DIFFERS = "head_differs"
    """A head outside the database contradicts the ledger: it was replaced from here or before."""
    HEAD_MISSING = "head_missing"
    """A head outside the database is not among the checkpoints."""
    NODE_DIFFERS = "node_differs"
    """A node of the tree is not what the events up to this place give."""
    NODE_MISSING = "node_missing"
    NODE_EXTRA = "node_extra"
    """A node of the tree covers events that are not sealed."""
    ROOT_DIFFERS = "root_differs"
    """The signed head of this place shows the root of another tree."""
    NO_START = "no_start"
    """There is no checkpoint to start from."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding; ``seq`` is the place in the chain, None for an event without a place."""

    kind: FaultKind
    seq: int | None
    detail: str = ""


@dataclass(slots=True)
class VerifyReport:
    """The outcome: what was looked at, and what is wrong. ``ok`` when nothing is."""

    started_after: int
    checked_events: int = 0
    checked_nodes: int = 0
    checked_heads: int = 0
    checked_outside: int = 0
    last_seq: int = 0
    last_hash: bytes = GENESIS
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[FaultKind] = field(default_factory=Counter)
    first_broken: int | None = None

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.counts

    def add(self, kind: FaultKind, seq: int | None, detail: str = "") -> None:
        """Note a fault."""
        self.counts[kind] += 1
        if len(self.faults) < _KEPT:
            self.faults.append(Fault(kind, seq, detail))
        if seq is not None and (self.first_broken is None or seq < self.first_broken):
            self.first_broken = seq

    def text(self) -> str:
        """The outcome for a person."""
        lines = [
            f"Ledger {self.started_after + 1}..{self.last_seq}: {self.checked_events} events",
            f"Nodes of the tree: {self.checked_nodes}",
            f"Signed heads: {self.checked_heads}; heads outside the database: {self.checked_outside}",
            f"Head: {self.last_seq} {self.last_hash.hex()}",
        ]
        if self.ok:
            return "\n".join([*lines, "Intact."])
        lines.append(f"NOT INTACT. First broken place: {self.first_broken or 'none in the chain'}.")
        lines += [f"  {kind.value}: {count}" for kind, count in sorted(self.counts.items())]
        lines += [
            f"  at {fault.seq or '-'}: {fault.kind.value} {fault.detail}".rstrip() for fault in self.faults
        ]
        if self.counts.total() > len(self.faults):
            lines.append(f"  and {self.counts.total() - len(self.faults)} more")
        return "\n".join(lines)


class _Verification:
    def __init__(self, session: AsyncSession, keys: Collection[bytes], after: int, batch: int) -> None:
        self.session = session
        self.keys = keys
        self.after = after
        self.batch = batch
        self.report = VerifyReport(started_after=after, last_seq=after)
        self.grown = 0
        self.tree: Frontier | None = None
        """The tree as the events give it; None from where it has not grown yet or cannot be computed."""

    async def run(self, outside: Iterator[Head]) -> VerifyReport:
        previous, ordinal, root = GENESIS, 0, None
        if self.after:
            start = (await self.session.execute(_START, {"seq": self.after})).first()
            if start is None:
                self.report.add(FaultKind.NO_START, self.after)
                return self.report
            # Starting again before the checkpoint itself keeps its own signature in view.
            previous, ordinal, root = start.hash, start.ordinal or 0, start.root
            self.report.last_hash = previous
        self.grown = (await self.session.execute(_GROWN)).scalar_one()
        self.tree = await self._tree_before(root)
        await self._seals(previous)
        await self._nodes_beyond()
        await self._checkpoints()
        await self._outside(outside)
        await self._unaccounted(ordinal)
        return self.report

    async def _batches(self, statement: Any, after: int) -> Any:
        # Each batch starts behind the first column of the last row of the one before.
        while True:
            rows = (await self.session.execute(statement, {"after": after, "limit": self.batch})).all()
            yield rows
            if len(rows) < self.batch:
                return
            after = rows[-1][0]

    async def _seals(self, previous: bytes) -> None:
        report = self.report
        hash_before: bytes | None = previous
        async for rows in self._batches(_SEALS, self.after):
            nodes, roots = await self._stored_tree(rows)
            for row in rows:
                leaf: bytes | None = None
                if row.seq != report.last_seq + 1:
                    missing = row.seq - report.last_seq - 1
                    report.add(FaultKind.SEAL_MISSING, report.last_seq + 1, f"{missing} in a row")
                    hash_before = None
                report.checked_events += 1
                report.last_seq, report.last_hash = row.seq, row.hash
                if row.id is None:
                    report.add(FaultKind.EVENT_MISSING, row.seq, str(row.event_id))
                else:
                    event = EventRow(*row[4:])
                    body = canonical_event(event, seq=row.seq, sealed_at=row.sealed_at)
                    if hash_before is not None and chain_hash(hash_before, body.chained()) != row.hash:
                        report.add(FaultKind.ALTERED, row.seq, f"{event.kind} {event.id}")
                    else:
                        leaf = leaf_hash(body.leaf(row.hash))
                self._leaf(row.seq, leaf, nodes, roots)
                # Going on from the stored hash names the rows that were touched, not all behind them.
                hash_before = row.hash

    async def _tree_before(self, root: bytes | None) -> Frontier | None:
        """The tree of everything before the start, out of its stored nodes."""
        if self.after > self.grown:
            return None
        subtrees = Span(0, self.after).subtrees()
        stored = await nodes_at(self.session, subtrees)
        missing = [subtree for subtree in subtrees if subtree not in stored]
        for subtree in missing:
            self.report.add(FaultKind.NODE_MISSING, self.after, _named(subtree))
        if missing:
            return None
        tree = Frontier(self.after, [stored[subtree] for subtree in subtrees])
        if root is not None and tree.root() != root:
            self.report.add(FaultKind.ROOT_DIFFERS, self.after)
        return tree

    async def _stored_tree(self, seals: Any) -> tuple[Mapping[Subtree, bytes], Mapping[int, bytes]]:
        """What is stored of the tree for these seals: the nodes that end at one of them, the signed roots."""
        if self.tree is None or not seals:
            return {}, {}
        first, last = seals[0].seq, seals[-1].seq
        nodes = await nodes_grown(self.session, first - 1, last)
        found = await self.session.execute(_ROOTS, {"first": first, "last": last})
        return nodes, {row.seq: row.root for row in found}

    def _leaf(
        self, seq: int, leaf: bytes | None, nodes: Mapping[Subtree, bytes], roots: Mapping[int, bytes]
    ) -> None:
        """Let the tree grow by the leaf of the event at ``seq``, and compare what is stored.

        An event that is missing or altered has been named already; its stored leaf stands in for it. Every
        node above is computed from below, so a changed node is named alone.
        """
        report, place = self.report, Subtree(0, seq - 1)
        if self.tree is None or seq != self.tree.size + 1 or seq > self.grown:
            self.tree = None
            return
        known = leaf or nodes.get(place)
        if known is None:
            report.add(FaultKind.NODE_MISSING, seq, _named(place))
            self.tree = None
            return
        for subtree, digest in self.tree.append(known):
            report.checked_nodes += 1
            if subtree not in nodes:
                report.add(FaultKind.NODE_MISSING, seq, _named(subtree))
            elif nodes[subtree] != digest:
                report.add(FaultKind.NODE_DIFFERS, seq, _named(subtree))
        if seq in roots and roots[seq] != self.tree.root():
            report.add(FaultKind.ROOT_DIFFERS, seq)

    async def _nodes_beyond(self) -> None:
        found = await self.session.execute(_BEYOND, {"size": self.report.last_seq, "limit": _KEPT})
        for level, index in found:
            self.report.add(FaultKind.NODE_EXTRA, None, _named(Subtree(level, index)))

    def _check_signature(self, head: Head, where: str) -> None:
        if head.public_key not in self.keys:
            self.report.add(FaultKind.UNKNOWN_KEY, head.seq, f"{where} {key_id_of(head.public_key)}")
        if not head.holds():
            self.report.add(FaultKind.BAD_SIGNATURE, head.seq, where)

    async def _checkpoints(self) -> None:
        report = self.report
        signed_until = self.after
        # The checkpoint the run starts from vouches for everything before it, so it is checked too.
        async for rows in self._batches(_CHECKPOINTS, max(self.after - 1, 0)):
            for row in rows:
                head = Head(*row[:6])
                report.checked_heads += 1
                self._check_signature(head, "checkpoint")
                if row.sealed is None:
                    kind = FaultKind.TAIL_CUT if head.seq > report.last_seq else FaultKind.SEAL_MISSING
                    report.add(kind, min(head.seq, report.last_seq + 1), f"signed up to {head.seq}")
                elif row.sealed != head.hash:
                    report.add(FaultKind.HASH_NOT_SIGNED, head.seq)
                signed_until = max(signed_until, head.seq)
        if report.last_seq > signed_until:
            report.add(FaultKind.UNSIGNED_TAIL, signed_until + 1)

    async def _outside(self, outside: Iterator[Head]) -> None:
        while heads := await asyncio.to_thread(_take, outside, self.batch):
            found = await self.session.execute(_WITNESSED, {"seqs": [head.seq for head in heads]})
            known = {row.seq: row for row in found}
            for head in heads:
                self._compare(head, known[head.seq])

    def _compare(self, head: Head, row: Any) -> None:
        report = self.report
        report.checked_outside += 1
        same = row.hash is not None and head == Head(
            head.seq, row.hash, row.signed_at, row.public_key, row.signature, row.root
        )
        # An equal checkpoint has been checked already; a signature costs more than all the rest.
        if not same:
            self._check_signature(head, "outside head")
        if row.sealed is None:
            kind = FaultKind.TAIL_CUT if head.seq > report.last_seq else FaultKind.SEAL_MISSING
            report.add(kind, min(head.seq, report.last_seq + 1), f"outside head at {head.seq}")
        elif row.sealed != head.hash or (row.hash is not None and not same):
            report.add(FaultKind.HEAD_DIFFERS, head.seq, f"outside {head.hash.hex()}")
        elif row.hash is None:
            report.add(FaultKind.HEAD_MISSING, head.seq, "no such checkpoint")

    async def _unaccounted(self, ordinal: int) -> None:
        async for rows in self._batches(_ACCOUNTED, ordinal if self.after else -(2**63)):
            for row in rows:
                # Places count from 1; a seal below would hide its event from the walk along the chain.
                if (row.seq is None and row.pending is None) or (row.seq is not None and row.seq < 1):
                    self.report.add(FaultKind.EXTRA_EVENT, None, str(row.id))
                elif row.seq is not None and row.pending is not None:
                    self.report.add(FaultKind.SEALED_AND_PENDING, row.seq, str(row.id))


def _named(subtree: Subtree) -> str:
    return f"level {subtree.level} index {subtree.index}"


def _take(heads: Iterator[Head], count: int) -> list[Head]:
    return [head for _, head in zip(range(count), heads, strict=False)]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def verify(
    database: Database,
    *,
    keys: Collection[bytes],
    outside: Path,
    after: int = 0,
    batch: int = 1000,
) -> VerifyReport:
    """Check the ledger against itself, its signatures and the heads kept outside.

    Args:
        database: the pools; one connection reads one consistent state.
        keys: public keys whose signatures count.
        outside: file of the outside heads; may be missing, then only the database's word is heard.
        after: place of a checkpoint known to be good; only what follows is read. 0 reads everything.
            A run that starts later does not look for rows slipped in before its start.
        batch: rows read at a time.
    """
    # Sizes first: a head written while the state below is read must not look like a cut ledger.
    size = await asyncio.to_thread(_size, outside)
    async with database.write() as session:
        await session.execute(text("set transaction isolation level repeatable read, read only"))
        heads = read_heads(outside, size=size, after=max(after - 1, 0))
        report = await _Verification(session, keys, after, batch).run(heads)
        await session.rollback()
    return report
