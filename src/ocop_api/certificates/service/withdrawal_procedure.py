"""Opening a case of withdrawal and every step of it, to the decision."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from ocop_api.certificates import policy
from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.schemas import CertificateWithdraw
from ocop_api.certificates.service.describing import told_of
from ocop_api.certificates.service.settling import settle_products
from ocop_api.certificates.service.withdrawal_recipients import recipients_of
from ocop_api.certificates.service.withdrawals import Check, WithdrawalService, level_deciding
from ocop_api.certificates.withdrawal_schemas import (
    WithdrawalAnswer,
    WithdrawalCaseOpen,
    WithdrawalConclude,
    WithdrawalDecide,
    WithdrawalDismiss,
    WithdrawalReturn,
    WithdrawalSubmit,
)
from ocop_api.db.base import uuid7
from ocop_api.db.tables.certificates import CertificateWithdrawal
from ocop_api.db.tables.withdrawals import WithdrawalCase
from ocop_api.documents.service import CitationService
from ocop_api.domain import regimes
from ocop_api.domain.actor import Permission
from ocop_api.domain.certificate import WithdrawalGround, withdrawal_due
from ocop_api.domain.errors import Forbidden
from ocop_api.domain.withdrawal import (
    OPENERS,
    PREPARING,
    WithdrawalAction,
    WithdrawalGuard,
    WithdrawalParty,
    WithdrawalSource,
    WithdrawalState,
    answer_due,
    check_decided_on,
    check_grounds,
    concluding_action,
    step,
)
from ocop_api.ledger.recording import record

_EVENTS = {
    WithdrawalAction.ANSWER: "withdrawal.answered",
    WithdrawalAction.CONCLUDE: "withdrawal.concluded",
    WithdrawalAction.CONFIRM: "withdrawal.concluded",
    WithdrawalAction.SUBMIT: "withdrawal.submitted",
    WithdrawalAction.RETURN: "withdrawal.returned",
    WithdrawalAction.DECIDE: "withdrawal.decided",
    WithdrawalAction.DISMISS: "withdrawal.dismissed",
    WithdrawalAction.LAPSE: "withdrawal.lapsed",
}
_BASES = {
    WithdrawalAction.CONCLUDE: WithdrawalGuard.GROUND_TAKES_CONCLUSION,
    WithdrawalAction.CONFIRM: WithdrawalGuard.GROUND_TAKES_CONFIRMATION,
}
_AT_ONCE = "certificate.withdrawn"
"""What tells of a case that was opened and decided in one go."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A case and its certificate, both locked; ``told_by`` names the event that tells of all its steps."""

    case: WithdrawalCase
    found: CertificateRecord
    told_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conclusion:
    """What a case is concluded by."""

    concluded_on: date
    summary: str
    authority: str | None = None
    number: str | None = None
    document_id: UUID | None = None


