"""What a reader of a case of withdrawal is shown."""

from typing import Any, Final
from uuid import UUID

from ocop_api.certificates import policy
from ocop_api.certificates.service.withdrawals import WithdrawalService, level_deciding
from ocop_api.certificates.standing import Standing
from ocop_api.certificates.withdrawal_repository import CaseRecord
from ocop_api.certificates.withdrawal_schemas import (
    SignedWithdrawalRead,
    WithdrawalAllowedAction,
    WithdrawalAnswerRead,
    WithdrawalBasisRead,
    WithdrawalCaseRead,
    WithdrawalCaseSummary,
    WithdrawalConclusionRead,
    WithdrawalDecisionRead,
    WithdrawalEvidenceRead,
    WithdrawalFilter,
    WithdrawalStepRead,
)
from ocop_api.db.paging import Rows
from ocop_api.db.tables.documents import Document
from ocop_api.db.tables.withdrawals import SignedWithdrawal, WithdrawalCase, WithdrawalStep
from ocop_api.documents.service import CitationService
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.domain.withdrawal import (
    GROUND_RULES,
    WithdrawalAction,
    WithdrawalGuard,
    WithdrawalState,
    open_rows,
)
from ocop_api.dossiers.service.comments import acts_for_producer

_SLUGS: Final = {WithdrawalAction.CONFIRM: "conclude"}
_INTERNAL: Final = frozenset({WithdrawalAction.SUBMIT, WithdrawalAction.RETURN})
"""Steps whose reason passes between the office and whoever decides."""
_DRAFTED: Final = frozenset({WithdrawalState.CONCLUDED, WithdrawalState.SUBMITTED})
_OWN: Final = (
    *("id", "certificate_id", "inspection_id", "state", "ground", "further_grounds", "source"),
    *("answer_due_on", "concluded_on", "due_on", "decided_on", "version", "created_at", "updated_at"),
)
_OF_CERTIFICATE: Final = ("product_id", "product_name", "producer_id", "producer_name", "stars")


