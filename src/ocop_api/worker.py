"""The worker: runs the jobs that committed actions asked for, and the scheduled ones.

Several may run side by side; each job is taken by one. A job that fails is tried again with growing
pauses and, after five attempts, kept as failed for a person to look at.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job, Schedule
from pgqueuer.types import QueueExecutionMode
from sqlalchemy import make_url

import ocop_api.db.tables  # noqa: F401 - constraint names are looked up in the metadata
from ocop_api.accounts import jobs as accounts
from ocop_api.accounts import sign_in_jobs as sign_in
from ocop_api.adapters.mail import mailer_for
from ocop_api.adapters.object_store import store_for
from ocop_api.adapters.webhook_posting import HttpPoster
from ocop_api.bulk import jobs as bulk
from ocop_api.certificates import jobs as certificates
from ocop_api.db.session import Database, asyncpg_arguments
from ocop_api.documents import jobs as documents
from ocop_api.dossiers import jobs as dossiers
from ocop_api.inspections import jobs as inspections
from ocop_api.jobs.queue import Handler, JobContext
from ocop_api.ledger import jobs as ledger
from ocop_api.notifications import jobs as notifications
from ocop_api.products import jobs as products
from ocop_api.settings import Clock, Settings, utc_now
from ocop_api.webhooks import jobs as webhooks

log = structlog.get_logger()

JOBS: dict[str, Handler] = {
    **accounts.JOBS,
    **bulk.JOBS,
    **certificates.JOBS,
    **documents.JOBS,
    **dossiers.JOBS,
    **inspections.JOBS,
    **ledger.JOBS,
    **notifications.JOBS,
    **products.JOBS,
    **sign_in.JOBS,
    **webhooks.JOBS,
}
SCHEDULES: dict[str, str] = {
    **accounts.SCHEDULES,
    **bulk.SCHEDULES,
    **certificates.SCHEDULES,
    **documents.SCHEDULES,
    **dossiers.SCHEDULES,
    **inspections.SCHEDULES,
    **ledger.SCHEDULES,
    **notifications.SCHEDULES,
    **sign_in.SCHEDULES,
    **webhooks.SCHEDULES,
}
"""Cron expressions by job; a scheduled job runs with an empty payload."""


def _resources(settings: Settings, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The adapters of the handlers, by name; a test may give its own twin of one."""
    built = {
        "object_store": store_for(settings.storage),
        "mailer": mailer_for(settings.mail),
        "poster": HttpPoster(settings.webhooks),
    }
    return {**built, **(given or {})}


def _queue(connection: "asyncpg.Connection[Any]", context: JobContext, *, attempts: int = 5) -> PgQueuer:
    queue = PgQueuer(AsyncpgDriver(connection))

    def add_entrypoint(name: str, handler: Handler) -> None:
        @queue.entrypoint(
            name,
            on_failure="hold",
            executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
                parameters, max_attempts=attempts, initial_delay=timedelta(seconds=2)
            ),
        )
        async def run(job: Job) -> None:
            await _run(name, handler, context, orjson.loads(job.payload or b"{}"))

    def add_schedule(name: str, expression: str) -> None:
        # A scheduled name runs the handler of the same name with an empty payload.
        @queue.schedule(f"scheduled.{name}", expression)
        async def tick(_schedule: Schedule) -> None:
            await _run(name, JOBS[name], context, {})

    for name, handler in JOBS.items():
        add_entrypoint(name, handler)
    for name, expression in SCHEDULES.items():
        add_schedule(name, expression)
    return queue


async def _run(name: str, handler: Handler, context: JobContext, payload: dict[str, Any]) -> None:
    try:
        await handler(context, payload)
    except Exception:
        log.exception("job failed", job=name)
        raise
    log.info("job done", job=name)


async def _connect(settings: Settings) -> "asyncpg.Connection[Any]":
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        **asyncpg_arguments(make_url(settings.database.url)),
        timeout=settings.database.connect_timeout,
        server_settings={"application_name": "ocop-worker"},
    )
    return connection


async def drain(
    database: Database, settings: Settings, clock: Clock, resources: Mapping[str, Any] | None = None
) -> None:
    """Run every job that waits now, once, then return; for tests, the demo and one-off runs."""
    context = JobContext(database, settings, clock, _resources(settings, resources))
    connection = await _connect(settings)
    try:
        queue = _queue(connection, context, attempts=1)
        await queue.qm.run(dequeue_timeout=timedelta(seconds=1), mode=QueueExecutionMode.drain)
    finally:
        await connection.close()


async def run_worker(
    settings: Settings,
    clock: Clock = utc_now,
    resources: Mapping[str, Any] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Work until ``stop`` is set. A database that goes away is waited for."""
    stopped = stop or asyncio.Event()
    database = Database(settings.database)
    await database.open()
    context = JobContext(database, settings, clock, _resources(settings, resources))
    pause = 1.0
    try:
        while not stopped.is_set():
            try:
                connection = await _connect(settings)
            except (OSError, TimeoutError, asyncpg.PostgresError) as error:
                log.warning("worker waits for the database", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), pause)
                pause = min(pause * 2, 30.0)
                continue
            pause = 1.0
            await _work(_queue(connection, context), connection, stopped)
    finally:
        await database.close()


async def _work(queue: PgQueuer, connection: "asyncpg.Connection[Any]", stopped: asyncio.Event) -> None:
    async def wait_for_stop() -> None:
        await stopped.wait()
        queue.shutdown.set()

    def lost(_connection: object) -> None:
        # The queue's own loop would notice a dead server only after its next long wait.
        queue.shutdown.set()

    watcher = asyncio.create_task(wait_for_stop())
    connection.add_termination_listener(lost)
    try:
        await queue.run(shutdown_on_listener_failure=True)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning("worker lost the database", error=type(error).__name__)
    finally:
        watcher.cancel()
        if connection.is_closed():
            log.warning("worker reconnects")
        else:
            connection.remove_termination_listener(lost)
            with contextlib.suppress(OSError, TimeoutError, asyncpg.InterfaceError):
                await connection.close(timeout=3)
