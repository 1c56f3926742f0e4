"""What the cells of one row say, decided without any data access."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import orjson

from ocop_api.bulk.reading import MAX_CELL, nearest
from ocop_api.domain.errors import Invalid
from ocop_api.domain.product_code import ProductCode
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.vietnamese import fold

_LIMITS = {
    **dict.fromkeys(("product_name", "producer", "province", "district", "commune"), 300),
    **dict.fromkeys(("pack", "issuing_authority", "status", "producer_type", "product_group"), 300),
    **dict.fromkeys(("decision_no", "certificate_no", "product_code", "confidence"), 64),
}
"""Characters a column holds, where it is fewer than ``MAX_CELL``."""

_FORMS = {
    "cong ty": ProducerForm.COMPANY,
    "doanh nghiep": ProducerForm.ENTERPRISE,
    "doanh nghiep nho va vua": ProducerForm.SMALL_MEDIUM_ENTERPRISE,
    "htx": ProducerForm.COOPERATIVE,
    "hop tac xa": ProducerForm.COOPERATIVE,
    "lien hiep hop tac xa": ProducerForm.COOPERATIVE_UNION,
    "lien hiep htx": ProducerForm.COOPERATIVE_UNION,
    "to hop tac": ProducerForm.COOPERATIVE_GROUP,
    "tht": ProducerForm.COOPERATIVE_GROUP,
    "trang trai": ProducerForm.FARM,
    "ho san xuat": ProducerForm.PRODUCTION_HOUSEHOLD,
    "ho kinh doanh": ProducerForm.FAMILY_BUSINESS,
    "ho gia dinh": ProducerForm.FAMILY_BUSINESS,
    "hoi": ProducerForm.ASSOCIATION,
    "trung tam": ProducerForm.OPERATING_CENTRE,
}
_RECOGNISED = {"recognised", "recognized", "cong nhan", "da cong nhan", "duoc cong nhan"}
_DECISION, _PRESS = "A", "B1"
"""Confidence: the decision is at hand; press or portal. Lower grades (B2, C) show no recognition."""
_STARS = re.compile(r"([3-5])(?:[.,]0)?\s*(?:sao|stars?|\*)?", re.ASCII | re.IGNORECASE)
_VIETNAMESE_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_PRICE = re.compile(
    r"(\d{1,3}(?:[.,\s]\d{3})+|\d+)(?:[.,]0+)?\s*(?:đ|đồng|vnd|vnđ)?", re.ASCII | re.IGNORECASE
)
_PRICE_DIGITS = 14
_STRUCTURE = re.compile(r"\s*\(\s*(34|63)\s*[-\s]?\s*tỉnh\s*\)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to reject a row, or a remark on it; ``column`` is None when it is about the whole row."""

    column: str | None
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)
    suggestion: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored; values that JSON lacks become text."""
        data = orjson.loads(orjson.dumps(dict(self.data), default=str))
        return {"column": self.column, "code": self.code, "data": data, "suggestion": self.suggestion}


class RowRejectedError(Exception):
    """The row cannot be stored; all reasons at once."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A place as the row writes it; ``structure`` 63 or 34 when the row says of which time it is."""

    province: str
    province_code: str = ""
    district: str = ""
    commune: str = ""
    structure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """A readable row. ``recognition`` tells what may be recorded: a decision, a report, or nothing."""

    product_name: str
    producer_name: str
    legal_form: ProducerForm
    place: WrittenPlace
    industry: str | None
    stars: int | None
    recognition: Literal["none", "press", "decision"]
    decision_number: str | None
    decided_on: date | None
    expires_on: date | None
    issuing_authority: str | None
    certificate_number: str | None
    product_code: str | None
    price_vnd: Decimal | None
    pack: str | None
    confidence: str | None
    source: str | None
    remarks: tuple[Finding, ...]


def read_row(columns: Sequence[str], cells: Sequence[str], *, today: date) -> RowFacts:
    """What a row says.

    What decides whether a product can be stored or what it claims to hold (names, form, stars, dates)
    rejects the row when it is wrong; what only describes it (price, code, group) is left out with a remark.

    Raises:
        RowRejectedError: with every reason.
    """
    if len(cells) != len(columns):
        raise RowRejectedError(
            Finding(None, "bulk.cell_count", {"expected": len(columns), "found": len(cells)})
        )
    row = dict(zip(columns, cells, strict=True))
    wrong = [*_too_long(row), *_missing(row)]
    if wrong:
        raise RowRejectedError(*wrong)
    remarks: list[Finding] = []
    legal_form = _legal_form(row, wrong)
    stars = _stars(row, wrong)
    decided_on = _day(row, "decision_date", wrong)
    expires_on = _day(row, "expiry_date", wrong)
    if wrong or legal_form is None:
        raise RowRejectedError(*wrong)
    return RowFacts(
        product_name=row["product_name"],
        producer_name=row["producer"],
        legal_form=legal_form,
        place=_place(row),
        industry=_industry(row, remarks),
        stars=stars,
        recognition=_recognition(row, stars, decided_on, today, remarks),
        decision_number=row.get("decision_no") or None,
        decided_on=decided_on,
        expires_on=expires_on,
        issuing_authority=row.get("issuing_authority") or None,
        certificate_number=row.get("certificate_no") or None,
        product_code=_product_code(row, remarks),
        price_vnd=_price(row, remarks),
        pack=row.get("pack") or None,
        confidence=row.get("confidence") or None,
        source=row.get("source") or None,
        remarks=tuple(remarks),
    )


def _too_long(row: Mapping[str, str]) -> list[Finding]:
    return [
        Finding(name, "bulk.cell_too_long", {"limit": _LIMITS.get(name, MAX_CELL), "found": len(cell)})
        for name, cell in row.items()
        if len(cell) > _LIMITS.get(name, MAX_CELL)
    ]


