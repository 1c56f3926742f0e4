"""A user's endpoints and the messages for them."""

import os
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.sealing import key_for, seal
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.webhooks import WebhookDelivery, WebhookEndpoint
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import NotFound, RuleViolation, Unauthenticated
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.ledger.service import LedgerService
from ocop_api.settings import SecuritySettings, WebhookSettings
from ocop_api.webhooks.policy import (
    FORMER_SECRET_HOLDS,
    MOST_ENDPOINTS,
    checked_url,
    written_secret,
    zulu,
)
from ocop_api.webhooks.repository import WebhookRepository
from ocop_api.webhooks.schemas import (
    WebhookAttemptRead,
    WebhookCreate,
    WebhookCreated,
    WebhookDeliveryFilter,
    WebhookDeliveryRead,
    WebhookDeliverySummary,
    WebhookRead,
    WebhookReplayed,
    WebhookUpdate,
)

DELIVER = "webhooks.deliver"
"""Job that sends an endpoint what is due."""
SECRET_PURPOSE = "webhook-secret"  # noqa: S105 - names a derived key
_KEY_BYTES = 24

VersionCheck = Callable[[int], None]
"""Refuses when the stored version is not the one the caller last saw."""


class EndpointService:
    """The actor's own endpoints; nobody sees another's."""

    def __init__(
        self,
        session: AsyncSession,
        actor: Actor,
        now: datetime,
        security: SecuritySettings,
        settings: WebhookSettings,
    ) -> None:
        self._session = session
        self._webhooks = WebhookRepository(session)
        self._actor = actor
        self._now = now
        self._sealing = key_for(security, SECRET_PURPOSE)
        self._settings = settings

    async def register(self, wanted: WebhookCreate) -> WebhookCreated:
        """Have messages pushed to an address, about what happens from now on.

        Raises:
            Invalid: ``webhooks.url_refused`` with the reason.
            RuleViolation: ``webhooks.too_many``.
        """
        if self._actor.user_id is None:
            raise Unauthenticated("auth.required")
        url = checked_url(wanted.url, self._settings)
        if await self._webhooks.count_under_lock(self._actor.user_id) >= MOST_ENDPOINTS:
            raise RuleViolation("webhooks.too_many", most=MOST_ENDPOINTS)
        key = os.urandom(_KEY_BYTES)
        last = await LedgerService(self._session).last()
        endpoint_id = uuid7()
        row = WebhookEndpoint(
            id=endpoint_id,
            owner_id=self._actor.user_id,
            url=url,
            description=wanted.description,
            kinds=sorted(set(wanted.kinds)),
            disabled_reason=None,
            secret=seal(self._sealing, key, endpoint_id.bytes),
            former_secret=None,
            former_until=None,
            after_seq=0 if last is None else last[0],
            failing_since=None,
            paused_until=None,
            unreachable=0,
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        await self._webhooks.add(row)
        await self._record("webhook.registered", row)
        return WebhookCreated(**webhook_read(row).model_dump(), secret=written_secret(key))

    async def own(self) -> list[WebhookRead]:
        """The actor's endpoints, oldest first."""
        return [webhook_read(row) for row in await self._webhooks.own(self._actor)]

    async def get(self, endpoint_id: UUID) -> WebhookRead:
        """One of the actor's endpoints; ``NotFound`` ``webhooks.unknown``."""
        return webhook_read(await self._found(endpoint_id))

    async def change(
        self, endpoint_id: UUID, wanted: WebhookUpdate, check_version: VersionCheck
    ) -> WebhookRead:
        """Change address, kinds or description, or switch it off and on.

        Raises:
            NotFound: ``webhooks.unknown``.
            Invalid: ``webhooks.url_refused``.
        """
        row = await self._found(endpoint_id, lock=True)
        check_version(row.version)
        if wanted.url is not None:
            row.url = checked_url(wanted.url, self._settings)
        if wanted.kinds is not None:
            row.kinds = sorted(set(wanted.kinds))
        if wanted.description is not None:
            row.description = wanted.description
        if wanted.enabled is not None:
            row.disabled_reason = None if wanted.enabled else row.disabled_reason or "by_owner"
        if wanted.enabled or wanted.url is not None:
            row.failing_since, row.paused_until, row.unreachable = None, None, 0
        row.touch()
        row.updated_at = self._now
        await self._record("webhook.changed", row)
        if row.disabled_reason is None:
            await self._send(row)
        return webhook_read(row)

    async def remove(self, endpoint_id: UUID, check_version: VersionCheck) -> None:
        """Remove an endpoint with its messages; ``NotFound`` ``webhooks.unknown``."""
        row = await self._found(endpoint_id, lock=True)
        check_version(row.version)
        await self._record("webhook.removed", row)
        await self._webhooks.remove(row)

    async def rotate(self, endpoint_id: UUID, check_version: VersionCheck) -> WebhookCreated:
        """Make a new secret; for a day messages carry a signature with the old one too.

        Raises:
            NotFound: ``webhooks.unknown``.
        """
        row = await self._found(endpoint_id, lock=True)
        check_version(row.version)
        key = os.urandom(_KEY_BYTES)
        row.former_secret, row.former_until = row.secret, self._now + FORMER_SECRET_HOLDS
        row.secret = seal(self._sealing, key, row.id.bytes)
        if row.disabled_reason == "secret_unreadable":
            row.disabled_reason, row.former_secret, row.former_until = None, None, None
        row.touch()
        row.updated_at = self._now
        await self._record("webhook.secret_rotated", row)
        return WebhookCreated(**webhook_read(row).model_dump(), secret=written_secret(key))

    async def trial(self, endpoint_id: UUID) -> WebhookDeliveryRead:
        """Send a message of kind ``webhook.test``.

        Raises:
            NotFound: ``webhooks.unknown``.
            RuleViolation: ``webhooks.disabled``.
        """
        row = await self._usable(endpoint_id)
        body = {
            "type": "webhook.test",
            "timestamp": zulu(self._now),
            "data": {
                "seq": None,
                "subject": {"type": "webhook", "id": str(row.id)},
                "tombstone": False,
                "notice": None,
            },
        }
        delivery = WebhookDelivery(
            id=uuid7(),
            endpoint_id=row.id,
            event_id=None,
            kind="webhook.test",
            body=orjson.dumps(body),
            state="waiting",
            attempts=0,
            tried=0,
            due_at=self._now,
            created_at=self._now,
            settled_at=None,
        )
        await self._webhooks.add(delivery)
        await self._send(row)
        return await self._delivery_read(delivery)

    async def deliveries(
        self, endpoint_id: UUID, wanted: WebhookDeliveryFilter
    ) -> tuple[Rows, list[WebhookDeliverySummary]]:
        """One page of an endpoint's messages; ``NotFound`` ``webhooks.unknown``."""
        row = await self._found(endpoint_id)
        rows = await self._webhooks.page(row.id, wanted)
        return rows, [WebhookDeliverySummary.model_validate(found) for found in rows.items]

    async def delivery(self, endpoint_id: UUID, delivery_id: UUID) -> WebhookDeliveryRead:
        """One message with its attempts.

        Raises:
            NotFound: ``webhooks.unknown``, ``webhooks.unknown_delivery``.
        """
        await self._found(endpoint_id)
        return await self._delivery_read(await self._delivery(endpoint_id, delivery_id))

    async def replay(self, endpoint_id: UUID, delivery_id: UUID) -> WebhookDeliveryRead:
        """Send a message once more, with the same id, whatever became of it.

        Raises:
            NotFound: ``webhooks.unknown``, ``webhooks.unknown_delivery``.
            RuleViolation: ``webhooks.disabled``.
        """
        row = await self._usable(endpoint_id)
        delivery = await self._delivery(endpoint_id, delivery_id, lock=True)
        delivery.state, delivery.settled_at = "waiting", None
        delivery.tried, delivery.due_at = 0, self._now
        await self._send(row)
        return await self._delivery_read(delivery)

    async def replay_failed(self, endpoint_id: UUID, since: datetime) -> WebhookReplayed:
        """Send again every message that was given up and made from ``since`` on.

        Raises:
            NotFound: ``webhooks.unknown``.
            RuleViolation: ``webhooks.disabled``.
        """
        row = await self._usable(endpoint_id)
        count = await self._webhooks.put_in_line(row.id, since, self._now)
        if count:
            await self._send(row)
        return WebhookReplayed(replayed=count)

    async def _found(self, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
        row = await self._webhooks.find(endpoint_id, self._actor, lock=lock)
        if row is None:
            raise NotFound("webhooks.unknown")
        return row

    async def _usable(self, endpoint_id: UUID) -> WebhookEndpoint:
        row = await self._found(endpoint_id, lock=True)
        if row.disabled_reason is not None:
            raise RuleViolation("webhooks.disabled", reason=row.disabled_reason)
        # Whoever asks for a message now does not want to wait until the address was left alone long enough.
        row.paused_until = None
        return row

    async def _delivery(self, endpoint_id: UUID, delivery_id: UUID, *, lock: bool = False) -> WebhookDelivery:
        delivery = await self._webhooks.delivery(endpoint_id, delivery_id, lock=lock)
        if delivery is None:
            raise NotFound("webhooks.unknown_delivery")
        return delivery

    async def _delivery_read(self, delivery: WebhookDelivery) -> WebhookDeliveryRead:
        tries = await self._webhooks.attempts(delivery.id)
        return WebhookDeliveryRead(
            **WebhookDeliverySummary.model_validate(delivery).model_dump(),
            body=delivery.body.decode(),
            tries=[WebhookAttemptRead.model_validate(attempt) for attempt in tries],
        )

    async def _send(self, row: WebhookEndpoint) -> None:
        await enqueue(self._session, DELIVER, {"endpoint_id": str(row.id)}, dedupe_key=f"{DELIVER}:{row.id}")

    async def _record(self, kind: str, row: WebhookEndpoint) -> None:
        # Neither the address nor the secret: an address may hold a token of its owner's.
        await record(
            self._session,
            kind=kind,
            subject_type="webhook",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data={"owner_id": str(row.owner_id), "kinds": list(row.kinds)},
            area_path=[],
        )


def webhook_read(row: WebhookEndpoint) -> WebhookRead:
    """A stored endpoint as its owner sees it."""
    return WebhookRead.model_validate(
        {
            "id": row.id,
            "url": row.url,
            "kinds": row.kinds,
            "description": row.description,
            "enabled": row.disabled_reason is None,
            "disabled_reason": row.disabled_reason,
            "failing_since": row.failing_since,
            "paused_until": row.paused_until,
            "created_at": row.created_at,
            "version": row.version,
        }
    )
