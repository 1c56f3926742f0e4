"""Lists of products. The catalogue is public, so reading has no row scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.photos import MAIN_PHOTO
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.producers.schemas import COOPERATIVE_FORMS
from ocop_api.products.catalogue_schemas import CatalogueFilter, Initial
from ocop_api.products.search import Search
from ocop_api.products.terms import RecognitionToday

_columns = Product.__table__.c
_producer = Producer.__table__.c
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
_PHOTO: ColumnElement[str] = literal_column(MAIN_PHOTO.replace("p.id", "product.id"), Text)
ROW_NAMES: Final = (*SUMMARY_COLUMNS, *_OF_PRODUCER, "photo")
"""Names of the columns of ``summaries``, in order."""
# How ``sort_key`` writes the letters with a breve, circumflex, horn or stroke.
_MODIFIED: Final = {"Ă": "a{", "Â": "a|", "Đ": "d{", "Ê": "e{", "Ô": "o{", "Ơ": "o|", "Ư": "u{"}
INITIALS: Final = {letter: _MODIFIED.get(letter.value, letter.value.lower()) for letter in Initial}
"""First characters of ``sort_key`` by letter."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The filters with what had to be looked up first.

    ``impossible`` says that text was typed in which there is no word. ``place_scope`` are today's provinces
    of the place, within which communes are counted.
    """

    asked: CatalogueFilter
    today: date
    search: Search | None = None
    impossible: bool = False
    place_id: str | None = None
    place_scope: tuple[str, ...] = ()
    gtin: str | None = None


def summaries() -> Select[Any]:
    """Products with their producers' public columns, named by ``ROW_NAMES``."""
    of_producer = (_producer.id, _producer.name, _producer.legal_form)
    return select(
        *(_columns[name] for name in SUMMARY_COLUMNS),
        *(column.label(name) for column, name in zip(of_producer, _OF_PRODUCER, strict=True)),
        _PHOTO.label("photo"),
    ).join_from(Product.__table__, Producer.__table__)


def in_force(day: date) -> ColumnElement[bool]:
    """The recognition counts on this day."""
    return and_(_columns.recognition_status == "valid", _columns.stars_valid_until >= day)


def standing_today(today: date) -> ColumnElement[str]:
    """The value of ``RecognitionToday``."""
    ended = and_(_columns.recognition_status == "valid", _columns.stars_valid_until < today)
    return case((ended, RecognitionToday.EXPIRED.value), else_=_columns.recognition_status)


def held_stars(day: date) -> ColumnElement[int]:
    """Stars that count on this day, 0 without any."""
    return case((in_force(day), _columns.stars), else_=0)


def initial_of() -> ColumnElement[str]:
    """The first letter as ``sort_key`` writes it; ``#`` for anything but a letter of the alphabet."""
    return func.coalesce(func.substring(_columns.sort_key, "^[a-z][{|]?"), "#")


def conditions(wanted: Resolved) -> dict[str, list[ColumnElement[bool]]]:
    """The conditions by facet; under ``""`` those that belong to none."""
    asked, today = wanted.asked, wanted.today
    found: dict[str, list[ColumnElement[bool]]] = {"": _plain(wanted)}
    found["set_number"] = [_columns.set_number.in_(asked.set_number)] if asked.set_number else []
    found["industry"] = [_columns.industry.in_(asked.industry)] if asked.industry else []
    held = held_stars(asked.valid_on or today)
    found["stars"] = [held.in_(asked.stars)] if asked.stars else []
    if asked.min_stars is not None:
        found["stars"].append(held >= asked.min_stars)
    wished = [value.value for value in asked.recognition]
    found["recognition"] = [standing_today(today).in_(wished)] if wished else []
    found["place"] = [Product.area_path.overlap([wanted.place_id])] if wanted.place_id else []
    forms = [form.value for form in asked.legal_form]
    found["legal_form"] = [_producer.legal_form.in_(forms)] if forms else []
    if asked.is_cooperative is not None:
        counted = _producer.legal_form.in_(sorted(COOPERATIVE_FORMS))
        found["legal_form"].append(counted if asked.is_cooperative else ~counted)
    found["initial"] = [initial_of() == INITIALS[asked.initial]] if asked.initial else []
    return found


