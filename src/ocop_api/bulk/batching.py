"""One batch of rows: stored at once, and one by one where one of them stands in the way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.checking import CheckedRow
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import AnyKind, Batch, Earlier, Prepared, RowOutcome, RowResult
from ocop_api.bulk.repository import ImportRepository
from ocop_api.db.tables.bulk import ImportJob
from ocop_api.db.violations import as_domain_error
from ocop_api.domain.actor import Actor
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError, Forbidden


async def work_through(
    session: AsyncSession,
    rows: ImportRepository,
    job: ImportJob,
    kind: AnyKind,
    waiting: Sequence[CheckedRow],
    *,
    actor: Actor,
    now: datetime,
    memory: dict[str, Any],
) -> list[RowResult]:
    """Store rows in the caller's transaction and tell what became of each, in order.

    A dry run does everything and takes it back, so that it answers exactly as the real one.
    """
    results = {
        row.record.number: RowResult(row.record.number, RowOutcome.REJECTED, row.reasons)
        for row in waiting
        if row.prepared is None
    }
    prepared = [row.prepared for row in waiting if row.prepared is not None]
    if prepared:
        trial = await session.begin_nested() if job.dry_run else None
        batch = Batch(session, actor, now, vietnam_date(now), prepared, {}, memory)
        stored, new = await _Work(rows, job, kind, batch).do()
        if trial is not None:
            await trial.rollback()
        results |= {result.number: result for result in stored}
        await rows.add_keys(job.id, new)
    return [results[row.record.number] for row in waiting]


class _Work:
    def __init__(self, rows: ImportRepository, job: ImportJob, kind: AnyKind, batch: Batch[Any]) -> None:
        self._rows = rows
        self._job = job
        self._kind = kind
        self._batch = batch
        self._earlier: dict[str, Earlier] = {}
        self._new: dict[str, tuple[int, UUID | None]] = {}

    async def do(self) -> tuple[list[RowResult], list[tuple[str, int, UUID | None]]]:
        """Results, and the keys that came up for the first time."""
        keys = await self._kind.keys(self._batch)
        self._earlier = await self._rows.earlier(self._job.id, {key for own in keys for key in own})
        results: list[RowResult] = []
        for wave in _waves(self._batch.rows, keys):
            results += await self._wave(wave)
        return results, [(key, number, known) for key, (number, known) in self._new.items()]

    async def _wave(self, wave: Sequence[Prepared[Any]]) -> list[RowResult]:
        try:
            return await self._store(wave)
        except (RowRejectedError, DomainError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and as_domain_error(error) is None:
                raise
            if len(wave) == 1:
                return [_rejected(wave[0], error)]
        # One row stands in the way; done one by one, only that row is rejected.
        return [result for row in wave for result in await self._wave([row])]

    async def _store(self, wave: Sequence[Prepared[Any]]) -> list[RowResult]:
        # A row is stored whole or not at all; the rows beside it are not touched by its failure.
        async with self._batch.session.begin_nested():
            results = await self._kind.store(replace(self._batch, rows=wave, earlier=self._earlier))
        for result in results:
            for key, subject_id in result.keys.items():
                known = None if self._job.dry_run else subject_id
                if key not in self._earlier:
                    self._new[key] = (result.number, known)
                    # Within the transaction of a dry run the thing is there; later it is not.
                    self._earlier[key] = Earlier(result.number, subject_id)
        return results


def _waves(rows: Sequence[Prepared[Any]], keys: Sequence[Sequence[str]]) -> list[list[Prepared[Any]]]:
    """The rows in their order, cut before each one whose own key has come up in the same wave."""
    waves: list[list[Prepared[Any]]] = [[]]
    seen: set[str] = set()
    for row, own in zip(rows, keys, strict=True):
        key = own[0] if own else None
        if key is not None and key in seen:
            waves.append([])
            seen.clear()
        if key is not None:
            seen.add(key)
        waves[-1].append(row)
    return [wave for wave in waves if wave]


def _rejected(row: Prepared[Any], error: RowRejectedError | DomainError | DBAPIError) -> RowResult:
    if isinstance(error, RowRejectedError):
        return RowResult(row.number, RowOutcome.REJECTED, error.findings)
    refused = as_domain_error(error) if isinstance(error, DBAPIError) else error
    if refused is None:
        raise error
    return RowResult(row.number, RowOutcome.REJECTED, (refusal(refused),))


def refusal(error: DomainError) -> Finding:
    """What a register refused, as a reason of rejection."""
    if isinstance(error, Forbidden):
        return Finding(None, "bulk.outside_your_area", {"place": "—"})
    return Finding(None, error.code, error.data)
