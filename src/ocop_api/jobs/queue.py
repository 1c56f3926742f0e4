"""The job queue (pgqueuer), driven through the caller's own transaction.

A job exists exactly when the action that asked for it committed. It runs at least once, so a handler
must leave the same result when it runs again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.session import Database
from ocop_api.settings import Clock, Settings


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler works with; ``resources`` holds the adapters wired by the worker, by name."""

    database: Database
    settings: Settings
    clock: Clock
    resources: Mapping[str, Any]


Handler = Callable[[JobContext, dict[str, Any]], Awaitable[None]]
"""A job: opens its own ``context.database.transaction()`` and closes it."""


class _SessionDriver:
    """The part of pgqueuer's driver that enqueueing needs, on an SQLAlchemy transaction.

    pgqueuer on a raw connection would write before the session's transaction begins and so survive a
    rollback; statements sent through the session cannot.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def fetch(self, query: str, *arguments: object) -> list[dict[str, object]]:
        connection = await self._session.connection()
        result = await connection.exec_driver_sql(query, tuple(arguments))
        return [dict(row) for row in result.mappings()]


async def enqueue(
    session: AsyncSession,
    name: str,
    payload: Mapping[str, Any] | None = None,
    *,
    delay: timedelta | None = None,
    dedupe_key: str | None = None,
    priority: int = 0,
) -> None:
    """Ask for job ``name`` in the caller's transaction.

    Args:
        session: the transaction that owns the request.
        name: a key of some feature's ``JOBS``.
        payload: JSON values handed to the handler.
        delay: not before this long from now.
        dedupe_key: while a job with this key waits or runs, a second is not added.
        priority: higher runs first.
    """
    queries = Queries(_SessionDriver(session))  # type: ignore[arg-type]
    await queries.enqueue(
        name,
        orjson.dumps(dict(payload or {})),
        priority=priority,
        execute_after=delay,
        dedupe_key=dedupe_key,
        on_conflict="skip",
    )
