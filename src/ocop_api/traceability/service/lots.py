"""Registering lots, showing and tracing them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.traceability import EpcisEvent, Lot
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.domain.traceability.digital_link import DigitalLink
from ocop_api.domain.traceability.events import epcis_document
from ocop_api.domain.traceability.gs1 import Gtin, LotCode, internal_gtin
from ocop_api.domain.traceability.lots import Amount, Direction, UnitOfMeasure
from ocop_api.domain.traceability.steps import Step
from ocop_api.domain.vietnamese import fold
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.producers.service import ProducerService
from ocop_api.products.service import ProductService
from ocop_api.traceability.policy import available, require_over
from ocop_api.traceability.repository import MAX_NODES, TraceabilityRepository
from ocop_api.traceability.schemas import (
    EpcisDocument,
    EpcisQueryDocument,
    EventSummary,
    LotCreate,
    LotFilter,
    LotRead,
    TraceNode,
    TraceRead,
)
from ocop_api.web.schemas import Page

_PLOT_PREFIX = "urn:uuid:"
# Every browser cuts these out of an address, encoded or not (WHATWG URL), so no link could name the lot.
_DOT_SEGMENTS = frozenset({".", ".."})


def plot_key(area_id: UUID) -> str:
    """The identifier of a growing area in events and edges; it outlives a change of host."""
    return f"{_PLOT_PREFIX}{area_id}"


def vocabulary_of(public_url: str) -> str:
    """The base URI of this system's own EPCIS terms."""
    return f"{public_url.rstrip('/')}/voc"


def link_of(lot: Lot, public_url: str) -> DigitalLink:
    """The Digital Link of a lot on this system's own domain."""
    return DigitalLink.of_lot(Gtin(lot.gtin), LotCode(lot.code), domain=public_url)


def trace_code(gtin: str, lot_code: str | None) -> str:
    """The code printed beside the symbol (*mã truy xuất nguồn gốc*, TCVN 13274): GS1 elements in brackets."""
    return f"(01){gtin}" + ("" if lot_code is None else f"(10){lot_code}")


def shown(lot: Lot, public_url: str) -> LotRead:
    """The lot as its readers see it."""
    return LotRead.model_validate(
        {
            **{name: getattr(lot, name) for name in LotRead.model_fields if hasattr(Lot, name)},
            "gtin_is_internal": Gtin(lot.gtin).is_restricted,
            "lot_code": lot.code,
            "trace_code": trace_code(lot.gtin, lot.code),
            "digital_link": link_of(lot, public_url).uri,
            "available": available(lot),
        }
    )


