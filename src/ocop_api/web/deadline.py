"""The time a request may take, and how an answer that streams sets itself free of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Scope

_KEY = "ocop.deadline"


@asynccontextmanager
async def deadline(scope: Scope, seconds: float) -> AsyncIterator[None]:
    """Give the request up after ``seconds``, unless its answer lifts that.

    Raises:
        TimeoutError: the time is over.
    """
    async with asyncio.timeout(seconds) as limit:
        scope[_KEY] = limit
        yield


def lift_deadline(scope: Scope) -> None:
    """Let this request take as long as its client listens: an export, or a stream of events."""
    limit: asyncio.Timeout | None = scope.get(_KEY)
    if limit is not None:
        limit.reschedule(None)