class WithdrawalCases(WithdrawalService):
    """What is done about cases."""

    async def open(
        self, certificate_id: UUID, opening: WithdrawalCaseOpen, *, inspection_id: UUID | None = None
    ) -> WithdrawalCase:
        """Open a case about a certificate that stands, for offices, inspectors and leaders of the area.

        Raises:
            NotFound: ``certificate.not_found``; ``documents.not_of_producer``.
            Forbidden: ``auth.not_permitted``.
            Conflict: ``certificate.already_withdrawn``, ``withdrawal.already_open`` with the ``case_id``.
            RuleViolation: ``certificate.not_in_force``.
            Invalid: ``withdrawal.ground_twice``, ``withdrawal.answer_due_past``;
                ``documents.cited_withdrawn``.
        """
        found = await self.register.get(certificate_id, lock=True)
        return (await self._opened(found, opening, inspection_id=inspection_id)).case

    async def answer(self, case_id: UUID, order: WithdrawalAnswer, check: Check) -> None:
        """Say something to a case, for the producer, until it is closed.

        Raises:
            NotFound: ``withdrawal.unknown``; ``documents.not_of_producer``.
            Forbidden, RuleViolation: as ``domain.withdrawal.step``.
            Invalid: ``documents.cited_withdrawn``.
        """
        held = await self._held(case_id, WithdrawalAction.ANSWER, check)
        cited = await self._cited(held, "answer", order.evidence)
        await self._take(held, WithdrawalAction.ANSWER, reason=order.statement, data={"evidence": cited})

    async def conclude(self, case_id: UUID, order: WithdrawalConclude, check: Check) -> None:
        """Enter the conclusion or confirmation the ground rests on; from its day the 15 days are counted.

        An earlier one is replaced only with a reason; the history keeps both.

        Raises:
            NotFound: ``withdrawal.unknown``; ``documents.not_of_producer``.
            Forbidden: as ``domain.withdrawal.step``.
            RuleViolation: as ``domain.withdrawal.step``; ``certificate.not_in_force``,
                ``certificate.conclusion_*``.
            Invalid: ``documents.cited_withdrawn``.
        """
        ground = order.ground or WithdrawalGround((await self.get(case_id)).case.ground)
        held = await self._held(case_id, concluding_action(ground), check)
        differs = ground.value != held.case.ground
        if differs and self.parties(held.found.certificate).isdisjoint(PREPARING):
            # A commune confirms what the case is about; what else it may come to is for the office.
            raise Forbidden("withdrawal.not_the_acting_party", action="conclude", parties=sorted(PREPARING))
        conclusion = _Conclusion(**order.model_dump(exclude={"ground", "reason"}))
        await self._concluded(held, conclusion, ground=order.ground, reason=order.reason)

    async def submit(self, case_id: UUID, order: WithdrawalSubmit, check: Check) -> None:
        """Put a concluded case before whoever decides.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.withdrawal.step``; ``certificate.not_in_force``.
        """
        held = await self._held(case_id, WithdrawalAction.SUBMIT, check)
        await self._submitted(held, order)

    async def send_back(self, case_id: UUID, order: WithdrawalReturn, check: Check) -> None:
        """Send a submitted case back to the office.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.withdrawal.step``.
        """
        held = await self._held(case_id, WithdrawalAction.RETURN, check)
        await self._take(held, WithdrawalAction.RETURN, {WithdrawalGuard.REASON_GIVEN}, reason=order.reason)

    async def decide(self, case_id: UUID, order: WithdrawalDecide, check: Check) -> None:
        """Take the certificate back from the day of the decision on (Decision 26/2026, Art. 8.2, 8.3b).

        Raises:
            NotFound: ``withdrawal.unknown``.
            Forbidden: as ``domain.withdrawal.step``.
            RuleViolation: as ``domain.withdrawal.step``; ``certificate.not_in_force``;
                ``withdrawal.decided_in_future``, ``withdrawal.decided_before_conclusion``.
        """
        held = await self._held(case_id, WithdrawalAction.DECIDE, check)
        await self._decided(held, order)

    async def dismiss(self, case_id: UUID, order: WithdrawalDismiss, check: Check) -> None:
        """Close a case; the certificate stands.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.withdrawal.step``.
        """
        held = await self._held(case_id, WithdrawalAction.DISMISS, check)
        held.case.reason = order.reason
        await self._take(held, WithdrawalAction.DISMISS, {WithdrawalGuard.REASON_GIVEN}, reason=order.reason)

    async def withdraw(self, certificate_id: UUID, order: CertificateWithdraw) -> CertificateRecord:
        """Enter a decision that was prepared elsewhere: a case opened, concluded, submitted and decided.

        Raises:
            NotFound: ``certificate.not_found``.
            Forbidden: ``auth.not_permitted``, not the authority that withdraws this rank in this area.
            Conflict: ``certificate.already_withdrawn``; ``withdrawal.already_open``: there it is decided.
            RuleViolation: as ``conclude`` and ``decide``.
        """
        found = await self.register.get(certificate_id, lock=True)
        if WithdrawalParty.AUTHORITY not in self.parties(found.certificate):
            raise Forbidden("auth.not_permitted", permission=Permission.CERTIFICATE_WITHDRAW.value)
        opening = WithdrawalCaseOpen(
            ground=order.ground, source=WithdrawalSource.OWN_FINDING, found=order.reason
        )
        held = await self._opened(found, opening, told_by=_AT_ONCE)
        conclusion = _Conclusion(
            authority=order.authority, concluded_on=order.concluded_on, summary=order.reason
        )
        await self._concluded(held, conclusion)
        await self._submitted(held, WithdrawalSubmit())
        return await self._decided(held, order)

    async def lapse(self, case_id: UUID) -> None:
        """Close a case whose certificate ended otherwise; nothing happens to one that stands."""
        seen = await self.get(case_id)
        found = await self.register.get(seen.certificate.id, lock=True)
        held = _Held(await self.rows.lock(case_id), found)
        standing = found.life.standing(self.today)
        if WithdrawalState(held.case.state).is_final or policy.may_be_withdrawn(standing):
            return
        held.case.reason = standing.value
        await self._take(held, WithdrawalAction.LAPSE, {WithdrawalGuard.CERTIFICATE_ENDED})

    async def _opened(
        self,
        found: CertificateRecord,
        opening: WithdrawalCaseOpen,
        *,
        inspection_id: UUID | None = None,
        told_by: str | None = None,
    ) -> _Held:
        certificate = found.certificate
        held = self.parties(certificate)
        party = next((one for one in WithdrawalParty if one in held & OPENERS), None)
        if party is None:
            raise Forbidden("auth.not_permitted", permission=Permission.WITHDRAWAL_OPEN.value)
        await self.require_none_open(found)
        policy.check_stands(found.life, self.today)
        check_grounds(opening.ground, opening.further_grounds)
        case = WithdrawalCase(
            id=uuid7(),
            certificate_id=certificate.id,
            inspection_id=inspection_id,
            state=WithdrawalState.VERIFYING.value,
            ground=opening.ground.value,
            further_grounds=[one.value for one in opening.further_grounds],
            source=opening.source.value,
            found=opening.found,
            note=opening.note,
            answer_due_on=answer_due(self.today, opening.answer_due_on),
            opened_by=self.actor.user_id,
            recipients=[],
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        await self.rows.add(case)
        opened = _Held(case, found, told_by)
        cited = await self._cited(opened, "finding", opening.evidence)
        await self.note(case, "open", None, party, data={"ground": case.ground, "evidence": cited})
        await self.tell(
            case,
            certificate,
            "withdrawal.opened",
            source=case.source,
            answer_due_on=case.answer_due_on.isoformat(),
            inspection_id=None if inspection_id is None else str(inspection_id),
            told_by=told_by,
        )
        return opened

    async def _concluded(
        self,
        held: _Held,
        conclusion: _Conclusion,
        *,
        ground: WithdrawalGround | None = None,
        reason: str | None = None,
    ) -> None:
        case = held.case
        concluded_on = conclusion.concluded_on
        policy.check_withdrawal(held.found.life, concluded_on=concluded_on, today=self.today)
        if ground is not None:
            case.ground = ground.value
            case.further_grounds = [one for one in case.further_grounds if one != ground]
        document_id = conclusion.document_id
        await self._cited(held, "conclusion", [] if document_id is None else [document_id])
        case.concluded_on = concluded_on
        case.due_on = withdrawal_due(regimes.regime_on(self.today), concluded_on)
        case.conclusion_authority, case.conclusion_number = conclusion.authority, conclusion.number
        case.conclusion_summary, case.conclusion_document_id = conclusion.summary, document_id
        action = concluding_action(WithdrawalGround(case.ground))
        satisfied = {WithdrawalGuard.CERTIFICATE_STANDS, _BASES[action]}
        if reason is not None:
            satisfied.add(WithdrawalGuard.REASON_GIVEN)
        await self._take(
            held,
            action,
            satisfied,
            reason=reason,
            data={
                "ground": case.ground,
                "authority": conclusion.authority,
                "number": conclusion.number,
                "concluded_on": concluded_on.isoformat(),
                "due_on": case.due_on.isoformat(),
                "summary": conclusion.summary,
                "document_id": None if document_id is None else str(document_id),
            },
            tell={"concluded_on": concluded_on.isoformat()},
        )

    async def _submitted(self, held: _Held, order: WithdrawalSubmit) -> None:
        policy.check_stands(held.found.life, self.today)
        case = held.case
        if order.recipients is not None or not case.recipients:
            case.recipients = await self._recipients(held, order.recipients)
        case.signer_title = order.signer_title or case.signer_title
        await self._take(
            held,
            WithdrawalAction.SUBMIT,
            {WithdrawalGuard.CERTIFICATE_STANDS},
            reason=order.note,
            data={"recipients": case.recipients},
        )

    async def _decided(self, held: _Held, order: WithdrawalDecide | CertificateWithdraw) -> CertificateRecord:
        case, certificate = held.case, held.found.certificate
        decided_on = order.decided_on or self.today
        concluded_on = case.concluded_on or decided_on
        policy.check_withdrawal(held.found.life, concluded_on=concluded_on, today=self.today)
        check_decided_on(decided_on, concluded_on=concluded_on, today=self.today)
        case.decision_number, case.decided_on = order.decision_number, decided_on
        case.signer_title = order.signer_title or case.signer_title
        if order.recipients is not None:
            case.recipients = await self._recipients(held, order.recipients)
        decision = {"decision_number": order.decision_number, "decided_on": decided_on.isoformat()}
        await self._take(
            held,
            WithdrawalAction.DECIDE,
            {WithdrawalGuard.CERTIFICATE_STANDS, WithdrawalGuard.DECISION_SIGNED},
            data={**decision, "recipients": case.recipients},
            tell=decision,
        )
        withdrawal = CertificateWithdrawal(
            certificate_id=certificate.id,
            withdrawn_on=decided_on,
            ground=case.ground,
            reason=case.conclusion_summary or case.found,
            concluded_on=concluded_on,
            decision_number=order.decision_number,
            case_id=case.id,
        )
        certificate.touch()
        certificate.updated_at = self.now
        # The product's recognition below is read from the rows.
        await self.rows.add(withdrawal)
        await settle_products(self.session, self.actor, self.now, [certificate.product_id])
        await record(
            self.session,
            kind="certificate.withdrawn",
            subject_type="certificate",
            subject_id=certificate.id,
            actor=self.actor,
            at=self.now,
            area_path=certificate.area_path,
            data={
                **told_of(certificate),
                "ground": case.ground,
                "concluded_on": concluded_on.isoformat(),
                "due_on": None if case.due_on is None else case.due_on.isoformat(),
                "case_id": str(case.id),
                **decision,
            },
        )
        return replace(held.found, withdrawal=withdrawal)

    async def _held(self, case_id: UUID, action: WithdrawalAction, check: Check) -> _Held:
        """The case and its certificate, locked, once place and party of the action are right."""
        seen = await self.get(case_id)
        # Always the certificate before the case: so do opening and the clock, and nobody waits in a circle.
        found = await self.register.get(seen.certificate.id, lock=True)
        case = await self.rows.lock(case_id)
        step(
            WithdrawalState(case.state),
            action,
            parties=self.parties(found.certificate),
            satisfied=list(WithdrawalGuard),
        )
        check(case.version)
        return _Held(case, found)

    async def _take(
        self,
        held: _Held,
        action: WithdrawalAction,
        satisfied: Collection[WithdrawalGuard] = (),
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
        tell: dict[str, Any] | None = None,
    ) -> None:
        """Take one step of the table with a locked case: state, history and ledger are one."""
        case, certificate = held.case, held.found.certificate
        row, party = step(
            WithdrawalState(case.state), action, parties=self.parties(certificate), satisfied=satisfied
        )
        case.state = row.target.value
        case.updated_at = self.now
        case.touch()
        await self.note(case, action.value, row.origin, party, reason=reason, data=data)
        told = {"told_by": held.told_by, **(tell or {})}
        await self.tell(case, certificate, _EVENTS[action], **told)

    async def _cited(self, held: _Held, part: str, document_ids: Collection[UUID]) -> list[str]:
        cited = list(dict.fromkeys(document_ids))
        await CitationService(self.session).check(held.found.certificate.producer_id, cited)
        await self.rows.cite(held.case.id, part, cited)
        return [str(one) for one in cited]

    async def _recipients(self, held: _Held, further: Collection[str] | None) -> list[str]:
        certificate = held.found.certificate
        level = level_deciding(certificate, self.today)
        return await recipients_of(self.session, self.now, certificate, level, further)