class WithdrawalReader(WithdrawalService):
    """Shapes rows for one actor at one instant."""

    async def shown(self, case_id: UUID) -> WithdrawalCaseRead:
        """A case in full; ``NotFound`` ``withdrawal.unknown``."""
        record = await self.get(case_id)
        case = record.case
        found = await self.register.get(record.certificate.id)
        standing = found.life.standing(self.today)
        steps = await self.rows.steps(case.id)
        of_producer = self.of_producer(record)
        rule = GROUND_RULES[WithdrawalGround(case.ground)]
        return WithdrawalCaseRead(
            **self._summary(record),
            certificate_status=standing,
            found=case.found,
            note=None if of_producer else case.note,
            basis=WithdrawalBasisRead(kind=rule.basis, source=rule.source),
            evidence=await self._evidence(case),
            answers=[_answer(one, case) for one in steps if one.action == WithdrawalAction.ANSWER],
            conclusion=_conclusion(case),
            recipients=case.recipients,
            decision=_decision(case),
            reason=case.reason,
            signed_decision=signed_read(await self.rows.signed(case.id)),
            papers=self.papers(record),
            steps=[_step(one, of_producer=of_producer) for one in steps],
            allowed_actions=self._allowed(record, standing),
        )

    async def page(self, wanted: WithdrawalFilter) -> tuple[Rows, list[WithdrawalCaseSummary]]:
        """One page of the cases the actor may read."""
        rows, records = await self.rows.page(self.actor, wanted, self.today)
        return rows, [WithdrawalCaseSummary(**self._summary(record)) for record in records]

    async def document(self, case_id: UUID, document_id: UUID) -> Document:
        """A document that a visible case relies on, whoever else may see the document.

        Raises:
            NotFound: ``withdrawal.unknown``, ``documents.not_found``.
        """
        await self.get(case_id)
        if document_id not in {one.document_id for one in await self.rows.evidence(case_id)}:
            raise NotFound("documents.not_found")
        found = await CitationService(self.session).known([document_id], self.actor)
        return found[document_id][0]

    def of_producer(self, record: CaseRecord) -> bool:
        """Whether the reader is of the producer's side, for whom nothing internal is meant."""
        return acts_for_producer(self.actor, record.certificate.producer_id)

    def papers(self, record: CaseRecord) -> list[str]:
        """Papers the reader may have: the draft among officials, the decision once there is one."""
        state = WithdrawalState(record.case.state)
        if state is not WithdrawalState.WITHDRAWN and (state not in _DRAFTED or self.of_producer(record)):
            return []
        path = f"/v1/withdrawal-cases/{record.case.id}/papers/decision"
        return [f"{path}.pdf", f"{path}.docx"]

    def _summary(self, record: CaseRecord) -> dict[str, Any]:
        """The fields of ``WithdrawalCaseSummary``."""
        case, certificate = record.case, record.certificate
        is_open = not WithdrawalState(case.state).is_final
        left = (case.due_on - self.today).days if is_open and case.due_on is not None else None
        return (
            {name: getattr(case, name) for name in _OWN}
            | {name: getattr(certificate, name) for name in _OF_CERTIFICATE}
            | {
                "certificate_number": certificate.number,
                "level": level_deciding(certificate, self.today),
                "point": WithdrawalGround(case.ground).point,
                "days_left": left,
                "overdue": left is not None and left < 0,
            }
        )

    async def _evidence(self, case: WithdrawalCase) -> list[WithdrawalEvidenceRead]:
        rows = await self.rows.evidence(case.id)
        known = await CitationService(self.session).known([row.document_id for row in rows], self.actor)
        return [
            WithdrawalEvidenceRead.model_validate(
                {
                    "document_id": row.document_id,
                    "part": row.part,
                    "kind": known[row.document_id][0].kind,
                    "title": known[row.document_id][0].title,
                    "content": f"/v1/withdrawal-cases/{case.id}/evidence/{row.document_id}/content",
                }
            )
            for row in rows
        ]

    def _allowed(self, record: CaseRecord, standing: Standing) -> list[WithdrawalAllowedAction]:
        case = record.case
        stands = policy.may_be_withdrawn(standing)
        rows = open_rows(
            WithdrawalState(case.state), self.parties(record.certificate), WithdrawalGround(case.ground)
        )
        return [
            WithdrawalAllowedAction(
                action=row.action,
                guards=sorted(row.guards),
                path=f"/v1/withdrawal-cases/{case.id}/{_SLUGS.get(row.action, row.action.value)}",
            )
            for row in rows
            if stands or WithdrawalGuard.CERTIFICATE_STANDS not in row.guards
        ]


def signed_read(row: SignedWithdrawal | None) -> SignedWithdrawalRead | None:
    """A signed decision as it is shown."""
    if row is None:
        return None
    names = SignedWithdrawalRead.model_fields.keys() - {"content"}
    return SignedWithdrawalRead.model_validate(
        {name: getattr(row, name) for name in names}
        | {"content": f"/v1/withdrawal-cases/{row.case_id}/signed-decision"}
    )


def _answer(row: WithdrawalStep, case: WithdrawalCase) -> WithdrawalAnswerRead:
    return WithdrawalAnswerRead(
        at=row.at,
        statement=row.reason or "",
        evidence=row.data["evidence"],
        late=vietnam_date(row.at) > case.answer_due_on,
    )


def _conclusion(case: WithdrawalCase) -> WithdrawalConclusionRead | None:
    if case.concluded_on is None:
        return None
    return WithdrawalConclusionRead(
        authority=case.conclusion_authority,
        number=case.conclusion_number,
        concluded_on=case.concluded_on,
        summary=case.conclusion_summary or "",
        document_id=case.conclusion_document_id,
    )


def _decision(case: WithdrawalCase) -> WithdrawalDecisionRead | None:
    if case.decided_on is None:
        return None
    return WithdrawalDecisionRead(
        decision_number=case.decision_number,
        decided_on=case.decided_on,
        signer_title=case.signer_title,
        late=case.due_on is not None and case.decided_on > case.due_on,
    )


def _step(row: WithdrawalStep, *, of_producer: bool) -> WithdrawalStepRead:
    shown = WithdrawalStepRead.model_validate(row)
    if of_producer and row.action in _INTERNAL:
        return shown.model_copy(update={"reason": None})
    return shown
