"""Rows of notices and of how far the events have been told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.notifications import Notification, NotificationCursor
from ocop_api.domain.actor import Actor
from ocop_api.ledger.service import SealedEvent
from ocop_api.notifications.schemas import NotificationFilter

_CREATED = Notification.created_at.expression
_ID = Notification.id.expression
_SORTS = Sorts(
    {
        "created": (SortKey(_CREATED, datetime), SortKey(_ID, UUID)),
        "-created": (SortKey(_CREATED, datetime, descending=True), SortKey(_ID, UUID, descending=True)),
    },
    default="-created",
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """A user's own notices."""
    return false() if actor.user_id is None else Notification.user_id == actor.user_id


@dataclass(frozen=True, slots=True)
class Notice:
    """An event to be told to users."""

    event: SealedEvent
    user_ids: Sequence[UUID]


class NotificationRepository:
    """Notices, their readers and the fan-out's cursor."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, actor: Actor, wanted: NotificationFilter) -> Rows:
        """One page of the actor's notices."""
        statement = select(Notification).where(visible_to(actor))
        if wanted.unread is not None:
            unread = Notification.read_at.is_(None)
            statement = statement.where(unread if wanted.unread else ~unread)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def find(self, notification_id: UUID, actor: Actor) -> Notification | None:
        """One of the actor's notices."""
        statement = select(Notification).where(Notification.id == notification_id, visible_to(actor))
        return (await self._session.scalars(statement)).one_or_none()

    async def mark_read(self, notification_id: UUID, actor: Actor, now: datetime) -> None:
        """Set the time of reading once; the first reading counts."""
        await self._session.execute(
            update(Notification)
            .where(Notification.id == notification_id, visible_to(actor), Notification.read_at.is_(None))
            .values(read_at=now)
        )

    async def hold_cursor(self, name: str) -> int:
        """How far a reader has come; nobody else moves it until the commit."""
        await self._session.execute(
            insert(NotificationCursor).values(name=name, seq=0).on_conflict_do_nothing()
        )
        found: int = (
            await self._session.execute(
                select(NotificationCursor.seq).where(NotificationCursor.name == name).with_for_update()
            )
        ).scalar_one()
        return found

    async def move_cursor(self, name: str, seq: int) -> None:
        """Remember how far the reader has come."""
        await self._session.execute(
            update(NotificationCursor).where(NotificationCursor.name == name).values(seq=seq)
        )

    async def add(self, notices: Sequence[Notice], mailed: Collection[str]) -> list[UUID]:
        """Write notices; one that a user has already is left as it is.

        Gives the ids of the new ones whose kind is ``mailed``.
        """
        values = [
            {
                "id": uuid7(),
                "user_id": user_id,
                "event_id": notice.event.id,
                "kind": notice.event.kind,
                "subject_type": notice.event.subject_type,
                "subject_id": notice.event.subject_id,
                "data": dict(notice.event.data),
                "created_at": notice.event.at,
            }
            for notice in notices
            for user_id in notice.user_ids
        ]
        if not values:
            return []
        statement = insert(Notification).on_conflict_do_nothing()
        new = await self._session.execute(statement.returning(Notification.id, Notification.kind), values)
        return [id_ for id_, kind in new if kind in mailed]

    async def to_mail(self, notification_id: UUID) -> Notification | None:
        """A notice about which no letter has gone out, locked."""
        return await self._session.scalar(
            select(Notification)
            .where(Notification.id == notification_id, Notification.mailed_at.is_(None))
            .with_for_update()
        )
