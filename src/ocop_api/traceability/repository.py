"""Rows of growing areas, lots, events and edges; the only place that knows who may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Select, and_, delete, false, or_, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.photos import MAIN_PHOTO
from ocop_api.db.tables.traceability import EpcisEvent, GrowingArea, InternalItem, Lot, LotEvent, TraceEdge
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.traceability.lots import Direction, Edge, Reached
from ocop_api.traceability.schemas import GrowingAreaFilter, LotFilter

MAX_NODES = 2000
"""Nodes a trace answers with; more than any real chain has, less than what would hurt."""

_AREA_SORTS = Sorts(
    by_name={
        "name": [SortKey(GrowingArea.__table__.c.sort_key, str), SortKey(GrowingArea.__table__.c.id, UUID)],
        "-name": [
            SortKey(GrowingArea.__table__.c.sort_key, str, descending=True),
            SortKey(GrowingArea.__table__.c.id, UUID, descending=True),
        ],
    },
    default="name",
)
_LOT_SORTS = Sorts(
    by_name={
        "-created_at": [
            SortKey(Lot.__table__.c.created_at, datetime, descending=True),
            SortKey(Lot.__table__.c.id, UUID, descending=True),
        ],
        "created_at": [SortKey(Lot.__table__.c.created_at, datetime), SortKey(Lot.__table__.c.id, UUID)],
    },
    default="-created_at",
)

# UNION drops a (node, depth) pair met before, so a level is never larger than the graph and a cycle
# ends at the depth limit. Tracking whole paths instead would be exponential where ways meet again.
_WALK = {
    Direction.BACKWARD: text("""
with recursive walk(node, depth) as (
    select cast(:start as text) collate "C", 0
    union
    select e.parent, w.depth + 1 from walk w join trace_edge e on e.child = w.node where w.depth < :depth
)
select node, min(depth) from walk where node <> :start
group by node order by 2, node limit :nodes
"""),
    Direction.FORWARD: text("""
with recursive walk(node, depth) as (
    select cast(:start as text) collate "C", 0
    union
    select e.child, w.depth + 1 from walk w join trace_edge e on e.parent = w.node where w.depth < :depth
)
select node, min(depth) from walk where node <> :start
group by node order by 2, node limit :nodes
"""),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a lot, with what it did to the lot."""

    key: str
    event: EpcisEvent


