"""Issuing: the deciding authority recognises a rated dossier, and the certificate comes into being."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateIssue
from ocop_api.certificates.service.issuers import Issuer, issuer_of
from ocop_api.certificates.service.register import CertificateService
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.certificate import CertificateNumber, issue
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import Acting, Action, Level, Party, State, forwarding
from ocop_api.domain.errors import Conflict, RuleViolation
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService


class IssuingService:
    """Issues certificates for one actor at one moment."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        self.register = CertificateService(session, actor, now)
        self.certificates = CertificateRepository(session)

    async def issue(self, order: CertificateIssue) -> CertificateRecord:
        """Recognise a rated dossier and issue its certificate (Decision 26/2026, Art. 4).

        Raises:
            NotFound: the dossier is not visible.
            Forbidden: ``auth.not_permitted``, not the deciding authority of the dossier's level and area.
            RuleViolation: the dossier is not at this step or its result is not a recognition; a date
                that cannot be (``certificate.decided_*``).
            Conflict: ``certificate.already_issued``.
        """
        dossiers = DossierService(self.session, self.actor, self.now)
        # The row lock makes the second of two authorities wait, and then find the dossier recognised.
        dossier = await dossiers.get(order.dossier_id, lock=True)
        level, regime = Level(dossier.level), regimes.regime(dossier.regime)
        self.register.require(Permission.CERTIFICATE_ISSUE, level, dossier.area_path)
        if dossier.state == State.RECOGNISED:
            raise Conflict("certificate.already_issued")
        if dossier.points is None:
            raise RuleViolation("certificate.result_missing")
        policy.check_decided_on(order.decided_on, lodged_on=dossier.lodged_on, today=self.today)
        outcome = forwarding(
            regime, level, dossier.points, dossier.star or 1, remanded=dossier.state == State.REMANDED
        )
        await dossiers.advance(
            dossier,
            Action.RECOGNISE,
            acting={Acting(Party.AUTHORITY, level)},
            satisfied={outcome.guard},
            data={"decision_number": order.decision_number, "decided_on": order.decided_on.isoformat()},
        )
        facts = issue(regime, order.decided_on)
        issuer = await issuer_of(PlaceService(self.session), level, dossier.area_path, order.decided_on)
        number = await self._allot_number(issuer, order.decided_on.year)
        certificate = await self.register.describe(
            dossier.product_id,
            number=number,
            dossier_id=dossier.id,
            regime=regime.code,
            level=level.value,
            stars=outcome.star,
            decision_number=order.decision_number,
            decided_on=order.decided_on,
            issuing_authority=order.issuing_authority or issuer.authority,
            signer_title=order.signed_by_title,
            place=issuer.place,
            source="issued",
            confidence="decision",
            **policy.term_of(facts),
        )
        row = Certificate(**certificate)
        self.session.add(row)
        # The unique constraints speak here, and the supersession below refers to the row.
        await self.session.flush()
        await self.register.settle(row.product_id)
        await record(
            self.session,
            kind="certificate.issued",
            subject_type="certificate",
            subject_id=row.id,
            actor=self.actor,
            at=self.now,
            area_path=row.area_path,
            data={
                "number": row.number,
                "product_id": str(row.product_id),
                "producer_id": str(row.producer_id),
                "dossier_id": str(dossier.id),
                "stars": row.stars,
                "decision_number": row.decision_number,
                "decided_on": order.decided_on.isoformat(),
                "valid_until": facts.valid_until.isoformat(),
            },
        )
        return CertificateRecord(row, None, None)

    async def _allot_number(self, issuer: Issuer, year: int) -> str:
        serial = await self.certificates.next_serial(issuer.prefix, year)
        return str(
            CertificateNumber(
                level=issuer.level,
                serial=serial,
                year=year,
                province=issuer.province,
                district=issuer.district,
            )
        )
