"""The register of certificates: look up, and prove what happened."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateFilter
from ocop_api.db.paging import Rows
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.ledger.service import LedgerService, Proofs


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

    async def proofs(self, certificate_id: UUID, size: int | None) -> Proofs:
        """Proofs that what happened to a certificate lies in the ledger, for anybody.

        Raises:
            NotFound: ``certificate.not_found``; ``ledger.no_such_checkpoint``, no signed head covers
                ``size`` events.
            Unavailable: ``ledger.tree_incomplete``.
        """
        await self.get(certificate_id)
        ledger = LedgerService(self.session)
        return await ledger.proofs("certificate", certificate_id, kinds=policy.PROVEN_KINDS, size=size)

    def may_read_reason(self, certificate: Certificate) -> bool:
        """Whether the actor learns the reason of a withdrawal: who may read the product's dossiers."""
        return self.actor.scope(Permission.DOSSIER_READ).covers(
            area_path=certificate.area_path, producer_id=certificate.producer_id
        )

    def require(self, permission: Permission, level: Level, area_path: Sequence[str]) -> None:
        """Let only the authority in charge of exactly this level and area pass.

        Raises:
            Forbidden: ``auth.not_permitted``.
        """
        in_charge = level_in_charge(level, self.today)
        if not self.actor.scope(permission, levels={in_charge}).covers(area_path=area_path):
            raise Forbidden("auth.not_permitted", permission=permission.value)
