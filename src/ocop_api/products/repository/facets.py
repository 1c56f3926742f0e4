"""Counting the catalogue by every facet at once."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.places import PlaceUnit
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.products.repository.catalogue import (
    Resolved,
    conditions,
    held_stars,
    initial_of,
    standing_today,
)

MAX_COMMUNES: Final = 100
TOTAL: Final = "total"
_PROVINCE: Final = "34:__"
_COMMUNE: Final = "34:_____"
_FACETS: Final = ("set_number", "industry", "stars", "recognition", "legal_form", "initial")


async def count_facets(session: AsyncSession, wanted: Resolved) -> Mapping[str, dict[str, int]]:
    """Numbers of products by facet and value, in one statement; under ``total`` the whole.

    Facets: those of ``conditions``, with ``province`` and ``commune`` for ``place``.
    """
    parts = conditions(wanted)
    product = Product.__table__.c
    flags = {name: and_(true(), *found).label(f"by_{name}") for name, found in parts.items() if name}
    base = (
        select(
            cast(product.set_number, String).label("set_number"),
            product.industry.label("industry"),
            cast(func.nullif(held_stars(wanted.asked.valid_on or wanted.today), 0), String).label("stars"),
            standing_today(wanted.today).label("recognition"),
            Producer.__table__.c.legal_form.label("legal_form"),
            initial_of().label("initial"),
            product.area_path.label("area_path"),
            *flags.values(),
        )
        .join_from(Product.__table__, Producer.__table__)
        .where(*parts[""])
        .cte("base")
    )

    def others(own: str | None) -> ColumnElement[bool]:
        return and_(true(), *(base.c[f"by_{name}"] for name in flags if name != own))

    whole = select(literal(TOTAL), literal(""), func.count()).select_from(base).where(others(None))
    counted: list[Select[*tuple[Any, ...]]] = [whole]
    for name in _FACETS:
        value = base.c[name]
        counted.append(
            select(literal(name), value, func.count()).where(others(name), value.is_not(None)).group_by(value)
        )
    units = func.unnest(base.c.area_path).table_valued("id", name="units").render_derived()
    unit = units.c.id
    counted.append(
        select(literal("province"), unit, func.count())
        .select_from(base)
        .join(units, true())
        .where(others("place"), unit.like(_PROVINCE))
        .group_by(unit)
    )
    within = base.c.area_path.bool_op("&&")(list(wanted.place_scope)) if wanted.place_scope else true()
    communes = (
        select(literal("commune"), unit, func.count().label("products"))
        .select_from(base)
        .join(units, true())
        .where(others("place"), within, unit.like(_COMMUNE))
        .group_by(unit)
        .order_by(func.count().desc(), unit)
        .limit(MAX_COMMUNES)
    )
    counted.append(select(communes.subquery()))
    found: dict[str, dict[str, int]] = {}
    for facet, value, count in (await session.execute(union_all(*counted))).all():
        found.setdefault(facet, {})[value] = count
    return found


async def unit_names(session: AsyncSession, ids: list[str]) -> Mapping[str, str]:
    """Names of units by id."""
    statement = select(PlaceUnit.id, PlaceUnit.name).where(PlaceUnit.id.in_(ids))
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}
