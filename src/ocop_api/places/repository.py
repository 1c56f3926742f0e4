"""Reading and loading of the tables ``place`` and ``place_succession``."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.places import PlaceSuccession, PlaceUnit

# Only rows that differ are written, so that a second run leaves no dead rows behind.
_LOAD_UNITS = text("""
    insert into place select * from jsonb_populate_recordset(null::place, :rows)
    on conflict (id) do update set
        structure = excluded.structure, code = excluded.code, level = excluded.level, kind = excluded.kind,
        name = excluded.name, full_name = excluded.full_name, place_key = excluded.place_key,
        sort_key = excluded.sort_key, parent_id = excluded.parent_id, path = excluded.path,
        valid_from = excluded.valid_from, valid_to = excluded.valid_to, lat = excluded.lat,
        lon = excluded.lon
    where place is distinct from excluded
""").bindparams(bindparam("rows", type_=JSONB))

_LOAD_SUCCESSIONS = text("""
    insert into place_succession select * from jsonb_populate_recordset(null::place_succession, :rows)
    on conflict (old_id, new_id) do update set extent = excluded.extent
    where place_succession.extent is distinct from excluded.extent
""").bindparams(bindparam("rows", type_=JSONB))

_DROP_OTHER_SUCCESSIONS = text("""
    delete from place_succession as stored where not exists (
        select from jsonb_populate_recordset(null::place_succession, :rows) as given
        where given.old_id = stored.old_id and given.new_id = stored.new_id
    )
