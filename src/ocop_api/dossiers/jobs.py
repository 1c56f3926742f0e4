"""Background work on dossiers."""

from typing import Any

from ocop_api.dossiers.service.reminding import ReminderService
from ocop_api.jobs.queue import Handler, JobContext


async def _every_open_dossier(context: JobContext, *, tell: bool) -> None:
    after = None
    while True:
        async with context.database.transaction() as session:
            after = await ReminderService(session, context.clock()).advance(after, tell=tell)
        if after is None:
            return


async def recount(context: JobContext, _payload: dict[str, Any]) -> None:
    """Reckon all terms anew, because the calendar or a round changed."""
    await _every_open_dossier(context, tell=False)


async def look_at_clocks(context: JobContext, _payload: dict[str, Any]) -> None:
    """Reckon all terms anew, remind, and tell the level above of what stays undone."""
    await _every_open_dossier(context, tell=True)
    async with context.database.transaction() as session:
        await ReminderService(session, context.clock()).tell_of_windows()


JOBS: dict[str, Handler] = {"dossiers.recount": recount, "dossiers.look_at_clocks": look_at_clocks}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"dossiers.look_at_clocks": "0 23 * * *"}
"""Jobs that run by the clock: name to cron expression; 23:00 UTC is six in the morning in Vietnam."""
