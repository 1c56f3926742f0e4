"""Turning sealed events into messages, and sending them until they are taken or given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.grants import actors_of
from ocop_api.accounts.sealing import key_for, unseal
from ocop_api.adapters.webhook_posting import Posted
from ocop_api.db.base import uuid7
from ocop_api.db.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from ocop_api.domain.actor import SYSTEM, Actor
from ocop_api.domain.errors import Unavailable
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.ledger.service import LedgerService, SealedEvent
from ocop_api.notifications.service import users_to_tell
from ocop_api.settings import SecuritySettings
from ocop_api.webhooks.policy import (
    KEPT,
    is_given_up,
    is_tombstone,
    may_see,
    next_attempt,
    pause_after,
    signed_headers,
    wants,
    zulu,
)
from ocop_api.webhooks.repository import WebhookRepository
from ocop_api.webhooks.service.endpoints import DELIVER, SECRET_PURPOSE

_GONE = 410

log = structlog.get_logger()


class PushService:
    """Writes the messages that events give rise to."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._ledger = LedgerService(session)
        self._webhooks = WebhookRepository(session)
        self._now = now

    async def advance(self, limit: int = 500) -> bool:
        """Deal with the next events; True when more may wait.

        The cursor moves in the transaction of the messages, and only over sealed events, whose order is
        final: a crash repeats a batch, and no event is left out or told twice.
        """
        last = await self._ledger.last()
        after = await self._webhooks.hold_cursor()
        if last is None or last[0] <= after:
            return False
        endpoints = await self._webhooks.in_use()
        if not endpoints:
            await self._webhooks.move_cursor(last[0])
            return False
        actors = await actors_of(self._session, self._now, sorted({row.owner_id for row in endpoints}))
        events = await self._ledger.sealed(after=after, until=last[0], limit=limit)
        messages: list[dict[str, object]] = []
        for event in events:
            messages += await self._messages(event, endpoints, actors)
        await self._webhooks.write(messages)
        more = len(events) == limit
        await self._webhooks.move_cursor(events[-1].seq if more else last[0])
        return more

    async def call_due(self) -> None:
        """Ask for a job for every endpoint with something to send now, and forget what is long settled."""
        for endpoint_id in await self._webhooks.endpoints_due(self._now):
            await enqueue(
                self._session,
                DELIVER,
                {"endpoint_id": str(endpoint_id)},
                dedupe_key=f"{DELIVER}:{endpoint_id}",
            )
        await self._webhooks.forget(self._now - KEPT)

    async def _messages(
        self, event: SealedEvent, endpoints: Sequence[WebhookEndpoint], actors: dict[UUID, Actor]
    ) -> list[dict[str, object]]:
        asking = [
            row
            for row in endpoints
            if row.owner_id in actors and row.after_seq < event.seq and wants(row.kinds, event.kind)
        ]
        if not asking:
            return []
        told = set(await users_to_tell(self._session, self._now, event))
        return [
            {
                "id": uuid7(),
                "endpoint_id": row.id,
                "event_id": event.id,
                "kind": event.kind,
                "body": _body(event, row.owner_id in told),
                "state": "waiting",
                "attempts": 0,
                "tried": 0,
                "due_at": self._now,
                "created_at": self._now,
                "settled_at": None,
            }
            for row in asking
            if row.owner_id in told or may_see(actors[row.owner_id], event.kind, event.area_path)
        ]


