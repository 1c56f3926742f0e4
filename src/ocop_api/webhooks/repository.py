"""Rows of endpoints, messages and attempts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import Base
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.accounts import AccountUser
from ocop_api.db.tables.webhooks import WebhookAttempt, WebhookCursor, WebhookDelivery, WebhookEndpoint
from ocop_api.domain.actor import Actor
from ocop_api.webhooks.schemas import WebhookDeliveryFilter

_CREATED = WebhookDelivery.created_at.expression
_ID = WebhookDelivery.id.expression
_SORTS = Sorts(
    {
        "created": (SortKey(_CREATED, datetime), SortKey(_ID, UUID)),
        "-created": (SortKey(_CREATED, datetime, descending=True), SortKey(_ID, UUID, descending=True)),
    },
    default="-created",
)
_READER = "push"


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The actor's own endpoints; nobody sees another's."""
    return WebhookEndpoint.owner_id == actor.user_id


class WebhookRepository:
    """Endpoints of users, and the messages for them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, *rows: Base) -> None:
        """Store new rows; flushed, so that what the database refuses belongs to this use case."""
        self._session.add_all(rows)
        await self._session.flush()

    async def own(self, actor: Actor) -> Sequence[WebhookEndpoint]:
        """The actor's endpoints, oldest first."""
        statement = select(WebhookEndpoint).where(visible_to(actor)).order_by(WebhookEndpoint.id)
        return (await self._session.scalars(statement)).all()

    async def count_under_lock(self, owner_id: UUID) -> int:
        """How many endpoints a user has; until the commit nobody else adds one of theirs."""
        await self._session.execute(
            select(AccountUser.id).where(AccountUser.id == owner_id).with_for_update(key_share=True)
        )
        found: int = (
            await self._session.execute(
                select(func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.owner_id == owner_id)
            )
        ).scalar_one()
        return found

    async def find(self, endpoint_id: UUID, actor: Actor, *, lock: bool = False) -> WebhookEndpoint | None:
        """One of the actor's endpoints."""
        statement = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, visible_to(actor))
        if lock:
            statement = statement.with_for_update()
        return (await self._session.scalars(statement)).one_or_none()

    async def remove(self, endpoint: WebhookEndpoint) -> None:
        """Delete an endpoint with its messages."""
        await self._session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint.id))
        self._session.expunge(endpoint)

    async def page(self, endpoint_id: UUID, wanted: WebhookDeliveryFilter) -> Rows:
        """One page of an endpoint's messages."""
        statement = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
        if wanted.state is not None:
            statement = statement.where(WebhookDelivery.state == wanted.state)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def delivery(
        self, endpoint_id: UUID, delivery_id: UUID, *, lock: bool = False
    ) -> WebhookDelivery | None:
        """One message of an endpoint."""
        statement = select(WebhookDelivery).where(
            WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id
        )
        if lock:
            statement = statement.with_for_update()
        return (await self._session.scalars(statement)).one_or_none()

    async def attempts(self, delivery_id: UUID) -> Sequence[WebhookAttempt]:
        """The attempts at one message, in order."""
        statement = (
            select(WebhookAttempt)
            .where(WebhookAttempt.delivery_id == delivery_id)
            .order_by(WebhookAttempt.number)
        )
        return (await self._session.scalars(statement)).all()

    async def put_in_line(self, endpoint_id: UUID, since: datetime, now: datetime) -> int:
        """Make given-up messages wait again; how many there were."""
        result = await self._session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.endpoint_id == endpoint_id,
                WebhookDelivery.state == "failed",
                WebhookDelivery.created_at >= since,
            )
            .values(state="waiting", settled_at=None, tried=0, due_at=now)
        )
        assert isinstance(result, CursorResult)  # noqa: S101 - what an update gives
        return result.rowcount

    async def hold_cursor(self) -> int:
        """How far the ledger has been told; nobody else moves it until the commit."""
        await self._session.execute(
            insert(WebhookCursor).values(name=_READER, seq=0).on_conflict_do_nothing()
        )
        found: int = (
            await self._session.execute(
                select(WebhookCursor.seq).where(WebhookCursor.name == _READER).with_for_update()
            )
        ).scalar_one()
        return found

    async def move_cursor(self, seq: int) -> None:
        """Remember how far the ledger has been told."""
        await self._session.execute(
            update(WebhookCursor).where(WebhookCursor.name == _READER).values(seq=seq)
        )

    async def in_use(self) -> Sequence[WebhookEndpoint]:
        """Every endpoint that is switched on."""
        statement = select(WebhookEndpoint).where(WebhookEndpoint.disabled_reason.is_(None))
        return (await self._session.scalars(statement)).all()

    async def write(self, values: Sequence[dict[str, object]]) -> None:
        """Write messages; one that an endpoint has already is left as it is."""
        if values:
            await self._session.execute(insert(WebhookDelivery).on_conflict_do_nothing(), list(values))

    async def endpoints_due(self, now: datetime) -> Sequence[UUID]:
        """Endpoints with a message to be sent now."""
        waiting = exists().where(
            WebhookDelivery.endpoint_id == WebhookEndpoint.id,
            WebhookDelivery.state == "waiting",
            WebhookDelivery.due_at <= now,
        )
        statement = select(WebhookEndpoint.id).where(
            WebhookEndpoint.disabled_reason.is_(None),
            or_(WebhookEndpoint.paused_until.is_(None), WebhookEndpoint.paused_until <= now),
            waiting,
        )
        return (await self._session.scalars(statement)).all()

    async def ready(self, endpoint_id: UUID, now: datetime) -> WebhookEndpoint | None:
        """The endpoint, locked, if messages may go there now and its owner is in use."""
        statement = (
            select(WebhookEndpoint)
            .join(AccountUser, AccountUser.id == WebhookEndpoint.owner_id)
            .where(
                WebhookEndpoint.id == endpoint_id,
                WebhookEndpoint.disabled_reason.is_(None),
                or_(WebhookEndpoint.paused_until.is_(None), WebhookEndpoint.paused_until <= now),
                AccountUser.disabled_at.is_(None),
            )
            .with_for_update(of=WebhookEndpoint)
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def due(self, endpoint_id: UUID, now: datetime, limit: int) -> Sequence[WebhookDelivery]:
        """The messages to be sent now, the one longest due first."""
        statement = (
            select(WebhookDelivery)
            .where(
                WebhookDelivery.endpoint_id == endpoint_id,
                WebhookDelivery.state == "waiting",
                WebhookDelivery.due_at <= now,
            )
            .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

    async def held(self, endpoint_id: UUID) -> WebhookEndpoint | None:
        """The endpoint, locked, whoever owns it."""
        statement = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update()
        return (await self._session.scalars(statement)).one_or_none()

    async def forget(self, before: datetime) -> None:
        """Delete messages that were settled before then."""
        await self._session.execute(delete(WebhookDelivery).where(WebhookDelivery.settled_at < before))
