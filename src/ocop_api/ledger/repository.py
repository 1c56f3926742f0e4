"""Reading sealed events. Nothing here shows an event before its place is final."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.ledger import LedgerCheckpoint, LedgerEvent, LedgerSeal
from ocop_api.domain.actor import Scope
from ocop_api.ledger.keys import Head
from ocop_api.ledger.schemas import EventFilter

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
            await self._session.execute(
                select(
                    LedgerCheckpoint.seq,
                    LedgerCheckpoint.hash,
                    LedgerCheckpoint.signed_at,
                    LedgerCheckpoint.public_key,
                    LedgerCheckpoint.signature,
                )
                .order_by(LedgerCheckpoint.seq.desc())
                .limit(1)
            )
        ).first()
        return None if row is None else Head(*row)
