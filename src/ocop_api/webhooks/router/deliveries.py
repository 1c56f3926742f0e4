"""Messages of an address, and what became of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.webhooks.router.endpoints import ReadingService, WritingService
from ocop_api.webhooks.schemas import WebhookDeliveryFilter, WebhookDeliveryRead, WebhookDeliverySummary

deliveries = feature_router("/v1/webhooks/{webhook_id}/deliveries", "webhooks")


@deliveries.get("")
async def list_webhook_deliveries(
    webhook_id: UUID, service: ReadingService, wanted: Annotated[WebhookDeliveryFilter, Query()]
) -> Page[WebhookDeliverySummary]:
    """List the messages of a webhook, newest first; settled ones are kept for 30 days."""
    rows, items = await service.deliveries(webhook_id, wanted)
    return Page[WebhookDeliverySummary].of(rows, items)


@deliveries.get("/{delivery_id}")
async def read_webhook_delivery(
    webhook_id: UUID, delivery_id: UUID, service: ReadingService
) -> WebhookDeliveryRead:
    """One message, with what was sent and every attempt."""
    return await service.delivery(webhook_id, delivery_id)


@deliveries.post("/{delivery_id}/replay")
async def replay_webhook_delivery(
    webhook_id: UUID, delivery_id: UUID, service: WritingService
) -> WebhookDeliveryRead:
    """Send a message once more with the same id, whatever became of it."""
    return await service.replay(webhook_id, delivery_id)
