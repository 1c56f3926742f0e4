"""Products by their distance from a point, through the centroids of today's communes."""

from math import cos, radians
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Float, Integer, cast, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.places import PlaceUnit
from ocop_api.db.tables.products import Product
from ocop_api.products.repository.catalogue import ROW_NAMES, Resolved, conditions, summaries

_EARTH_METRES: Final = 6_371_008.8
_DEGREE_KM: Final = 111.0
_CURRENT: Final = "34"


async def page_near(
    session: AsyncSession, wanted: Resolved, paging: Slice, *, lat: float, lon: float, radius_km: float
) -> Rows:
    """One page of summaries with ``metres``, the nearest first, in one statement.

    A product of a divided unit counts from the nearest of its successors.
    """
    # A degree is a little more than 111 km everywhere, so the box holds the circle.
    tall = radius_km / _DEGREE_KM * 1.01
    wide = tall / cos(radians(min(abs(lat) + tall, 89)))
    metres = cast(func.round(_haversine(lat, lon)), Integer)
    near = (
        select(PlaceUnit.id, metres.label("metres"))
        .where(
            PlaceUnit.structure == _CURRENT,
            PlaceUnit.level == "commune",
            PlaceUnit.lat.between(lat - tall, lat + tall),
            PlaceUnit.lon.between(lon - wide, lon + wide),
            metres <= radius_km * 1000,
        )
        .cte("near")
    )
    unit = func.unnest(Product.area_path).table_valued("id", name="unit").render_derived()
    located = (
        select(Product.id, func.min(near.c.metres).label("metres"))
        .select_from(Product.__table__)
        .join(unit, true())
        .join(near, near.c.id == unit.c.id)
        .group_by(Product.id)
        .cte("located")
    )
    found = [condition for part in conditions(wanted).values() for condition in part]
    statement = summaries().join(located, located.c.id == Product.id).where(*found)
    keys = (
        SortKey(located.c.metres, int),
        SortKey(Product.__table__.c.sort_key, str),
        SortKey(Product.__table__.c.id, UUID),
    )
    statement = statement.add_columns(located.c.metres)
    sorts = Sorts(by_name={"distance": keys}, default="distance")
    rows = await fetch_page(session, statement, sorts, paging, scalars=False)
    items = [dict(zip((*ROW_NAMES, "metres"), row, strict=True)) for row in rows.items]
    return Rows(items=items, next_cursor=rows.next_cursor, total=rows.total)


def _haversine(lat: float, lon: float) -> Any:
    """Metres between a unit's centroid and the point."""
    here, there = radians(lat), func.radians(PlaceUnit.lat)
    up = func.sin((there - here) / 2)
    along = func.sin((func.radians(PlaceUnit.lon) - radians(lon)) / 2)
    chord = up * up + cos(here) * func.cos(there) * along * along
    # Rounding may carry the chord past one, where the arc sine ends.
    return literal(2 * _EARTH_METRES, Float) * func.asin(func.sqrt(func.least(literal(1.0, Float), chord)))
