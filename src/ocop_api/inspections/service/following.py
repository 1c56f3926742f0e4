"""What follows from a conclusion: improvements, the case of withdrawal, the end."""

from datetime import date
from uuid import UUID

from ocop_api.certificates.service import CertificateService, WithdrawalCases
from ocop_api.certificates.standing import Standing
from ocop_api.certificates.withdrawal_schemas import WithdrawalCaseOpen
from ocop_api.db.base import uuid7
from ocop_api.db.tables.inspections import (
    Inspection,
    InspectionEvidence,
    InspectionImprovement,
    InspectionImprovementStep,
)
from ocop_api.documents.service import CitationService
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import NotFound
from ocop_api.domain.inspection import InspectionAction, InspectionGuard
from ocop_api.domain.inspection_findings import (
    ImprovementState,
    InspectionConclusion,
    check_improvement,
    report_improvement,
    suggested_grounds,
)
from ocop_api.domain.withdrawal import WithdrawalSource
from ocop_api.inspections.schemas.following import ImprovementCheck, ImprovementReport, WithdrawalProposal
from ocop_api.inspections.service.conducting import answer_of
from ocop_api.inspections.service.inspections import Check, InspectionService


class FollowingService(InspectionService):
    """What is done after an inspection was concluded."""

    async def report(self, inspection_id: UUID, order: ImprovementReport) -> None:
        """Tell, as the producer, what was done about an improvement.

        Raises:
            NotFound: ``inspection.unknown``; ``inspection.unknown_improvement``;
                ``documents.not_of_producer``.
            Forbidden, RuleViolation: as ``domain.inspection.step`` and ``report_improvement``.
            Invalid: ``documents.cited_withdrawn``.
        """
        inspection = await self.held(inspection_id, InspectionAction.REPORT_IMPROVEMENT)
        row = await self._improvement(inspection, order.ordinal)
        state = report_improvement(ImprovementState(row.state))
        documents = list(dict.fromkeys(order.document_ids))
        await CitationService(self.session).check(inspection.producer_id, documents)
        step = await self._note(row, ImprovementState.REPORTED, order.text)
        await self.rows.add(*(InspectionEvidence(step_id=step.id, document_id=one) for one in documents))
        row.state = state.value
        satisfied = {InspectionGuard.IMPROVEMENTS_OPEN}
        data: dict[str, object] = {"improvement": row.ordinal}
        await self.take(inspection, InspectionAction.REPORT_IMPROVEMENT, satisfied, data=data)
        people = [str(one.user_id) for one in await self.rows.inspectors(inspection.id)]
        await self.tell(
            inspection, "inspection.improvement_reported", improvement=row.ordinal, tell_users=people
        )

    async def check(self, inspection_id: UUID, order: ImprovementCheck) -> None:
        """Say, as an inspector, whether an improvement is enough; if not, there is a new day.

        Raises:
            NotFound: ``inspection.unknown``; ``inspection.unknown_improvement``.
            Forbidden, RuleViolation, Invalid: as ``domain.inspection.step`` and ``check_improvement``.
        """
        inspection = await self.held(inspection_id, InspectionAction.CHECK_IMPROVEMENT)
        row = await self._improvement(inspection, order.ordinal)
        state = check_improvement(
            ImprovementState(row.state), order.verdict, due_on=order.due_on, today=self.today
        )
        await self._note(row, state, order.text, order.due_on)
        row.state = state.value
        if order.due_on is not None:
            row.due_on, row.reminded = order.due_on, None
        satisfied = {InspectionGuard.IMPROVEMENTS_OPEN}
        data = {"improvement": row.ordinal, "verdict": order.verdict.value}
        await self.take(inspection, InspectionAction.CHECK_IMPROVEMENT, satisfied, data=data)
        due_on = None if order.due_on is None else order.due_on.isoformat()
        await self.tell(inspection, "inspection.improvement_checked", **data, due_on=due_on)

    async def propose_withdrawal(self, inspection_id: UUID, order: WithdrawalProposal, check: Check) -> None:
        """Open the case of withdrawal that the conclusion proposes.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
            Forbidden, Conflict, RuleViolation: as ``WithdrawalCases.open``, such as
                ``withdrawal.already_open``.
        """
        inspection = await self.held(inspection_id, InspectionAction.PROPOSE_WITHDRAWAL, check)
        satisfied = await satisfied_at_end(self, inspection)
        await self.take(inspection, InspectionAction.PROPOSE_WITHDRAWAL, satisfied)
        ground = WithdrawalGround(inspection.ground or WithdrawalGround.OTHER_CONCLUSION)
        answers = [answer_of(one) for one in await self.rows.items(inspection.id)]
        opening = WithdrawalCaseOpen(
            ground=ground,
            further_grounds=[one for one in suggested_grounds(answers) if one is not ground],
            source=WithdrawalSource.INSPECTION,
            found=order.reason,
        )
        cases = WithdrawalCases(self.session, self.actor, self.now)
        case = await cases.open(inspection.certificate_id, opening, inspection_id=inspection.id)
        await self.tell(
            inspection, "inspection.withdrawal_proposed", ground=ground.value, case_id=str(case.id)
        )

    async def close(self, inspection_id: UUID, check: Check) -> None:
        """Close an inspection from which nothing is left to follow.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        inspection = await self.held(inspection_id, InspectionAction.CLOSE, check)
        satisfied = await satisfied_at_end(self, inspection)
        await self.take(inspection, InspectionAction.CLOSE, satisfied, changes={"closed_at": self.now})
        await self.tell(inspection, "inspection.closed")

    async def _improvement(self, inspection: Inspection, ordinal: int) -> InspectionImprovement:
        for row in await self.rows.improvements(inspection.id):
            if row.ordinal == ordinal:
                return row
        raise NotFound("inspection.unknown_improvement")

    async def _note(
        self, row: InspectionImprovement, state: ImprovementState, text: str, due_on: date | None = None
    ) -> InspectionImprovementStep:
        steps = (await self.rows.improvement_steps([row.id]))[row.id]
        step = InspectionImprovementStep(
            id=uuid7(),
            improvement_id=row.id,
            ordinal=len(steps) + 1,
            action=state.value,
            text=text,
            due_on=due_on,
            actor_id=self.actor.user_id,
            at=self.now,
        )
        await self.rows.add(step)
        return step


async def satisfied_at_end(service: InspectionService, inspection: Inspection) -> set[InspectionGuard]:
    """Which of the conditions hold that decide what may follow and whether an inspection can be closed."""
    found: set[InspectionGuard] = set()
    if await service.rows.minutes(inspection.id):
        found.add(InspectionGuard.MINUTES_SIGNED)
    improvements = await service.rows.improvements(inspection.id)
    done = all(one.state == ImprovementState.ACCEPTED for one in improvements)
    found.add(InspectionGuard.IMPROVEMENTS_ACCEPTED if done else InspectionGuard.IMPROVEMENTS_OPEN)
    if await _is_to_be_opened(service, inspection):
        found.add(InspectionGuard.WITHDRAWAL_PROPOSED)
    else:
        found.add(InspectionGuard.WITHDRAWAL_OPENED)
    return found


async def _is_to_be_opened(service: InspectionService, inspection: Inspection) -> bool:
    """Whether a proposed withdrawal has not become a case, and there is still something to withdraw."""
    if inspection.conclusion != InspectionConclusion.WITHDRAWAL_PROPOSED:
        return False
    if await service.rows.withdrawal_case(inspection.id) is not None:
        return False
    register = CertificateService(service.session, service.actor, service.now)
    standing = (await register.get(inspection.certificate_id)).life.standing(service.today)
    return standing.in_force or standing is Standing.REPORTED
