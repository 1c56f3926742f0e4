"""Background work on certificates."""

from typing import Any

from ocop_api.certificates.service import LifeService
from ocop_api.jobs.queue import Handler, JobContext


async def tell_of_ends(context: JobContext, _payload: dict[str, Any]) -> None:
    """Tell of certificates whose term ends in 180, 150, 120 and 30 days."""
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await LifeService(session, context.clock()).tell_of_ends()


async def end_terms(context: JobContext, _payload: dict[str, Any]) -> None:
    """Write down the terms that are over, and which of them are prolonged."""
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await LifeService(session, context.clock()).end_terms()
    async with context.database.transaction() as session:
        waiting = await LifeService(session, context.clock()).products_to_prolong()
    for product_id in waiting:
        # One product at a time: nobody waits for a product whose turn has long been.
        async with context.database.transaction() as session:
            await LifeService(session, context.clock()).show_prolonged(product_id)


JOBS: dict[str, Handler] = {"certificates.tell_of_ends": tell_of_ends, "certificates.end_terms": end_terms}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {
    "certificates.tell_of_ends": "0 23 * * *",
    "certificates.end_terms": "0 * * * *",
}
"""Jobs that run by the clock: name to cron expression.

Notices go out at six in the morning in Vietnam (23:00 UTC). Terms end at midnight there (17:00 UTC); the
hours after it are for workers that were down at that moment.
"""
