"""The sample catalogue that ships with the package: products and producers from public sources, with gaps."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from uuid import UUID

from ocop_api.bulk.running import run_import
from ocop_api.bulk.schemas import ImportOrder, ImportState
from ocop_api.bulk.service import ImportService
from ocop_api.bulk.spooling import spooled, temporary_file
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended: its id, its state, and rows by outcome."""

    import_id: UUID
    state: ImportState
    total: int | None
    created: int
    updated: int
    unchanged: int
    rejected: int
    stored_with_remarks: int


def sample_products() -> bytes:
    """The file of sample products as it would be sent to ``POST /v1/imports``."""
    return files("ocop_api.bulk.samples").joinpath("ocop_products_sample.csv").read_bytes()


async def load_sample(database: Database, now: datetime, actor: Actor = SYSTEM) -> ImportReport:
    """Import the sample products the way a client's file is imported, and wait for the end.

    Each call is an import of its own; where the sample is loaded already, all its rows are unchanged.
    """
    with temporary_file() as path:
        file = await asyncio.to_thread(spooled, sample_products(), path)
        async with database.transaction() as session:
            import_id = (await ImportService(session, actor, now).take_in(file, ImportOrder())).id
    await run_import(database, import_id, lambda: now)
    async with database.read() as session:
        job = await ImportService(session, actor, now).get(import_id)
    return ImportReport(
        import_id=job.id,
        state=ImportState(job.state),
        total=job.total,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        rejected=job.rejected,
        stored_with_remarks=job.stored_with_remarks,
    )
