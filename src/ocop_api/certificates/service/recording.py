"""Recording many recognitions from before this system at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from ocop_api.certificates import policy
from ocop_api.certificates.policy import Term
from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.service.register import CertificateService, HistoricRecognition
from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain import regimes
from ocop_api.domain.certificate import CertificateNumber, issue
from ocop_api.domain.errors import Conflict, DomainError, Invalid
from ocop_api.ledger.recording import Happening, record_many
from ocop_api.places.service import PlaceService
from ocop_api.products.service import ProductService

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
    numbers: set[str]
    new: dict[_Key, dict[str, Any]] = field(default_factory=dict)
    happened: list[Happening] = field(default_factory=list)
    serials: dict[tuple[str, int], int] = field(default_factory=dict)
    places: dict[tuple[str, date], str] = field(default_factory=dict)


class RecordingService(CertificateService):
    """``record_recognition`` for many: the number of statements does not grow with the number of them."""

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
        numbers = {number for _, known in wanted if (number := _number(known)) is not None}
        work = _Work(products, standing, await self.certificates.numbers_in_use(numbers))
        answers: list[Recorded | DomainError] = []
        for product_id, known in wanted:
            try:
                answers.append(await self._one(work, product_id, known))
            except DomainError as error:
                answers.append(error)
        await self._write(work)
        await self._settle_many(work, records)
        return answers

    async def _one(self, work: _Work, product_id: UUID, known: HistoricRecognition) -> Recorded:
        key = (product_id, known.decision_number, known.decided_on, known.stars)
        number = _number(known)
        facts = self._facts(known)
        if key in work.new:
            return Recorded(work.new[key]["id"], changed=False)
        stands = work.standing.get(key)
        if stands is not None and not (stands.confidence == "press" and known.confidence == "decision"):
            return Recorded(stands.id, changed=False)
        if number is not None and number in work.numbers and (stands is None or stands.number != number):
            raise Conflict("certificate.number_taken", number=number)
        if number is not None:
            work.numbers.add(number)
            _note_serial(work, number)
        if stands is not None:
            self._upgrade(stands, {**facts, "number": number or stands.number})
            self._tell(work, stands.id, product_id, stands.area_path, known, number)
            return Recorded(stands.id, changed=True)
        values = await self._described(work, product_id, {**facts, "number": number})
        work.new[key] = values
        self._tell(work, values["id"], product_id, values["area_path"], known, number)
        return Recorded(values["id"], changed=True)

    def _facts(self, known: HistoricRecognition) -> dict[str, Any]:
        term: dict[str, Any] = dict.fromkeys(("regime", "level", "issued_on", "valid_until", "notice_from"))
        if known.confidence == "decision":
            if known.decided_on is None or known.decided_on > self.today:
                raise Invalid("certificate.record_undated", decided_on=known.decided_on)
            regime = regimes.regime_on(known.decided_on)
            term = {
                "regime": regime.code,
                "level": policy.recognising_level(regime, known.stars).value,
                **policy.term_of(issue(regime, known.decided_on)),
            }
        return {
            **term,
            "stars": known.stars,
            "decision_number": known.decision_number,
            "decided_on": known.decided_on,
            "issuing_authority": known.issuing_authority,
            "place": known.place,
            "source": known.source,
            "confidence": known.confidence,
        }

    def _upgrade(self, stands: Certificate, facts: dict[str, Any]) -> None:
        for name, value in facts.items():
            if value is not None:
                setattr(stands, name, value)
        stands.updated_at = self.now
        stands.touch()

    async def _described(self, work: _Work, product_id: UUID, facts: dict[str, Any]) -> dict[str, Any]:
        product, producer = work.products[product_id]
        address = producer.address
        if not address and producer.place_id is not None:
            asked = (producer.place_id, facts["decided_on"] or self.today)
            if asked not in work.places:
                place = await PlaceService(self.session).as_of(*asked)
                work.places[asked] = place.full_name
            address = work.places[asked]
        return {
            "id": uuid7(),
            "code": policy.new_code(),
            "product_id": product.id,
            "producer_id": producer.id,
            "product_name": product.name,
            "producer_name": producer.name,
            "producer_address": address or "",
            "area_path": list(product.area_path),
            "created_at": self.now,
            "updated_at": self.now,
            "version": 1,
            **facts,
        }

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
        for (issuer, year), serial in sorted(work.serials.items()):
            await self.certificates.reserve_serial(issuer, year, serial)
        await record_many(self.session, work.happened, actor=self.actor, at=self.now)

    async def _settle_many(self, work: _Work, before: Sequence[CertificateRecord]) -> None:
        records = await self.certificates.of_products(list(work.products)) if work.new else list(before)
        new = [pair for own in _by_product(records).values() for pair in _new_successions(own, self.today)]
        if new:
            await self.replace(new, records)
            records = await self.certificates.of_products(list(work.products))
        products = ProductService(self.session, self.actor, self.now)
        for product_id, own in _by_product(records).items():
            shown = policy.recognition_of([record.life for record in own], self.today)
            row = work.products[product_id][0]
            stored = (row.recognition_status, row.stars, row.stars_valid_until)
            if stored != (shown.status, shown.stars, shown.valid_until):
                await products.set_recognition(
                    product_id, stars=shown.stars, valid_until=shown.valid_until, status=shown.status
                )


def _key_of(certificate: Certificate) -> _Key:
    return (
        certificate.product_id,
        certificate.decision_number,
        certificate.decided_on,
        certificate.stars,
    )


def _number(known: HistoricRecognition) -> str | None:
    return None if known.number is None else policy.read_number(known.number)


def _note_serial(work: _Work, number: str) -> None:
    try:
        parsed = CertificateNumber.parse(number)
    except Invalid:
        # A number in a foreign format can never meet one of ours.
        return
    issuer = number.rpartition("-")[0].rpartition("-")[0]
    key = (issuer, parsed.year)
    work.serials[key] = max(work.serials.get(key, 0), parsed.serial)


def _by_product(records: Iterable[CertificateRecord]) -> dict[UUID, list[CertificateRecord]]:
    found: dict[UUID, list[CertificateRecord]] = {}
    for record in records:
        found.setdefault(record.certificate.product_id, []).append(record)
    return found


def _new_successions(records: Sequence[CertificateRecord], today: date) -> list[tuple[UUID, UUID, date]]:
    terms = [
        Term(certificate_id=r.certificate.id, issued_on=r.life.issued_on, valid_until=last_day)
        for r in records
        if r.withdrawal is None
        and r.life.issued_on is not None
        and (last_day := r.life.last_day(today)) is not None
    ]
    known = {r.certificate.id for r in records if r.supersession is not None}
    return [pair for pair in policy.successions(terms) if pair[0] not in known]