class TraceabilityRepository:
    """Queries of the feature, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, row: GrowingArea | Lot | EpcisEvent | LotEvent) -> None:
        """Keep a new row at the next flush."""
        self._session.add(row)

    async def growing_area(self, area_id: UUID, actor: Actor) -> GrowingArea | None:
        """The growing area, if the actor may see it."""
        wanted = select(GrowingArea).where(GrowingArea.id == area_id, _visible_to(actor, GrowingArea))
        return (await self._session.execute(wanted)).scalar_one_or_none()

    async def same_growing_area(
        self, producer_id: UUID, *, code: str | None, name_key: str
    ) -> GrowingArea | None:
        """The locked area of a producer with this code; without one, the oldest of this name.

        An area of the name that has no code yet is the one a list brings the code of.
        """
        named = GrowingArea.sort_key == name_key
        meant = named if code is None else or_(GrowingArea.code == code, named & GrowingArea.code.is_(None))
        statement = (
            select(GrowingArea)
            .where(GrowingArea.producer_id == producer_id, meant)
            .order_by((GrowingArea.code == code).desc().nulls_last(), GrowingArea.id)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def growing_areas(self, wanted: GrowingAreaFilter, actor: Actor) -> Rows:
        """A page of the growing areas the actor may see."""
        rows = select(GrowingArea).where(_visible_to(actor, GrowingArea))
        if wanted.producer_id is not None:
            rows = rows.where(GrowingArea.producer_id == survivor_of(wanted.producer_id))
        if wanted.code is not None:
            rows = rows.where(GrowingArea.code == wanted.code)
        return await fetch_page(self._session, rows, _AREA_SORTS, wanted.slice())

    async def growing_areas_by_id(self, ids: Iterable[UUID], actor: Actor) -> dict[UUID, GrowingArea]:
        """Those of the growing areas that the actor may see."""
        rows = select(GrowingArea).where(GrowingArea.id.in_(list(ids)), _visible_to(actor, GrowingArea))
        return {row.id: row for row in (await self._session.execute(rows)).scalars()}

    async def internal_serial(self, producer_id: UUID, product_id: UUID | None, name_folded: str) -> int:
        """The serial of a product without a GTIN, or of a material; the same for the same thing."""
        if product_id is not None:
            same = InternalItem.product_id == product_id
        else:
            same = and_(
                InternalItem.product_id.is_(None),
                InternalItem.producer_id == producer_id,
                InternalItem.name_folded == name_folded,
            )
        known = await self._session.scalar(select(InternalItem.serial).where(same))
        if known is not None:
            return known
        # Two writers may come here at once; the index decides, and the loser reads the winner's row.
        await self._session.execute(
            insert(InternalItem)
            .values(producer_id=producer_id, product_id=product_id, name_folded=name_folded)
            .on_conflict_do_nothing()
        )
        return (await self._session.execute(select(InternalItem.serial).where(same))).scalar_one()

    async def lot(self, lot_id: UUID, actor: Actor) -> Lot | None:
        """The lot, if the actor may see it."""
        wanted = select(Lot).where(Lot.id == lot_id, _visible_to(actor, Lot))
        return (await self._session.execute(wanted)).scalar_one_or_none()

    async def lots(self, wanted: LotFilter, actor: Actor) -> Rows:
        """A page of the lots the actor may see."""
        rows = select(Lot).where(_visible_to(actor, Lot))
        for column, value in (
            (Lot.producer_id, wanted.producer_id),
            (Lot.product_id, wanted.product_id),
        ):
            if value is not None:
                rows = rows.where(column == survivor_of(value))
        if wanted.lot_code is not None:
            rows = rows.where(Lot.code == wanted.lot_code)
        return await fetch_page(self._session, rows, _LOT_SORTS, wanted.slice())

    async def lock_lots(self, ids: Iterable[UUID], actor: Actor) -> dict[UUID, Lot]:
        """Those of the lots that the actor may see, locked."""
        # Always in one order, so that no two steps wait for each other in a circle.
        rows = (
            select(Lot)
            .where(Lot.id.in_(list(ids)), _visible_to(actor, Lot))
            .order_by(Lot.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return {row.id: row for row in (await self._session.execute(rows)).scalars()}

    async def lots_by_key(self, keys: Iterable[str], actor: Actor) -> dict[str, Lot]:
        """Those of the lots that the actor may see, by canonical key."""
        rows = select(Lot).where(Lot.key.in_(list(keys)), _visible_to(actor, Lot))
        return {row.key: row for row in (await self._session.execute(rows)).scalars()}

    async def events_of_lot(self, lot_id: UUID) -> Sequence[EpcisEvent]:
        """Every event of the lot, error declarations included, in the order of recording."""
        return await self._events(
            select(EpcisEvent)
            .join(LotEvent, LotEvent.event_id == EpcisEvent.id)
            .where(LotEvent.lot_id == lot_id)
        )

    async def events_named(self, event_id: str, actor: Actor) -> Sequence[EpcisEvent]:
        """The event with its error declaration, if the actor may read one of its lots."""
        seen = (
            select(LotEvent.event_id)
            .join(Lot, Lot.id == LotEvent.lot_id)
            .where(LotEvent.event_id == EpcisEvent.id, _visible_to(actor, Lot))
        )
        return await self._events(select(EpcisEvent).where(EpcisEvent.event_id == event_id, seen.exists()))

    async def _events(self, rows: Select[EpcisEvent]) -> Sequence[EpcisEvent]:
        ordered = rows.order_by(EpcisEvent.record_time, EpcisEvent.id)
        return (await self._session.execute(ordered)).scalars().all()

    async def told_of(self, keys: Iterable[str]) -> Sequence[Told]:
        """The events that made or handled the lots with these keys and were not declared wrong."""
        declared = select(EpcisEvent.event_id).where(EpcisEvent.declared_at.is_not(None))
        rows = (
            select(Lot.key, EpcisEvent)
            .join(LotEvent, LotEvent.lot_id == Lot.id)
            .join(EpcisEvent, EpcisEvent.id == LotEvent.event_id)
            .where(
                Lot.key.in_(list(keys)),
                LotEvent.role != "used",
                EpcisEvent.declared_at.is_(None),
                EpcisEvent.event_id.not_in(declared),
            )
            .order_by(EpcisEvent.event_time, EpcisEvent.id)
        )
        return [Told(key, event) for key, event in (await self._session.execute(rows)).all()]

    async def parts_of(self, event_row_id: UUID) -> Sequence[LotEvent]:
        """What one event did with which lots."""
        rows = select(LotEvent).where(LotEvent.event_id == event_row_id).order_by(LotEvent.lot_id)
        return (await self._session.execute(rows)).scalars().all()

    async def add_edges(self, edges: Iterable[Edge], event_row_id: UUID) -> None:
        """Write the edges an event tells; nothing for none."""
        values = [{"child": e.child, "parent": e.parent, "event_id": event_row_id} for e in sorted(edges)]
        if values:
            await self._session.execute(insert(TraceEdge).values(values))

    async def drop_edges(self, event_row_id: UUID) -> None:
        """Forget the edges of an event that was declared wrong."""
        await self._session.execute(delete(TraceEdge).where(TraceEdge.event_id == event_row_id))

    async def trace(
        self, start: str, direction: Direction, *, max_depth: int, limit: int = MAX_NODES
    ) -> list[Reached]:
        """What ``domain.traceability.lots.trace`` gives for the stored edges; at most ``limit`` nodes."""
        found: Any = await self._session.execute(
            _WALK[direction], {"start": start, "depth": max_depth, "nodes": limit}
        )
        return [Reached(node, depth) for node, depth in found]


def _visible_to(actor: Actor, table: type[GrowingArea | Lot]) -> ColumnElement[bool]:
    """The only row scope: lots and growing areas of the actor's areas and producers."""
    scope = actor.scope(Permission.LOT_READ)
    if scope.everywhere:
        return true()
    inside: list[ColumnElement[bool]] = [false()]
    if scope.place_ids:
        inside.append(table.area_path.overlap(sorted(scope.place_ids)))
    if scope.producer_ids:
        inside.append(table.producer_id.in_(sorted(scope.producer_ids)))
    return or_(*inside)


