"""Recording steps as EPCIS events, and withdrawing events that were wrong.

Edges, amounts and the event change in one transaction, under row locks of every lot involved.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.tables.traceability import EpcisEvent, GrowingArea, Lot, LotEvent
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, Invalid, NotFound, RuleViolation
from ocop_api.domain.traceability.digital_link import DigitalLink
from ocop_api.domain.traceability.events import (
    VIETNAM_OFFSET,
    ErrorDeclaration,
    EventFacts,
    LotMasterData,
    QuantityElement,
    declare_error,
    time_text,
    uuid_event_id,
)
from ocop_api.domain.traceability.gs1 import Sscc
from ocop_api.domain.traceability.lots import Direction, Edge, edges_of_event, mass_balance
from ocop_api.domain.traceability.step_events import StepRecord, event_of_step
from ocop_api.domain.traceability.steps import STEP_RULES, EventType, Step
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.traceability.policy import (
    amount,
    available,
    bring,
    makes_lot,
    require,
    take,
    takes_from_lot,
    withdraw,
)
from ocop_api.traceability.repository import TraceabilityRepository
from ocop_api.traceability.schemas import ErrorDeclare, LotStepRead, StepCreate
from ocop_api.traceability.service.growing_areas import GrowingAreaService
from ocop_api.traceability.service.lots import link_of, plot_key, shown, unit_code, vocabulary_of

_DEEPEST = 50


class StepService:
    """Steps of lots, for one actor at one instant. ``public_url`` as in ``LotService``."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, public_url: str) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._public_url = public_url
        self._rows = TraceabilityRepository(session)

    async def record(self, lot_id: UUID, body: StepCreate) -> LotStepRead:
        """Record one step of the lot as an EPCIS event, with its edges and amounts.

        Raises:
            NotFound: ``traceability.unknown_lot``, ``traceability.unknown_growing_area``,
                ``places.unknown``.
            Forbidden: ``auth.not_permitted`` unless the actor captures events for every lot involved.
            RuleViolation: ``traceability.lot_overdrawn``, ``traceability.lot_overfilled``,
                ``traceability.output_exceeds_input``, ``traceability.origin_after_use``,
                ``traceability.circular``.
            Invalid: ``traceability.in_the_future``, ``traceability.nothing_left``,
                ``traceability.repeated_input``, and ``epcis.*`` for sides the step does not have.
        """
        if body.at > self._now:
            raise Invalid("traceability.in_the_future", at=body.at)
        wanted = [part.lot_id for part in body.inputs]
        if len(set(wanted)) != len(wanted) or lot_id in wanted:
            raise Invalid("traceability.repeated_input")
        lots = await self._locked([lot_id, *wanted], Permission.EVENT_CAPTURE)
        lot = lots[lot_id]
        inputs = [(lots[part.lot_id], part.quantity) for part in body.inputs]
        area = await self._area(body.growing_area_id)
        quantity = self._quantity(lot, body)
        parts = await self._move(lot, quantity, body.step, inputs)
        row = await self._event(lot, quantity, body, inputs, area)
        self._rows.add(row)
        # The event must exist before what points at it.
        await self._session.flush()
        for part, role, moved in parts:
            self._rows.add(LotEvent(event_id=row.id, lot_id=part.id, role=role, quantity=moved))
            part.updated_at = self._now
            part.touch()
        # Amounts beyond a check must be refused here rather than at the commit.
        await self._session.flush()
        edges = set(edges_of_event(row.payload))
        if area is not None:
            edges.add(Edge(lot.key, plot_key(area.id)))
        await self._rows.add_edges(edges, row.id)
        await self._tell("lot.step_recorded", lot, {"event_id": row.event_id, "step": row.step})
        return self._step(row, lot)

    async def declare_error(self, lot_id: UUID, event_id: str, body: ErrorDeclare) -> LotStepRead:
        """Withdraw an event of the lot: append its error declaration, drop its edges, undo its amounts.

        Raises:
            NotFound: ``traceability.unknown_lot`` or ``traceability.unknown_event``.
            Forbidden: ``auth.not_permitted``.
            Conflict: ``traceability.already_declared``.
            RuleViolation: ``traceability.still_used`` while later steps build on what it made.
        """
        events = [event for event in await self._rows.events_of_lot(lot_id) if event.event_id == event_id]
        parts = await self._rows.parts_of(events[0].id) if events else []
        lots = await self._locked([lot_id, *(part.lot_id for part in parts)], Permission.EVENT_CAPTURE)
        if not events:
            raise NotFound("traceability.unknown_event", event_id=event_id)
        if len(events) > 1:
            raise Conflict("traceability.already_declared", event_id=event_id)
        wrong = events[0]
        declaration = ErrorDeclaration(self._now, body.reason, tuple(body.corrective_event_ids))
        payload: dict[str, Any] = declare_error(wrong.payload, declaration)
        payload["recordTime"] = time_text(self._now, VIETNAM_OFFSET)
        row = EpcisEvent(
            event_id=event_id,
            producer_id=wrong.producer_id,
            type=wrong.type,
            step=wrong.step,
            event_time=wrong.event_time,
            record_time=self._now,
            declared_at=self._now,
            growing_area_id=wrong.growing_area_id,
            place_id=wrong.place_id,
            payload=payload,
            hash=_hash(payload),
        )
        self._rows.add(row)
        # Two declarations at once meet at the index here, before anything is undone twice.
        await self._session.flush()
        for part in parts:
            lot = lots[part.lot_id]
            withdraw(lot, part.role, part.quantity)
            lot.updated_at = self._now
            lot.touch()
            self._rows.add(LotEvent(event_id=row.id, lot_id=lot.id, role=part.role, quantity=part.quantity))
        # Amounts beyond a check must be refused here rather than at the commit.
        await self._session.flush()
        await self._rows.drop_edges(wrong.id)
        data = {"event_id": event_id, "step": wrong.step, "reason": body.reason}
        await self._tell("lot.error_declared", lots[lot_id], data)
        return self._step(row, lots[lot_id])

    async def _locked(self, ids: list[UUID], permission: Permission) -> dict[UUID, Lot]:
        lots = await self._rows.lock_lots(ids, self._actor)
        for lot_id in ids:
            if lot_id not in lots:
                raise NotFound("traceability.unknown_lot", lot_id=lot_id)
            require(self._actor, permission, lots[lot_id])
        return lots

    async def _area(self, area_id: UUID | None) -> GrowingArea | None:
        if area_id is None:
            return None
        return await GrowingAreaService(self._session, self._actor, self._now).get(area_id)

    def _quantity(self, lot: Lot, body: StepCreate) -> Decimal:
        default = lot.quantity - lot.made if makes_lot(body.step) else available(lot)
        quantity = body.quantity or default
        if quantity <= 0:
            raise Invalid("traceability.nothing_left", lot_code=lot.code)
        return quantity

    async def _move(
        self, lot: Lot, quantity: Decimal, step: Step, inputs: list[tuple[Lot, Decimal]]
    ) -> list[tuple[Lot, str, Decimal]]:
        """Change the amounts as the step says, and tell for each lot what happened to it."""
        if not makes_lot(step):
            if inputs:
                raise Invalid("epcis.unexpected_side", step=step.value)
            if takes_from_lot(step):
                take(lot, quantity)
                return [(lot, "sold", quantity)]
            if quantity > available(lot):
                raise RuleViolation(
                    "traceability.lot_overdrawn",
                    unit=lot.unit,
                    available=str(available(lot)),
                    taken=str(quantity),
                )
            return [(lot, "handled", quantity)]
        if inputs:
            mass_balance([amount(part, taken) for part, taken in inputs], [amount(lot, quantity)])
            await self._refuse_circle(lot, [part for part, _ in inputs])
        for part, taken in inputs:
            take(part, taken)
        bring(lot, quantity)
        return [(lot, "made", quantity), *((part, "used", taken) for part, taken in inputs)]

    async def _refuse_circle(self, lot: Lot, inputs: list[Lot]) -> None:
        if lot.used == 0:
            # Nothing has come out of it yet, so no input can descend from it.
            return
        descendants = await self._rows.trace(lot.key, Direction.FORWARD, max_depth=_DEEPEST)
        below = {node.key for node in descendants}
        for part in inputs:
            if part.key in below:
                raise RuleViolation("traceability.circular", lot_code=part.code)

    async def _event(
        self,
        lot: Lot,
        quantity: Decimal,
        body: StepCreate,
        inputs: list[tuple[Lot, Decimal]],
        area: GrowingArea | None,
    ) -> EpcisEvent:
        day = vietnam_date(body.at)
        places = PlaceService(self._session)
        place_id = lot.place_id if area is None else area.place_id
        if body.place is not None:
            place_id = (await places.resolve(body.place, on=day)).id
        elif place_id is not None:
            place_id = (await places.as_of(place_id, day)).id
        place = None if place_id is None else f"{self._public_url.rstrip('/')}/v1/places/{place_id}"
        own = self._element(lot, quantity)
        makes = makes_lot(body.step)
        row_id = uuid7()
        record_of = StepRecord(
            step=body.step,
            facts=EventFacts(
                event_id=uuid_event_id(row_id),
                event_time=body.at,
                record_time=self._now,
                read_point=place if area is None else plot_key(area.id),
                biz_location=place,
                extensions={} if body.note is None else {"ocop:note": body.note},
            ),
            inputs=tuple(self._element(part, taken) for part, taken in inputs) if makes else (own,),
            outputs=(own,) if makes else (),
            container=self._carton(body.sscc),
            ilmd=_master_data(lot, body) if makes else None,
            growing_area_code=None if area is None else area.code,
        )
        payload: dict[str, Any] = event_of_step(
            record_of, vocabulary=vocabulary_of(self._public_url)
        ).as_json()
        return EpcisEvent(
            id=row_id,
            event_id=record_of.facts.event_id,
            producer_id=lot.producer_id,
            type=STEP_RULES[body.step].event_type.value,
            step=body.step.value,
            event_time=body.at,
            record_time=self._now,
            growing_area_id=None if area is None else area.id,
            place_id=place_id,
            payload=payload,
            hash=_hash(payload),
        )

    def _element(self, lot: Lot, quantity: Decimal) -> QuantityElement:
        return QuantityElement(link_of(lot, self._public_url).uri, quantity, unit_code(lot.unit))

    def _carton(self, sscc: str | None) -> str | None:
        if sscc is None:
            return None
        return DigitalLink.of_logistic_unit(Sscc.parse(sscc), domain=self._public_url).uri

    async def _tell(self, kind: str, lot: Lot, data: dict[str, Any]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="lot",
            subject_id=lot.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=lot.area_path,
        )

    def _step(self, row: EpcisEvent, lot: Lot) -> LotStepRead:
        return LotStepRead(
            event_id=row.event_id,
            step=Step(row.step),
            event_time=row.event_time,
            record_time=row.record_time,
            hash=row.hash.hex(),
            lot=shown(lot, self._public_url),
        )


def _master_data(lot: Lot, body: StepCreate) -> LotMasterData:
    harvest = vietnam_date(body.at) if body.step is Step.HARVESTING else None
    made = STEP_RULES[body.step].event_type is EventType.TRANSFORMATION
    return LotMasterData(
        lot_number=lot.code,
        harvest_start=harvest,
        harvest_end=harvest,
        production_date=lot.produced_on or (vietnam_date(body.at) if made else None),
        best_before=lot.best_before,
        country_of_origin="VN" if harvest is not None else None,
    )


def _hash(payload: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(rfc8785.dumps(dict(payload))).digest()
