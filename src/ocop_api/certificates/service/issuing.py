"""Issuing: the deciding authority recognises a rated dossier, and the certificate comes into being."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.appeals_repository import AppealRepository
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateIssue
from ocop_api.certificates.service.issuers import Issuer, issuer_of
from ocop_api.certificates.service.register import CertificateService
from ocop_api.certificates.standing import Standing
from ocop_api.db.tables.appeals import Appeal
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.certificate import CertificateNumber, issue
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import Acting, Action, Level, Outcome, Party, State, forwarding
from ocop_api.domain.errors import Conflict, RuleViolation
from ocop_api.dossiers.service import DossierService
from ocop_api.dossiers.service.files import standing_stars
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
                that cannot be (``certificate.decided_*``); after an appeal ``certificate.no_more_stars``
                and ``certificate.contested_ended``.
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
        appeal = await AppealRepository(self.session).leading_to_rating(dossier.id)
        if appeal is not None:
            await self._check_after_appeal(dossier, appeal, outcome, order)
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
            appeal_id=None if appeal is None else appeal.id,
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
                "appeal_id": None if appeal is None else str(appeal.id),
                "stars": row.stars,
                "decision_number": row.decision_number,
                "decided_on": order.decided_on.isoformat(),
                "valid_until": facts.valid_until.isoformat(),
            },
        )
        # After it, so that whoever follows the changes knows a successor before it is named as one.
        await self.register.settle(row.product_id)
        return CertificateRecord(row, None, None)

    async def _check_after_appeal(
        self, dossier: Dossier, appeal: Appeal, outcome: Outcome, order: CertificateIssue
    ) -> None:
        """Refuse to recognise by a rating after an appeal what does not better what is recognised.

        An appeal never makes it worse: with as many stars or fewer the recognition is confirmed instead.
        """
        if appeal.decided_on is not None and order.decided_on < appeal.decided_on:
            raise RuleViolation(
                "certificate.decided_before_appeal", decided_on=order.decided_on, appeal_on=appeal.decided_on
            )
        held = standing_stars(dossier)
        if not held:
            return
        if outcome.star <= held:
            raise RuleViolation("certificate.no_more_stars", stars=outcome.star, held=held)
        contested = await self.certificates.of_dossier(dossier.id, None)
        standing = None if contested is None else contested.life.standing(self.today)
        if standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
            raise RuleViolation("certificate.contested_ended", standing=standing.value)

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
