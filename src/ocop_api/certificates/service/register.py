"""The register of certificates: look up and withdraw."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateFilter, CertificateWithdraw
from ocop_api.certificates.service.settling import settle_products
from ocop_api.db.paging import Rows
from ocop_api.db.tables.certificates import Certificate, CertificateWithdrawal
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.certificate import withdrawal_due, withdrawal_level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, Forbidden, NotFound
from ocop_api.ledger.recording import record


class CertificateService:
    """Certificates for one actor at one moment. The register itself is public."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        self.certificates = CertificateRepository(session)

    async def get(self, certificate_id: UUID, *, lock: bool = False) -> CertificateRecord:
        """One certificate; ``NotFound`` ``certificate.not_found`` otherwise."""
        found = await self.certificates.get(certificate_id, lock=lock)
        if found is None:
            raise NotFound("certificate.not_found")
        return found

    async def page(self, wanted: CertificateFilter) -> tuple[Rows, list[CertificateRecord]]:
        """One page of the register as it stands today."""
        return await self.certificates.page(wanted, self.today)

    async def of_product(self, product_id: UUID) -> list[CertificateRecord]:
        """All certificates of a product, for the features above; empty when it has none."""
        return await self.certificates.of_product(product_id)

    def may_read_reason(self, certificate: Certificate) -> bool:
        """Whether the actor learns the reason of a withdrawal: who may read the product's dossiers."""
        return self.actor.scope(Permission.DOSSIER_READ).covers(
            area_path=certificate.area_path, producer_id=certificate.producer_id
        )

    async def withdraw(self, certificate_id: UUID, order: CertificateWithdraw) -> CertificateRecord:
        """Take a certificate back, with effect from today (Decision 26/2026, Art. 8).

        Raises:
            NotFound: ``certificate.not_found``.
            Forbidden: ``auth.not_permitted``, not the authority that withdraws this rank in this area.
            Conflict: ``certificate.already_withdrawn``.
            RuleViolation: ``certificate.not_in_force``, ``certificate.conclusion_*``.
        """
        found = await self.get(certificate_id, lock=True)
        certificate = found.certificate
        regime = regimes.regime_on(self.today)
        level = withdrawal_level(regime, certificate.stars)
        self.require(Permission.CERTIFICATE_WITHDRAW, level, certificate.area_path)
        if found.withdrawal is not None:
            raise Conflict("certificate.already_withdrawn")
        policy.check_withdrawal(found.life, concluded_on=order.concluded_on, today=self.today)
        withdrawal = CertificateWithdrawal(
            certificate_id=certificate.id,
            withdrawn_on=self.today,
            ground=order.ground.value,
            reason=order.reason,
            concluded_on=order.concluded_on,
            decision_number=order.decision_number,
        )
        self.session.add(withdrawal)
        certificate.touch()
        certificate.updated_at = self.now
        # The product's recognition below is read from the rows.
        await self.session.flush()
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
                "number": certificate.number,
                "product_id": str(certificate.product_id),
                "producer_id": str(certificate.producer_id),
                "stars": certificate.stars,
                "ground": order.ground.value,
                "concluded_on": order.concluded_on.isoformat(),
                "due_on": withdrawal_due(regime, order.concluded_on).isoformat(),
            },
        )
        return replace(found, withdrawal=withdrawal)

    def require(self, permission: Permission, level: Level, area_path: Sequence[str]) -> None:
        """Let only the authority in charge of exactly this level and area pass.

        Raises:
            Forbidden: ``auth.not_permitted``.
        """
        in_charge = level_in_charge(level, self.today)
        if not self.actor.scope(permission, levels={in_charge}).covers(area_path=area_path):
            raise Forbidden("auth.not_permitted", permission=permission.value)