class LotService:
    """Lots, for one actor at one instant. ``public_url`` is this system's own Digital Link domain."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, public_url: str) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._public_url = public_url
        self._rows = TraceabilityRepository(session)

    async def get(self, lot_id: UUID) -> Lot:
        """The lot, if the actor may see it.

        Raises:
            NotFound: ``traceability.unknown_lot``.
        """
        row = await self._rows.lot(lot_id, self._actor)
        if row is None:
            raise NotFound("traceability.unknown_lot", lot_id=lot_id)
        return row

    async def read(self, lot_id: UUID) -> LotRead:
        """The lot as its readers see it; errors as ``get``."""
        return shown(await self.get(lot_id), self._public_url)

    async def page(self, wanted: LotFilter) -> Page[LotRead]:
        """One page of the lots the actor may see."""
        rows = await self._rows.lots(wanted, self._actor)
        return Page.of(rows, [shown(row, self._public_url) for row in rows.items])

    async def create(self, body: LotCreate) -> LotRead:
        """Register a lot of a product or of a material.

        A thing without a GTIN gets an internal one, the same for all its lots.

        Raises:
            Invalid: ``gs1.*`` or ``traceability.lot_code_not_linkable`` for a lot code that no symbol
                can carry.
            NotFound: ``products.unknown``, ``producers.unknown``, ``places.unknown``.
            Forbidden: ``auth.not_permitted`` unless the actor acts for the producer.
            Conflict: ``traceability.lot_exists``.
        """
        code = LotCode(body.lot_code)
        if code.value in _DOT_SEGMENTS:
            raise Invalid("traceability.lot_code_not_linkable", lot_code=code.value)
        owner: Any
        if body.product_id is not None:
            owner = await ProductService(self._session, self._actor, self._now).get(body.product_id)
            producer_id, name, stated = owner.producer_id, owner.name, owner.gtin
        else:
            if body.producer_id is None or body.material_name is None:
                raise ValueError("the schema lets no material through without name and producer")
            owner = await ProducerService(self._session, self._actor, self._now).get(body.producer_id)
            producer_id, name, stated = owner.id, body.material_name, None
        require_over(self._actor, Permission.LOT_EDIT, producer_id=producer_id, area_path=owner.area_path)
        places, on = PlaceService(self._session), vietnam_date(self._now)
        place_id = owner.place_id
        if body.place is not None:
            place_id = (await places.resolve(body.place, on=on)).id
        elif place_id is not None:
            # A producer may be known by a unit of before the merger; the lot is made in today's.
            place_id = (await places.as_of(place_id, on)).id
        if stated is None:
            serial = await self._rows.internal_serial(producer_id, body.product_id, fold(name))
            gtin = internal_gtin(serial)
        else:
            gtin = Gtin(stated)
        net = None
        if body.net_quantity is not None and body.net_unit is not None:
            net = Amount(body.net_quantity, body.net_unit)
        # Amount refuses what could not be weighed later.
        Amount(body.quantity, body.unit, net)
        row = Lot(
            producer_id=producer_id,
            product_id=body.product_id,
            name=name,
            gtin=gtin.value,
            code=code.value,
            key=DigitalLink.of_lot(gtin, code, domain=self._public_url).canonical_key,
            unit=body.unit.value,
            quantity=body.quantity,
            net_quantity=body.net_quantity,
            net_unit=None if body.net_unit is None else body.net_unit.value,
            produced_on=body.produced_on,
            best_before=body.best_before,
            place_id=place_id,
            area_path=list(owner.area_path),
            created_at=self._now,
            updated_at=self._now,
            made=0,
            used=0,
            version=1,
        )
        self._rows.add(row)
        # The id goes into the ledger, and a code used twice must show here rather than at the commit.
        await self._session.flush()
        await record(
            self._session,
            kind="lot.created",
            subject_type="lot",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data={
                "gtin": row.gtin,
                "lot_code": row.code,
                "quantity": str(row.quantity),
                "unit": row.unit,
                "producer_id": str(producer_id),
            },
            area_path=row.area_path,
        )
        return shown(row, self._public_url)

    async def digital_link(self, lot_id: UUID) -> str:
        """The Digital Link URI of the lot, for its QR symbol; errors as ``get``."""
        return link_of(await self.get(lot_id), self._public_url).uri

    async def document(self, lot_id: UUID) -> EpcisDocument:
        """Every event of the lot, declarations of error included; errors as ``get``."""
        lot = await self.get(lot_id)
        events = await self._rows.events_of_lot(lot.id)
        return EpcisDocument.model_validate(self._document(events))

    async def query_document(self, event_id: str) -> EpcisQueryDocument:
        """One event, with its declaration of error if there is one, as EPCIS answers a query.

        Raises:
            NotFound: ``traceability.unknown_event``, also when the actor may read none of its lots.
        """
        events = await self._rows.events_named(event_id, self._actor)
        if not events:
            raise NotFound("traceability.unknown_event", event_id=event_id)
        document = self._document(events)
        results = {"queryName": "SimpleEventQuery", "resultsBody": document["epcisBody"]}
        return EpcisQueryDocument.model_validate(
            {**document, "type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}
        )

    def _document(self, events: Sequence[EpcisEvent]) -> dict[str, Any]:
        payloads = [event.payload for event in events]
        return epcis_document(payloads, self._now, vocabulary=vocabulary_of(self._public_url))

    async def trace(self, lot_id: UUID, direction: Literal["back", "forward"], max_depth: int) -> TraceRead:
        """All that the lot came from (back) or went into (forward), nearest first.

        Things of others appear by their identifier only; errors as ``get``.
        """
        lot = await self.get(lot_id)
        way = Direction.BACKWARD if direction == "back" else Direction.FORWARD
        reached = await self._rows.trace(lot.key, way, max_depth=max_depth, limit=MAX_NODES + 1)
        kept = reached[:MAX_NODES]
        keys = [node.key for node in kept]
        lots = await self._rows.lots_by_key(keys, self._actor)
        areas = await self._rows.growing_areas_by_id(
            [found for key in keys if (found := _plot_of(key)) is not None], self._actor
        )
        events: dict[str, list[EventSummary]] = defaultdict(list)
        for told in await self._rows.told_of(lots):
            events[told.key].append(
                EventSummary(
                    event_id=told.event.event_id,
                    step=Step(told.event.step),
                    event_time=told.event.event_time,
                )
            )
        nodes = []
        for key, depth in kept:
            area_id = _plot_of(key)
            thing = lots.get(key) or (None if area_id is None else areas.get(area_id))
            kind: Literal["lot", "growing_area", "other"] = "other"
            if thing is not None:
                kind = "lot" if isinstance(thing, Lot) else "growing_area"
            nodes.append(
                TraceNode(
                    key=key,
                    depth=depth,
                    kind=kind,
                    id=None if thing is None else thing.id,
                    name=None if thing is None else thing.name,
                    code=None if thing is None else thing.code,
                    events=events[key],
                )
            )
        return TraceRead(start=lot.key, direction=direction, nodes=nodes, truncated=len(reached) > MAX_NODES)


def _plot_of(key: str) -> UUID | None:
    try:
        return UUID(key.removeprefix(_PLOT_PREFIX)) if key.startswith(_PLOT_PREFIX) else None
    except ValueError:
        return None


def unit_code(unit: str) -> str | None:
    """The ``uom`` of an EPCIS quantity; pieces are counted without one."""
    return None if unit == UnitOfMeasure.PIECE.value else unit
