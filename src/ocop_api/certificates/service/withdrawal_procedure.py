"""Opening a case of withdrawal and every step of it, to the decision."""

from uuid import UUID

from ocop_api.certificates import policy
from ocop_api.certificates.service.withdrawals import WithdrawalService
from ocop_api.certificates.withdrawal_schemas import WithdrawalCaseOpen
from ocop_api.db.base import uuid7
from ocop_api.db.tables.withdrawals import WithdrawalCase
from ocop_api.documents.service import CitationService
from ocop_api.domain.actor import Permission
from ocop_api.domain.errors import Forbidden
from ocop_api.domain.withdrawal import OPENERS, WithdrawalParty, WithdrawalState, answer_due, check_grounds


class WithdrawalCases(WithdrawalService):
    """What is done about cases."""

    async def open(
        self, certificate_id: UUID, opening: WithdrawalCaseOpen, *, inspection_id: UUID | None = None
    ) -> WithdrawalCase:
        """Open a case about a certificate that stands, for offices, inspectors and leaders of the area.

        Raises:
            NotFound: ``certificate.not_found``; ``documents.not_of_producer``.
            Forbidden: ``auth.not_permitted``.
            Conflict: ``certificate.already_withdrawn``, ``withdrawal.already_open``.
            RuleViolation: ``certificate.not_in_force``.
            Invalid: ``withdrawal.ground_twice``, ``withdrawal.answer_due_past``;
                ``documents.cited_withdrawn``.
        """
        found = await self.register.get(certificate_id, lock=True)
        certificate = found.certificate
        held = self.parties(certificate)
        party = next((one for one in WithdrawalParty if one in held & OPENERS), None)
        if party is None:
            raise Forbidden("auth.not_permitted", permission=Permission.WITHDRAWAL_OPEN.value)
        await self.require_none_open(found)
        policy.check_stands(found.life, self.today)
        check_grounds(opening.ground, opening.further_grounds)
        answer_due_on = answer_due(self.today, opening.answer_due_on)
        cited = list(dict.fromkeys(opening.evidence))
        await CitationService(self.session).check(certificate.producer_id, cited)
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
            answer_due_on=answer_due_on,
            opened_by=self.actor.user_id,
            recipients=[],
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        await self.rows.add(case)
        await self.rows.cite(case.id, "finding", cited)
        data = {"ground": case.ground, "evidence": [str(one) for one in cited]}
        await self.note(case, "open", None, party, data=data)
        await self.tell(
            case,
            certificate,
            "withdrawal.opened",
            source=case.source,
            answer_due_on=answer_due_on.isoformat(),
            inspection_id=None if inspection_id is None else str(inspection_id),
        )
        return case
