"""Rows of producers. The register is public: reading has no row scope, private columns are cut later."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.producers import Producer
from ocop_api.producers.schemas import COOPERATIVE_FORMS, ProducerFilter
from ocop_api.producers.search import has_words

_columns = Producer.__table__.c
_SORTS = Sorts(
    by_name={
        "name": [SortKey(_columns.sort_key, str), SortKey(_columns.id, UUID)],
        "-updated_at": [
            SortKey(_columns.updated_at, datetime, descending=True),
            SortKey(_columns.id, UUID, descending=True),
        ],
    },
    default="name",
)


class ProducerRepository:
    """Queries on ``producer``."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, producer_id: UUID, *, lock: bool = False, share: bool = False) -> Producer | None:
        """The row, locked for a change (``lock``) or against one (``share``) if wished."""
        statement = select(Producer).where(Producer.id == producer_id)
        if lock or share:
            statement = statement.with_for_update(read=share).execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def same(
        self, *, name_folded: str, province_id: str | None, tax_code: str | None
    ) -> list[Producer]:
        """Locked rows that may be the one meant: of this tax code, else of this name in this province.

        With a tax code a row of the same name counts only as long as it has none of its own.
        """
        named = (Producer.name_folded == name_folded) & Producer.province_id.is_not_distinct_from(province_id)
        meant: ColumnElement[bool] = named
        if tax_code is not None:
            meant = or_(Producer.tax_code == tax_code, named & Producer.tax_code.is_(None))
        statement = select(Producer).where(meant).order_by(Producer.id).with_for_update()
        rows = list(
            (await self._session.execute(statement.execution_options(populate_existing=True))).scalars()
        )
        exact = [row for row in rows if tax_code is not None and row.tax_code == tax_code]
        return exact or rows

    async def meant(self, *, names_folded: Collection[str], tax_codes: Collection[str]) -> Sequence[Producer]:
        """Producers of one of these names or tax codes."""
        statement = select(Producer).where(
            Producer.name_folded.in_(names_folded) | Producer.tax_code.in_(tax_codes)
        )
        return (await self._session.execute(statement.order_by(Producer.id))).scalars().all()

    async def insert_unless_there(self, values: Mapping[str, Any]) -> UUID | None:
        """The id of the new row, or None when its key is taken (by a writer at the same time, say)."""
        statement = insert(Producer).values(id=uuid7(), version=1, **values)
        created = await self._session.execute(statement.on_conflict_do_nothing().returning(Producer.id))
        return created.scalar_one_or_none()

    async def page(self, wanted: ProducerFilter, *, place_id: str | None) -> Rows:
        """One page of rows by the filters; ``place_id`` is the place already found."""
        statement = select(Producer)
        if wanted.q is not None:
            statement = statement.where(has_words(_columns.search, wanted.q))
        if place_id is not None:
            statement = statement.where(Producer.area_path.overlap([place_id]))
        if wanted.legal_form is not None:
            statement = statement.where(Producer.legal_form == wanted.legal_form.value)
        if wanted.is_cooperative is not None:
            counted = Producer.legal_form.in_(sorted(COOPERATIVE_FORMS))
            statement = statement.where(counted if wanted.is_cooperative else ~counted)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())
