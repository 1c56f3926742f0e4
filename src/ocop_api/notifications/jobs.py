"""Making notices in the background."""

from typing import Any
from uuid import UUID

from ocop_api.adapters.mail import Mailer
from ocop_api.jobs.queue import Handler, JobContext
from ocop_api.notifications.service import MAIL, FanOutService, LetterService


async def _fan_out(context: JobContext, _payload: dict[str, Any]) -> None:
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await FanOutService(session, context.clock()).advance()


async def _mail(context: JobContext, payload: dict[str, Any]) -> None:
    mailer: Mailer = context.resources["mailer"]
    async with context.database.transaction() as session:
        service = LetterService(session, context.clock(), context.settings.web.public_url.rstrip("/"))
        letter = await service.take(UUID(payload["notification_id"]))
        # The letter goes out before the commit: one sent twice is better than one that is lost.
        if letter is not None:
            await mailer.send(letter)


JOBS: dict[str, Handler] = {"notifications.fan_out": _fan_out, MAIL: _mail}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"notifications.fan_out": "* * * * *"}
"""Jobs that run by the clock: name to cron expression."""
