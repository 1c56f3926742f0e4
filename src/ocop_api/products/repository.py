"""Rows of products. The catalogue is public, so reading has no row scope."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.vietnamese import fold
from ocop_api.producers.search import has_words
from ocop_api.products.schemas import ProductFilter, RecognitionToday

_columns = Product.__table__.c
_SUMMARY = (
    "id",
    "name",
    "industry",
    "set_number",
    "pack",
    "price_vnd",
    "gtin",
    "product_code",
    "place_id",
    "recognition_status",
    "stars",
    "stars_valid_until",
    "updated_at",
    "version",
)
PUBLIC_COLUMNS = (
    *_SUMMARY,
    "description",
    "story",
    "packaging",
    "has_own_place",
    "source",
    "confidence",
    "created_at",
)
_OF_PRODUCER = ("producer_id", "producer_name", "producer_form")
_PUBLIC_PRODUCT = (
    f"select {', '.join(f'p.{name}' for name in PUBLIC_COLUMNS)},"  # noqa: S608 - our own column names
    " r.id as producer_id, r.name as producer_name, r.legal_form as producer_form"
    " from product p join producer r on r.id = p.producer_id where p.id = $1"
)


async def public_product(pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID) -> Mapping[str, Any] | None:
    """Columns of a product and its producer's public ones, in one statement outside of any session."""
    row = await pool.fetchrow(_PUBLIC_PRODUCT, product_id)
    return None if row is None else dict(row)


def _joined(names: Sequence[str]) -> Select[Any]:
    producer = Producer.__table__.c
    of_producer = (producer.id, producer.name, producer.legal_form)
    return select(
        *(_columns[name] for name in names),
        *(column.label(name) for column, name in zip(of_producer, _OF_PRODUCER, strict=True)),
    ).join_from(Product.__table__, Producer.__table__)


def _in_force(today: date) -> ColumnElement[bool]:
    return (_columns.recognition_status == "valid") & (_columns.stars_valid_until >= today)


def _standing_is(wanted: RecognitionToday, today: date) -> ColumnElement[bool]:
    if wanted is RecognitionToday.VALID:
        return _in_force(today)
    if wanted is RecognitionToday.EXPIRED:
        return (_columns.recognition_status == "valid") & (_columns.stars_valid_until < today)
    return _columns.recognition_status == wanted.value


def _closeness(typed: str) -> ColumnElement[int]:
    """How near a name is to the words typed: 0 equal, 1 begins so, 2 holds them in a row, 3 otherwise."""
    folded = literal(fold(typed))
    name = _columns.name_folded
    return case(
        (name == folded, 0),
        (func.starts_with(name, folded), 1),
        (func.strpos(literal(" ").concat(name), literal(" ").concat(folded)) > 0, 2),
        else_=3,
    )


def _sorts(typed: str | None, today: date) -> Sorts:
    name = [SortKey(_columns.sort_key, str), SortKey(_columns.id, UUID)]
    held = case((_in_force(today), _columns.stars), else_=0)
    by_name = {
        "name": name,
        "-updated_at": [
            SortKey(_columns.updated_at, datetime, descending=True),
            SortKey(_columns.id, UUID, descending=True),
        ],
        "-stars": [SortKey(held, int, descending=True), *name],
    }
    if typed is None:
        return Sorts(by_name=by_name, default="name")
    by_name["relevance"] = [SortKey(_closeness(typed), int), *name]
    return Sorts(by_name=by_name, default="relevance")


class ProductRepository:
    """Queries on ``product``."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, product_id: UUID, *, lock: bool = False) -> Product | None:
        """The row, locked for a change if wished."""
        return await self._one(select(Product).where(Product.id == product_id), lock=lock)

    async def named(self, producer_id: UUID, name_folded: str) -> Product | None:
        """The locked row of this name of this producer."""
        wanted = select(Product).where(Product.producer_id == producer_id, Product.name_folded == name_folded)
        return await self._one(wanted, lock=True)

    async def of_producer(self, producer_id: UUID) -> Sequence[Product]:
        """All locked rows of a producer."""
        statement = select(Product).where(Product.producer_id == producer_id).order_by(Product.id)
        return (await self._session.execute(statement.with_for_update())).scalars().all()

    async def insert_unless_there(self, values: Mapping[str, Any]) -> UUID | None:
        """The id of the new row, or None when this producer has a product of this name already.

        Other keys that are taken (GTIN, product code) raise as usual.
        """
        statement = insert(Product).values(id=uuid7(), version=1, **values)
        statement = statement.on_conflict_do_nothing(index_elements=["producer_id", "name_folded"])
        return (await self._session.execute(statement.returning(Product.id))).scalar_one_or_none()

    async def page(
        self, wanted: ProductFilter, *, place_id: str | None, gtin: str | None, today: date
    ) -> Rows:
        """One page of summaries, columns by name, in one statement."""
        statement = _joined(_SUMMARY)
        if wanted.q is not None:
            statement = statement.where(has_words(_columns.search, wanted.q))
        if place_id is not None:
            statement = statement.where(Product.area_path.overlap([place_id]))
        if wanted.stars is not None:
            statement = statement.where(_in_force(today), _columns.stars == wanted.stars)
        if wanted.recognition is not None:
            statement = statement.where(_standing_is(wanted.recognition, today))
        equal = {
            "set_number": wanted.set_number,
            "industry": wanted.industry,
            "producer_id": wanted.producer_id,
            "product_code": wanted.product_code,
            "gtin": gtin,
        }
        for name, value in equal.items():
            if value is not None:
                statement = statement.where(_columns[name] == value)
        paging: Slice = wanted.slice()
        sorts = _sorts(wanted.q, today)
        rows = await fetch_page(self._session, statement, sorts, paging, scalars=False)
        names = (*_SUMMARY, *_OF_PRODUCER)
        items = [dict(zip(names, row, strict=True)) for row in rows.items]
        return Rows(items=items, next_cursor=rows.next_cursor, total=rows.total)

    async def _one(self, statement: Select[Product], *, lock: bool) -> Product | None:
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()
