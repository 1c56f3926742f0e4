"""Putting a batch of the list of products into the registers of producers, products and certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, Earlier, Prepared, RowOutcome, RowResult
from ocop_api.bulk.kinds.product_facts import ProductRow
from ocop_api.bulk.placing import FoundPlace, WrittenPlace
from ocop_api.certificates.service import HistoricRecognition, RecordingService
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain import regimes
from ocop_api.domain.actor import Permission
from ocop_api.domain.certificate import valid_until
from ocop_api.domain.errors import DomainError, Forbidden
from ocop_api.domain.vietnamese import fold
from ocop_api.places.service import Place
from ocop_api.producers.policy import province_of
from ocop_api.producers.schemas import Outcome, ProducerCreate, ProducerPrivate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ImportedFacts, ProductCreate
from ocop_api.products.service import ProductService


def product_keys(facts: ProductRow, found: FoundPlace) -> tuple[str, str]:
    """Keys of the product and of its producer within the file."""
    producer = f"{province_of(found.area_path)}|{fold(facts.producer_name)}"
    return f"{producer}|{fold(facts.product_name)}", producer


@dataclass(slots=True)
class _Line:
    """One row on its way."""

    row: Prepared[ProductRow]
    found: FoundPlace
    place: Place
    keys: tuple[str, str]
    remarks: list[Finding]
    owner: Producer | None = None
    owner_changed: bool = False
    product: Product | None = None
    outcome: Outcome = Outcome.UNCHANGED
    recorded: bool = False
    refusals: list[Finding] = field(default_factory=list)

    @property
    def facts(self) -> ProductRow:
        return self.row.facts


class ProductBatch:
    """The rows of one call; no two are about the same product."""

    def __init__(self, batch: Batch[ProductRow], places: Mapping[WrittenPlace, FoundPlace]) -> None:
        self._batch = batch
        self._places = places
        self._scope = batch.actor.scope(Permission.IMPORT_RUN)
        self._producers = ProducerService(batch.session, batch.actor, batch.now)
        self._products = ProductService(batch.session, batch.actor, batch.now)
        self._certificates = RecordingService(batch.session, batch.actor, batch.now)

    async def store(self) -> list[RowResult]:
        """What became of each row.

        Raises:
            RowRejectedError: the only row, or one of several that must be done one by one, because what
                was stored for a refused row is to be taken back with it.
        """
        results: dict[int, RowResult] = {}
        lines = []
        for row in self._batch.rows:
            line = self._line(row)
            if isinstance(line, RowResult):
                results[row.number] = line
            else:
                lines.append(line)
        await self._store_producers(lines)
        await self._store_products([line for line in lines if not line.refusals])
        refused = [line for line in lines if line.refusals]
        if refused:
            raise RowRejectedError(*refused[0].refusals)
        await self._recognise(lines)
        for line in lines:
            results[line.row.number] = _result(line)
        return [results[row.number] for row in self._batch.rows]

    def _line(self, row: Prepared[ProductRow]) -> _Line | RowResult:
        found = self._places[row.facts.place]
        if found.place is None:
            return RowResult(row.number, RowOutcome.REJECTED, found.findings)
        if not self._scope.covers(area_path=found.area_path):
            data = {"place": found.place.full_name}
            reason = Finding("province", "bulk.outside_your_area", data)
            return RowResult(row.number, RowOutcome.REJECTED, (reason,))
        keys = product_keys(row.facts, found)
        remarks = [*row.remarks, *found.findings]
        earlier = self._batch.earlier.get(keys[0])
        if earlier is not None:
            remarks.append(Finding("product_name", "bulk.duplicate_row", {"row": earlier.row_number}))
            if earlier.subject_id is None:
                # A dry run has taken back what the earlier row would have stored.
                return RowResult(row.number, RowOutcome.UNCHANGED, tuple(remarks))
        return _Line(row, found, found.place, keys, remarks)

    async def _store_producers(self, lines: Sequence[_Line]) -> None:
        """Give every line its producer: known from an earlier row, or registered from the first one here."""
        by_key: dict[str, list[_Line]] = {}
        for line in lines:
            by_key.setdefault(line.keys[1], []).append(line)
        bodies: dict[str, ProducerCreate] = {}
        for key, own in by_key.items():
            earlier = self._batch.earlier.get(key)
            known = await self._known_producer(earlier)
            place = _finest(known, own)
            if known is not None and place is None:
                _own(own, known, changed=False)
                continue
            first = own[0].facts
            bodies[key] = ProducerCreate(
                legal_form=first.legal_form if known is None else known.legal_form,
                name=first.producer_name if known is None else known.name,
                place_id=own[0].place.id if place is None else place.id,
                private=ProducerPrivate(source=first.source if known is None else None),
            )
        if not bodies:
            return
        answers = await self._producers.upsert_many(list(bodies.values()))
        for key, answer in zip(bodies, answers, strict=True):
            if isinstance(answer, DomainError):
                for line in by_key[key]:
                    line.refusals.append(_refusal(answer))
            else:
                _own(by_key[key], answer[0], changed=answer[1] is not Outcome.UNCHANGED)

    async def _known_producer(self, earlier: Earlier | None) -> Producer | None:
        if earlier is None or earlier.subject_id is None:
            return None
        return await self._producers.get(earlier.subject_id)

    async def _store_products(self, lines: Sequence[_Line]) -> None:
        """Register the products; a product code that another one has is left out with a remark."""
        wanted = [(line, await self._body(line)) for line in lines]
        for _ in range(2):
            if not wanted:
                return
            again = []
            answers = await self._products.upsert_many([body for _, body in wanted])
            for (line, body), answer in zip(wanted, answers, strict=True):
                if not isinstance(answer, DomainError):
                    line.product, line.outcome = answer
                elif answer.code == "products.product_code_taken" and body[1].product_code is not None:
                    data = {"value": body[1].product_code}
                    line.remarks.append(Finding("product_code", "bulk.product_code_taken", data))
                    again.append((line, (body[0], body[1].model_copy(update={"product_code": None}))))
                else:
                    line.refusals.append(_refusal(answer))
            wanted = again

    async def _body(self, line: _Line) -> tuple[ProductCreate, ImportedFacts]:
        facts, owner = line.facts, line.owner
        if owner is None:
            raise RowRejectedError(*line.refusals)
        values: dict[str, Any] = {
            "industry": facts.industry,
            "set_number": facts.set_number,
            "pack": facts.pack,
            "price_vnd": facts.price_vnd,
            "gtin": facts.gtin,
            # A place that contains the producer's says nothing of its own.
            "place_id": None if line.place.id in owner.area_path else line.place.id,
        }
        imported: dict[str, Any] = {
            "source": facts.source,
            "confidence": facts.confidence,
            "product_code": facts.product_code,
        }
        name = facts.product_name
        earlier = self._batch.earlier.get(line.keys[0])
        if earlier is not None and earlier.subject_id is not None:
            # Two spellings of one product in a file must not overwrite each other in turn.
            known = await self._products.get(earlier.subject_id)
            name = known.name
            values = {key: value for key, value in values.items() if getattr(known, key) is None}
            imported = {key: value for key, value in imported.items() if getattr(known, key) is None}
        given = {key: value for key, value in values.items() if value is not None}
        body = ProductCreate.model_validate({"producer_id": owner.id, "name": name, **given})
        # The product is written with its recognition at once; the register of certificates confirms it.
        return body, ImportedFacts.model_validate({**imported, **_shown(facts)})

    async def _recognise(self, lines: Sequence[_Line]) -> None:
        """Record the recognitions the rows may claim; a number that another one bears is left out."""
        wanted = [
            (line, _recognition(line))
            for line in lines
            if line.facts.recognition != "none" and line.product is not None
        ]
        for _ in range(2):
            if not wanted:
                return
            again = []
            asked = [(line.product.id, known) for line, known in wanted if line.product is not None]
            answers = await self._certificates.record_recognitions(asked)
            for (line, known), answer in zip(wanted, answers, strict=True):
                if not isinstance(answer, DomainError):
                    line.recorded = answer.changed
                elif answer.code == "certificate.number_taken" and known.number is not None:
                    data = {"value": known.number}
                    line.remarks.append(Finding("certificate_no", "bulk.certificate_no_taken", data))
                    again.append((line, _without_number(known)))
                else:
                    raise RowRejectedError(_refusal(answer))
            wanted = again


def _finest(known: Producer | None, lines: Sequence[_Line]) -> Place | None:
    """The place that the rows know more exactly than the producer; None when they add nothing."""
    place_id = lines[0].place.id if known is None else known.place_id
    finest = lines[0].place if known is None else None
    for line in lines:
        if line.place.id != place_id and (place_id is None or place_id in line.place.path):
            place_id, finest = line.place.id, line.place
    return finest


def _own(lines: Sequence[_Line], owner: Producer, *, changed: bool) -> None:
    for line in lines:
        line.owner = owner
    lines[0].owner_changed = changed


def _recognition(line: _Line) -> HistoricRecognition:
    facts = line.facts
    decided = facts.recognition == "decision"
    if decided and facts.decided_on is not None:
        try:
            months = regimes.regime_on(facts.decided_on).certificate.months
        except DomainError as error:
            line.remarks.append(Finding("decision_date", error.code, error.data))
            decided = False
        else:
            last_day = valid_until(facts.decided_on, months)
            if facts.expires_on not in {None, last_day}:
                data = {"given": facts.expires_on, "computed": last_day, "months": months}
                line.remarks.append(Finding("expiry_date", "bulk.expiry_differs", data, last_day.isoformat()))
    return HistoricRecognition(
        stars=facts.stars or 0,
        source=facts.source or "import",
        confidence="decision" if decided else "press",
        decision_number=facts.decision_number,
        decided_on=facts.decided_on,
        number=facts.certificate_number,
        issuing_authority=facts.issuing_authority,
    )


def _shown(facts: ProductRow) -> dict[str, Any]:
    if facts.recognition == "none":
        return {}
    if facts.recognition == "decision" and facts.decided_on is not None:
        try:
            months = regimes.regime_on(facts.decided_on).certificate.months
        except DomainError:
            pass
        else:
            last_day = valid_until(facts.decided_on, months)
            return {"recognition": "valid", "stars": facts.stars, "stars_valid_until": last_day}
    return {"recognition": "reported", "stars": facts.stars}


def _without_number(known: HistoricRecognition) -> HistoricRecognition:
    values = {name: getattr(known, name) for name in known.__dataclass_fields__}
    return HistoricRecognition(**{**values, "number": None})


def _refusal(error: DomainError) -> Finding:
    if isinstance(error, Forbidden):
        return Finding(None, "bulk.outside_your_area", {"place": "—"})
    column = {"products.gtin_taken": "gtin", "products.gtin_invalid": "gtin"}.get(error.code)
    return Finding(column, error.code, error.data)


def _result(line: _Line) -> RowResult:
    outcome = RowOutcome(line.outcome.value)
    if outcome is RowOutcome.UNCHANGED and (line.owner_changed or line.recorded):
        outcome = RowOutcome.UPDATED
    subjects: dict[str, UUID] = {}
    if line.product is not None:
        subjects["product"] = line.product.id
    if line.owner is not None:
        subjects["producer"] = line.owner.id
    keys = dict(zip(line.keys, (subjects.get("product"), subjects.get("producer")), strict=True))
    return RowResult(line.row.number, outcome, tuple(line.remarks), subjects, keys)
