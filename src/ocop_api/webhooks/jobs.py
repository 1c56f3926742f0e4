"""Pushing messages in the background."""

import time
from typing import Any
from uuid import UUID

from ocop_api.adapters.webhook_posting import Poster
from ocop_api.jobs.queue import Handler, JobContext
from ocop_api.webhooks.service.endpoints import DELIVER
from ocop_api.webhooks.service.pushing import DeliveryService, PushService

_LONGEST = 60.0
"""Seconds for one endpoint; what is left is taken up by the next look, so that nobody else has to wait."""


async def _push(context: JobContext, _payload: dict[str, Any]) -> None:
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await PushService(session, context.clock()).advance()
    async with context.database.transaction() as session:
        await PushService(session, context.clock()).call_due()


async def _deliver(context: JobContext, payload: dict[str, Any]) -> None:
    poster: Poster = context.resources["poster"]
    endpoint_id = UUID(payload["endpoint_id"])
    security = context.settings.security
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        async with context.database.transaction() as session:
            waiting = await DeliveryService(session, context.clock(), security).due(endpoint_id)
        if not waiting:
            return
        for message in waiting:
            # No transaction is open while the receiver takes its time. A crash here sends the message a
            # second time, with the same id, by which receivers tell that they have it.
            posted = await poster.post(message.url, message.headers, message.body)
            async with context.database.transaction() as session:
                service = DeliveryService(session, context.clock(), security)
                if not await service.note(endpoint_id, message.delivery_id, posted):
                    return


JOBS: dict[str, Handler] = {"webhooks.push": _push, DELIVER: _deliver}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"webhooks.push": "* * * * *"}
"""Jobs that run by the clock: name to cron expression."""
