"""Forgetting what sign-ins have left behind."""

from typing import Any

import structlog

from ocop_api.accounts.sign_in_repository import SignInRepository
from ocop_api.jobs.queue import Handler, JobContext

log = structlog.get_logger()


async def _forget_outdated(context: JobContext, _payload: dict[str, Any]) -> None:
    async with context.database.transaction() as session:
        gone = await SignInRepository(session).forget_outdated(context.clock())
    if gone:
        log.info("sign_in_traces_forgotten", rows=gone)


JOBS: dict[str, Handler] = {"accounts.forget_sign_in_traces": _forget_outdated}
"""Handlers by name."""

SCHEDULES: dict[str, str] = {"accounts.forget_sign_in_traces": "*/15 * * * *"}
"""Jobs that run by the clock: name to cron expression."""
