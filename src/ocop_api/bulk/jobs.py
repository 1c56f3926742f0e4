"""Imports as background work."""

from typing import Any
from uuid import UUID

from ocop_api.bulk.running import run_import
from ocop_api.bulk.service import RUN_IMPORT, ImportService
from ocop_api.domain.actor import SYSTEM
from ocop_api.jobs.queue import Handler, JobContext

FORGET_FILES = "bulk.forget_files"


async def _run(context: JobContext, payload: dict[str, Any]) -> None:
    await run_import(context.database, UUID(payload["import_id"]), context.clock)


async def _forget_files(context: JobContext, _payload: dict[str, Any]) -> None:
    async with context.database.transaction() as session:
        await ImportService(session, SYSTEM, context.clock()).forget_files()


JOBS: dict[str, Handler] = {RUN_IMPORT: _run, FORGET_FILES: _forget_files}
SCHEDULES: dict[str, str] = {FORGET_FILES: "40 2 * * *"}
"""Cron expressions by job."""