# A producer known by a unit of before a merger is shown in the one that took it over, if only one did.
def _standards_on(day: str) -> str:
    """Standards and certificates of product ``p`` that hold on a day, as the passport names them."""
    return (
        "array(select concat_ws(' ', coalesce(s.name, upper(replace(s.kind, '_', ' '))), s.number)"  # noqa: S608
        f" from product_standard s where s.product_id = p.id and coalesce(s.expires_on >= {day}, true)"
        f" and coalesce(s.issued_on <= {day}, true) order by s.id)"
    )


_HEAD = f"""
select l.key, l.name as lot_name, l.gtin, l.code, l.unit, l.quantity, l.net_quantity, l.net_unit,
       l.produced_on, l.best_before,
       p.id as product_id, p.name as product_name, p.description, p.pack, p.product_code,
       p.recognition_status, p.stars, p.stars_valid_until, {MAIN_PHOTO} as photo,
       {_standards_on("cast($2 as date)")} as standards,
       r.name as producer_name, coalesce((
           select min(n.full_name) from place_succession s join place n on n.id = s.new_id
           where s.old_id = u.id and u.valid_to < cast($2 as date) having count(*) = 1
       ), u.full_name) as place
from lot l
join producer r on r.id = l.producer_id
left join product p on p.id = l.product_id
left join place u on u.id = coalesce(p.place_id, r.place_id)
where l.key = $1
"""  # noqa: S608 - our own statement
_PRODUCT_HEAD = f"""
select p.id as product_id, p.name as product_name, p.description, p.pack, p.product_code,
       p.recognition_status, p.stars, p.stars_valid_until, {MAIN_PHOTO} as photo,
       {_standards_on("cast($3 as date)")} as standards,
       r.name as producer_name, coalesce((
           select min(n.full_name) from place_succession s join place n on n.id = s.new_id
           where s.old_id = u.id and u.valid_to < cast($3 as date) having count(*) = 1
       ), u.full_name) as place
from product p
join producer r on r.id = p.producer_id
left join place u on u.id = coalesce(p.place_id, r.place_id)
where p.gtin = $1 or p.id = (select product_id from product_gtin where gtin = $1)
      or p.id = (select product_id from internal_item where serial = $2)
"""  # noqa: S608 - our own statement
# The way of a lot backwards, then the events that made or handled anything on it, each with all the
# lots it names. What others did with the rest of an earlier lot (its sale) is not this lot's story.
_STORY = """
with recursive walk(node, depth) as (
    select cast($1 as text) collate "C", 0
    union
    select e.parent, w.depth + 1 from walk w join trace_edge e on e.child = w.node where w.depth < $2
), told as (
    select distinct e.id, e.step, e.event_time, e.place_id, e.growing_area_id
    from (select distinct node from walk limit $3) w
    join lot l on l.key = w.node
    join lot_event t on t.lot_id = l.id and t.role <> 'used' and (t.role <> 'sold' or l.key = $1)
    join epcis_event e on e.id = t.event_id and e.declared_at is null
    where not exists (
        select 1 from epcis_event d where d.event_id = e.event_id and d.declared_at is not null
    )
    order by e.event_time, e.id limit $3
)
select e.id, e.step, e.event_time, e.place_id, u.full_name as place, g.code as area_code, g.area_ha,
       t.role, t.quantity, l.name, l.gtin, l.code, l.unit
from told e
join lot_event t on t.event_id = e.id
join lot l on l.id = t.lot_id
left join place u on u.id = e.place_id
left join growing_area g on g.id = e.growing_area_id
order by e.event_time, e.id, (t.role = 'used'), l.id
"""
_STORY_DEPTH = 20
_STORY_LENGTH = 500


async def passport_of_lot(pool: "asyncpg.Pool[asyncpg.Record]", key: str, day: date) -> asyncpg.Record | None:
    """The lot with this canonical key, its product and its producer, as the public may see them."""
    return await pool.fetchrow(_HEAD, key, day)


async def passport_of_product(
    pool: "asyncpg.Pool[asyncpg.Record]", gtin: str, internal_serial: int | None, day: date
) -> asyncpg.Record | None:
    """The product with this GTIN (14 digits), or with this internal serial, and its producer."""
    return await pool.fetchrow(_PRODUCT_HEAD, gtin, internal_serial, day)


async def story_of_lot(pool: "asyncpg.Pool[asyncpg.Record]", key: str) -> list[asyncpg.Record]:
    """One row per event and lot on the way to the lot, oldest event first, the lot it made first."""
    return await pool.fetch(_STORY, key, _STORY_DEPTH, _STORY_LENGTH)