def _missing(row: Mapping[str, str]) -> list[Finding]:
    found = [Finding(name, "bulk.required_missing") for name in ("product_name", "province") if not row[name]]
    if not row["producer"]:
        found.append(Finding("producer", "bulk.producer_missing", {"product_name": row["product_name"]}))
    return found


def _legal_form(row: Mapping[str, str], wrong: list[Finding]) -> ProducerForm | None:
    typed = row.get("producer_type", "")
    if typed:
        form = _FORMS.get(fold(typed))
        if form is None:
            accepted = ["Công ty", "HTX", "Tổ hợp tác", "Hộ kinh doanh", "Trang trại", "Doanh nghiệp"]
            data = {"value": typed, "accepted": accepted}
            wrong.append(
                Finding("producer_type", "bulk.producer_type_unknown", data, nearest(typed, accepted))
            )
        return form
    # Without a type the business name usually begins with it; the longest beginning decides.
    name = f"{fold(row['producer'])} "
    begun = [words for words in _FORMS if name.startswith(f"{words} ")]
    if begun:
        return _FORMS[max(begun, key=len)]
    wrong.append(Finding("producer_type", "bulk.producer_type_missing", {"producer": row["producer"]}))
    return None


def _stars(row: Mapping[str, str], wrong: list[Finding]) -> int | None:
    typed = row.get("stars", "")
    if not typed:
        return None
    match = _STARS.fullmatch(typed)
    if match is None:
        wrong.append(Finding("stars", "bulk.stars_invalid", {"value": typed[:60]}))
        return None
    return int(match[1])


def _day(row: Mapping[str, str], column: str, wrong: list[Finding]) -> date | None:
    typed = row.get(column, "")
    if not typed:
        return None
    match = _VIETNAMESE_DAY.fullmatch(typed)
    try:
        if match is not None:
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(typed)
    except ValueError:
        wrong.append(Finding(column, "bulk.date_invalid", {"value": typed[:60]}))
        return None


def _place(row: Mapping[str, str]) -> WrittenPlace:
    marked = _STRUCTURE.search(row["province"])
    province = row["province"] if marked is None else row["province"][: marked.start()]
    code, district = row.get("old_province_code", ""), row.get("district", "")
    # Districts ended with the 63 provinces, so one of them dates the names beside it.
    structure = marked[1] if marked is not None else ("63" if code or district else None)
    return WrittenPlace(province.strip(), code, district, row.get("commune", ""), structure)


@cache
def _industries() -> dict[str, str]:
    sets = load_edition(editions()[-1].code).sets.values()
    by_name = {fold(found.industry.text.vi): found.industry.code for found in sets}
    # Earlier decisions name the handicrafts without "hàng".
    return by_name | {code.lower(): code for code in by_name.values()} | {"thu cong my nghe": "IV"}


def _industry(row: Mapping[str, str], remarks: list[Finding]) -> str | None:
    typed = row.get("product_group", "")
    if not typed:
        return None
    found = _industries().get(fold(typed))
    if found is None:
        suggestion = nearest(fold(typed), list(_industries()))
        code = None if suggestion is None else _industries()[suggestion]
        remarks.append(Finding("product_group", "bulk.group_unknown", {"value": typed}, code))
    return found


def _price(row: Mapping[str, str], remarks: list[Finding]) -> Decimal | None:
    typed = row.get("price_vnd", "")
    if not typed:
        return None
    match = _PRICE.fullmatch(typed)
    digits = re.sub(r"\D", "", match[1]) if match else ""
    if not digits or len(digits) > _PRICE_DIGITS:
        remarks.append(Finding("price_vnd", "bulk.price_invalid", {"value": typed[:60]}))
        return None
    return Decimal(digits)


def _product_code(row: Mapping[str, str], remarks: list[Finding]) -> str | None:
    typed = row.get("product_code", "")
    if not typed:
        return None
    try:
        return str(ProductCode.parse(typed))
    except Invalid:
        remarks.append(Finding("product_code", "bulk.product_code_invalid", {"value": typed}))
        return None


def _recognition(
    row: Mapping[str, str], stars: int | None, decided_on: date | None, today: date, remarks: list[Finding]
) -> Literal["none", "press", "decision"]:
    """What may be recorded: a decision at hand, a report, or nothing, each doubt told in a remark."""
    if not row.get("status") and stars is None:
        return "none"
    obstacle = _obstacle(row, stars, decided_on, today)
    if obstacle is not None:
        remarks.append(obstacle)
        return "none"
    confidence = row.get("confidence", "").upper()
    if confidence == "":
        remarks.append(Finding("confidence", "bulk.confidence_missing"))
    elif confidence == _DECISION and decided_on is None:
        remarks.append(Finding("decision_date", "bulk.decision_undated"))
    elif confidence == _DECISION:
        return "decision"
    return "press"


def _obstacle(
    row: Mapping[str, str], stars: int | None, decided_on: date | None, today: date
) -> Finding | None:
    """Why a row that speaks of a recognition shows none; None when it does."""
    status = row.get("status", "")
    if not status:
        return Finding("status", "bulk.status_missing", {"stars": stars})
    if fold(status) not in _RECOGNISED:
        return Finding("status", "bulk.not_a_recognition", {"status": status})
    confidence = row.get("confidence", "")
    if confidence.upper() not in {_DECISION, _PRESS, ""}:
        return Finding("confidence", "bulk.source_not_sufficient", {"confidence": confidence})
    if stars is None:
        return Finding("stars", "bulk.stars_missing")
    if decided_on is not None and decided_on > today:
        return Finding("decision_date", "bulk.decision_in_future", {"decided_on": decided_on, "today": today})
    return None
