"""Sealing as a job: the tree grows over older events, new ones are sealed, heads go outside the database."""

import asyncio
from typing import Any

import structlog

from ocop_api.db.session import Database
from ocop_api.jobs.queue import Handler, JobContext
from ocop_api.ledger.growing import grow
from ocop_api.ledger.heads import append_heads, heads_file, last_seq
from ocop_api.ledger.keys import load_signer
from ocop_api.ledger.sealing import checkpoints_after, lock_heads, seal
from ocop_api.settings import Clock, Settings

log = structlog.get_logger()

_BATCH = 1000
_BATCHES_GROWN = 50
"""Batches of old events that one run adds to the tree; the next run goes on."""


async def seal_pending(database: Database, settings: Settings, clock: Clock) -> int:
    """Seal everything that is ready, batch by batch, and write the heads outside; gives the number.

    Raises:
        LedgerKeyError: no usable key.
    """
    signer = await asyncio.to_thread(load_signer, settings)
    await grow_tree(database)
    total = 0
    more = True
    while more:
        async with database.transaction() as session:
            report = await seal(session, now=clock(), signer=signer, limit=_BATCH)
        total += report.sealed
        more = report.more
    await copy_heads(database, settings)
    return total


async def grow_tree(database: Database, *, batches: int = _BATCHES_GROWN, limit: int = _BATCH) -> int:
    """Add events sealed before there was a tree to it, in transactions of ``limit``; gives their number."""
    grown = 0
    for _ in range(batches):
        async with database.transaction() as session:
            added = await grow(session, limit=limit)
        grown += added
        if added < limit:
            break
    return grown


async def copy_heads(database: Database, settings: Settings) -> int:
    """Write every committed head that is not outside yet; gives their number.

    Runs after the commit: a head outside that the database does not know would look like a cut ledger.
    A crash in between is made good by the next run.
    """
    path = heads_file(settings)
    written = 0
    async with database.transaction() as session:
        await lock_heads(session)
        last = await asyncio.to_thread(last_seq, path)
        while heads := await checkpoints_after(session, last, _BATCH):
            await asyncio.to_thread(append_heads, path, heads)
            last = heads[-1].seq
            written += len(heads)
    return written


async def _seal(context: JobContext, _payload: dict[str, Any]) -> None:
    sealed = await seal_pending(context.database, context.settings, context.clock)
    if sealed:
        log.info("ledger_sealed", events=sealed)


JOBS: dict[str, Handler] = {"ledger.seal": _seal}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"ledger.seal": "* * * * *"}
"""Jobs that run by the clock: name to cron expression."""
