"""Inspections as their services share them: finding one, who may act on it, its history and what is told."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows
from ocop_api.db.tables.inspections import Inspection, InspectionInspector, InspectionStep
from ocop_api.domain.actor import Actor, Level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.domain.inspection import (
    InspectionAction,
    InspectionGuard,
    InspectionKind,
    InspectionParty,
    InspectionState,
    step,
)
from ocop_api.inspections.policy import acts_for, inspection_parties, known_to_producer
from ocop_api.inspections.repository.inspections import InspectionRecord, InspectionRepository
from ocop_api.inspections.schemas.inspections import InspectionFilter
from ocop_api.ledger.recording import record

Check = Callable[[int], None]
"""Refuses a version that is not the caller's, such as ``ExpectedVersion.check``."""


def is_known(inspection: Inspection) -> bool:
    """Whether the producer knows of it."""
    return known_to_producer(InspectionKind(inspection.kind), begun=inspection.begun_at is not None)


class InspectionService:
    """Inspections for one actor at one instant; the caller's transaction closes at the edge."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.rows = InspectionRepository(session)

    @property
    def today(self) -> date:
        """The calendar day in Vietnam."""
        return vietnam_date(self.now)

    async def get(self, inspection_id: UUID) -> InspectionRecord:
        """An inspection the actor may read; ``NotFound`` ``inspection.unknown`` otherwise."""
        found = await self.rows.find(inspection_id, self.actor)
        if found is None:
            raise NotFound("inspection.unknown")
        return found

    async def page(self, wanted: InspectionFilter) -> tuple[Rows, list[InspectionRecord]]:
        """One page of the inspections the actor may read."""
        return await self.rows.page(self.actor, wanted, self.today)

    def parties(
        self, inspection: Inspection, inspectors: Collection[InspectionInspector]
    ) -> frozenset[InspectionParty]:
        """Every capacity in which the actor may act on an inspection."""
        return inspection_parties(
            self.actor,
            level=Level(inspection.level),
            area_path=inspection.area_path,
            producer_id=inspection.producer_id,
            inspectors=[one.user_id for one in inspectors],
        )

    async def held(
        self, inspection_id: UUID, action: InspectionAction, check: Check | None = None
    ) -> Inspection:
        """The inspection, locked, once place and party of the action and the caller's version are right.

        Raises:
            NotFound: ``inspection.unknown``.
            Forbidden, RuleViolation: as ``domain.inspection.step``, but for its guards.
        """
        await self.get(inspection_id)
        inspection = await self.rows.lock(inspection_id)
        parties = self.parties(inspection, await self.rows.inspectors(inspection_id))
        step(InspectionState(inspection.state), action, parties=parties, satisfied=list(InspectionGuard))
        if check is not None:
            check(inspection.version)
        return inspection

    async def require(self, inspection_id: UUID, action: InspectionAction) -> Inspection:
        """The inspection, not locked, when place and party of an action are right; raises as ``held``."""
        inspection = (await self.get(inspection_id)).inspection
        parties = self.parties(inspection, await self.rows.inspectors(inspection_id))
        step(InspectionState(inspection.state), action, parties=parties, satisfied=list(InspectionGuard))
        return inspection

    def withholds(self, inspection: Inspection) -> bool:
        """Whether findings are kept from the reader: from the producer's side, until it is concluded."""
        concluded = InspectionState(inspection.state).is_concluded
        return acts_for(self.actor, inspection.producer_id) and not concluded

    async def take(
        self,
        inspection: Inspection,
        action: InspectionAction,
        satisfied: Collection[InspectionGuard] = (),
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        """Take one step of the table with a locked inspection: state, ``changes`` and history are one.

        Raises:
            Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        parties = self.parties(inspection, await self.rows.inspectors(inspection.id))
        origin = InspectionState(inspection.state)
        row, party = step(origin, action, parties=parties, satisfied=satisfied)
        inspection.state = row.target.value
        for name, value in (changes or {}).items():
            setattr(inspection, name, value)
        await self.note(inspection, action.value, origin, party, reason=reason, data=data)

    async def note(
        self,
        inspection: Inspection,
        action: str,
        origin: InspectionState | None,
        party: InspectionParty,
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Count a change, and write it into the history of an inspection that is in its new state already."""
        inspection.updated_at = self.now
        inspection.touch()
        await self.rows.add(
            InspectionStep(
                inspection_id=inspection.id,
                ordinal=await self.rows.next_ordinal(inspection.id),
                action=action,
                from_state=None if origin is None else origin.value,
                to_state=inspection.state,
                party=party.value,
                actor_id=self.actor.user_id,
                at=self.now,
                reason=reason,
                data=data or {},
            )
        )

    async def tell(self, inspection: Inspection, kind: str, **data: object) -> None:
        """Write the ledger event; findings, notes and reasons stay with the inspection.

        Before the producer knows of it the event names neither them nor the product nor where they are.
        """
        named: dict[str, object] = {"kind": inspection.kind, "level": inspection.level}
        area_path = [] if inspection.place_id is None else [inspection.place_id]
        if is_known(inspection):
            area_path = inspection.area_path
            named |= {
                "certificate_id": str(inspection.certificate_id),
                "product_id": str(inspection.product_id),
                "producer_id": str(inspection.producer_id),
                "plan_id": None if inspection.plan_id is None else str(inspection.plan_id),
            }
        await record(
            self.session,
            kind=kind,
            subject_type="inspection",
            subject_id=inspection.id,
            actor=self.actor,
            at=self.now,
            data={**named, "state": inspection.state, **data},
            area_path=area_path,
        )
