"""Registering growing areas and plots."""

import re
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.traceability import GrowingArea
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.domain.vietnamese import sort_key
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.producers.schemas import Outcome
from ocop_api.producers.service import ProducerService
from ocop_api.traceability.geometry import check_point, check_polygon
from ocop_api.traceability.policy import require_over
from ocop_api.traceability.repository import TraceabilityRepository
from ocop_api.traceability.schemas import (
    GrowingAreaCreate,
    GrowingAreaFilter,
    GrowingAreaRead,
    PointGeometry,
    PolygonGeometry,
)
from ocop_api.web.schemas import Page

_SPACES = re.compile(r"\s+")


def normal_code(code: str) -> str:
    """An official growing area code as it is stored: capitals, no spaces (``VN-DNOOR0039``)."""
    return _SPACES.sub("", code).upper()


class GrowingAreaService:
    """Growing areas (*vùng trồng*), for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = TraceabilityRepository(session)

    async def get(self, area_id: UUID) -> GrowingArea:
        """The growing area, if the actor may see it.

        Raises:
            NotFound: ``traceability.unknown_growing_area``.
        """
        row = await self._rows.growing_area(area_id, self._actor)
        if row is None:
            raise NotFound("traceability.unknown_growing_area", growing_area_id=area_id)
        return row

    async def page(self, wanted: GrowingAreaFilter) -> Page[GrowingAreaRead]:
        """One page of the growing areas the actor may see."""
        if wanted.code is not None:
            wanted = wanted.model_copy(update={"code": normal_code(wanted.code)})
        rows = await self._rows.growing_areas(wanted, self._actor)
        return Page.of(rows, [GrowingAreaRead.model_validate(row) for row in rows.items])

    async def create(self, body: GrowingAreaCreate) -> GrowingArea:
        """Register a growing area of a producer.

        Raises:
            Invalid: ``traceability.bad_geometry``, ``traceability.polygon_required``.
            NotFound: ``producers.unknown``, ``places.unknown``.
            Forbidden: ``auth.not_permitted`` unless the actor acts for the producer.
            Conflict: ``traceability.growing_area_exists`` for a code the producer has registered.
        """
        producer = await ProducerService(self._session, self._actor, self._now).get(body.producer_id)
        require_over(self._actor, Permission.LOT_EDIT, producer_id=producer.id, area_path=producer.area_path)
        return await self._create(body, producer)

    async def upsert(self, body: GrowingAreaCreate) -> tuple[GrowingArea, Outcome]:
        """Take a growing area over from a register, or complete the one that stands; safe to repeat.

        It is recognised by its producer and code, without a code by its folded name among the
        producer's areas. A fact that is not given (None) never erases a known one. Who may import
        registers enters them for the producers of the area.

        Raises:
            Invalid, NotFound, Conflict: as ``create``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area.
        """
        producer = await ProducerService(self._session, self._actor, self._now).get(body.producer_id)
        require_over(
            self._actor, Permission.IMPORT_RUN, producer_id=producer.id, area_path=producer.area_path
        )
        code = None if body.code is None else normal_code(body.code)
        row = await self._rows.same_growing_area(producer.id, code=code, name_key=sort_key(body.name))
        if row is None:
            return await self._create(body, producer), Outcome.CREATED
        area_ha = row.area_ha if body.area_ha is None else body.area_ha
        _check_geometry(body.geometry, area_ha)
        given: dict[str, object] = {"name": body.name, "code": code, "area_ha": body.area_ha}
        if body.geometry is not None:
            given["geometry"] = body.geometry.model_dump()
        if body.place is not None:
            places = PlaceService(self._session)
            place_id = (await places.resolve(body.place, on=vietnam_date(self._now))).id
            # The stored place is the same, or lies within the given one and says more.
            if place_id not in row.area_path:
                given |= {"place_id": place_id, "area_path": await places.area_path(place_id)}
        changed = [name for name, value in given.items() if value is not None and getattr(row, name) != value]
        if not changed:
            return row, Outcome.UNCHANGED
        for name in changed:
            setattr(row, name, given[name])
        row.sort_key = sort_key(row.name)
        row.updated_at = self._now
        row.touch()
        # A code the producer has registered for another area must show here.
        await self._session.flush()
        await self._record("growing_area.updated", row, {"fields": sorted(changed)})
        return row, Outcome.UPDATED

    async def _create(self, body: GrowingAreaCreate, producer: Producer) -> GrowingArea:
        _check_geometry(body.geometry, body.area_ha)
        place_id, area_path = producer.place_id, list(producer.area_path)
        if body.place is not None:
            places = PlaceService(self._session)
            place_id = (await places.resolve(body.place, on=vietnam_date(self._now))).id
            area_path = await places.area_path(place_id)
        row = GrowingArea(
            producer_id=producer.id,
            name=body.name,
            sort_key=sort_key(body.name),
            code=None if body.code is None else normal_code(body.code),
            place_id=place_id,
            area_path=area_path,
            area_ha=body.area_ha,
            geometry=None if body.geometry is None else body.geometry.model_dump(),
            created_at=self._now,
            updated_at=self._now,
            version=1,
        )
        self._rows.add(row)
        # The id goes into the ledger, and a code used twice must show here rather than at the commit.
        await self._session.flush()
        await self._record(
            "growing_area.created", row, {"code": row.code, "producer_id": str(row.producer_id)}
        )
        return row

    async def _record(self, kind: str, row: GrowingArea, data: dict[str, object]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="growing_area",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=row.area_path,
        )


def _check_geometry(geometry: PointGeometry | PolygonGeometry | None, area_ha: Decimal | None) -> None:
    if isinstance(geometry, PointGeometry):
        check_point(geometry.coordinates, area_ha)
    elif geometry is not None:
        check_polygon(geometry.coordinates)