""").bindparams(bindparam("rows", type_=JSONB))


def in_force(day: date) -> ColumnElement[bool]:
    """Condition: the unit exists on ``day``."""
    return and_(
        func.coalesce(PlaceUnit.valid_from, text("'-infinity'::date")) <= day,
        func.coalesce(PlaceUnit.valid_to, text("'infinity'::date")) >= day,
    )


class PlaceRepository:
    """Queries over the administrative units. Reference data is public: there is no row scope."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def load(
        self, units: Sequence[dict[str, Any]], successions: Sequence[dict[str, Any]]
    ) -> tuple[int, int]:
        """Make the stored reference data equal to these rows; give the numbers of rows written.

        Units that the data no longer has stay, because records may name them; their links go.
        """
        written = await self._session.execute(_LOAD_UNITS, {"rows": units})
        await self._session.execute(_DROP_OTHER_SUCCESSIONS, {"rows": successions})
        linked = await self._session.execute(_LOAD_SUCCESSIONS, {"rows": successions})
        return _count(written), _count(linked)

    async def by_ids(self, place_ids: Collection[str]) -> Sequence[PlaceUnit]:
        """The units with these ids, in no order; unknown ids are left out."""
        statement = select(PlaceUnit).where(PlaceUnit.id == any_(_texts(place_ids)))
        return (await self._session.scalars(statement)).all()

    async def candidates(
        self, day: date, *, place_ids: Collection[str], codes: Collection[str], keys: Collection[str]
    ) -> Sequence[PlaceUnit]:
        """Units in force on ``day`` with one of these ids, codes or place keys."""
        statement = select(PlaceUnit).where(
            in_force(day),
            or_(
                PlaceUnit.id == any_(_texts(place_ids)),
                PlaceUnit.code == any_(_texts(codes)),
                PlaceUnit.place_key == any_(_texts(keys)),
            ),
        )
        return (await self._session.scalars(statement)).all()

    async def successors(self, place_ids: Collection[str]) -> list[tuple[str, str, PlaceUnit]]:
        """``(old id, extent, new unit)`` for each of these old units, by code of the new one."""
        statement = (
            select(PlaceSuccession.old_id, PlaceSuccession.extent, PlaceUnit)
            .join(PlaceUnit, PlaceUnit.id == PlaceSuccession.new_id)
            .where(PlaceSuccession.old_id == any_(_texts(place_ids)))
            .order_by(PlaceUnit.code)
        )
        return [(row[0], row[1], row[2]) for row in (await self._session.execute(statement)).all()]

    async def predecessors(self, place_id: str) -> list[tuple[str, str, PlaceUnit]]:
        """``(new id, extent, old unit)`` for this new unit, by code of the old one."""
        statement = (
            select(PlaceSuccession.new_id, PlaceSuccession.extent, PlaceUnit)
            .join(PlaceUnit, PlaceUnit.id == PlaceSuccession.old_id)
            .where(PlaceSuccession.new_id == place_id)
            .order_by(PlaceUnit.code)
        )
        return [(row[0], row[1], row[2]) for row in (await self._session.execute(statement)).all()]

    async def related_on(
        self, day: date, *, code: str | None, keys: Collection[str], limit: int
    ) -> Sequence[PlaceUnit]:
        """Units in force on ``day`` that a unit with this code or one of these keys became or came from."""
        other = aliased(PlaceUnit)
        named = or_(other.code == code, other.place_key == any_(_texts(keys)))
        became = select(PlaceSuccession.new_id).join(other, other.id == PlaceSuccession.old_id).where(named)
        came_from = (
            select(PlaceSuccession.old_id).join(other, other.id == PlaceSuccession.new_id).where(named)
        )
        statement = (
            select(PlaceUnit)
            .where(in_force(day), PlaceUnit.id.in_(became.union(came_from)))
            .order_by(func.length(PlaceUnit.code), PlaceUnit.sort_key, PlaceUnit.id)
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

    async def similar_on(
        self, day: date, key: str, *, level: str | None, within: str | None, limit: int
    ) -> Sequence[PlaceUnit]:
        """Units in force on ``day`` whose key looks most like ``key``, the nearest first."""
        statement = (
            select(PlaceUnit)
            .where(
                in_force(day), PlaceUnit.place_key.op("%", is_comparison=True)(key), *_inside(level, within)
            )
            .order_by(func.similarity(PlaceUnit.place_key, key).desc(), PlaceUnit.sort_key, PlaceUnit.id)
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

    async def all_of(self, day: date, level: str) -> Sequence[PlaceUnit]:
        """Every unit of a level that exists on a day, by name."""
        wanted = select(PlaceUnit).where(in_force(day), PlaceUnit.level == level)
        return (await self._session.scalars(wanted.order_by(PlaceUnit.place_key, PlaceUnit.id))).all()

    async def page(
        self,
        day: date,
        wanted: Slice,
        *,
        key: str | None = None,
        code: str | None = None,
        level: str | None = None,
        within: str | None = None,
    ) -> Rows:
        """A page of the units in force on ``day``.

        ``key`` finds units whose key holds it, ``code`` those whose code begins with it; with both, either
        will do. An empty key finds nothing.
        """
        statement = select(PlaceUnit).where(in_force(day), *_inside(level, within))
        if key is not None:
            found = PlaceUnit.place_key.contains(key, autoescape=True) if key else false()
            if code is not None:
                found = or_(found, PlaceUnit.code.startswith(code, autoescape=True))
            statement = statement.where(found)
        return await fetch_page(self._session, statement, _sorts(key), wanted)


def _inside(level: str | None, within: str | None) -> list[ColumnElement[bool]]:
    conditions = []
    if level is not None:
        conditions.append(PlaceUnit.level == level)
    if within is not None:
        conditions.append(and_(PlaceUnit.path.contains([within]), PlaceUnit.id != within))
    return conditions


def _sorts(key: str | None) -> Sorts:
    unique = SortKey(PlaceUnit.id.expression, str)
    by_name = {
        "name": (SortKey(PlaceUnit.sort_key.expression, str), unique),
        "-name": (SortKey(PlaceUnit.sort_key.expression, str, descending=True), unique),
        "code": (SortKey(PlaceUnit.code.expression, str), unique),
    }
    if not key:
        return Sorts(by_name, default="name")
    # What a person types is most often the beginning of the name; inner matches come last.
    # Codes grow longer downwards: provinces come before the communes named alike.
    nearness = case(
        (PlaceUnit.place_key == key, 0),
        (PlaceUnit.place_key.startswith(key, autoescape=True), 1),
        else_=2,
    ).cast(Integer)
    highest_first = SortKey(func.length(PlaceUnit.code), int)
    match = (SortKey(nearness, int), highest_first, SortKey(PlaceUnit.sort_key.expression, str), unique)
    return Sorts({"match": match, **by_name}, default="match")


def _texts(values: Collection[str]) -> ColumnElement[list[str]]:
    # One array parameter keeps one prepared statement for any number of values.
    return literal(list(values), ARRAY(Text))


def _count(result: Any) -> int:
    return int(result.rowcount)
