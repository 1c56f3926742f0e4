"""The words in which changes of a product file are told, in Vietnamese and English."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.rubric.criteria import Language, Text

FIELDS: Final[Mapping[str, Text]] = {
    "producer_id": Text("chủ thể", "producer"),
    "place_id": Text("nơi nộp hồ sơ", "place of lodging"),
    "regime": Text("quy định áp dụng", "regime"),
    "edition": Text("bản bộ tiêu chí", "criteria edition"),
    "set_number": Text("số bộ tiêu chí", "number of the criteria set"),
    "organisation": Text("tên chủ thể", "organisation"),
    "representative": Text("người đại diện", "representative"),
    "position": Text("chức vụ", "position"),
    "address": Text("địa chỉ", "address"),
    "phone": Text("điện thoại", "phone"),
    "email": Text("thư điện tử", "e-mail"),
    "product_name": Text("tên sản phẩm", "name of the product"),
    "attachments": Text("tài liệu kèm theo", "attachments"),
    "general_information": Text("thông tin chung", "general information"),
    "plan_results": Text("kết quả sản xuất, kinh doanh", "results of production and business"),
    "production_plan": Text("phương án sản xuất, kinh doanh", "production and business plan"),
    "organisation_chart": Text("bộ máy tổ chức", "organisation chart"),
    "kind": Text("loại", "kind"),
    "number": Text("số", "number"),
    "issuer": Text("nơi cấp", "issuer"),
    "issued_on": Text("ngày cấp", "day of issue"),
    "expires_on": Text("ngày hết hiệu lực", "last day of validity"),
    "document_id": Text("tệp tài liệu", "document"),
    "criteria": Text("tiêu chí được minh chứng", "criteria it is cited for"),
    "raw_material": Text("nguyên liệu", "raw material"),
    "technology": Text("công nghệ", "technology"),
    "packaging": Text("bao bì", "packaging"),
    "labels": Text("nhãn hàng hóa", "labels"),
    "quality_declaration": Text("công bố chất lượng", "quality declaration"),
    "test_reports": Text("phiếu kiểm nghiệm", "test reports"),
    "market": Text("thị trường", "market"),
    "output": Text("sản lượng", "output"),
    "revenue": Text("doanh thu", "revenue"),
}
"""What the fields of a file are called, in the order of the forms."""

_SECTIONS: Final[Mapping[str, Text]] = {
    "header": Text("Thông tin hồ sơ", "Facts of the file"),
    "registration": Text("Phiếu đăng ký", "Registration slip"),
    "report": Text("Báo cáo", "Report"),
    "self_assessment": Text("Tự đánh giá", "Self-assessment"),
    "evidence": Text("Minh chứng", "Evidence"),
    "changes": Text("Thay đổi từ khi được công nhận", "Changes since recognition"),
    "updates": Text("Nội dung cập nhật", "Updates"),
}
_TOLD: Final[Mapping[str, Text]] = {
    "added": Text("{where}: bổ sung {after}.", "{where}: added {after}."),
    "removed": Text("{where}: bỏ {before}.", "{where}: removed {before}."),
    "changed": Text("{where}: {before} → {after}.", "{where}: {before} → {after}."),
}
_NO_WORDS: Final = Text("không", "none")
_LONGEST = 120
"""Characters of a text that a sentence quotes; the whole of it stands beside the sentence."""


class _Criterion(Protocol):
    """What of a criterion's change is told."""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> Text | None: ...
    @property
    def points_before(self) -> Decimal | None: ...
    @property
    def points_after(self) -> Decimal | None: ...


class _Change(Protocol):
    """What of a change is told."""

    @property
    def section(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def before(self) -> Any: ...
    @property
    def after(self) -> Any: ...
    @property
    def field(self) -> str | None: ...
    @property
    def subject(self) -> Mapping[str, Any] | None: ...
    @property
    def criterion(self) -> _Criterion | None: ...


def sentence_of(change: _Change, language: Language) -> str:
    """A change as one readable sentence."""
    where = [_SECTIONS[str(change.section)].in_language(language)]
    if change.subject is not None:
        where.append(_evidence(change.subject, language))
    criterion = change.criterion
    points: tuple[Decimal | None, Decimal | None] = (None, None)
    if criterion is not None:
        label = "" if criterion.text is None else f" ({criterion.text.in_language(language)})"
        where.append(f"{'tiêu chí' if language == 'vi' else 'criterion'} {criterion.code}{label}")
        points = (criterion.points_before, criterion.points_after)
    elif change.field is not None:
        known = FIELDS.get(change.field)
        where.append(change.field if known is None else known.in_language(language))
    return (
        _TOLD[str(change.kind)]
        .in_language(language)
        .format(
            where=", ".join(where),
            before=_written(change.before, language, points[0]),
            after=_written(change.after, language, points[1]),
        )
    )


def _written(value: Any, language: Language, points: Decimal | None) -> str:
    if value is None or value == []:
        return _NO_WORDS.in_language(language)
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return _choice(value, points, language) if "level" in value else f"“{_evidence(value, language)}”"
    text = " ".join(str(value).split())
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


def _choice(choice: Mapping[str, Any], points: Decimal | None, language: Language) -> str:
    vietnamese = language == "vi"
    parts = [f"{'mức' if vietnamese else 'level'} {choice['level']}"]
    if choice.get("case") is not None:
        parts.append(f"{'trường hợp' if vietnamese else 'case'} {choice['case']}")
    if points is None:
        return ", ".join(parts)
    written = f"{points.normalize():f}"
    told = f"{written.replace('.', ',')} điểm" if vietnamese else f"{written} points"
    return f"{', '.join(parts)} ({told})"


def _evidence(item: Mapping[str, Any], language: Language) -> str:
    facts = KINDS[EvidenceKind(item["kind"])]
    label = facts.vi if language == "vi" else facts.en
    number = item.get("number")
    if number is None:
        return label
    return f"{label} số {number}" if language == "vi" else f"{label} no. {number}"
