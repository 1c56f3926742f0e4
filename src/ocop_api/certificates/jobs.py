"""Background work on certificates."""

from typing import Any

from ocop_api.certificates.service import LifeService, WithdrawalClock
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


async def remind_of_withdrawals(context: JobContext, _payload: dict[str, Any]) -> None:
    """Close cases of withdrawal whose certificate ended otherwise, and remind of the terms of the others."""
    async with context.database.transaction() as session:
        ended = await WithdrawalClock(session, context.clock()).without_object()
    for case_id in ended:
        # One case at a time: nobody waits for a case whose turn has long been.
        async with context.database.transaction() as session:
            await WithdrawalClock(session, context.clock()).lapse(case_id)
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await WithdrawalClock(session, context.clock()).remind()


JOBS: dict[str, Handler] = {
    "certificates.tell_of_ends": tell_of_ends,
    "certificates.end_terms": end_terms,
    "certificates.remind_of_withdrawals": remind_of_withdrawals,
}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {
    "certificates.tell_of_ends": "0 23 * * *",
    "certificates.end_terms": "0 * * * *",
    "certificates.remind_of_withdrawals": "0 23 * * *",
}
"""Jobs that run by the clock: name to cron expression.

Notices go out at six in the morning in Vietnam (23:00 UTC). Terms end at midnight there (17:00 UTC); the
hours after it are for workers that were down at that moment.
"""
