"""Finding producers that were registered twice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field
from rapidfuzz import fuzz
from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.actor import Actor, Permission, Scope
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.producers.merge_schemas import DuplicateFilter
from ocop_api.producers.pairing import LARGEST_BLOCK, MOST_PAIRS, Pair, page_of
from ocop_api.producers.service import ProducerService, place_meant
from ocop_api.web.schemas import Instant, Output, Page

# Records are compared only when they share a key, so the work grows with the register and not its square.
_CANDIDATES = text(
    f"""
    with scope as (
        select id, name_core, province_id, place_id, tax_code, phone, lower(email) as email,
               registration_number
        from producer
        where (:everywhere or area_path && :places) and (not :narrowed or area_path && :within)
    ), blocks as (
        select k.key, max(k.weight) as weight, array_agg(distinct s.id) as ids
        from scope s, lateral (values
            ('n' || coalesce(province_id, '') || replace(name_core, ' ', ''), 3),
            ('s' || coalesce(province_id, '') || (
                select string_agg(word, '' order by word) from regexp_split_to_table(name_core, ' ') as word
            ), 3),
            ('w' || coalesce(province_id, '') || substring(name_core from '^[^ ]+ [^ ]+'), 1),
            ('w' || coalesce(province_id, '') || substring(name_core from '[^ ]+ [^ ]+$'), 1),
            ('t' || left(tax_code, 10), 4),
            ('r' || registration_number, 4),
            ('p' || phone, 3),
            ('e' || email, 3)
        ) as k (key, weight)
        where k.key is not null
        group by k.key having count(distinct s.id) between 2 and {LARGEST_BLOCK}
    ), pairs as (
        select a.id as first, b.id as second, sum(weight) as weight
        from blocks, unnest(ids) as a (id), unnest(ids) as b (id)
        where a.id < b.id group by a.id, b.id order by 3 desc, 1, 2 limit {MOST_PAIRS}
    )
    select p.first, p.second, x.name_core as core_1, y.name_core as core_2,
           left(x.tax_code, 10) as tax_1, left(y.tax_code, 10) as tax_2,
           x.phone = y.phone as same_phone, x.email = y.email as same_email,
           x.registration_number = y.registration_number as same_registration,
           x.place_id = y.place_id as same_place
    from pairs p join scope x on x.id = p.first join scope y on y.id = p.second
    """  # noqa: S608 - numbers of our own
).bindparams(bindparam("places", type_=ARRAY(Text)), bindparam("within", type_=ARRAY(Text)))
_NAME_WEIGHT = 0.7
_OTHER_TAX_CODE = -25
_SIMILAR = 85


class ProducerReason(StrEnum):
    """Why two producers are likely one."""

    SIMILAR_NAME = "similar_name"
    SAME_TAX_CODE = "same_tax_code"
    """The same ten digits, with or without a branch."""
    SAME_REGISTRATION = "same_registration"
    SAME_PHONE = "same_phone"
    SAME_EMAIL = "same_email"
    SAME_PLACE = "same_place"


_POINTS = {
    ProducerReason.SAME_TAX_CODE: 30,
    ProducerReason.SAME_REGISTRATION: 30,
    ProducerReason.SAME_PHONE: 15,
    ProducerReason.SAME_EMAIL: 15,
    ProducerReason.SAME_PLACE: 10,
}


class ProducerBrief(Output):
    """Enough of a producer to recognise it."""

    id: UUID
    name: str = Field(examples=["HTX Đắk Wil"])
    legal_form: ProducerForm
    place_id: str | None
    updated_at: Instant


class ProducerPair(Output):
    """Two producers that are likely one."""

    score: float = Field(description="0 to 100", examples=[92.5])
    reasons: list[ProducerReason]
    first: ProducerBrief
    second: ProducerBrief


class ProducerDuplicates:
    """Ranked pairs in the areas where the actor registers producers."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now

    async def page(self, wanted: DuplicateFilter) -> Page[ProducerPair]:
        """One page, the most likely pair first.

        Raises:
            Forbidden: ``auth.not_permitted`` without an area to look after.
            Invalid: ``producers.unknown_place`` or a paging error.
        """
        scope = area_scope(self._actor, Permission.PRODUCER_EDIT)
        within = await place_within(self._session, wanted, self._now)
        found = await self._session.execute(_CANDIDATES, scope_values(scope, within))
        pairs = [pair for row in found.mappings() if (pair := _scored(row)).score >= wanted.at_least]
        rows = page_of(pairs, limit=wanted.limit, cursor=wanted.cursor, with_total=wanted.with_total)
        ids = {row_id for pair in rows.items for row_id in (pair.first, pair.second)}
        known = await ProducerService(self._session, self._actor, self._now).many(ids)
        items = [
            ProducerPair(
                score=pair.score,
                reasons=list(pair.reasons),
                first=ProducerBrief.model_validate(known[pair.first]),
                second=ProducerBrief.model_validate(known[pair.second]),
            )
            for pair in rows.items
        ]
        return Page.of(rows, items)


def area_scope(actor: Actor, permission: Permission) -> Scope:
    """Where the actor looks after records as an officer.

    Raises:
        Forbidden: ``auth.not_permitted`` for everyone without an area.
    """
    scope = actor.scope(permission)
    if not (scope.everywhere or scope.place_ids):
        raise Forbidden("auth.not_permitted", permission=permission)
    return scope


async def place_within(session: AsyncSession, wanted: DuplicateFilter, now: datetime) -> str | None:
    """The id of the place the filter names, if it names one."""
    if wanted.place is None:
        return None
    return await place_meant(session, wanted.place, on=None, today=vietnam_date(now))


def scope_values(scope: Scope, within: str | None) -> dict[str, Any]:
    """The parameters by which candidates are kept to an area."""
    return {
        "everywhere": scope.everywhere,
        "places": sorted(scope.place_ids),
        "narrowed": within is not None,
        "within": [] if within is None else [within],
    }


def likeness(first: str, second: str) -> float:
    """How alike two folded names are, 0 to 100, whatever the order of words and the spaces between."""
    joined = fuzz.ratio(first.replace(" ", ""), second.replace(" ", ""))
    return max(fuzz.token_sort_ratio(first, second), joined)


def points_of(reasons: Collection[Any], points: dict[Any, int]) -> int:
    """What the reasons add to the likeness of the names."""
    return sum(points.get(reason, 0) for reason in reasons)


def _scored(row: Any) -> Pair:
    like = likeness(row["core_1"], row["core_2"])
    holds: Sequence[tuple[ProducerReason, bool]] = (
        (ProducerReason.SIMILAR_NAME, like >= _SIMILAR),
        (ProducerReason.SAME_TAX_CODE, row["tax_1"] is not None and row["tax_1"] == row["tax_2"]),
        (ProducerReason.SAME_REGISTRATION, bool(row["same_registration"])),
        (ProducerReason.SAME_PHONE, bool(row["same_phone"])),
        (ProducerReason.SAME_EMAIL, bool(row["same_email"])),
        (ProducerReason.SAME_PLACE, bool(row["same_place"])),
    )
    reasons = tuple(reason for reason, held in holds if held)
    score = _NAME_WEIGHT * like + points_of(reasons, _POINTS)
    if row["tax_1"] and row["tax_2"] and row["tax_1"] != row["tax_2"]:
        score += _OTHER_TAX_CODE
    return Pair(round(max(0.0, min(score, 100.0)), 1), row["first"], row["second"], reasons)
