"""Keyset paging: a cursor remembers the last row, so rows never repeat or vanish between pages.

Every sort ends in the unique id. Sort expressions must not be NULL (use ``coalesce``).
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.errors import Invalid

MAX_LIMIT = 100
DEFAULT_LIMIT = 25


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort expression: its column, direction, and the Python type of its values."""

    column: ColumnElement[Any]
    python_type: type
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Sorts:
    """The sorts a list offers by name (``-name`` is descending where offered), each ending in ``id``."""

    by_name: Mapping[str, Sequence[SortKey]]
    default: str

    def named(self, name: str | None) -> tuple[str, Sequence[SortKey]]:
        """The chosen sort; an unknown name is ``Invalid`` ``paging.unknown_sort`` with the offered ones."""
        chosen = name or self.default
        if chosen not in self.by_name:
            raise Invalid("paging.unknown_sort", sort=chosen, offered=sorted(self.by_name))
        return chosen, self.by_name[chosen]


@dataclass(frozen=True, slots=True)
class Slice:
    """What a client asked for: page size 1..100, opaque cursor, sort name, and whether to count."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    sort: str | None = None
    with_total: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of rows, the cursor of the next page (None on the last) and the total if asked for."""

    items: Sequence[Any]
    next_cursor: str | None
    total: int | None = None


def _whole(raw: Any) -> int:
    if type(raw) is not int or abs(raw) >= 2**63:
        raise ValueError("not a whole number of 64 bits")
    return raw


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or "\x00" in raw:
        raise ValueError("not a text")
    return raw


def _instant(raw: Any) -> datetime:
    # In UTC already here: near the ends of the calendar the driver would fail to shift it.
    return datetime.fromisoformat(_text(raw)).astimezone(UTC)


# A cursor comes from outside like everything else, so each value is held to the type it was made from.
_PARSERS: dict[type, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    Decimal: lambda raw: Decimal(_text(raw)),
    date: lambda raw: date.fromisoformat(_text(raw)),
    datetime: _instant,
    UUID: lambda raw: UUID(_text(raw)),
}


def _encode(name: str, values: Sequence[Any]) -> str:
    packed = orjson.dumps([name, *values], default=str)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _decode(cursor: str, name: str, keys: Sequence[SortKey]) -> list[Any]:
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(packed, list) or len(packed) != len(keys) + 1 or packed[0] != name:
            raise Invalid("paging.bad_cursor")
        return [_PARSERS[key.python_type](raw) for raw, key in zip(packed[1:], keys, strict=True)]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Invalid("paging.bad_cursor") from error


def _after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    # (a, b) > (x, y) spelled out, because directions may differ between keys.
    alternatives = []
    for position, key in enumerate(keys):
        bound = literal(values[position])
        step = key.column < bound if key.descending else key.column > bound
        equal = [k.column == literal(v) for k, v in zip(keys[:position], values, strict=False)]
        alternatives.append(and_(*equal, step))
    return or_(*alternatives)


async def fetch_page(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    sorts: Sorts,
    wanted: Slice,
    *,
    scalars: bool = True,
) -> Rows:
    """Run ``statement`` (filters applied, no order) and give one page.

    Args:
        session: any session, normally a reading one.
        statement: the rows to page through.
        sorts: the sorts this list offers.
        wanted: limit, cursor, sort and total as the client asked.
        scalars: give the first entity of each row; False gives whole rows.

    Raises:
        Invalid: ``paging.unknown_sort`` or ``paging.bad_cursor``.
    """
    name, keys = sorts.named(wanted.sort)
    limit = max(1, min(wanted.limit, MAX_LIMIT))
    # The key values ride along as extra columns, so the cursor never depends on the entity's shape.
    marks = [key.column.label(f"_key_{i}") for i, key in enumerate(keys)]
    paged = statement.add_columns(*marks)
    if wanted.cursor:
        paged = paged.where(_after(keys, _decode(wanted.cursor, name, keys)))
    paged = paged.order_by(*(k.column.desc() if k.descending else k.column.asc() for k in keys))
    found = (await session.execute(paged.limit(limit + 1))).all()
    rows = found[:limit]
    next_cursor = None
    if len(found) > limit:
        next_cursor = _encode(name, list(rows[-1][-len(keys) :]))
    total = None
    if wanted.with_total:
        counted = select(func.count()).select_from(statement.order_by(None).subquery())
        total = (await session.execute(counted)).scalar_one()
    items = [row[0] for row in rows] if scalars else [row[: -len(keys)] for row in rows]
    return Rows(items=items, next_cursor=next_cursor, total=total)
