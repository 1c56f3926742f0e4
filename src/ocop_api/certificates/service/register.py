"""The register of certificates: look up, record what came before, settle what a product holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.policy import Term
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateFilter
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.certificate import CertificateNumber, issue
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.producers.service import ProducerService
from ocop_api.products.service import ProductService


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricRecognition:
    """A recognition from before this system, as an importer knows it.

    ``confidence`` ``decision`` needs ``decided_on`` and carries a term; ``press`` is a report without one.
    ``source`` says where it was read (a file, an address).
    """

    stars: int
    source: str
    confidence: Literal["decision", "press"]
    decision_number: str | None = None
    decided_on: date | None = None
    number: str | None = None
    issuing_authority: str | None = None
    place: str | None = None


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

    async def record_recognition(self, product_id: UUID, known: HistoricRecognition) -> UUID:
        """Keep a recognition from before this system; the same one twice changes nothing.

        The natural key is product, decision number, decision date and stars. A dated decision gets the
        term of the regime of its day; a report gets none. The product's recognition follows.

        Raises:
            Invalid: ``certificate.record_undated``.
            RuleViolation: ``certificate.stars_not_certified``, ``regimes.before_first_regime``.
            Conflict: ``certificate.number_taken``, another recognition bears the number.
        """
        values: dict[str, Any] = {"regime": None, "level": None}
        number = None if known.number is None else policy.read_number(known.number)
        if known.confidence == "decision":
            if known.decided_on is None or known.decided_on > self.today:
                raise Invalid("certificate.record_undated", decided_on=known.decided_on)
            regime = regimes.regime_on(known.decided_on)
            values = {
                "regime": regime.code,
                "level": policy.recognising_level(regime, known.stars).value,
                **policy.term_of(issue(regime, known.decided_on)),
            }
        values |= {
            "number": number,
            "stars": known.stars,
            "decision_number": known.decision_number,
            "decided_on": known.decided_on,
            "issuing_authority": known.issuing_authority,
            "place": known.place,
            "source": known.source,
            "confidence": known.confidence,
        }
        described = await self.describe(product_id, **values)
        added = await self.certificates.add_recorded(
            {**described, "version": 1, "created_at": self.now, "updated_at": self.now}
        )
        if added is None:
            return await self.certificates.find_recorded(
                product_id, known.decision_number, known.decided_on, known.stars
            )
        await self.settle(product_id)
        await self._reserve(number)
        await record(
            self.session,
            kind="certificate.recorded",
            subject_type="certificate",
            subject_id=added,
            actor=self.actor,
            at=self.now,
            area_path=described["area_path"],
            data={
                "number": number,
                "product_id": str(product_id),
                "stars": known.stars,
                "confidence": known.confidence,
            },
        )
        return added

    def require(self, permission: Permission, level: Level, area_path: Sequence[str]) -> None:
        """Let only the authority in charge of exactly this level and area pass.

        Raises:
            Forbidden: ``auth.not_permitted``.
        """
        in_charge = level_in_charge(level, self.today)
        if not self.actor.scope(permission, levels={in_charge}).covers(area_path=area_path):
            raise Forbidden("auth.not_permitted", permission=permission.value)

    async def _reserve(self, number: str | None) -> None:
        if number is None:
            return
        try:
            parsed = CertificateNumber.parse(number)
        except Invalid:
            # A number in a foreign format can never meet one of ours.
            return
        prefix, _, _ = number.rpartition("-")
        await self.certificates.reserve_serial(prefix.rpartition("-")[0], parsed.year, parsed.serial)

    async def describe(self, product_id: UUID, **facts: Any) -> dict[str, Any]:
        """The row of a new certificate: its facts and the names as they read today."""
        product = await ProductService(self.session, self.actor, self.now).get(product_id)
        producer = await ProducerService(self.session, self.actor, self.now).get(product.producer_id)
        address = producer.address or await self._unit_of(producer.place_id, facts.get("decided_on"))
        return {
            "id": uuid7(),
            "code": policy.new_code(),
            "product_id": product.id,
            "producer_id": producer.id,
            "product_name": product.name,
            "producer_name": producer.name,
            "producer_address": address,
            "area_path": list(product.area_path),
            "created_at": self.now,
            "updated_at": self.now,
            **facts,
        }

    async def _unit_of(self, place_id: str | None, decided_on: date | None) -> str:
        # Without a street the administrative unit of the day still says where the producer is.
        if place_id is None:
            return ""
        return (await PlaceService(self.session).as_of(place_id, decided_on or self.today)).full_name

    async def settle(self, product_id: UUID) -> None:
        """Bring supersessions and the product's recognition up to what its certificates now say."""
        products = ProductService(self.session, self.actor, self.now)
        # Two certificates of one product settle one after the other, and the second sees the first.
        await products.get(product_id, lock=True)
        records = await self.certificates.of_product(product_id)
        terms = [
            Term(certificate_id=r.certificate.id, issued_on=r.life.issued_on, valid_until=last_day)
            for r in records
            if r.withdrawal is None
            and r.life.issued_on is not None
            and (last_day := r.life.last_day(self.today)) is not None
        ]
        known = {r.certificate.id for r in records if r.supersession is not None}
        new = [pair for pair in policy.successions(terms) if pair[0] not in known]
        if new:
            await self.certificates.supersede(new, self.now)
            records = await self.certificates.of_product(product_id)
        recognition = policy.recognition_of([r.life for r in records], self.today)
        await products.set_recognition(
            product_id,
            stars=recognition.stars,
            valid_until=recognition.valid_until,
            status=recognition.status,
        )
