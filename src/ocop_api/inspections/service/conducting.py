"""Carrying an inspection out: beginning, answering the checklist, concluding, calling it off."""

from collections.abc import Sequence
from uuid import UUID

from ocop_api.certificates.service import CertificateService
from ocop_api.db.tables.inspections import (
    Inspection,
    InspectionImprovement,
    InspectionInspector,
    InspectionItem,
)
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid
from ocop_api.domain.inspection import InspectionAction, InspectionGuard, PlanState
from ocop_api.domain.inspection_findings import (
    Improvement,
    ImprovementState,
    ItemAnswer,
    ItemFinding,
    check_conclusion,
    unanswered,
)
from ocop_api.inspections.repository.plans import PlanRepository
from ocop_api.inspections.schemas.inspections import (
    InspectionCancel,
    InspectionConclude,
    InspectionItemsWrite,
    InspectionRemark,
)
from ocop_api.inspections.service.checklist import ChecklistService
from ocop_api.inspections.service.inspections import Check, InspectionService


def answer_of(item: InspectionItem) -> ItemAnswer:
    """A line of the checklist as the rules see it."""
    return ItemAnswer(
        code=item.code,
        finding=ItemFinding(item.finding),
        note=item.note,
        ground=WithdrawalGround(item.ground),
    )


class ConductingService(InspectionService):
    """What inspectors do from the beginning to the conclusion, and what the producer says to it."""

    async def begin(self, inspection_id: UUID, check: Check) -> None:
        """Begin: the checklist is made from what holds today, and the producer knows from now on.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        inspection = await self.held(inspection_id, InspectionAction.BEGIN, check)
        satisfied = await self._ready(inspection, await self.rows.inspectors(inspection.id), hold=True)
        await self.take(inspection, InspectionAction.BEGIN, satisfied, changes={"begun_at": self.now})
        found = await CertificateService(self.session, self.actor, self.now).get(inspection.certificate_id)
        made = await ChecklistService(self.session, self.actor, self.now).make(inspection, found.certificate)
        await self.rows.add(*made)
        await self.tell(inspection, "inspection.begun")

    async def record(self, inspection_id: UUID, order: InspectionItemsWrite, check: Check) -> None:
        """Keep answers; the same ones again change nothing.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
            Invalid: ``inspection.item_unknown``.
        """
        # Not a step of the history: it is saved with every tap.
        inspection = await self.held(inspection_id, InspectionAction.RECORD, check)
        held = {one.code: one for one in await self.rows.items(inspection.id)}
        unknown = [one.code for one in order.items if one.code not in held]
        if unknown:
            raise Invalid("inspection.item_unknown", items=unknown)
        changed = False
        for answer in order.items:
            item = held[answer.code]
            if (item.finding, item.note) != (answer.finding.value, answer.note):
                item.finding, item.note = answer.finding.value, answer.note
                item.answered_at, item.answered_by = self.now, self.actor.user_id
                changed = True
        if changed:
            inspection.updated_at = self.now
            inspection.touch()
            await self.session.flush()  # the answer is read by the same session

    async def conclude(self, inspection_id: UUID, order: InspectionConclude, check: Check) -> None:
        """Conclude; from now on neither the checklist nor the conclusion changes.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
            Invalid, RuleViolation: as ``domain.inspection.check_conclusion``.
            Invalid: ``inspection.day_impossible``, before it began or after today.
        """
        inspection = await self.held(inspection_id, InspectionAction.CONCLUDE, check)
        answers = [answer_of(one) for one in await self.rows.items(inspection.id)]
        missing = unanswered(answers)
        satisfied = set() if missing else {InspectionGuard.ITEMS_ANSWERED}
        first = self.today if inspection.begun_at is None else vietnam_date(inspection.begun_at)
        if not first <= order.inspected_on <= self.today:
            raise Invalid("inspection.day_impossible", first_day=first, today=self.today)
        required = [
            Improvement(what=one.what, items=tuple(dict.fromkeys(one.items)), due_on=one.due_on)
            for one in order.improvements
        ]
        if not missing:
            check_conclusion(order.conclusion, answers, required, order.ground, today=self.today)
        ground = None if order.ground is None else order.ground.value
        await self.take(
            inspection,
            InspectionAction.CONCLUDE,
            satisfied,
            data={
                "conclusion": order.conclusion.value,
                "ground": ground,
                "due_on": [one.due_on.isoformat() for one in required],
            },
            changes={
                "conclusion": order.conclusion.value,
                "concluded_at": self.now,
                "inspected_on": order.inspected_on,
                "summary": order.summary,
                "venue": order.venue,
                "people": [one.model_dump(mode="json") for one in order.people],
                "ground": ground,
            },
        )
        await self.rows.add(
            *(
                InspectionImprovement(
                    inspection_id=inspection.id,
                    ordinal=ordinal,
                    what=one.what,
                    items=list(one.items),
                    due_on=one.due_on,
                    state=ImprovementState.REQUIRED.value,
                )
                for ordinal, one in enumerate(required, 1)
            )
        )
        await self.tell(
            inspection,
            "inspection.concluded",
            conclusion=order.conclusion.value,
            inspected_on=order.inspected_on.isoformat(),
            improvements=len(required),
        )

    async def cancel(self, inspection_id: UUID, order: InspectionCancel, check: Check) -> None:
        """Call an inspection off before it is concluded.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        inspection = await self.held(inspection_id, InspectionAction.CANCEL, check)
        await self.take(
            inspection, InspectionAction.CANCEL, {InspectionGuard.REASON_GIVEN}, reason=order.reason
        )
        people = await self.rows.inspectors(inspection.id)
        await self.tell(inspection, "inspection.cancelled", tell_users=[str(one.user_id) for one in people])

    async def remark(self, inspection_id: UUID, order: InspectionRemark) -> None:
        """Say something to the minutes, as the producer.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        inspection = await self.held(inspection_id, InspectionAction.REMARK)
        await self.take(inspection, InspectionAction.REMARK, reason=order.remark)
        people = await self.rows.inspectors(inspection.id)
        await self.tell(inspection, "inspection.remarked", tell_users=[str(one.user_id) for one in people])

    async def _ready(
        self, inspection: Inspection, people: Sequence[InspectionInspector], *, hold: bool = False
    ) -> set[InspectionGuard]:
        """Which conditions of a beginning hold; ``hold`` keeps the plan from being closed meanwhile."""
        satisfied: set[InspectionGuard] = set()
        if people:
            satisfied.add(InspectionGuard.INSPECTORS_ASSIGNED)
        if all(one.has_interest is False for one in people):
            satisfied.add(InspectionGuard.INTERESTS_DECLARED)
        state = PlanState.APPROVED.value
        if inspection.plan_id is not None:
            state = await PlanRepository(self.session).state(inspection.plan_id, hold=hold)
        if state == PlanState.APPROVED:
            satisfied.add(InspectionGuard.PLAN_APPROVED)
        return satisfied
