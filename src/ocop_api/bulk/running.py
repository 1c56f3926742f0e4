"""Working through an import in batches. Each batch commits its rows, their results and the progress."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from ocop_api.bulk.acting import restored, still_granted
from ocop_api.bulk.batching import work_through
from ocop_api.bulk.checking import CheckedRow, RowReader, count_rows
from ocop_api.bulk.findings import Finding
from ocop_api.bulk.kinds.kind import AnyKind, RowOutcome, RowResult
from ocop_api.bulk.kinds.registry import kind_named
from ocop_api.bulk.repository import ImportRepository
from ocop_api.bulk.schemas import ImportState
from ocop_api.bulk.sources.opening import open_source
from ocop_api.bulk.sources.record import FileFormat, Source
from ocop_api.bulk.spooling import restore, temporary_file
from ocop_api.db.session import Database
from ocop_api.db.tables.bulk import ImportJob
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError, Invalid
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.settings import Clock

log = structlog.get_logger()

BATCH = 500
"""Rows of one transaction."""
MAX_ATTEMPTS = 5
"""Runs that may break off by a fault before the import counts as failed."""
_KEPT_CELL = 10_000
"""Characters of a rejected row's cell that are kept."""
_WORKING = {ImportState.OPEN.value, ImportState.RUNNING.value}


class NotAllowedAnyMoreError(DomainError):
    """Who ordered the import may not import any more."""


@dataclass(slots=True)
class _Run:
    """One run over the file of one import."""

    database: Database
    import_id: UUID
    kind: AnyKind
    source: Source
    reader: RowReader
    clock: Clock
    memory: dict[str, Any] = field(default_factory=dict)
    told: int = 0


async def run_import(database: Database, import_id: UUID, clock: Clock) -> None:
    """Do the rows that are not done yet; a second run, or one after an interruption, continues.

    A file that cannot be read on, or a person who may not import any more, ends the import as failed
    with a code. A fault of the system breaks the run off to be tried again; after ``MAX_ATTEMPTS`` the
    import has failed as well. Everything that was committed stays in place.
    """
    try:
        with temporary_file() as path:
            await _work(database, import_id, path, clock)
    except (Invalid, NotAllowedAnyMoreError) as refusal:
        failure = Finding(None, refusal.code, refusal.data).as_json()
        await _fail(database, import_id, clock, failure)
    except Exception:
        if not await _failed_for_good(database, import_id, clock):
            raise
        log.exception("import failed", import_id=str(import_id))


async def _work(database: Database, import_id: UUID, path: Path, clock: Clock) -> None:
    async with database.transaction() as session:
        rows = ImportRepository(session)
        job = await rows.lock(import_id)
        if job is None or job.state not in _WORKING:
            return
        job.started_at = job.started_at or clock()
        job.state = ImportState.RUNNING.value
        job.touch()
        kind = kind_named(job.kind)
        sheet, done_through, total = job.sheet, job.done_through, job.total
        size = job.size
    async with database.read() as session:
        await restore(ImportRepository(session).pieces(import_id), path, size=size)
    source = await asyncio.to_thread(open_source, path, kind, sheet=sheet)
    with closing(source):
        if total is None and source.format in {FileFormat.CSV, FileFormat.NDJSON}:
            # Text is read through once before any row is stored: quick, and a broken end shows at once.
            counted = await asyncio.to_thread(count_rows, source)
            async with database.transaction() as session:
                await ImportRepository(session).set_total(import_id, counted)
        reader = RowReader(source, kind, vietnam_date(clock()), after=done_through)
        run = _Run(database, import_id, kind, source, reader, clock, told=len(source.remarks))
        while await _next_batch(run):
            pass


async def _fail(database: Database, import_id: UUID, clock: Clock, failure: dict[str, Any]) -> None:
    async with database.transaction() as session:
        rows = ImportRepository(session)
        job = await rows.lock(import_id)
        if job is None or job.state not in _WORKING:
            return
        now = clock()
        job.state, job.failure = ImportState.FAILED.value, failure
        job.finished_at = job.updated_at = now
        job.touch()
        await record(
            session,
            kind="import.failed",
            subject_type="import",
            subject_id=job.id,
            actor=restored(job.actor),
            at=now,
            data={"code": failure["code"], "done_through": job.done_through},
        )


async def _failed_for_good(database: Database, import_id: UUID, clock: Clock) -> bool:
    async with database.transaction() as session:
        job = await ImportRepository(session).lock(import_id)
        if job is None or job.state not in _WORKING:
            return False
        job.attempts += 1
        if job.attempts >= MAX_ATTEMPTS:
            job.state = ImportState.FAILED.value
            job.failure = Finding(None, "bulk.system_fault", {"attempts": job.attempts}).as_json()
            job.finished_at = clock()
        job.updated_at = clock()
        job.touch()
        return job.state == ImportState.FAILED.value


