"""Taking imports in, following them, and stopping them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.acting import snapshot
from ocop_api.bulk.checking import look_at
from ocop_api.bulk.findings import Said
from ocop_api.bulk.kinds.registry import KINDS, kind_named
from ocop_api.bulk.repository import ImportRepository
from ocop_api.bulk.schemas import ImportFilter, ImportOrder, ImportState, RowFilter
from ocop_api.bulk.spooling import Spooled, pieces_of
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.bulk import ImportJob, ImportRow
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, Forbidden, NotFound, RuleViolation
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record

RUN_IMPORT = "bulk.run_import"
KEEP_FILES = timedelta(days=30)
"""How long a file is kept after its import has ended; results stay."""
_PAGE = 500
_ENDED = {ImportState.COMPLETED.value, ImportState.FAILED.value}


class ImportService:
    """Imports, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ImportRepository(session)

    def check_order(self, order: ImportOrder) -> None:
        """Whether the actor may import this kind at all; to ask before a long upload.

        Raises:
            Forbidden: ``auth.not_permitted``.
            Invalid: ``bulk.unknown_kind``.
        """
        permission = kind_named(order.kind).permission
        if not self._actor.may(Permission.IMPORT_RUN):
            raise Forbidden("auth.not_permitted", permission=Permission.IMPORT_RUN.value)
        if not self._actor.may(permission):
            raise Forbidden("auth.not_permitted", permission=permission.value)

    async def take_in(self, file: Spooled, order: ImportOrder) -> ImportJob:
        """Keep a readable file and ask for its import in the same transaction.

        The same id with the same file gives the same import; one that is not finished is asked for
        again, which continues it after a fault.

        Raises:
            Forbidden, Invalid: as ``check_order``.
            Invalid: what ``checking.look_at`` refuses.
            Conflict: ``bulk.import_id_taken`` for another file, order or person.
        """
        self.check_order(order)
        looked = await asyncio.to_thread(
            look_at, file.path, kind_named(order.kind), KINDS.values(), sheet=order.sheet
        )
        import_id = order.import_id or uuid7()
        values = {
            "id": import_id,
            "kind": order.kind,
            "dry_run": order.dry_run,
            "state": ImportState.OPEN.value,
            "sha256": file.sha256,
            "size": file.size,
            "format": looked.format.value,
            "sheet": looked.sheet,
            "header": looked.header,
            "remarks": [remark.as_json() for remark in looked.remarks],
            "actor": snapshot(self._actor),
            "created_by": self._actor.user_id,
            "total": looked.total,
            "created_at": self._now,
            "updated_at": self._now,
            "version": 1,
            **dict.fromkeys(("done_through", "created", "updated", "unchanged", "rejected"), 0),
            **dict.fromkeys(("stored_with_remarks", "attempts"), 0),
        }
        added = await self._rows.add(values)
        job = await self._rows.find(import_id, self._actor, lock=True)
        wanted = (file.sha256, order.kind, order.dry_run, looked.sheet, self._actor.user_id)
        if job is None or (job.sha256, job.kind, job.dry_run, job.sheet, job.created_by) != wanted:
            raise Conflict("bulk.import_id_taken", import_id=import_id)
        if added:
            data: dict[str, object] = {"kind": job.kind, "dry_run": job.dry_run, "size": job.size}
            await self._record("import.created", job, data)
        if job.state == ImportState.FAILED.value:
            job.state, job.attempts, job.finished_at = ImportState.OPEN.value, 0, None
            job.failure = None
            job.actor = snapshot(self._actor)
            job.updated_at = self._now
            job.touch()
        if job.state in {ImportState.OPEN.value, ImportState.RUNNING.value}:
            if not await self._rows.has_file(job.id):
                await self._rows.add_file(job.id, pieces_of(file.path))
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

    async def rejected(self, import_id: UUID) -> AsyncIterator[Sequence[ImportRow]]:
        """All rejected rows in the order of the file, some hundred at a time; ask ``get`` first."""
        after = 0
        while rows := await self._rows.rejected(import_id, after=after, limit=_PAGE):
            yield rows
            after = rows[-1].row_number

    async def said(self, import_id: UUID) -> list[Said]:
        """What was said of rows, the most frequent first; else as ``get``."""
        await self.get(import_id)
        return await self._rows.said(import_id)

    async def forget_files(self) -> int:
        """Delete the files of imports that ended more than ``KEEP_FILES`` ago; give the number of pieces."""
        return await self._rows.forget_files(ended_before=self._now - KEEP_FILES)

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
