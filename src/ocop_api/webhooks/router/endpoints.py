"""Addresses that messages are pushed to."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from ocop_api.settings import Settings
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.routing import NO_IDEMPOTENCY, feature_router
from ocop_api.web.session import ReadSession, WriteSession
from ocop_api.webhooks.schemas import (
    WebhookCreate,
    WebhookCreated,
    WebhookDeliveryRead,
    WebhookRead,
    WebhookReplay,
    WebhookReplayed,
    Webhooks,
    WebhookUpdate,
)
from ocop_api.webhooks.service.endpoints import EndpointService

_SECRET = {NO_IDEMPOTENCY: True}
_NO_STORE = {"Cache-Control": "no-store"}

endpoints = feature_router("/v1/webhooks", "webhooks")


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _reading(
    session: ReadSession, caller: Caller, now: Now, settings: Annotated[Settings, Depends(_settings)]
) -> EndpointService:
    return EndpointService(session, caller, now(), settings.security, settings.webhooks)


def _writing(
    session: WriteSession, caller: Caller, now: Now, settings: Annotated[Settings, Depends(_settings)]
) -> EndpointService:
    return EndpointService(session, caller, now(), settings.security, settings.webhooks)


ReadingService = Annotated[EndpointService, Depends(_reading)]
WritingService = Annotated[EndpointService, Depends(_writing)]


@endpoints.post("", status_code=201, openapi_extra=_SECRET)
async def create_webhook(body: WebhookCreate, service: WritingService, response: Response) -> WebhookCreated:
    """Have messages about changes pushed to an address, signed by Standard Webhooks.

    It is told what `/v1/changes` shows the caller and what the caller gets notices of, from now on. The
    body is `{"type", "timestamp", "data": {"seq", "subject", "tombstone", "notice"}}`; `notice` holds the
    facts when the caller is concerned, such as the last day of a term. Answer with any 2xx within ten
    seconds; otherwise it is sent again after 1, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours. 410 ends
    it. The same message always has the same `webhook-id`. The answer is the only one that shows the secret.
    """
    made = await service.register(body)
    response.headers.update(_NO_STORE)
    response.headers["Location"] = f"/v1/webhooks/{made.id}"
    return made


@endpoints.get("")
async def list_webhooks(service: ReadingService) -> Webhooks:
    """List the caller's webhooks, oldest first."""
    return Webhooks(items=await service.own())


@endpoints.get("/{webhook_id}")
async def read_webhook(webhook_id: UUID, service: ReadingService) -> WebhookRead:
    """One of the caller's webhooks."""
    return await service.get(webhook_id)


@endpoints.patch("/{webhook_id}")
async def update_webhook(
    webhook_id: UUID, body: WebhookUpdate, expected: IfMatch, service: WritingService
) -> WebhookRead:
    """Change a webhook, or switch it off and on. What happens while it is off is not told later."""
    return await service.change(webhook_id, body, expected.check)


@endpoints.delete("/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: UUID, expected: IfMatch, service: WritingService) -> None:
    """Remove a webhook with its messages."""
    await service.remove(webhook_id, expected.check)


@endpoints.post("/{webhook_id}/rotate-secret", openapi_extra=_SECRET)
async def rotate_webhook_secret(
    webhook_id: UUID, expected: OptionalIfMatch, service: WritingService, response: Response
) -> WebhookCreated:
    """Make a new secret. For 24 hours messages carry signatures with the old and the new one."""
    made = await service.rotate(webhook_id, expected.check)
    response.headers.update(_NO_STORE)
    return made


@endpoints.post("/{webhook_id}/test", status_code=201)
async def test_webhook(webhook_id: UUID, service: WritingService, response: Response) -> WebhookDeliveryRead:
    """Send a message of kind `webhook.test`; look at the delivery for what came of it."""
    made = await service.trial(webhook_id)
    response.headers["Location"] = f"/v1/webhooks/{webhook_id}/deliveries/{made.id}"
    return made


@endpoints.post("/{webhook_id}/replay")
async def replay_webhook(webhook_id: UUID, body: WebhookReplay, service: WritingService) -> WebhookReplayed:
    """Send again every message that was given up and made since an instant."""
    return await service.replay_failed(webhook_id, body.since)
