"""What a row of the list of products says, decided without any data access."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import ReadRow
from ocop_api.bulk.kinds.registrant import form_of_name, written_place
from ocop_api.bulk.placing import WrittenPlace
from ocop_api.bulk.written import decision_parts
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.domain.vietnamese import fold

_RECOGNISED = {"recognised", "recognized", "cong nhan", "da cong nhan", "duoc cong nhan"}
_DECISION, _PRESS = "A", "B1"
"""Confidence: the decision is at hand; press or portal. Lower grades (B2, C) show no recognition."""

_LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A readable row. ``recognition`` tells what may be recorded: a decision, a report, or nothing."""

    product_name: str
    producer_name: str
    legal_form: ProducerForm
    place: WrittenPlace
    industry: str | None
    set_number: int | None
    stars: int | None
    recognition: Literal["none", "press", "decision"]
    decision_number: str | None
    decided_on: date | None
    expires_on: date | None
    issuing_authority: str | None
    certificate_number: str | None
    product_code: str | None
    gtin: str | None
    price_vnd: Decimal | None
    pack: str | None
    confidence: str | None
    source: str | None


def read_product_row(row: ReadRow, *, today: date) -> ProductRow:
    """What a row says; doubts about its recognition are added to its remarks.

    Raises:
        RowRejectedError: ``products.name_without_letters``, ``producers.name_without_letters``,
            ``bulk.producer_type_missing``.
    """
    values = row.values
    wrong = []
    for column, feature in (("product_name", "products"), ("producer", "producers")):
        if not fold(values[column]):
            wrong.append(Finding(column, f"{feature}.name_without_letters", {"name": values[column]}))
    typed = values["producer_type"]
    form = form_of_name(values["producer"]) if typed is None else ProducerForm(typed)
    if form is None:
        wrong.append(Finding("producer_type", "bulk.producer_type_missing", {"producer": values["producer"]}))
    number, dated = decision_parts(values["decision_no"] or "")
    if len(number) > _LONGEST_NUMBER:
        told = {"limit": _LONGEST_NUMBER, "found": len(number)}
        wrong.append(Finding("decision_no", "bulk.cell_too_long", told))
    values = {**values, "decision_no": number or None, "decision_date": values["decision_date"] or dated}
    if wrong or form is None:
        raise RowRejectedError(*wrong)
    return ProductRow(
        product_name=values["product_name"],
        producer_name=values["producer"],
        legal_form=form,
        place=written_place(values),
        industry=values["product_group"],
        set_number=values["set_number"],
        stars=values["stars"],
        recognition=_recognition(values, today, row.remarks),
        decision_number=values["decision_no"],
        decided_on=values["decision_date"],
        expires_on=values["expiry_date"],
        issuing_authority=values["issuing_authority"],
        certificate_number=values["certificate_no"],
        product_code=values["product_code"],
        gtin=values["gtin"],
        price_vnd=values["price_vnd"],
        pack=values["pack"],
        confidence=values["confidence"],
        source=values["source"],
    )


def _recognition(
    values: Mapping[str, Any], today: date, remarks: list[Finding]
) -> Literal["none", "press", "decision"]:
    """What may be recorded: a decision at hand, a report, or nothing, each doubt told in a remark."""
    if not values["status"] and values["stars"] is None:
        return "none"
    obstacle = _obstacle(values, today)
    if obstacle is not None:
        remarks.append(obstacle)
        return "none"
    confidence = (values["confidence"] or "").upper()
    if confidence == "":
        remarks.append(Finding("confidence", "bulk.confidence_missing"))
    elif confidence == _DECISION and values["decision_date"] is None:
        remarks.append(Finding("decision_date", "bulk.decision_undated"))
    elif confidence == _DECISION:
        return "decision"
    return "press"


def _obstacle(values: Mapping[str, Any], today: date) -> Finding | None:
    """Why a row that speaks of a recognition shows none; None when it does."""
    status, stars, decided_on = values["status"], values["stars"], values["decision_date"]
    if not status and values["decision_no"] and decided_on is not None:
        # A list of decided stars has no need to say "recognised" in every row.
        status = "recognised"
    if not status:
        return Finding("status", "bulk.status_missing", {"stars": stars})
    if fold(status) not in _RECOGNISED:
        return Finding("status", "bulk.not_a_recognition", {"status": status})
    confidence = values["confidence"] or ""
    if confidence.upper() not in {_DECISION, _PRESS, ""}:
        return Finding("confidence", "bulk.source_not_sufficient", {"confidence": confidence})
    if stars is None:
        return Finding("stars", "bulk.stars_missing")
    if decided_on is not None and decided_on > today:
        return Finding("decision_date", "bulk.decision_in_future", {"decided_on": decided_on, "today": today})
    return None
