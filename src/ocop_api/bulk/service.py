"""Taking imports in, following them, and stopping them."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.acting import snapshot
from ocop_api.bulk.reading import read_table
from ocop_api.bulk.repository import ImportRepository
from ocop_api.bulk.schemas import ImportFilter, ImportOrder, ImportState, RowFilter
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.bulk import ImportJob, ImportRow
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, Forbidden, NotFound, RuleViolation
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record

RUN_IMPORT = "bulk.run_import"
_ENDED = {ImportState.COMPLETED.value, ImportState.FAILED.value}


class ImportService:
    """Imports, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ImportRepository(session)

    async def take_in(self, content: bytes, order: ImportOrder) -> ImportJob:
        """Keep a readable file and ask for its import in the same transaction.

        The same id with the same file gives the same import; one that is not finished is asked for
        again, which continues it after a fault.

        Raises:
            Forbidden: ``auth.not_permitted``.
            Invalid: what ``reading.read_table`` refuses.
            Conflict: ``bulk.import_id_taken`` for another file, order or person.
        """
        if not self._actor.may(Permission.IMPORT_RUN):
            raise Forbidden("auth.not_permitted", permission=Permission.IMPORT_RUN.value)
        table = await asyncio.to_thread(read_table, content)
        digest = hashlib.sha256(content).hexdigest()
        import_id = order.import_id or uuid7()
        values = {
            "id": import_id,
            "kind": order.kind,
            "dry_run": order.dry_run,
            "state": ImportState.OPEN.value,
            "sha256": digest,
            "header": table.header,
            "actor": snapshot(self._actor),
            "created_by": self._actor.user_id,
            "total": len(table.rows),
            "created_at": self._now,
            "updated_at": self._now,
            "version": 1,
            **dict.fromkeys(("done_through", "created", "updated", "unchanged", "rejected"), 0),
            **dict.fromkeys(("stored_with_remarks", "attempts"), 0),
        }
        added = await self._rows.add(values, content)
        job = await self._rows.find(import_id, self._actor, lock=True)
        if job is None or (job.sha256, job.kind, job.dry_run, job.created_by) != (
            digest,
            order.kind,
            order.dry_run,
            self._actor.user_id,
        ):
            raise Conflict("bulk.import_id_taken", import_id=import_id)
        if added:
            data = {"kind": order.kind, "dry_run": order.dry_run, "sha256": digest, "total": job.total}
            await self._record("import.created", job, data)
        if job.state == ImportState.FAILED.value:
            job.state, job.attempts, job.finished_at = ImportState.OPEN.value, 0, None
            job.updated_at = self._now
            job.touch()
        if job.state in {ImportState.OPEN.value, ImportState.RUNNING.value}:
            await enqueue(
                self._session, RUN_IMPORT, {"import_id": str(job.id)}, dedupe_key=f"{RUN_IMPORT}:{job.id}"
            )
        return job

    async def get(self, import_id: UUID, *, lock: bool = False) -> ImportJob:
        """One visible import.

        Raises:
            NotFound: ``bulk.unknown_import``.
        """
        job = await self._rows.find(import_id, self._actor, lock=lock)
        if job is None:
            raise NotFound("bulk.unknown_import")
        return job

    async def page(self, wanted: ImportFilter) -> Rows:
        """One page of visible imports."""
        return await self._rows.page(wanted, self._actor)

    async def results(self, import_id: UUID, wanted: RowFilter) -> Rows:
        """One page of what became of the rows; else as ``get``."""
        await self.get(import_id)
        return await self._rows.results(import_id, wanted)

    async def rejected(self, import_id: UUID) -> tuple[ImportJob, Sequence[ImportRow]]:
        """The import and all its rejected rows; else as ``get``."""
        return await self.get(import_id), await self._rows.rejected(import_id)

    async def abort(self, import_id: UUID) -> ImportJob:
        """Stop an import after the batch in hand; what is stored stays. Twice is once.

        Raises:
            NotFound: ``bulk.unknown_import``.
            RuleViolation: ``bulk.ended``, it is complete or has failed.
        """
        job = await self.get(import_id, lock=True)
        if job.state in _ENDED:
            raise RuleViolation("bulk.ended", state=job.state)
        if job.state != ImportState.ABORTED.value:
            job.state = ImportState.ABORTED.value
            job.finished_at = self._now
            job.updated_at = self._now
            job.touch()
            # The record below belongs to the change.
            await self._session.flush()
            await self._record("import.aborted", job, {"done_through": job.done_through})
        return job

    async def _record(self, kind: str, job: ImportJob, data: dict[str, object]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="import",
            subject_id=job.id,
            actor=self._actor,
            at=self._now,
            data=data,
        )
