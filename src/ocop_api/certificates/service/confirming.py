"""Confirming recorded certificates: an officer has seen the decision or the paper behind one."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.repository import ISSUED, CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateConfirm
from ocop_api.certificates.service.describing import told_of
from ocop_api.certificates.service.recording import term_by_decision
from ocop_api.certificates.service.settling import settle_products
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.recognition_decisions import CertificateConfirmation
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.ledger.recording import record


class ConfirmingService:
    """Confirms for one actor at one moment."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        self._certificates = CertificateRepository(session)

    async def confirm(self, certificate_id: UUID, order: CertificateConfirm) -> CertificateRecord:
        """Say, once, that the paper behind a recorded certificate was seen.

        What was only reported becomes a decision by it, with the term that runs from its day, and the
        product's recognition follows.

        Raises:
            NotFound: ``certificate.not_found``.
            Forbidden: ``auth.not_permitted``, no officer of the province or the ministry for this area.
            RuleViolation: ``certificate.issued_here``, ``certificate.confirms_withdrawn``,
                ``certificate.confirms_other_decision``.
            Invalid: ``certificate.report_needs_decision``; ``certificate.record_undated``.
            Conflict: ``certificate.already_confirmed``; ``certificate.recognition_exists``, the decision is
                on record beside the report.
        """
        found = await self._certificates.get(certificate_id, lock=True)
        if found is None:
            raise NotFound("certificate.not_found")
        certificate = found.certificate
        level = self._level_for(certificate)
        if certificate.source == ISSUED:
            raise RuleViolation("certificate.issued_here")
        if found.confirmation is not None:
            raise Conflict("certificate.already_confirmed", confirmed_on=found.confirmation.confirmed_on)
        if found.withdrawal is not None:
            raise RuleViolation("certificate.confirms_withdrawn")
        self._check_decision(certificate, order)
        if certificate.confidence == "press":
            self._becomes_decision(certificate, order)
        confirmation = CertificateConfirmation(
            certificate_id=certificate.id,
            basis=order.basis.value,
            note=order.note,
            confirmed_on=self.today,
            level=level.value,
            confirmed_by=self.actor.user_id,
        )
        self.session.add(confirmation)
        certificate.touch()
        certificate.updated_at = self.now
        # The unique keys speak here, and the product's recognition is read from the rows.
        await self.session.flush()
        await settle_products(self.session, self.actor, self.now, [certificate.product_id])
        await record(
            self.session,
            kind="certificate.confirmed",
            subject_type="certificate",
            subject_id=certificate.id,
            actor=self.actor,
            at=self.now,
            area_path=certificate.area_path,
            data={
                **told_of(certificate),
                "basis": order.basis.value,
                "level": level.value,
                "decision_number": certificate.decision_number,
                "decided_on": None if certificate.decided_on is None else certificate.decided_on.isoformat(),
            },
        )
        return replace(found, confirmation=confirmation)

    def _level_for(self, certificate: Certificate) -> Level:
        for level in (Level.PROVINCE, Level.CENTRAL):
            scope = self.actor.scope(Permission.CERTIFICATE_CONFIRM, levels={level})
            if scope.covers(area_path=certificate.area_path):
                return level
        raise Forbidden("auth.not_permitted", permission=Permission.CERTIFICATE_CONFIRM.value)

    @staticmethod
    def _check_decision(certificate: Certificate, order: CertificateConfirm) -> None:
        given = (order.decision_number, order.decided_on)
        if certificate.confidence == "press":
            if None in given:
                raise Invalid("certificate.report_needs_decision")
            return
        kept = (certificate.decision_number, certificate.decided_on)
        for said, stands in zip(given, kept, strict=True):
            if said is not None and said != stands:
                raise RuleViolation(
                    "certificate.confirms_other_decision",
                    decision_number=certificate.decision_number,
                    decided_on=certificate.decided_on,
                )

    def _becomes_decision(self, certificate: Certificate, order: CertificateConfirm) -> None:
        for name, value in term_by_decision(order.decided_on, certificate.stars, self.today).items():
            setattr(certificate, name, value)
        certificate.decision_number, certificate.decided_on = order.decision_number, order.decided_on
        certificate.confidence = "decision"