def _plain(wanted: Resolved) -> list[ColumnElement[bool]]:
    asked = wanted.asked
    found: list[ColumnElement[bool]] = []
    if wanted.impossible:
        found.append(literal(value=False))
    if wanted.search is not None:
        found.append(_columns.search.bool_op("@@")(cast(wanted.search.query, TSQUERY)))
    if asked.valid_on is not None:
        found.append(in_force(asked.valid_on))
    granted = _columns.recognition_status == "valid"
    if asked.valid_until_from is not None:
        found += [granted, _columns.stars_valid_until >= asked.valid_until_from]
    if asked.valid_until_to is not None:
        found += [granted, _columns.stars_valid_until <= asked.valid_until_to]
    if asked.price_from is not None:
        found.append(_columns.price_vnd >= asked.price_from)
    if asked.price_to is not None:
        found.append(_columns.price_vnd <= asked.price_to)
    if asked.updated_since is not None:
        found.append(_columns.updated_at >= asked.updated_since)
    if asked.producer_id is not None:
        found.append(_columns.producer_id == survivor_of(asked.producer_id))
    equal = {"product_code": asked.product_code, "gtin": wanted.gtin}
    found += [_columns[name] == value for name, value in equal.items() if value is not None]
    return found


def rank(search: Search, today: date) -> ColumnElement[int]:
    """How well a product found by ``search`` fits; lower is better.

    Tens: 0 the name equals the phrase, 1 begins with it, 2 holds it in a row, 3 holds all its words,
    4 words of name and producer, 5 anything else (set, place, story, another spelling). Units: the stars
    held today, the more the better.
    """
    phrase = literal(search.phrase)
    name = literal(" ").concat(_columns.name_folded).concat(" ")
    text = literal(" ").concat(_columns.search_text).concat(" ")
    tier = case(
        (_columns.name_folded == phrase, 0),
        (func.starts_with(_columns.name_folded, phrase), 1),
        (func.strpos(name, literal(" ").concat(phrase)) > 0, 2),
        (_holds(name, search.words), 3),
        (_holds(text, search.words), 4),
        else_=5,
    )
    return tier * 10 + 5 - held_stars(today)


def _holds(text: ColumnElement[str], words: Sequence[str]) -> ColumnElement[bool]:
    finished = [func.strpos(text, f" {word} ") > 0 for word in words[:-1]]
    return and_(*finished, func.strpos(text, f" {words[-1]}") > 0)


_BY_NAME = (SortKey(_columns.sort_key, str), SortKey(_columns.id, UUID))
_NO_PRICE: Final = Decimal(10) ** 15


def _sorts(search: Search | None, today: date) -> Sorts:
    price = func.coalesce(_columns.price_vnd, _NO_PRICE)
    dear = func.coalesce(_columns.price_vnd, -1)
    until = case((in_force(today), _columns.stars_valid_until), else_=date.max)
    by_name: dict[str, Sequence[SortKey]] = {
        "name": _BY_NAME,
        "-name": tuple(SortKey(key.column, key.python_type, descending=True) for key in _BY_NAME),
        "-updated_at": (
            SortKey(_columns.updated_at, datetime, descending=True),
            SortKey(_columns.id, UUID, descending=True),
        ),
        "-stars": (SortKey(held_stars(today), int, descending=True), *_BY_NAME),
        "price": (SortKey(price, Decimal), *_BY_NAME),
        "-price": (SortKey(dear, Decimal, descending=True), *_BY_NAME),
        "valid_until": (SortKey(until, date), *_BY_NAME),
    }
    if search is None:
        return Sorts(by_name=by_name, default="name")
    by_name["relevance"] = (SortKey(rank(search, today), int), *_BY_NAME)
    return Sorts(by_name=by_name, default="relevance")


class CatalogueRepository:
    """Lists of products."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, wanted: Resolved, paging: Slice) -> Rows:
        """One page of summaries, columns by name, in one statement."""
        sorts = _sorts(wanted.search, wanted.today)
        if wanted.impossible:
            # A search that can find nothing still offers the sorts of a search.
            sorts = _sorts(Search(("",), ""), wanted.today)
        found = [condition for part in conditions(wanted).values() for condition in part]
        rows = await fetch_page(self._session, summaries().where(*found), sorts, paging, scalars=False)
        items = [dict(zip(ROW_NAMES, row, strict=True)) for row in rows.items]
        return Rows(items=items, next_cursor=rows.next_cursor, total=rows.total)
