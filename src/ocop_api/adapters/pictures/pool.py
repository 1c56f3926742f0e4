"""Threads for pictures: few, because each holds a decoded picture, and with a short queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from ocop_api.domain.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")
_THREADS = 2
_IN_HAND = 6
"""Running and waiting together; each waiting one holds its file in memory and its client's patience."""
_pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="pictures")
_taken: set[object] = set()


async def in_pool(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Run ``work`` on one of the threads for pictures.

    Raises:
        Unavailable: ``pictures.busy`` when too many are waiting already.
    """
    if len(_taken) >= _IN_HAND:
        raise Unavailable("pictures.busy")
    ticket = object()
    _taken.add(ticket)
    future = _pool.submit(work, *arguments, **named)
    # A caller that gives up does not stop the thread, so the place is free only when the work is done.
    future.add_done_callback(lambda _: _taken.discard(ticket))
    return await asyncio.wrap_future(future)
