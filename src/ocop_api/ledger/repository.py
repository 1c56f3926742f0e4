"""Reading sealed events. Nothing here shows an event before its place is final."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.ledger import LedgerCheckpoint, LedgerEvent, LedgerSeal
from ocop_api.domain.actor import Scope
from ocop_api.ledger.canonical import CanonicalEvent, EventRow, canonical_event
from ocop_api.ledger.keys import Head
from ocop_api.ledger.nodes import nodes_at
from ocop_api.ledger.schemas import EventFilter
from ocop_api.ledger.tree import Span, Subtree

_SORTS = Sorts(
    by_name={
        "seq": (SortKey(LedgerSeal.seq.expression, int),),
        "-seq": (SortKey(LedgerSeal.seq.expression, int, descending=True),),
    },
    default="seq",
)


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """An event with its final place."""

    seq: int
    hash: bytes
    sealed_at: datetime
    id: UUID
    at: datetime
    kind: str
    subject_type: str
    subject_id: str
    actor_id: UUID | None
    area_path: list[str]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """A sealed event in its canonical form, with its place and the chain's hash there."""

    seq: int
    hash: bytes
    kind: str
    canonical: CanonicalEvent


_HEAD = (
    LedgerCheckpoint.seq,
    LedgerCheckpoint.hash,
    LedgerCheckpoint.signed_at,
    LedgerCheckpoint.public_key,
    LedgerCheckpoint.signature,
    LedgerCheckpoint.root,
)


def _sealed() -> Select[*tuple[Any, ...]]:
    return select(
        LedgerSeal.seq,
        LedgerSeal.hash,
        LedgerSeal.sealed_at,
        LedgerEvent.id,
        LedgerEvent.at,
        LedgerEvent.kind,
        LedgerEvent.subject_type,
        LedgerEvent.subject_id,
        LedgerEvent.actor_id,
        LedgerEvent.area_path,
        LedgerEvent.data,
    ).join(LedgerEvent, LedgerEvent.id == LedgerSeal.event_id)


def visible_to(scope: Scope) -> ColumnElement[bool]:
    """Events inside the scope: their area path meets a granted area."""
    if scope.everywhere:
        return true()
    if not scope.place_ids:
        return false()
    return LedgerEvent.area_path.op("&&", is_comparison=True)(sorted(scope.place_ids))


class LedgerRepository:
    """Queries over sealed events and checkpoints."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, scope: Scope, wanted: EventFilter) -> Rows:
        """One page of the scope's sealed events (``SealedEvent``), in the order of the chain."""
        statement = _sealed().where(visible_to(scope))
        if wanted.kind is not None:
            statement = statement.where(LedgerEvent.kind == wanted.kind)
        if wanted.subject_type is not None:
            statement = statement.where(LedgerEvent.subject_type == wanted.subject_type)
        if wanted.subject_id is not None:
            statement = statement.where(LedgerEvent.subject_id == wanted.subject_id)
        rows = await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)
        return replace(rows, items=[SealedEvent(*row) for row in rows.items])

    async def between(
        self, after: int, until: int, limit: int, *, scope: Scope | None, prefixes: Sequence[str] | None
    ) -> list[SealedEvent]:
        """Sealed events with ``after < seq <= until`` in order, whose kind starts so or inside this scope.

        ``scope=None`` and ``prefixes=None`` together give every event.
        """
        statement = _sealed().where(LedgerSeal.seq > after, LedgerSeal.seq <= until)
        choices: list[ColumnElement[bool]] = []
        if prefixes is not None:
            choices += [LedgerEvent.kind.startswith(prefix, autoescape=True) for prefix in prefixes]
        if scope is not None:
            choices.append(visible_to(scope))
        if choices:
            statement = statement.where(or_(*choices))
        rows = await self._session.execute(statement.order_by(LedgerSeal.seq).limit(limit))
        return [SealedEvent(*row) for row in rows]

    async def hash_at(self, seq: int) -> bytes | None:
        """The chain's hash at a place, None where there is no such place."""
        found: bytes | None = (
            await self._session.execute(select(LedgerSeal.hash).where(LedgerSeal.seq == seq))
        ).scalar_one_or_none()
        return found

    async def last(self) -> tuple[int, bytes] | None:
        """Place and hash of the last sealed event."""
        row = (
            await self._session.execute(
                select(LedgerSeal.seq, LedgerSeal.hash).order_by(LedgerSeal.seq.desc()).limit(1)
            )
        ).first()
        return None if row is None else (row.seq, row.hash)

    async def newest_checkpoint(self) -> Head | None:
        """The newest signed head."""
        row = (
            await self._session.execute(select(*_HEAD).order_by(LedgerCheckpoint.seq.desc()).limit(1))
        ).first()
        return None if row is None else Head(*row)

    async def checkpoint_of_tree(self, size: int | None) -> Head | None:
        """The oldest signed head whose tree has ``size`` leaves or more; the newest one without ``size``."""
        statement = select(*_HEAD).where(LedgerCheckpoint.root.is_not(None)).limit(1)
        if size is None:
            statement = statement.order_by(LedgerCheckpoint.seq.desc())
        else:
            statement = statement.where(LedgerCheckpoint.seq >= size).order_by(LedgerCheckpoint.seq)
        row = (await self._session.execute(statement)).first()
        return None if row is None else Head(*row)

    async def sizes_signed(self, sizes: Collection[int]) -> set[int]:
        """Those of the sizes at which a head with a root was signed."""
        statement = select(LedgerCheckpoint.seq).where(
            LedgerCheckpoint.seq.in_(sizes), LedgerCheckpoint.root.is_not(None)
        )
        return set(await self._session.scalars(statement))

    async def placed(
        self, subject_type: str, subject_id: UUID, kinds: Collection[str], until: int
    ) -> list[PlacedEvent]:
        """Sealed events of these kinds about one subject up to a place, in the order of the chain."""
        event = LedgerEvent
        data = cast(event.data, Text)
        statement = (
            select(
                LedgerSeal.seq,
                LedgerSeal.hash,
                LedgerSeal.sealed_at,
                *(event.id, event.ordinal, event.at, event.kind, event.subject_type, event.subject_id),
                *(event.actor_id, event.area_path, data),
            )
            .join(event, event.id == LedgerSeal.event_id)
            .where(self._about(subject_type, subject_id, kinds), LedgerSeal.seq <= until)
            .order_by(LedgerSeal.seq)
        )
        return [
            PlacedEvent(seq, digest, row[3], canonical_event(EventRow(*row), seq=seq, sealed_at=sealed_at))
            for seq, digest, sealed_at, *row in await self._session.execute(statement)
        ]

    async def count(self, subject_type: str, subject_id: UUID, kinds: Collection[str]) -> int:
        """The number of events of these kinds about one subject, sealed or not."""
        statement = select(func.count()).where(self._about(subject_type, subject_id, kinds))
        return (await self._session.execute(statement)).scalar_one()

    @staticmethod
    def _about(subject_type: str, subject_id: UUID, kinds: Collection[str]) -> ColumnElement[bool]:
        return and_(
            LedgerEvent.subject_type == subject_type,
            LedgerEvent.subject_id == str(subject_id),
            LedgerEvent.kind.in_(kinds),
        )

    async def nodes(self, spans: Iterable[Span]) -> dict[Subtree, bytes]:
        """The stored nodes that the roots of these spans follow from."""
        return await nodes_at(self._session, {place for span in spans for place in span.subtrees()})
