"""Imports as background work."""

from typing import Any
from uuid import UUID

from ocop_api.bulk.running import run_import
from ocop_api.bulk.service import RUN_IMPORT
from ocop_api.jobs.queue import Handler, JobContext


async def _run(context: JobContext, payload: dict[str, Any]) -> None:
    await run_import(context.database, UUID(payload["import_id"]), context.clock)


JOBS: dict[str, Handler] = {RUN_IMPORT: _run}
