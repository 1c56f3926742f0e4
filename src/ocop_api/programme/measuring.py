"""Measuring the computable targets of a plan from the system's records.

Counts of what happened in the plan year end with the deadline. What stands today (stars, listings, the
catalogue) is measured as of today, because the records keep no earlier standing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Slice
from ocop_api.domain.actor import Actor, Level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import DossierKind
from ocop_api.domain.programme import Count, Measurement, Metric, PerDistrict, Plan, Share, Target
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.inspections.service.counting import InspectionCounts
from ocop_api.listings.service import ListingService
from ocop_api.places.service import Place, PlaceService
from ocop_api.producers.schemas import COOPERATIVE_FORMS
from ocop_api.products.catalogue import Catalogue
from ocop_api.products.catalogue_schemas import ProductFilter
from ocop_api.products.terms import RecognitionToday
from ocop_api.programme.policy import window
from ocop_api.programme.repository import RECORDS_TOLD, ProgrammeRepository, Steps
from ocop_api.programme.schemas import Basis, RecordsShown

COOPERATIVE_PRODUCERS: Final = COOPERATIVE_FORMS | {ProducerForm.COOPERATIVE_GROUP}
"""The plan favours cooperative groups (*tổ hợp tác*) beside cooperatives and their unions (section I.2)."""

_PROVINCES_HAVE_FEWER_DISTRICTS = 100
_INSPECTIONS: Final = frozenset(
    {Metric.EXPIRING_CERTIFICATES_REINSPECTED, Metric.RECOGNISED_PRODUCTS_INSPECTED}
)
_STANDINGS: Final = frozenset(
    {Metric.PRODUCTS_LISTED_ONLINE, Metric.PRODUCTS_IN_PUBLIC_CATALOGUE, Metric.COOPERATIVE_PRODUCERS}
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement, the last day it speaks of, and what it rests on."""

    measurement: Measurement | None
    as_of: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class Behind:
    """Products behind a figure: rows of product_id, name, producer; ``total`` of them in all."""

    shown: RecordsShown
    total: int
    products: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Province:
    """The plan's province as it was then: its id, its districts, and the areas whose officers report."""

    place_id: str
    districts: Sequence[Place]
    area_path: Sequence[str]


async def province_of(session: AsyncSession, plan: Plan) -> Province:
    """The province of a plan on the day the plan was issued, with all of its districts.

    Raises:
        NotFound: ``places.unknown`` when the plan names no province of that day.
    """
    places = PlaceService(session)
    place = await places.by_code(plan.province_code, on=plan.issued_on)
    districts = await places.find(
        Slice(limit=_PROVINCES_HAVE_FEWER_DISTRICTS, sort="code"),
        on=plan.issued_on,
        level=Level.DISTRICT,
        within=place.id,
    )
    return Province(place.id, list(districts.items), await places.area_path(place.id))


class Measuring:
    """Measures the targets of one plan in its province, at one instant."""

    def __init__(
        self, session: AsyncSession, actor: Actor, now: datetime, plan: Plan, province: Province
    ) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._today = vietnam_date(now)
        self._plan = plan
        self._province = province
        self._rows = ProgrammeRepository(session)

    async def measure(self, target: Target) -> Measured:
        """The figure of a computable target; None where the system keeps no records of it yet."""
        if target.metric in _STANDINGS:
            return Measured(await self._standing(target), self._today, Basis.STANDING)
        last_day = window(self._plan, target, self._today).last_day
        if target.metric in _INSPECTIONS:
            return Measured(await self._inspected(target, last_day), last_day, Basis.RECORDS_OF_YEAR)
        steps = self._steps(target)
        if steps is None:
            return Measured(None, self._today, Basis.NONE)
        return Measured(await self._counted(target, steps), last_day, Basis.RECORDS_OF_YEAR)

    async def behind(self, target: Target) -> Behind | None:
        """The products behind the figure of a computable target, or None without records."""
        area, today = self._province.place_id, self._today
        if target.metric is Metric.PRODUCTS_LISTED_ONLINE:
            listings = ListingService(self._session, self._actor, self._now)
            coverage = await listings.coverage_of([area], include_reported=False)
            total = coverage.recognised - coverage.on_online_channel
            missing = [(row.id, row.name, row.producer) for row in await listings.not_online([area])]
            return Behind(RecordsShown.MISSING, total, missing)
        if target.metric is Metric.PRODUCTS_IN_PUBLIC_CATALOGUE:
            page = await self._catalogue(RECORDS_TOLD)
            shown = [(item.id, item.name, item.producer.name) for item in page.items]
            return Behind(RecordsShown.COUNTED, page.total or 0, shown)
        if target.metric is Metric.COOPERATIVE_PRODUCERS:
            found = await self._rows.behind_producers(area, today, COOPERATIVE_PRODUCERS)
            return Behind(RecordsShown.COUNTED, *found)
        steps = self._steps(target)
        if steps is None:
            return None
        return Behind(RecordsShown.COUNTED, *await self._rows.behind_steps(steps, self._actor))

    def _steps(self, target: Target) -> Steps | None:
        counted = window(self._plan, target, self._today)
        every = Steps(area=self._province.place_id, since=counted.since, until=counted.until)
        if target.metric is Metric.ASSESSED_FOR_FOUR_STARS:
            return replace(every, proposed_at=Level.PROVINCE)
        if target.metric is Metric.NEW_PRODUCTS_RATED:
            return replace(every, proposed_at=Level.DISTRICT, kind=DossierKind.FIRST)
        if target.metric is Metric.DOSSIERS_SENT_TO_CENTRAL:
            return replace(every, arrived_at=Level.CENTRAL)
        return None

    async def _inspected(self, target: Target, last_day: date) -> Measurement:
        counts, area = InspectionCounts(self._session), self._province.place_id
        if target.metric is Metric.EXPIRING_CERTIFICATES_REINSPECTED:
            return Share(*await counts.expiring(area, self._plan.year, last_day))
        return Share(*await counts.in_force(area, last_day))

    async def _counted(self, target: Target, steps: Steps) -> Measurement:
        if target.metric is Metric.NEW_PRODUCTS_RATED:
            found = await self._rows.products_by_unit(steps, [place.id for place in self._province.districts])
            return PerDistrict({place.code: found.get(place.id, 0) for place in self._province.districts})
        if target.metric is Metric.DOSSIERS_SENT_TO_CENTRAL:
            return Count(await self._rows.dossiers_of_steps(steps))
        return Count(await self._rows.products_of_steps(steps))

    async def _standing(self, target: Target) -> Measurement:
        area = self._province.place_id
        if target.metric is Metric.PRODUCTS_LISTED_ONLINE:
            listings = ListingService(self._session, self._actor, self._now)
            coverage = await listings.coverage_of([area], include_reported=False)
            return Share(coverage.on_online_channel, coverage.recognised)
        if target.metric is Metric.COOPERATIVE_PRODUCERS:
            return Share(*await self._rows.producers(area, self._today, COOPERATIVE_PRODUCERS))
        recognised = await self._rows.recognised(area, self._today)
        shown = (await self._catalogue(1)).total or 0
        # A recognition may come between the two reads; the share stays within the whole.
        return Share(min(shown, recognised), recognised)

    async def _catalogue(self, limit: int) -> Any:
        """What the public finds when it asks the catalogue for the province's valid stars."""
        wanted = ProductFilter(
            place=self._province.place_id, recognition=RecognitionToday.VALID, limit=limit, with_total=True
        )
        return await Catalogue(self._session).page(wanted, today=self._today)
