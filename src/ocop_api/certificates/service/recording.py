"""Recording recognitions from before this system, one or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.numbers_repository import NumberRepository
from ocop_api.certificates.repository import CertificateRepository
from ocop_api.certificates.service.describing import Describer
from ocop_api.certificates.service.settling import settle_products
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor
from ocop_api.domain.certificate import issue
from ocop_api.domain.certificate_number import CertificateNumber, read_number
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, DomainError, Invalid
from ocop_api.ledger.recording import Happening, record_many
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


_Key = tuple[UUID, str | None, date | None, int]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recognition that stands now; ``changed`` when this call recorded it or found the decision for it."""

    certificate_id: UUID
    changed: bool


@dataclass(slots=True)
class _Work:
    """What one call has found and will write."""

    products: dict[UUID, tuple[Product, Producer]]
    standing: dict[_Key, Certificate]
    borne: dict[str | tuple[str, int, int], UUID]
    """Who bears which of the numbers."""
    new: dict[_Key, dict[str, Any]] = field(default_factory=dict)
    happened: list[Happening] = field(default_factory=list)
    numbers: dict[UUID, CertificateNumber] = field(default_factory=dict)


def term_by_decision(decided_on: date | None, stars: int, today: date) -> dict[str, Any]:
    """Regime, level and term that a decision of a day gives.

    Raises:
        Invalid: ``certificate.record_undated``, no day or one that has not come.
        RuleViolation: ``certificate.stars_not_certified``, ``regimes.before_first_regime``.
    """
    if decided_on is None or decided_on > today:
        raise Invalid("certificate.record_undated", decided_on=decided_on)
    regime = regimes.regime_on(decided_on)
    return {
        "regime": regime.code,
        "level": policy.recognising_level(regime, stars).value,
        **policy.term_of(issue(regime, decided_on)),
    }


class RecordingService:
    """Records recognitions for one actor at one moment; statements do not grow with their number."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        self.certificates = CertificateRepository(session)
        self._numbers = NumberRepository(session)
        self._describer = Describer(session, now)

    async def record_recognition(self, product_id: UUID, known: HistoricRecognition) -> UUID:
        """As ``record_recognitions`` for one; what is refused is raised."""
        (answer,) = await self.record_recognitions([(product_id, known)])
        if isinstance(answer, DomainError):
            raise answer
        return answer.certificate_id

    async def record_recognitions(
        self, wanted: Sequence[tuple[UUID, HistoricRecognition]]
    ) -> list[Recorded | DomainError]:
        """Keep recognitions, each of a product; the same ones again change nothing.

        The natural key is product, decision number, decision date and stars. A report of which the
        decision is now at hand becomes the decision, with its term and number. The products'
        recognitions follow.

        Returns:
            For each, in order, what stands now, or its refusal: ``Invalid`` ``certificate.record_undated``;
            ``RuleViolation`` ``certificate.stars_not_certified``, ``regimes.before_first_regime``;
            ``Conflict`` ``certificate.number_taken``.

        Raises:
            NotFound: ``products.unknown``.
        """
        ids = sorted({product_id for product_id, _ in wanted})
        # Two certificates of one product settle one after the other, and the second sees the first.
        products = await self.certificates.lock_products(ids)
        missing = [product_id for product_id in ids if product_id not in products]
        if missing:
            await ProductService(self.session, self.actor, self.now).get(missing[0])
        records = await self.certificates.of_products(ids)
        standing = {_key_of(record.certificate): record.certificate for record in records}
        texts = {known.number for _, known in wanted if known.number is not None}
        read = [number for text in texts if (number := read_number(text)) is not None]
        await self._numbers.hold(read)
        printed = {str(policy.number_columns(text)["number"]) for text in texts}
        work = _Work(products, standing, await self._numbers.in_use(printed, read))
        answers: list[Recorded | DomainError] = []
        for product_id, known in wanted:
            try:
                answers.append(await self._one(work, product_id, known))
            except DomainError as error:
                answers.append(error)
        await self._write(work)
        return answers

    async def _one(self, work: _Work, product_id: UUID, known: HistoricRecognition) -> Recorded:
        key = (product_id, known.decision_number, known.decided_on, known.stars)
        facts = self._facts(known)
        if key in work.new:
            return Recorded(work.new[key]["id"], changed=False)
        stands = work.standing.get(key)
        if stands is not None and not (stands.confidence == "press" and known.confidence == "decision"):
            return Recorded(stands.id, changed=False)
        number = facts["number"]
        if known.number is not None:
            bearer = work.borne.get(policy.number_key(known.number)) or work.borne.get(number)
            if bearer is not None and (stands is None or bearer != stands.id):
                raise Conflict("certificate.number_taken", number=number)
        if stands is not None:
            self._upgrade(stands, facts)
            self._claim(work, stands.id, known.number)
            self._tell(work, stands.id, product_id, stands.area_path, known, number)
            return Recorded(stands.id, changed=True)
        product, producer = work.products[product_id]
        values = await self._describer.row(product, producer, known.decided_on or self.today, facts)
        work.new[key] = values
        self._claim(work, values["id"], known.number)
        self._tell(work, values["id"], product_id, values["area_path"], known, number)
        return Recorded(values["id"], changed=True)

    @staticmethod
    def _claim(work: _Work, certificate_id: UUID, text: str | None) -> None:
        if text is None:
            return
        work.borne[policy.number_key(text)] = certificate_id
        number = read_number(text)
        if number is not None:
            work.numbers[certificate_id] = number

    def _facts(self, known: HistoricRecognition) -> dict[str, Any]:
        term: dict[str, Any] = dict.fromkeys(("regime", "level", "issued_on", "valid_until", "notice_from"))
        if known.confidence == "decision":
            term = term_by_decision(known.decided_on, known.stars, self.today)
        return {
            **term,
            "stars": known.stars,
            "decision_number": known.decision_number,
            "decided_on": known.decided_on,
            "issuing_authority": known.issuing_authority,
            "place": known.place,
            "source": known.source,
            "confidence": known.confidence,
            **policy.number_columns(known.number),
        }

    def _upgrade(self, stands: Certificate, facts: dict[str, Any]) -> None:
        renumbered = facts["number"] is not None
        for name, value in facts.items():
            # A number is written in all its parts or not at all.
            if value is not None or (renumbered and name.startswith("number_")):
                setattr(stands, name, value)
        stands.updated_at = self.now
        stands.touch()

    def _tell(
        self,
        work: _Work,
        certificate_id: UUID,
        product_id: UUID,
        area_path: Sequence[str],
        known: HistoricRecognition,
        number: str | None,
    ) -> None:
        data = {
            "number": number,
            "product_id": str(product_id),
            "stars": known.stars,
            "confidence": known.confidence,
        }
        work.happened.append(
            Happening("certificate.recorded", "certificate", certificate_id, data, tuple(area_path))
        )

    async def _write(self, work: _Work) -> None:
        # Decisions found for reports must be there when the products' recognitions are read.
        await self.session.flush()
        await insert_rows(self.session, Certificate, list(work.new.values()))
        await self._numbers.reserve(work.numbers, self.now)
        await record_many(self.session, work.happened, actor=self.actor, at=self.now)
        await settle_products(self.session, self.actor, self.now, work.products)


def _key_of(certificate: Certificate) -> _Key:
    return (
        certificate.product_id,
        certificate.decision_number,
        certificate.decided_on,
        certificate.stars,
    )
