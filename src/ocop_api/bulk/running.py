"""Working through an import in batches. Each batch commits its rows, their results and the progress."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.acting import restored
from ocop_api.bulk.placing import FoundPlace, PlaceFinder
from ocop_api.bulk.policy import Finding, RowFacts, RowRejectedError, WrittenPlace, read_row
from ocop_api.bulk.reading import FileRow, Table, read_table
from ocop_api.bulk.repository import ImportRepository
from ocop_api.bulk.schemas import ImportState, RowOutcome
from ocop_api.bulk.storing import Earlier, RowStore
from ocop_api.db.session import Database
from ocop_api.db.tables.bulk import ImportJob
from ocop_api.db.violations import as_domain_error
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError, Forbidden
from ocop_api.domain.vietnamese import fold
from ocop_api.ledger.recording import record
from ocop_api.producers.policy import province_of
from ocop_api.settings import Clock

log = structlog.get_logger()

BATCH = 50
"""Rows of one transaction."""
MAX_ATTEMPTS = 5
"""Runs that may break off by a fault before the import counts as failed."""


@dataclass(slots=True)
class _Result:
    row: FileRow
    outcome: RowOutcome
    problems: Sequence[Finding]
    producer_key: str | None = None
    product_key: str | None = None
    producer_id: UUID | None = None
    product_id: UUID | None = None


@dataclass(slots=True)
class _Seen:
    """What earlier rows of the file stored, by natural key; the first of several counts."""

    producers: dict[str, Earlier] = field(default_factory=dict)
    products: dict[str, Earlier] = field(default_factory=dict)

    def note(
        self,
        row_number: int,
        producer: tuple[str | None, UUID | None],
        product: tuple[str | None, UUID | None],
    ) -> None:
        for known, (key, subject_id) in ((self.producers, producer), (self.products, product)):
            if key is not None:
                known.setdefault(key, Earlier(row_number, subject_id))


async def run_import(database: Database, import_id: UUID, clock: Clock) -> None:
    """Do the rows that are not done yet; a second run, or one after an interruption, continues.

    A fault of the system breaks the run off to be tried again; after ``MAX_ATTEMPTS`` the import has
    failed, with everything that was committed still in place.
    """
    try:
        async with database.read() as session:
            content = await ImportRepository(session).content(import_id)
        if content is None:
            return
        table = await asyncio.to_thread(read_table, content)
        places: dict[WrittenPlace, FoundPlace] = {}
        while await _next_batch(database, import_id, table, places, clock):
            pass
    except Exception:
        if not await _failed_for_good(database, import_id, clock):
            raise
        log.exception("import failed", import_id=str(import_id))


async def _failed_for_good(database: Database, import_id: UUID, clock: Clock) -> bool:
    async with database.transaction() as session:
        job = await ImportRepository(session).lock(import_id)
        if job is None or job.state not in {ImportState.OPEN.value, ImportState.RUNNING.value}:
            return False
        job.attempts += 1
        if job.attempts >= MAX_ATTEMPTS:
            job.state = ImportState.FAILED.value
            job.finished_at = clock()
        job.updated_at = clock()
        job.touch()
        return job.state == ImportState.FAILED.value


async def _next_batch(
    database: Database,
    import_id: UUID,
    table: Table,
    places: dict[WrittenPlace, FoundPlace],
    clock: Clock,
) -> bool:
    """Do one batch in one transaction; False when nothing is left to do."""
    async with database.transaction() as session:
        rows = ImportRepository(session)
        job = await rows.lock(import_id)
        if job is None or job.state not in {ImportState.OPEN.value, ImportState.RUNNING.value}:
            return False
        waiting = [row for row in table.rows if row.number > job.done_through]
        batch = waiting[:BATCH]
        # A dry run does everything and takes it back, so that it answers exactly as the real one.
        trial = await session.begin_nested() if job.dry_run else None
        results = await _Batch(session, job, table, places, clock).work(batch)
        if trial is not None:
            await trial.rollback()
        if results:
            await rows.add_results([_stored(job, result) for result in results])
        _count(job, results)
        now = clock()
        job.done_through = batch[-1].number if batch else job.done_through
        job.started_at = job.started_at or now
        job.updated_at = now
        job.state = ImportState.RUNNING.value
        finished = len(batch) == len(waiting)
        if finished:
            job.state = ImportState.COMPLETED.value
            job.finished_at = now
            await record(
                session,
                kind="import.completed",
                subject_type="import",
                subject_id=job.id,
                actor=restored(job.actor),
                at=now,
                data={"kind": job.kind, "dry_run": job.dry_run, **_counts(job)},
            )
        job.touch()
        return not finished


class _Batch:
    """The rows of one transaction."""

    def __init__(
        self,
        session: AsyncSession,
        job: ImportJob,
        table: Table,
        places: dict[WrittenPlace, FoundPlace],
        clock: Clock,
    ) -> None:
        now = clock()
        self._session = session
        self._import_id = job.id
        self._columns = table.columns
        self._today = vietnam_date(now)
        self._places = places
        self._store = RowStore(session, restored(job.actor), now)

    async def work(self, batch: Sequence[FileRow]) -> list[_Result]:
        """What became of each row, in order."""
        read: list[tuple[FileRow, RowFacts | RowRejectedError]] = []
        for row in batch:
            try:
                read.append((row, read_row(self._columns, row.cells, today=self._today)))
            except RowRejectedError as rejection:
                read.append((row, rejection))
        readable = [facts for _, facts in read if isinstance(facts, RowFacts)]
        finder = PlaceFinder(self._session, self._today, self._places)
        await finder.find_all(facts.place for facts in readable)
        seen = await self._earlier(readable)
        results = []
        for row, facts in read:
            if isinstance(facts, RowRejectedError):
                results.append(_Result(row, RowOutcome.REJECTED, facts.findings))
            else:
                results.append(await self._one(row, facts, seen))
        return results

    async def _earlier(self, readable: Sequence[RowFacts]) -> _Seen:
        keys = [self._keys(facts) for facts in readable]
        found = await ImportRepository(self._session).earlier(
            self._import_id, {producer for producer, _ in keys}, {product for _, product in keys}
        )
        seen = _Seen()
        for row in found:
            seen.note(row.row_number, (row.producer_key, row.producer_id), (row.product_key, row.product_id))
        return seen

    def _keys(self, facts: RowFacts) -> tuple[str, str]:
        province = province_of(self._places[facts.place].area_path)
        producer = f"{province}|{fold(facts.producer_name)}"
        return producer, f"{producer}|{fold(facts.product_name)}"

    async def _one(self, row: FileRow, facts: RowFacts, seen: _Seen) -> _Result:
        producer_key, product_key = self._keys(facts)
        try:
            # A row is stored whole or not at all; the rows beside it are not touched by its failure.
            async with self._session.begin_nested():
                stored = await self._store.store(
                    facts,
                    self._places[facts.place],
                    producer=seen.producers.get(producer_key),
                    product=seen.products.get(product_key),
                )
        except RowRejectedError as rejection:
            return _Result(row, RowOutcome.REJECTED, rejection.findings)
        except DomainError as error:
            return _Result(row, RowOutcome.REJECTED, [_refusal(error)])
        except DBAPIError as error:
            known = as_domain_error(error)
            if known is None:
                raise
            return _Result(row, RowOutcome.REJECTED, [_refusal(known)])
        seen.note(row.number, (producer_key, stored.producer_id), (product_key, stored.product_id))
        return _Result(
            row,
            RowOutcome(stored.outcome.value),
            stored.remarks,
            producer_key,
            product_key,
            stored.producer_id,
            stored.product_id,
        )


def _refusal(error: DomainError) -> Finding:
    if isinstance(error, Forbidden):
        return Finding(None, "bulk.outside_your_area", {"place": "—"})
    return Finding(None, error.code, error.data)


def _stored(job: ImportJob, result: _Result) -> dict[str, Any]:
    return {
        "import_id": job.id,
        "row_number": result.row.number,
        "outcome": result.outcome.value,
        "problems": [finding.as_json() for finding in result.problems],
        "cells": result.row.cells if result.outcome is RowOutcome.REJECTED else None,
        "producer_key": result.producer_key,
        "product_key": result.product_key,
        # What a dry run made is gone again.
        "producer_id": None if job.dry_run else result.producer_id,
        "product_id": None if job.dry_run else result.product_id,
    }


def _count(job: ImportJob, results: Sequence[_Result]) -> None:
    counted = Counter(result.outcome for result in results)
    job.created += counted[RowOutcome.CREATED]
    job.updated += counted[RowOutcome.UPDATED]
    job.unchanged += counted[RowOutcome.UNCHANGED]
    job.rejected += counted[RowOutcome.REJECTED]
    job.stored_with_remarks += sum(
        1 for result in results if result.problems and result.outcome is not RowOutcome.REJECTED
    )


def _counts(job: ImportJob) -> dict[str, int]:
    names = ("total", "created", "updated", "unchanged", "rejected", "stored_with_remarks")
    return {name: getattr(job, name) for name in names}
