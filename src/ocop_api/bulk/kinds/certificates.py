"""Recognitions decided before this system, for products that are registered already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ocop_api.bulk.columns import Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ImportKind, Prepared, ReadRow, RowOutcome, RowResult
from ocop_api.bulk.kinds.product_reference import (
    PRODUCT_COLUMNS,
    ProductFinder,
    ProductReference,
    reference_of,
)
from ocop_api.bulk.kinds.refusing import before_writing, refused_at
from ocop_api.certificates.service import (
    CertificateRecord,
    CertificateService,
    HistoricRecognition,
    RecordingService,
)
from ocop_api.domain import regimes
from ocop_api.domain.actor import Permission
from ocop_api.domain.certificate import valid_until
from ocop_api.domain.errors import DomainError
from ocop_api.domain.vietnamese import fold

_AT = {
    "certificate.number_taken": "certificate_no",
    "certificate.stars_not_certified": "stars",
    "certificate.record_undated": "decision_date",
}


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A decision of recognition (*quyết định công nhận*) as a row tells it."""

    product: ProductReference
    known: HistoricRecognition
    decided_on: date


class CertificateKind(ImportKind[CertificateFacts]):
    """Certificates of the years before, one product and decision per row."""

    name = "certificates"
    title_vi = "Giấy chứng nhận OCOP"
    title_en = "OCOP certificates"
    natural_key_vi = "Nhận biết bằng sản phẩm, số quyết định, ngày quyết định và hạng sao."
    natural_key_en = "A row is recognised by product, number and date of the decision, and stars."
    urls = {"certificate": "/v1/certificates/{id}", "product": "/v1/products/{id}"}  # noqa: RUF012 - never changed
    columns = (
        *PRODUCT_COLUMNS,
        Column(
            name="stars",
            title_vi="Hạng sao",
            title_en="Stars",
            synonyms=("số sao",),
            type=ColumnType.STARS,
            required=True,
            example="4",
            help_vi="3, 4 hoặc 5, như ghi trong quyết định.",
            help_en="3, 4 or 5, as the decision says.",
        ),
        Column(
            name="decision_no",
            title_vi="Số quyết định",
            title_en="Decision number",
            required=True,
            limit=64,
            example="1887/QĐ-UBND",
            help_vi="Số và ký hiệu của quyết định công nhận.",
            help_en="Number and sign of the decision of recognition.",
        ),
        Column(
            name="decision_date",
            title_vi="Ngày quyết định",
            title_en="Decision date",
            type=ColumnType.DATE,
            required=True,
            example="16/06/2025",
            help_vi="Ngày ký quyết định (ngày/tháng/năm). Thời hạn được tính từ ngày này.",
            help_en="Day of the decision (day/month/year); the term runs from it.",
        ),
        Column(
            name="issuing_authority",
            title_vi="Cơ quan ban hành",
            title_en="Issuing authority",
            example="UBND huyện Đắk Song",
            help_vi="Cơ quan ban hành quyết định.",
            help_en="Authority that decided.",
        ),
        Column(
            name="certificate_no",
            title_vi="Số giấy chứng nhận",
            title_en="Certificate number",
            limit=64,
            example="67-664-05-2025",
            help_vi="Số in trên giấy chứng nhận, nếu có. Mỗi số chỉ dùng một lần.",
            help_en="Number printed on the certificate, if any; each is used once.",
        ),
        Column(
            name="expiry_date",
            title_vi="Ngày hết hạn",
            title_en="Expiry date",
            type=ColumnType.DATE,
            lenient=True,
            example="16/06/2028",
            help_vi="Chỉ để đối chiếu: hệ thống tự tính thời hạn theo quy định và báo nếu khác.",
            help_en="For comparison only: the term follows from the rules, a difference is told.",
        ),
        Column(
            name="source",
            title_vi="Nguồn",
            title_en="Source",
            limit=1000,
            example="Sổ theo dõi OCOP của huyện",
            help_vi="Lấy từ đâu: sổ sách, trang thông tin.",
            help_en="Where it was read: a register, a page.",
        ),
    )

    def prepare(self, row: ReadRow, *, today: date) -> CertificateFacts:
        """The decision a row tells of, its day checked against today and its term against the rules."""
        values = row.values
        reference = reference_of(row)
        decided_on: date = values["decision_date"]
        if decided_on > today:
            data = {"decided_on": decided_on, "today": today}
            raise RowRejectedError(Finding("decision_date", "bulk.decision_not_yet", data))
        try:
            months = regimes.regime_on(decided_on).certificate.months
        except DomainError as error:
            raise RowRejectedError(Finding("decision_date", error.code, error.data)) from error
        last_day = valid_until(decided_on, months)
        if values.get("expiry_date") not in {None, last_day}:
            told = {"given": values["expiry_date"], "computed": last_day, "months": months}
            row.remarks.append(Finding("expiry_date", "bulk.expiry_differs", told, f"{last_day:%d/%m/%Y}"))
        known = HistoricRecognition(
            stars=values["stars"],
            source=values.get("source") or "import",
            confidence="decision",
            decision_number=values["decision_no"],
            decided_on=decided_on,
            number=values.get("certificate_no"),
            issuing_authority=values.get("issuing_authority"),
        )
        return CertificateFacts(reference, known, decided_on)

    async def keys(self, batch: Batch[CertificateFacts]) -> list[Sequence[str]]:
        """Product, decision and stars."""
        finder = ProductFinder(batch, batch.actor.scope(Permission.IMPORT_RUN))
        await finder.find_all(row.facts.product for row in batch.rows)
        return [[_key(finder, row.facts)] for row in batch.rows]

    async def store(self, batch: Batch[CertificateFacts]) -> list[RowResult]:
        """Record the decisions, whose rows are few statements each; the register keeps its own rules."""
        finder = ProductFinder(batch, batch.actor.scope(Permission.IMPORT_RUN))
        await finder.find_all(row.facts.product for row in batch.rows)
        service = CertificateService(batch.session, batch.actor, batch.now)
        results = []
        for row in batch.rows:
            try:
                results.append(await self._one(batch, finder, service, row))
            except RowRejectedError as rejection:
                if not before_writing(rejection):
                    raise
                results.append(RowResult(row.number, RowOutcome.REJECTED, rejection.findings))
        return results

    async def _one(
        self,
        batch: Batch[CertificateFacts],
        finder: ProductFinder,
        service: CertificateService,
        row: Prepared[CertificateFacts],
    ) -> RowResult:
        facts = row.facts
        product, remarks = await finder.one(facts.product)
        key = _key(finder, facts)
        remarks = (*row.remarks, *remarks)
        if key in batch.earlier:
            earlier = batch.earlier[key]
            told = Finding(None, "bulk.repeated_row", {"row": earlier.row_number})
            return RowResult(
                row.number, RowOutcome.UNCHANGED, (*remarks, told), keys={key: earlier.subject_id}
            )
        held = await service.of_product(product.id)
        same = _same(held, facts)
        if same is not None:
            subjects = {"certificate": same.certificate.id, "product": product.id}
            told_of = (*remarks, *_kept(same, facts))
            return RowResult(row.number, RowOutcome.UNCHANGED, told_of, subjects, {key: same.certificate.id})
        with refused_at(_AT):
            recorded = await RecordingService(batch.session, batch.actor, batch.now).record_recognition(
                product.id, facts.known
            )
        subjects = {"certificate": recorded, "product": product.id}
        return RowResult(row.number, RowOutcome.CREATED, remarks, subjects, {key: recorded})