def _body(event: SealedEvent, told: bool) -> bytes:
    """The message: what ``/v1/changes`` shows, and for those concerned what their notice says."""
    return orjson.dumps(
        {
            "type": event.kind,
            "timestamp": zulu(event.at),
            "data": {
                "seq": event.seq,
                "subject": {"type": event.subject_type, "id": event.subject_id},
                "tombstone": is_tombstone(event.kind),
                "notice": dict(event.data) if told else None,
            },
        }
    )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be posted."""

    delivery_id: UUID
    url: str
    headers: dict[str, str]
    body: bytes


class DeliveryService:
    """Takes what is due for an endpoint, and notes what came of it."""

    def __init__(self, session: AsyncSession, now: datetime, security: SecuritySettings) -> None:
        self._session = session
        self._webhooks = WebhookRepository(session)
        self._now = now
        self._sealing = key_for(security, SECRET_PURPOSE)

    async def due(self, endpoint_id: UUID, limit: int = 20) -> list[Outgoing]:
        """The next messages for an endpoint, signed; none when it is off, left alone or all is sent."""
        endpoint = await self._webhooks.ready(endpoint_id, self._now)
        if endpoint is None:
            return []
        try:
            keys = self._keys(endpoint)
        except Unavailable:
            await self._switch_off(endpoint, "secret_unreadable")
            return []
        return [
            Outgoing(row.id, endpoint.url, signed_headers(row.id, self._now, row.body, keys), row.body)
            for row in await self._webhooks.due(endpoint_id, self._now, limit)
        ]

    async def note(self, endpoint_id: UUID, delivery_id: UUID, posted: Posted) -> bool:
        """Keep what came of an attempt; whether the endpoint's next message may be sent at once.

        An endpoint removed in the meantime is not an error: there is nothing left to note.
        """
        endpoint = await self._webhooks.held(endpoint_id)
        delivery = await self._webhooks.delivery(endpoint_id, delivery_id, lock=True)
        if endpoint is None or delivery is None:
            return False
        delivery.attempts += 1
        delivery.tried += 1
        attempt = WebhookAttempt(
            delivery_id=delivery.id,
            number=delivery.attempts,
            at=self._now,
            status=posted.status,
            error=posted.error,
            milliseconds=posted.milliseconds,
        )
        await self._webhooks.add(attempt)
        if posted.taken:
            delivery.state, delivery.settled_at = "delivered", self._now
            endpoint.failing_since, endpoint.paused_until, endpoint.unreachable = None, None, 0
            return True
        return await self._failed(endpoint, delivery, posted)

    async def _failed(self, endpoint: WebhookEndpoint, delivery: WebhookDelivery, posted: Posted) -> bool:
        endpoint.failing_since = endpoint.failing_since or self._now
        again = None if posted.status == _GONE else next_attempt(delivery.tried, self._now)
        if again is None:
            delivery.state, delivery.settled_at = "failed", self._now
        else:
            delivery.due_at = again
        if posted.status == _GONE:
            await self._switch_off(endpoint, "gone")
            return False
        if is_given_up(endpoint.failing_since, self._now):
            await self._switch_off(endpoint, "failing")
            return False
        if posted.status is None:
            # Nobody is there: what else waits would only run into the same silence.
            endpoint.unreachable += 1
            endpoint.paused_until = self._now + pause_after(endpoint.unreachable)
            return False
        endpoint.unreachable = 0
        return True

    def _keys(self, endpoint: WebhookEndpoint) -> list[bytes]:
        keys = [unseal(self._sealing, endpoint.secret, endpoint.id.bytes)]
        if (
            endpoint.former_secret is not None
            and endpoint.former_until is not None
            and self._now < endpoint.former_until
        ):
            keys.append(unseal(self._sealing, endpoint.former_secret, endpoint.id.bytes))
        return keys

    async def _switch_off(self, endpoint: WebhookEndpoint, reason: str) -> None:
        endpoint.disabled_reason = reason
        endpoint.touch()
        endpoint.updated_at = self._now
        log.warning("webhook switched off", webhook=str(endpoint.id), reason=reason)
        await record(
            self._session,
            kind="webhook.switched_off",
            subject_type="webhook",
            subject_id=endpoint.id,
            actor=SYSTEM,
            at=self._now,
            data={"owner_id": str(endpoint.owner_id), "reason": reason},
            area_path=[],
        )