async def _next_batch(run: _Run) -> bool:
    """Do one batch in one transaction; False when nothing is left to do."""
    taken = await asyncio.to_thread(run.reader.take, BATCH)
    async with run.database.transaction() as session:
        rows = ImportRepository(session)
        job = await rows.lock(run.import_id)
        if job is None or job.state not in _WORKING:
            return False
        # Another worker may have done these rows while this one was reading them.
        waiting = [row for row in taken if row.record.number > job.done_through]
        now = run.clock()
        actor = await _importer(rows, job, run, PlaceService(session))
        results = await work_through(
            session, rows, job, run.kind, waiting, actor=actor, now=now, memory=run.memory
        )
        if results:
            await rows.add_results(_stored(job, waiting, results))
        _count(job, results)
        job.done_through = waiting[-1].record.number if waiting else job.done_through
        job.updated_at = now
        if len(run.source.remarks) > run.told:
            # Keys of NDJSON that came up after the lines the import was accepted by.
            job.remarks = [*job.remarks, *(r.as_json() for r in run.source.remarks[run.told :])]
            run.told = len(run.source.remarks)
        finished = len(taken) < BATCH
        if finished:
            await _finish(rows, job, actor, run)
            await record(
                session,
                kind="import.completed",
                subject_type="import",
                subject_id=job.id,
                actor=actor,
                at=now,
                data={"kind": job.kind, "dry_run": job.dry_run, **_counts(job)},
            )
        job.touch()
        return not finished


async def _finish(rows: ImportRepository, job: ImportJob, actor: Actor, run: _Run) -> None:
    del actor
    job.state = ImportState.COMPLETED.value
    job.finished_at = run.clock()
    job.total = job.created + job.updated + job.unchanged + job.rejected
    await rows.forget_keys(job.id)


async def _importer(rows: ImportRepository, job: ImportJob, run: _Run, places: PlaceService) -> Actor:
    """Who imports, with the rights of the order that still hold.

    Raises:
        NotAllowedAnyMoreError: ``bulk.importer_disabled``, ``bulk.importer_not_allowed``.
    """
    ordered = restored(job.actor)
    if ordered.system or ordered.user_id is None:
        return ordered
    current = await rows.importer(ordered.user_id, run.clock())
    if current is None:
        return ordered
    if current.disabled:
        raise NotAllowedAnyMoreError("bulk.importer_disabled")
    wanted = {grant.place_id for grant in ordered.grants if grant.place_id is not None}
    areas = run.memory.setdefault("bulk.importer_areas", {})
    for place_id in wanted - areas.keys():
        areas[place_id] = await places.area_path(place_id)
    actor = still_granted(ordered, current.grants, areas)
    for permission in (Permission.IMPORT_RUN, run.kind.permission):
        if not actor.may(permission):
            raise NotAllowedAnyMoreError("bulk.importer_not_allowed", permission=permission.value)
    return actor


def _stored(
    job: ImportJob, waiting: Sequence[CheckedRow], results: Sequence[RowResult]
) -> list[dict[str, Any]]:
    stored = []
    for row, result in zip(waiting, results, strict=True):
        rejected = result.outcome is RowOutcome.REJECTED
        # What a dry run made is gone again.
        subjects = {} if job.dry_run else {name: str(known) for name, known in result.subjects.items()}
        stored.append(
            {
                "import_id": job.id,
                "row_number": result.number,
                "outcome": result.outcome.value,
                "problems": [finding.as_json() for finding in result.findings],
                "cells": [cell[:_KEPT_CELL] for cell in row.record.cells[: 2 * len(job.header)]]
                if rejected
                else None,
                "subjects": subjects,
            }
        )
    return stored


def _count(job: ImportJob, results: Sequence[RowResult]) -> None:
    counted = Counter(result.outcome for result in results)
    job.created += counted[RowOutcome.CREATED]
    job.updated += counted[RowOutcome.UPDATED]
    job.unchanged += counted[RowOutcome.UNCHANGED]
    job.rejected += counted[RowOutcome.REJECTED]
    job.stored_with_remarks += sum(
        1 for result in results if result.findings and result.outcome is not RowOutcome.REJECTED
    )


def _counts(job: ImportJob) -> dict[str, int | None]:
    names = ("total", "created", "updated", "unchanged", "rejected", "stored_with_remarks")
    return {name: getattr(job, name) for name in names}
