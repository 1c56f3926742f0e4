"""A user's notices, and making them from the ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.grants import people_concerned
from ocop_api.accounts.recovery import address_of
from ocop_api.adapters.mail import Message
from ocop_api.db.tables.notifications import Notification
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import NotFound
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.service import LedgerService, SealedEvent
from ocop_api.notifications.letters import notice_letter
from ocop_api.notifications.policy import MAILED, WATCHED, concern_of
from ocop_api.notifications.repository import Notice, NotificationRepository
from ocop_api.notifications.schemas import NotificationFilter, NotificationRead
from ocop_api.notifications.wording import wording
from ocop_api.web.schemas import Page
from ocop_api.web.texts import Language

_READER = "fan_out"
MAIL = "notifications.mail"
"""Job that writes one notice by e-mail."""


class NotificationService:
    """The actor's own notices; nobody sees another's."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, language: Language) -> None:
        self._notices = NotificationRepository(session)
        self._actor = actor
        self._now = now
        self._language = language

    async def page(self, wanted: NotificationFilter) -> Page[NotificationRead]:
        """One page of the actor's notices."""
        rows = await self._notices.page(self._actor, wanted)
        return Page[NotificationRead].of(rows, [self._shown(row) for row in rows.items])

    async def mark_read(self, notification_id: UUID) -> NotificationRead:
        """Mark a notice read. Doing it again changes nothing.

        Raises:
            NotFound: ``notifications.unknown`` unless it is the actor's.
        """
        await self._notices.mark_read(notification_id, self._actor, self._now)
        row = await self._notices.find(notification_id, self._actor)
        if row is None:
            raise NotFound("notifications.unknown")
        return self._shown(row)

    def _shown(self, row: Notification) -> NotificationRead:
        return NotificationRead(
            id=row.id,
            kind=row.kind,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            text=wording(row.kind, self._language),
            data=row.data,
            created_at=row.created_at,
            read_at=row.read_at,
        )


async def users_to_tell(session: AsyncSession, now: datetime, event: SealedEvent) -> list[UUID]:
    """Whom an event concerns. Nobody needs to be told what they did themselves."""
    concern = concern_of(event.kind, event.area_path, event.data)
    if concern.nobody:
        return []
    found = await people_concerned(
        session,
        now,
        producer_id=concern.producer_id,
        place_ids=concern.place_ids,
        level=concern.level,
        user_ids=concern.user_ids,
        roles=concern.roles,
    )
    return [user for user in found if user != event.actor_id]


class FanOutService:
    """Turns sealed events into notices of those they concern."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._ledger = LedgerService(session)
        self._notices = NotificationRepository(session)
        self._now = now

    async def advance(self, limit: int = 500) -> bool:
        """Deal with the next events; True when more may wait.

        The cursor moves in the transaction of the notices, and only over sealed events, whose order is
        final: a crash repeats a batch, and no event is left out.
        """
        last = await self._ledger.last()
        after = await self._notices.hold_cursor(_READER)
        if last is None or last[0] <= after:
            return False
        until = last[0]
        events = await self._ledger.sealed(after=after, until=until, limit=limit, prefixes=WATCHED)
        notices = []
        for event in events:
            users = await users_to_tell(self._session, self._now, event)
            if users:
                notices.append(Notice(event, users))
        for notice_id in await self._notices.add(notices, MAILED):
            await enqueue(self._session, MAIL, {"notification_id": str(notice_id)})
        more = len(events) == limit
        await self._notices.move_cursor(_READER, events[-1].seq if more else until)
        return more


class LetterService:
    """Notices that go out as letters."""

    def __init__(self, session: AsyncSession, now: datetime, link: str) -> None:
        self._session = session
        self._notices = NotificationRepository(session)
        self._now = now
        self._link = link

    async def take(self, notification_id: UUID) -> Message | None:
        """The letter about a notice, marked as sent; None for one that went out or reaches nobody."""
        notice = await self._notices.to_mail(notification_id)
        if notice is None:
            return None
        notice.mailed_at = self._now
        address = await address_of(self._session, notice.user_id)
        return None if address is None else notice_letter(notice.kind, notice.data, address, self._link)
