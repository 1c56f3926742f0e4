"""Finding products that were registered twice."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Text, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.producers.duplicates import area_scope, likeness, place_within, points_of, scope_values
from ocop_api.producers.merge_schemas import DuplicateFilter
from ocop_api.producers.pairing import LARGEST_BLOCK, MOST_PAIRS, Pair, page_of
from ocop_api.web.schemas import Instant, Output, Page

_CANDIDATES = text(
    f"""
    with scope as (
        select p.id, p.producer_id, p.name_folded, p.gtin, p.set_number, p.place_id, r.name_core,
               coalesce(r.province_id, '') as province
        from product p join producer r on r.id = p.producer_id
        where (:everywhere or p.area_path && :places) and (not :narrowed or p.area_path && :within)
    ), blocks as (
        select k.key, max(k.weight) as weight, array_agg(distinct s.id) as ids
        from scope s, lateral (values
            ('n' || producer_id || replace(name_folded, ' ', ''), 4),
            ('w' || producer_id || substring(name_folded from '^[^ ]+ [^ ]+'), 1),
            ('w' || producer_id || substring(name_folded from '[^ ]+ [^ ]+$'), 1),
            ('c' || province || replace(name_core, ' ', '') || '/' || replace(name_folded, ' ', ''), 4),
            ('g' || substr(gtin, 2, 12), 5)
        ) as k (key, weight)
        where k.key is not null
        group by k.key having count(distinct s.id) between 2 and {LARGEST_BLOCK}
    ), pairs as (
        select a.id as first, b.id as second, sum(weight) as weight
        from blocks, unnest(ids) as a (id), unnest(ids) as b (id)
        where a.id < b.id group by a.id, b.id order by 3 desc, 1, 2 limit {MOST_PAIRS}
    )
    select p.first, p.second, x.name_folded as name_1, y.name_folded as name_2,
           x.producer_id = y.producer_id as same_producer, x.name_core = y.name_core as same_core,
           substr(x.gtin, 2, 12) = substr(y.gtin, 2, 12) as same_gtin,
           x.set_number = y.set_number as same_set, x.place_id = y.place_id as same_place
    from pairs p join scope x on x.id = p.first join scope y on y.id = p.second
    """  # noqa: S608 - numbers of our own
).bindparams(bindparam("places", type_=ARRAY(Text)), bindparam("within", type_=ARRAY(Text)))
_NAME_WEIGHT = 0.6
_SIMILAR = 85


class ProductReason(StrEnum):
    """Why two products are likely one."""

    SIMILAR_NAME = "similar_name"
    SAME_PRODUCER = "same_producer"
    SAME_PRODUCER_NAME = "same_producer_name"
    """Two producers that are called alike."""
    SAME_GTIN_BASE = "same_gtin_base"
    """GTINs that differ only in what pack they stand on."""
    SAME_SET = "same_set"
    SAME_PLACE = "same_place"


_POINTS = {
    ProductReason.SAME_PRODUCER: 30,
    ProductReason.SAME_PRODUCER_NAME: 25,
    ProductReason.SAME_GTIN_BASE: 30,
    ProductReason.SAME_SET: 5,
    ProductReason.SAME_PLACE: 5,
}


class ProductBrief(Output):
    """Enough of a product to recognise it."""

    id: UUID
    name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer_id: UUID
    producer_name: str
    gtin: str | None
    product_code: str | None
    updated_at: Instant


class ProductPair(Output):
    """Two products that are likely one."""

    score: float = Field(description="0 to 100", examples=[92.5])
    reasons: list[ProductReason]
    first: ProductBrief
    second: ProductBrief


class ProductDuplicates:
    """Ranked pairs in the areas where the actor registers products."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now

    async def page(self, wanted: DuplicateFilter) -> Page[ProductPair]:
        """One page, the most likely pair first.

        Raises:
            Forbidden: ``auth.not_permitted`` without an area to look after.
            Invalid: ``producers.unknown_place`` or a paging error.
        """
        scope = area_scope(self._actor, Permission.PRODUCT_EDIT)
        within = await place_within(self._session, wanted, self._now)
        found = await self._session.execute(_CANDIDATES, scope_values(scope, within))
        pairs = [pair for row in found.mappings() if (pair := _scored(row)).score >= wanted.at_least]
        rows = page_of(pairs, limit=wanted.limit, cursor=wanted.cursor, with_total=wanted.with_total)
        known = await self._briefs({row_id for pair in rows.items for row_id in (pair.first, pair.second)})
        items = [
            ProductPair(
                score=pair.score,
                reasons=list(pair.reasons),
                first=known[pair.first],
                second=known[pair.second],
            )
            for pair in rows.items
        ]
        return Page.of(rows, items)

    async def _briefs(self, ids: set[UUID]) -> dict[UUID, ProductBrief]:
        statement = select(
            Product.id,
            Product.name,
            Product.producer_id,
            Producer.name.label("producer_name"),
            Product.gtin,
            Product.product_code,
            Product.updated_at,
        ).join(Producer, Producer.id == Product.producer_id)
        found = await self._session.execute(statement.where(Product.id.in_(ids)))
        return {row["id"]: ProductBrief.model_validate(dict(row)) for row in found.mappings()}


def _scored(row: Any) -> Pair:
    like = likeness(row["name_1"], row["name_2"])
    holds = (
        (ProductReason.SIMILAR_NAME, like >= _SIMILAR),
        (ProductReason.SAME_PRODUCER, bool(row["same_producer"])),
        (ProductReason.SAME_PRODUCER_NAME, bool(row["same_core"]) and not row["same_producer"]),
        (ProductReason.SAME_GTIN_BASE, bool(row["same_gtin"])),
        (ProductReason.SAME_SET, bool(row["same_set"])),
        (ProductReason.SAME_PLACE, bool(row["same_place"])),
    )
    reasons = tuple(reason for reason, held in holds if held)
    score = _NAME_WEIGHT * like + points_of(reasons, _POINTS)
    return Pair(round(max(0.0, min(score, 100.0)), 1), row["first"], row["second"], reasons)
