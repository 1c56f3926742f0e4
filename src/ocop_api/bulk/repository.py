"""Rows of imports. An import is its importer's, and of those who may import everywhere."""

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, false, func, insert, select, text, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.findings import Said
from ocop_api.bulk.kinds.kind import Earlier, RowOutcome
from ocop_api.bulk.schemas import ImportFilter, RowFilter
from ocop_api.db.inserting import insert_rows
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.db.tables.bulk import ImportChunk, ImportJob, ImportKey, ImportRow
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role

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


@dataclass(frozen=True, slots=True)
class Importer:
    """The account behind an import as it stands now."""

    disabled: bool
    grants: tuple[Grant, ...]


_SAID = """
select p ->> 'code' as code, p ->> 'column' as "column", outcome, count(*) as rows,
       (array_agg(p -> 'data' order by row_number))[1] as data,
       (array_agg(row_number order by row_number))[1:5] as examples
from import_row cross join lateral jsonb_array_elements(problems) p
where import_id = :import_id
group by 1, 2, 3 order by rows desc, 1, 2
limit 200
"""


class ImportRepository:
    """Queries on imports, their files and their results."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, values: dict[str, Any]) -> bool:
        """Insert an import; False when the id is in use."""
        statement = upsert(ImportJob).values(**values).on_conflict_do_nothing(index_elements=["id"])
        created = await self._session.execute(statement.returning(ImportJob.id))
        return created.scalar_one_or_none() is not None

    async def has_file(self, import_id: UUID) -> bool:
        """Whether the file is still kept."""
        found = select(exists().where(ImportChunk.import_id == import_id))
        return bool(await self._session.scalar(found))

    async def add_file(self, import_id: UUID, pieces: AsyncIterator[bytes]) -> None:
        """Keep a file in pieces."""
        number = 0
        async for piece in pieces:
            values = {"import_id": import_id, "number": number, "content": piece}
            await self._session.execute(insert(ImportChunk).values(**values))
            number += 1

    async def pieces(self, import_id: UUID) -> AsyncIterator[bytes]:
        """The pieces of the file in order, one query each."""
        number = 0
        while True:
            statement = select(ImportChunk.content).where(
                ImportChunk.import_id == import_id, ImportChunk.number == number
            )
            piece = await self._session.scalar(statement)
            if piece is None:
                return
            yield piece
            number += 1

    async def forget_files(self, *, ended_before: datetime) -> int:
        """Delete the pieces of imports that ended before; give how many."""
        ended = select(ImportJob.id).where(ImportJob.finished_at < ended_before)
        statement = delete(ImportChunk).where(ImportChunk.import_id.in_(ended))
        found = await self._session.execute(statement.returning(ImportChunk.number))
        return len(found.all())

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

    async def importer(self, user_id: UUID, now: datetime) -> Importer | None:
        """The account with the grants that hold now; None when there is no such account."""
        disabled_at = select(AccountUser.id, AccountUser.disabled_at).where(AccountUser.id == user_id)
        user = (await self._session.execute(disabled_at)).one_or_none()
        if user is None:
            return None
        held = select(RoleGrant).where(
            RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None), RoleGrant.valid_from <= now
        )
        rows = (await self._session.execute(held)).scalars().all()
        return Importer(user.disabled_at is not None, tuple(_grant(row) for row in rows))

    async def set_total(self, import_id: UUID, total: int) -> None:
        """Tell how many rows the file has."""
        statement = update(ImportJob).where(ImportJob.id == import_id, ImportJob.total.is_(None))
        await self._session.execute(statement.values(total=total))

    async def page(self, wanted: ImportFilter, actor: Actor) -> Rows:
        """One page of imports, the latest first."""
        statement = select(ImportJob).where(visible_to(actor))
        if wanted.state is not None:
            statement = statement.where(ImportJob.state == wanted.state.value)
        if wanted.kind is not None:
            statement = statement.where(ImportJob.kind == wanted.kind)
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
        said = {"code": wanted.code, "column": wanted.column}
        said = {name: value for name, value in said.items() if value is not None}
        if said:
            statement = statement.where(_rows.problems.contains([said]))
        return await fetch_page(self._session, statement, _ROW_SORTS, wanted.slice())

    async def rejected(
        self, import_id: UUID, *, after: int = 0, limit: int | None = None
    ) -> Sequence[ImportRow]:
        """Rejected rows with a greater number, in the order of the file."""
        statement = (
            select(ImportRow)
            .where(
                ImportRow.import_id == import_id,
                ImportRow.outcome == RowOutcome.REJECTED.value,
                ImportRow.row_number > after,
            )
            .order_by(ImportRow.row_number)
            .limit(limit)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def said(self, import_id: UUID) -> list[Said]:
        """What was said of rows, the most frequent first."""
        found = await self._session.execute(text(_SAID), {"import_id": import_id})
        return [Said(**row) for row in found.mappings()]

    async def earlier(self, import_id: UUID, keys: Collection[str]) -> dict[str, Earlier]:
        """By key the first row of the import about each thing that is known."""
        hashed = {_hashed(key): key for key in keys}
        statement = select(ImportKey.key, ImportKey.row_number, ImportKey.subject_id).where(
            ImportKey.import_id == import_id, ImportKey.key == func.any(list(hashed))
        )
        found = await self._session.execute(statement)
        return {hashed[key]: Earlier(row_number, subject_id) for key, row_number, subject_id in found}

    async def add_results(self, results: Sequence[dict[str, Any]]) -> None:
        """Write the results of a batch; a row that has one already is refused by the primary key."""
        await insert_rows(self._session, ImportRow, results, key="row_number")

    async def add_keys(self, import_id: UUID, keys: Iterable[tuple[str, int, UUID | None]]) -> None:
        """Remember which rows were the first about their things."""
        rows = [
            {"import_id": import_id, "key": _hashed(key), "row_number": number, "subject_id": subject_id}
            for key, number, subject_id in keys
        ]
        await insert_rows(self._session, ImportKey, rows, key="row_number")

    async def forget_keys(self, import_id: UUID) -> None:
        """Delete the keys of an import that is at its end."""
        await self._session.execute(delete(ImportKey).where(ImportKey.import_id == import_id))


def _hashed(key: str) -> UUID:
    return UUID(bytes=hashlib.md5(key.encode(), usedforsecurity=False).digest())


def _grant(row: RoleGrant) -> Grant:
    return Grant(
        role=Role(row.role),
        bound=Bound(row.bound),
        level=None if row.level is None else Level(row.level),
        place_id=row.place_id,
        council_id=row.council_id,
        producer_id=row.producer_id,
    )
