"""Writing an event with its action. Everything else about the ledger reads what is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.ledger import LedgerEvent, LedgerPending
from ocop_api.domain.actor import Actor


async def record(
    session: AsyncSession,
    *,
    kind: str,
    subject_type: str,
    subject_id: UUID | str,
    actor: Actor,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    area_path: Sequence[str] = (),
) -> UUID:
    """Write one event in the caller's transaction and give its id.

    Args:
        session: the transaction of the action; the event lives or dies with it.
        kind: ``<subject>.<what happened>`` in the past tense, such as ``dossier.lodged``.
        subject_type: kind of the thing acted on, such as ``dossier``.
        subject_id: its id.
        actor: who acted; the system has no id.
        at: when, by the clock of the action (aware).
        data: facts worth keeping, JSON values only. Never personal contact data, never sealed scores.
        area_path: administrative units the event belongs to, for row scopes.
    """
    event_id = uuid7()
    await session.execute(
        insert(LedgerEvent).values(
            id=event_id,
            at=at,
            kind=kind,
            subject_type=subject_type,
            subject_id=str(subject_id),
            actor_id=actor.user_id,
            area_path=list(area_path),
            data=dict(data or {}),
        )
    )
    await session.execute(insert(LedgerPending).values(event_id=event_id))
    return event_id


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of many to ``record_many``; the fields are those of ``record``."""

    kind: str
    subject_type: str
    subject_id: UUID | str
    data: Mapping[str, Any] = field(default_factory=dict)
    area_path: Sequence[str] = ()


async def record_many(
    session: AsyncSession, happenings: Sequence[Happening], *, actor: Actor, at: datetime
) -> None:
    """Write events in the order given, in two statements for all of them; otherwise as ``record``."""
    rows = [
        {
            "id": uuid7(),
            "at": at,
            "kind": happening.kind,
            "subject_type": happening.subject_type,
            "subject_id": str(happening.subject_id),
            "actor_id": actor.user_id,
            "area_path": list(happening.area_path),
            "data": dict(happening.data),
        }
        for happening in happenings
    ]
    await insert_rows(session, LedgerEvent, rows)
    pending = [{"event_id": row["id"]} for row in rows]
    await insert_rows(session, LedgerPending, pending, key="event_id")
