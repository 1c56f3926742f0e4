"""Putting one readable row into the registers of producers, products and certificates."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.placing import FoundPlace
from ocop_api.bulk.policy import Finding, RowFacts, RowRejectedError
from ocop_api.certificates.service import CertificateService, HistoricRecognition
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.db.violations import as_domain_error
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.certificate import valid_until
from ocop_api.domain.errors import Conflict, DomainError
from ocop_api.places.service import Place
from ocop_api.producers.schemas import Outcome, ProducerCreate, ProducerPrivate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ImportedFacts, ProductCreate
from ocop_api.products.service import ProductService


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier row of the file about the same producer or product, and what it stored."""

    row_number: int
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What a row changed, and what is to be said about it."""

    outcome: Outcome
    producer_id: UUID | None
    product_id: UUID | None
    remarks: tuple[Finding, ...]


class RowStore:
    """Stores rows for one actor at one instant, in the caller's transaction."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._scope = actor.scope(Permission.IMPORT_RUN)
        self._producers = ProducerService(session, actor, now)
        self._products = ProductService(session, actor, now)
        self._certificates = CertificateService(session, actor, now)

    async def store(
        self, facts: RowFacts, found: FoundPlace, *, producer: Earlier | None, product: Earlier | None
    ) -> StoredRow:
        """Store a row as the importing person.

        A row about a product that an earlier row of the file stored only fills gaps, so that two
        spellings of one product do not overwrite each other in turn.

        Raises:
            RowRejectedError: ``bulk.province_unknown``, ``bulk.outside_your_area``.
            DomainError: what the registers refuse.
        """
        if found.place is None:
            raise RowRejectedError(*found.findings)
        if not self._scope.covers(area_path=found.area_path):
            data = {"place": found.place.full_name}
            raise RowRejectedError(Finding("province", "bulk.outside_your_area", data))
        remarks = [*facts.remarks, *found.findings]
        if product is not None:
            remarks.append(Finding("product_name", "bulk.duplicate_row", {"row": product.row_number}))
        if product is not None and product.subject_id is None:
            # A dry run has taken back what the earlier row would have stored.
            return StoredRow(Outcome.UNCHANGED, None, None, tuple(remarks))
        owner, owner_changed = await self._producer(facts, found.place, producer)
        stored, outcome = await self._product(facts, found.place, owner, product, remarks)
        created = outcome is Outcome.CREATED
        recorded = await self._recognise(stored.id, facts, remarks, created=created)
        if outcome is Outcome.UNCHANGED and (owner_changed or recorded):
            outcome = Outcome.UPDATED
        return StoredRow(outcome, owner.id, stored.id, tuple(remarks))

    async def _producer(
        self, facts: RowFacts, place: Place, earlier: Earlier | None
    ) -> tuple[Producer, bool]:
        body = ProducerCreate(
            legal_form=facts.legal_form,
            name=facts.producer_name,
            place_id=place.id,
            private=ProducerPrivate(source=facts.source),
        )
        if earlier is not None and earlier.subject_id is not None:
            known = await self._producers.get(earlier.subject_id)
            if known.place_id == place.id or known.place_id not in place.path:
                return known, False
            # This row knows the place of the same producer more exactly, and nothing else is taken.
            body = ProducerCreate.model_validate(
                {"legal_form": known.legal_form, "name": known.name, "place_id": place.id}
            )
        row, outcome = await self._producers.upsert(body)
        return row, outcome is not Outcome.UNCHANGED

    async def _product(
        self, facts: RowFacts, place: Place, owner: Producer, earlier: Earlier | None, remarks: list[Finding]
    ) -> tuple[Product, Outcome]:
        values = {
            "industry": facts.industry,
            "pack": facts.pack,
            "price_vnd": facts.price_vnd,
            # A place that contains the producer's says nothing of its own.
            "place_id": None if place.id in owner.area_path else place.id,
        }
        imported = {
            "source": facts.source,
            "confidence": facts.confidence,
            "product_code": facts.product_code,
        }
        name = facts.product_name
        if earlier is not None and earlier.subject_id is not None:
            known = await self._products.get(earlier.subject_id)
            name = known.name
            values = {key: value for key, value in values.items() if getattr(known, key) is None}
            imported = {key: value for key, value in imported.items() if getattr(known, key) is None}
        body = ProductCreate.model_validate({"producer_id": owner.id, "name": name, **values})
        if imported.get("product_code") is None:
            return await self._products.upsert(body, ImportedFacts.model_validate(imported))
        try:
            async with self._session.begin_nested():
                return await self._products.upsert(body, ImportedFacts.model_validate(imported))
        except Conflict as refused:
            if refused.code != "products.product_code_taken":
                raise
        remarks.append(Finding("product_code", "bulk.product_code_taken", {"value": facts.product_code}))
        imported["product_code"] = None
        return await self._products.upsert(body, ImportedFacts.model_validate(imported))

    async def _recognise(
        self, product_id: UUID, facts: RowFacts, remarks: list[Finding], *, created: bool
    ) -> bool:
        """Record the recognition the row may claim; tell whether that is new."""
        if facts.recognition == "none" or facts.stars is None:
            return False
        # What this row has just created holds nothing yet.
        held = [] if created else await self._certificates.of_product(product_id)
        decided = facts.recognition == "decision"
        if decided and facts.decided_on is not None:
            try:
                months = regimes.regime_on(facts.decided_on).certificate.months
            except DomainError as error:
                remarks.append(Finding("decision_date", error.code, error.data))
                decided = False
            else:
                last_day = valid_until(facts.decided_on, months)
                if facts.expires_on not in {None, last_day}:
                    data = {"given": facts.expires_on, "computed": last_day, "months": months}
                    remarks.append(Finding("expiry_date", "bulk.expiry_differs", data, last_day.isoformat()))
        number = facts.certificate_number
        try:
            recorded = await self._record(product_id, facts, decided=decided, number=number)
        except DBAPIError as error:
            refused = as_domain_error(error)
            if refused is None or refused.code != "certificate.number_taken":
                raise
            remarks.append(Finding("certificate_no", "bulk.certificate_no_taken", {"value": number}))
            recorded = await self._record(product_id, facts, decided=decided, number=None)
        return all(known.certificate.id != recorded for known in held)

    async def _record(self, product_id: UUID, facts: RowFacts, *, decided: bool, number: str | None) -> UUID:
        known = HistoricRecognition(
            stars=facts.stars or 0,
            source=facts.source or "import",
            confidence="decision" if decided else "press",
            decision_number=facts.decision_number,
            decided_on=facts.decided_on,
            number=number,
            issuing_authority=facts.issuing_authority,
        )
        if number is None:
            return await self._certificates.record_recognition(product_id, known)
        async with self._session.begin_nested():
            return await self._certificates.record_recognition(product_id, known)
