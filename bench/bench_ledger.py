"""How fast events are written, sealed and verified, on a server of its own.

Run: ``python bench/bench_ledger.py [events]``. Figures are ratios to recording the same events, because
absolute ones say more about the machine than about the code.
"""

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.db import migrating
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.ledger.heads import heads_file
from ocop_api.ledger.jobs import seal_pending
from ocop_api.ledger.keys import load_signer, trusted_keys
from ocop_api.ledger.recording import record
from ocop_api.ledger.sealing import seal
from ocop_api.ledger.verifying import verify
from ocop_api.settings import DatabaseSettings, Settings, StorageSettings

AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
AREA = ["63:24611", "63:660", "63:67", "34:24611", "34:68"]
WRITERS = 8


async def _write(database: Database, count: int) -> None:
    for number in range(count):
        async with database.transaction() as session:
            await record(
                session,
                kind="dossier.lodged",
                subject_type="dossier",
                subject_id=str(number),
                actor=SYSTEM,
                at=AT,
                data={
                    "producer_id": "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a",
                    "level": "province",
                    "n": number,
                },
                area_path=AREA,
            )


async def _measure(settings: Settings, events: int) -> None:
    database = Database(settings.database)
    share = events // WRITERS
    events = share * WRITERS
    started = time.perf_counter()
    await asyncio.gather(*(_write(database, share) for _ in range(WRITERS)))
    recording = events / (time.perf_counter() - started)
    print(f"recorded {events} events, one transaction each, {WRITERS} writers: {recording:,.0f}/s (= 1.0)")

    def show(what: str, count: int, since: float) -> None:
        rate = count / (time.perf_counter() - since)
        print(f"{what}: {rate:,.0f}/s (= {rate / recording:.1f})")

    signer = load_signer(settings)
    for limit in (100, 1000):
        part = events // 4
        done = 0
        started = time.perf_counter()
        while done < part:
            async with database.transaction() as session:
                done += (await seal(session, now=AT, signer=signer, limit=limit)).sealed
        show(f"sealed in batches of {limit}", done, started)
    started = time.perf_counter()
    done = await seal_pending(database, settings, lambda: AT)
    show("sealed by the job, with heads outside", done, started)
    started = time.perf_counter()
    report = await verify(database, keys=trusted_keys(settings), outside=heads_file(settings))
    assert report.ok, report.text()
    assert report.checked_events == events
    show("verified in full", events, started)
    await database.close()


def main() -> None:
    """Start a server, measure, stop it."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    root = Path(tempfile.mkdtemp(prefix="ocop-bench-"))
    with EmbeddedPostgres(root / "postgres") as server:
        server.create_database("ledger")
        url = server.dsn("ledger")
        migrating.upgrade(url)
        settings = Settings(
            data_dir=root,
            database=DatabaseSettings(url=url, pool_size=WRITERS),
            storage=StorageSettings(root=root / "storage"),
        )
        asyncio.run(_measure(settings, events))


if __name__ == "__main__":
    main()
