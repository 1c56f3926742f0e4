"""A worker that is killed in the middle of an import, as a machine kills it, and another one after it."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
from sqlalchemy import text
from tests.bulk.conftest import post
from tests.conftest import MovableClock

from ocop_api.bulk.running import run_import
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Role

ROWS = 1_500
_WORKER = textwrap.dedent(
    """
    import asyncio, sys
    from datetime import UTC, datetime
    from uuid import UUID
    from ocop_api.bulk import running
    from ocop_api.db.session import Database
    from ocop_api.settings import DatabaseSettings

    running.BATCH = 100

    async def main():
        database = Database(DatabaseSettings(url=sys.argv[1]))
        await running.run_import(database, UUID(sys.argv[2]), lambda: datetime(2026, 6, 15, tzinfo=UTC))
        await database.close()

    asyncio.run(main())
    """
)


async def test_every_row_is_done_exactly_once_though_the_worker_is_killed(
    client: httpx.AsyncClient,
    as_actor: Callable[[Actor], dict[str, str]],
    database: Database,
    database_url: str,
    clock: MovableClock,
) -> None:
    admin = as_actor(Actor(UUID(int=1), "", (Grant(Role.ADMIN, Bound.EVERYWHERE),)))
    rows = "".join(f"Trà {n},HTX {n // 50},Lâm Đồng\n" for n in range(ROWS))
    job = (await post(client, admin, f"product_name,producer,province\n{rows}")).json()

    async def done() -> int:
        async with database.read() as session:
            return int(await session.scalar(text("select done_through from import_job")) or 0)

    killed = []
    for least in (1, 600):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WORKER, database_url, job["id"], stderr=asyncio.subprocess.DEVNULL
        )
        await until(done, least)
        os.kill(worker.pid, signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL
        killed.append(await done())
    assert 0 < killed[0] < killed[1] < ROWS
    # Two more get the same job at once, as a queue that delivers twice would give it.
    await asyncio.gather(*(run_import(database, UUID(job["id"]), clock) for _ in range(2)))
    found = (await client.get(f"/v1/imports/{job['id']}", headers=admin)).json()
    assert (found["state"], found["counts"]["created"], found["counts"]["total"]) == ("completed", ROWS, ROWS)
    async with database.read() as session:
        counted = [
            await session.scalar(text(statement))
            for statement in (
                "select count(*) from import_row where outcome = 'created'",
                "select count(*) from product",
                "select count(*) from ledger_event where kind = 'product.created'",
                "select count(*) from import_key",
            )
        ]
    assert counted == [ROWS, ROWS, ROWS, 0]


async def until(progress: Callable[[], Awaitable[int]], least: int) -> None:
    async with asyncio.timeout(60):
        while await progress() < least:  # noqa: ASYNC110 - another process makes the progress
            await asyncio.sleep(0.01)
