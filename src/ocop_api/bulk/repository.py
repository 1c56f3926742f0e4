"""Rows of imports. An import is its importer's, and of those who may import everywhere."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, insert, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.schemas import ImportFilter, RowFilter, RowOutcome
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.bulk import ImportFile, ImportJob, ImportRow
from ocop_api.domain.actor import Actor, Permission

_jobs, _rows = ImportJob.__table__.c, ImportRow.__table__.c
_SORTS = Sorts(
    {
        "-created_at": [
            SortKey(_jobs.created_at, datetime, descending=True),
            SortKey(_jobs.id, UUID, descending=True),
        ],
    },
    default="-created_at",
)
# Within one import the number of a row is unique.
_ROW_SORTS = Sorts({"row_number": [SortKey(_rows.row_number, int)]}, default="row_number")


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The imports an actor may see."""
    if actor.scope(Permission.IMPORT_RUN).everywhere:
        return true()
    return false() if actor.user_id is None else ImportJob.created_by == actor.user_id


class ImportRepository:
    """Queries on imports, their files and their results."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, values: dict[str, Any], content: bytes) -> bool:
        """Insert an import with its file; False when the id is in use."""
        statement = upsert(ImportJob).values(**values).on_conflict_do_nothing(index_elements=["id"])
        created = await self._session.execute(statement.returning(ImportJob.id))
        if created.scalar_one_or_none() is None:
            return False
        await self._session.execute(insert(ImportFile).values(import_id=values["id"], content=content))
        return True

    async def find(self, import_id: UUID, actor: Actor, *, lock: bool = False) -> ImportJob | None:
        """The import if the actor may see it."""
        statement = select(ImportJob).where(ImportJob.id == import_id, visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def lock(self, import_id: UUID) -> ImportJob | None:
        """The import for the worker; a second worker waits here until the batch is committed."""
        statement = select(ImportJob).where(ImportJob.id == import_id).with_for_update()
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def content(self, import_id: UUID) -> bytes | None:
        """The bytes of the file."""
        statement = select(ImportFile.content).where(ImportFile.import_id == import_id)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def page(self, wanted: ImportFilter, actor: Actor) -> Rows:
        """One page of imports, the latest first."""
        statement = select(ImportJob).where(visible_to(actor))
        if wanted.state is not None:
            statement = statement.where(ImportJob.state == wanted.state.value)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def results(self, import_id: UUID, wanted: RowFilter) -> Rows:
        """One page of results in the order of the file."""
        statement = select(ImportRow).where(ImportRow.import_id == import_id)
        if wanted.outcome is not None:
            statement = statement.where(ImportRow.outcome == wanted.outcome.value)
        if wanted.with_remarks is not None:
            remarked = (func.jsonb_array_length(_rows.problems) > 0) & (
                ImportRow.outcome != RowOutcome.REJECTED.value
            )
            statement = statement.where(remarked if wanted.with_remarks else ~remarked)
        return await fetch_page(self._session, statement, _ROW_SORTS, wanted.slice())

    async def rejected(self, import_id: UUID) -> Sequence[ImportRow]:
        """All rejected rows in the order of the file."""
        statement = (
            select(ImportRow)
            .where(ImportRow.import_id == import_id, ImportRow.outcome == RowOutcome.REJECTED.value)
            .order_by(ImportRow.row_number)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def earlier(
        self, import_id: UUID, producer_keys: Collection[str], product_keys: Collection[str]
    ) -> Sequence[ImportRow]:
        """Stored rows of the import about one of these producers or products, in the order of the file."""
        statement = (
            select(ImportRow)
            .where(
                ImportRow.import_id == import_id,
                ImportRow.outcome != RowOutcome.REJECTED.value,
                ImportRow.producer_key.in_(producer_keys) | ImportRow.product_key.in_(product_keys),
            )
            .order_by(ImportRow.row_number)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def add_results(self, results: Sequence[dict[str, Any]]) -> None:
        """Write the results of a batch; a row that has one already is refused by the primary key."""
        await self._session.execute(insert(ImportRow), list(results))
