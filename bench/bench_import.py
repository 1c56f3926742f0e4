"""How fast imports are stored, and how much memory the worker needs for small and large files.

Each size runs in a process of its own against a fresh database on a server of its own::

    python bench/bench_import.py                          # 10,000 rows
    python bench/bench_import.py 10000 100000 1000000

Rows are CSV: products, one hundred per producer, in communes of one province. Files of more than
100,000 rows are measured with rows that are read, checked and rejected with a result each.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import make_url, text

from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.bulk.running import run_import
from ocop_api.bulk.schemas import ImportOrder
from ocop_api.bulk.service import ImportService
from ocop_api.bulk.spooling import Spooled, spool
from ocop_api.db import migrating
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.seeding import seed_reference
from ocop_api.settings import DatabaseSettings, Settings

COMMUNES = ("Xã Đắk Mil", "Xã Đắk Wil", "Phường Bắc Gia Nghĩa", "Xã Cư Jút", "Xã Kiến Đức")
HEADER = "product_name,producer,producer_type,province,commune,product_group,price_vnd,pack,source\n"
STORED = 100_000
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def lines(rows: int, kind: str) -> Iterator[bytes]:
    """A CSV file; of kind ``rejected`` every row lacks its producer's form."""
    yield HEADER.encode()
    for n in range(rows):
        owner = n // 100
        form = "HTX" if kind != "rejected" else "Tập đoàn"
        row = (
            f"Sản phẩm số {n},Hợp tác xã số {owner},{form},Lâm Đồng,{COMMUNES[owner % len(COMMUNES)]},"
            f"Thực phẩm,{10_000 + n % 90_000},gói 250g,đo thử\n"
        )
        yield row.encode()


async def take_in(database: Database, folder: Path, rows: int, kind: str, *, dry_run: bool) -> UUID:
    """Hand a file in as the API does."""

    async def pieces() -> AsyncIterator[bytes]:
        for line in lines(rows, kind):
            yield line

    file: Spooled = await spool(pieces(), folder / "rows")
    async with database.transaction() as session:
        job = await ImportService(session, SYSTEM, NOW).take_in(file, ImportOrder(dry_run=dry_run))
    return job.id


async def measure(url: str, rows: int, kind: str, *, dry_run: bool) -> dict[str, object]:
    """Take a file in, work through it, and tell how long that took and how the memory grew."""
    database = Database(DatabaseSettings(url=url, pool_size=4, read_pool_size=4))
    try:
        with tempfile.TemporaryDirectory() as folder:
            import_id = await take_in(database, Path(folder), rows, kind, dry_run=dry_run)
        started = time.perf_counter()
        cpu = time.process_time()
        await run_import(database, import_id, lambda: NOW)
        seconds = time.perf_counter() - started
        cpu = time.process_time() - cpu
        async with database.read() as session:
            job = await ImportService(session, SYSTEM, NOW).get(import_id)
        return {
            "rows": rows,
            "what": kind + (" (dry run)" if dry_run else ""),
            "state": job.state,
            "created": job.created,
            "unchanged": job.unchanged,
            "rejected": job.rejected,
            "rows_per_second": round(rows / seconds),
            "seconds": round(seconds, 1),
            "cpu_seconds_of_worker": round(cpu, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    finally:
        await database.close()


def run_apart(url: str, rows: int, kind: str, *, dry_run: bool = False) -> None:
    """One measurement in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, __file__, "--one", url, str(rows), kind, str(int(dry_run))]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)  # noqa: S603


def main(sizes: list[int]) -> None:
    """Start a server, and measure each size: created, the same again, rejected, and a dry run."""
    folder = Path(tempfile.mkdtemp(prefix="ocop-bench-"))
    server = EmbeddedPostgres(folder, durable=True, max_connections=50)
    server.start()
    try:
        for size in sizes:
            name = f"bench_{uuid4().hex[:8]}"
            asyncio.run(_create(server.dsn("postgres"), name))
            url = make_url(server.dsn("postgres")).set(database=name).render_as_string(hide_password=False)
            migrating.upgrade(url)
            with tempfile.TemporaryDirectory() as storage:
                settings = Settings(mode="demo", data_dir=Path(storage), database=DatabaseSettings(url=url))
                asyncio.run(seed_reference(settings))
            # Above a hundred thousand rows memory is the question: reading, checking and writing results.
            kinds = ("rejected", "created", "unchanged") if size <= STORED else ("rejected",)
            for kind in kinds:
                run_apart(url, size, kind)
            if size <= STORED:
                run_apart(url, size, "unchanged", dry_run=True)
    finally:
        server.stop()


async def _create(url: str, name: str) -> None:
    database = Database(DatabaseSettings(url=url))
    try:
        async with database.write_engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f'create database "{name}"'))
    finally:
        await database.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _, _, given_url, given_rows, given_kind, given_dry = sys.argv
        os.environ.setdefault("OCOP_LOG_LEVEL", "error")
        found = asyncio.run(measure(given_url, int(given_rows), given_kind, dry_run=given_dry == "1"))
        print(json.dumps(found, ensure_ascii=False))
    else:
        main([int(size) for size in sys.argv[1:]] or [10_000])
