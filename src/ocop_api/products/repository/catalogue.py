"""Lists of products. The catalogue is public, so reading has no row scope."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.vietnamese import fold
from ocop_api.producers.search import has_words
from ocop_api.products.catalogue_schemas import ProductFilter
from ocop_api.products.terms import RecognitionToday

_columns = Product.__table__.c
SUMMARY_COLUMNS = (
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
_OF_PRODUCER = ("producer_id", "producer_name", "producer_form")


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


class CatalogueRepository:
    """Lists of products."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, wanted: ProductFilter, *, place_id: str | None, gtin: str | None, today: date
    ) -> Rows:
        """One page of summaries, columns by name, in one statement."""
        statement = _joined(SUMMARY_COLUMNS)
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
        names = (*SUMMARY_COLUMNS, *_OF_PRODUCER)
        items = [dict(zip(names, row, strict=True)) for row in rows.items]
        return Rows(items=items, next_cursor=rows.next_cursor, total=rows.total)