def _key(finder: ProductFinder, facts: CertificateFacts) -> str:
    decision = fold(facts.known.decision_number or "")
    return f"{finder.key(facts.product)}|{decision}|{facts.decided_on}|{facts.known.stars}"


def _same(held: Sequence[CertificateRecord], facts: CertificateFacts) -> CertificateRecord | None:
    """The recognition the row tells of, if the register holds it.

    Raises:
        RowRejectedError: ``bulk.certificate_contradicts``, the decision is there with other stars.
    """
    number = fold(facts.known.decision_number or "")
    for record in held:
        certificate = record.certificate
        if certificate.decided_on != facts.decided_on or fold(certificate.decision_number or "") != number:
            continue
        if certificate.stars != facts.known.stars:
            data = {"decision": certificate.decision_number, "stars": certificate.stars}
            raise RowRejectedError(
                Finding("stars", "bulk.certificate_contradicts", data, str(certificate.stars))
            )
        return record
    return None


def _kept(record: CertificateRecord, facts: CertificateFacts) -> list[Finding]:
    """What the row says otherwise than the certificate, whose words are never edited."""
    given = {
        "certificate_no": (facts.known.number, record.certificate.number),
        "issuing_authority": (facts.known.issuing_authority, record.certificate.issuing_authority),
    }
    return [
        Finding(column, "bulk.certificate_kept", {"given": typed, "registered": stored or "—"}, stored)
        for column, (typed, stored) in given.items()
        if typed is not None and fold(typed) != fold(stored or "")
    ]
