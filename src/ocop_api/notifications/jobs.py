"""Making notices in the background."""

from typing import Any

from ocop_api.jobs.queue import Handler, JobContext
from ocop_api.notifications.service import FanOutService


async def _fan_out(context: JobContext, _payload: dict[str, Any]) -> None:
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await FanOutService(session, context.clock()).advance()


JOBS: dict[str, Handler] = {"notifications.fan_out": _fan_out}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"notifications.fan_out": "* * * * *"}
"""Jobs that run by the clock: name to cron expression."""
