"""Rows of producers. The register is public: reading has no row scope, private columns are cut later."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, any_, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

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

    async def many(self, producer_ids: Collection[UUID], *, share: bool) -> Sequence[Producer]:
        """The rows with these ids, held against changes if wished."""
        statement = select(Producer).where(Producer.id.in_(producer_ids)).order_by(Producer.id)
        if share:
            statement = statement.with_for_update(read=True).execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalars().all()

    async def meant(self, *, names_folded: Collection[str], tax_codes: Collection[str]) -> Sequence[Producer]:
        """Rows with one of these folded names or tax codes, oldest first, without a lock."""
        conditions = []
        if names_folded:
            conditions.append(Producer.name_folded == any_(_texts(names_folded)))
        if tax_codes:
            conditions.append(Producer.tax_code == any_(_texts(tax_codes)))
        if not conditions:
            return []
        statement = select(Producer).where(or_(*conditions)).order_by(Producer.id)
        return (await self._session.execute(statement)).scalars().all()

    async def lock(self, producer_ids: Collection[UUID]) -> set[UUID]:
        """Lock these rows, read anew, in one order for all writers; gives those that still exist."""
        if not producer_ids:
            return set()
        statement = select(Producer).where(Producer.id.in_(producer_ids)).order_by(Producer.id)
        statement = statement.with_for_update().execution_options(populate_existing=True)
        return {row.id for row in await self._session.scalars(statement)}

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


def _texts(values: Collection[str]) -> ColumnElement[Any]:
    return cast(sorted(values), ARRAY(Text))
