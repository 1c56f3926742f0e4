"""What changed between two states of a file, part by part. Pure.

Evidence is matched by its document first and by kind and number second, criteria by their code, so that
another order is no change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.rubric.criteria import CriteriaSet

Json = Mapping[str, Any]

_HEAD: Final = ("kind", "regime", "edition", "set_number", "place_id", "product_code", "lodged_on")
_EVIDENCE: Final = ("kind", "number", "issuer", "issued_on", "expires_on", "document_id", "criteria")
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "kind": ("Loại", "Kind"),
    "regime": ("Quy định áp dụng", "Regime"),
    "edition": ("Bộ tiêu chí", "Criteria edition"),
    "set_number": ("Bộ sản phẩm số", "Criteria set"),
    "place_id": ("Xã nộp hồ sơ", "Commune of lodging"),
    "product_code": ("Mã sản phẩm", "Product code"),
    "lodged_on": ("Ngày nộp", "Day of lodging"),
    "organisation": ("Tên đơn vị", "Organisation"),
    "representative": ("Người đại diện", "Representative"),
    "position": ("Chức vụ", "Position"),
    "address": ("Địa chỉ", "Address"),
    "phone": ("Điện thoại", "Phone"),
    "email": ("Email", "E-mail"),
    "product_name": ("Tên sản phẩm", "Product name"),
    "attachments": ("Tài liệu kèm theo", "Attachments"),
    "general_information": ("Thông tin chung", "General information"),
    "plan_results": ("Kết quả phương án sản xuất kinh doanh", "Results of the plan"),
    "production_plan": ("Kế hoạch sản xuất kinh doanh", "Production and business plan"),
    "organisation_chart": ("Cơ cấu tổ chức", "Organisation chart"),
    "raw_material": ("Nguyên liệu", "Raw material"),
    "technology": ("Công nghệ", "Technology"),
    "packaging": ("Bao bì", "Packaging"),
    "labels": ("Nhãn mác", "Labels"),
    "quality_declaration": ("Công bố chất lượng", "Quality declaration"),
    "test_reports": ("Phiếu kiểm nghiệm", "Test reports"),
    "market": ("Thị trường", "Market"),
    "output": ("Sản lượng", "Output"),
    "revenue": ("Doanh thu", "Revenue"),
    "number": ("Số", "Number"),
    "issuer": ("Nơi cấp", "Issuer"),
    "issued_on": ("Ngày cấp", "Issued on"),
    "expires_on": ("Hết hiệu lực", "Expires on"),
    "document_id": ("Tệp", "File"),
    "criteria": ("Tiêu chí", "Criteria"),
}
_SHOWN: Final = 80
"""Characters of a text that a sentence quotes."""


class FileSection(StrEnum):
    """A section of the file."""

    HEAD = "head"
    REGISTRATION = "registration"
    REPORT = "report"
    SELF_ASSESSMENT = "self_assessment"
    EVIDENCE = "evidence"
    CHANGES = "changes"
    UPDATES = "updates"


class FileChangeKind(StrEnum):
    """What happened to something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One change; ``pointer`` is where it lies in the later file, or in the earlier when it is gone."""

    section: FileSection
    kind: FileChangeKind
    pointer: str
    before: Any
    after: Any
    vi: str
    en: str


def compare_files(before: Json, after: Json, criteria_set: CriteriaSet | None) -> list[FileChange]:
    """Everything that changed between two frozen files, in the order of the forms.

    Args:
        before: contents as ``DossierVersion`` keeps them.
        after: the later ones.
        criteria_set: the set both follow, None where they follow different ones or none is held; choices
            are then not compared.
    """
    return [
        *_fields(FileSection.HEAD, "", before, after, _HEAD),
        *_section(FileSection.REGISTRATION, before, after),
        *_section(FileSection.REPORT, before, after),
        *(() if criteria_set is None else _choices(before, after, criteria_set)),
        *_pieces(before.get("evidence") or [], after.get("evidence") or []),
        *_texts(before.get("changes") or [], after.get("changes") or []),
        *_section(FileSection.UPDATES, before, after),
    ]


def _section(section: FileSection, before: Json, after: Json) -> Iterator[FileChange]:
    old, new = before.get(section.value) or {}, after.get(section.value) or {}
    names = [*new, *(name for name in old if name not in new)]
    yield from _fields(section, f"/{section.value}", old, new, names)


def _fields(
    section: FileSection, root: str, before: Json, after: Json, names: Sequence[str]
) -> Iterator[FileChange]:
    for name in names:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield _change(section, f"{root}/{name}", old, new, _LABELS.get(name, (name, name)))


def _choices(before: Json, after: Json, criteria_set: CriteriaSet) -> Iterator[FileChange]:
    old, new = before.get("self_assessment") or {}, after.get("self_assessment") or {}
    for code, criterion in criteria_set.criteria.items():
        was, is_now = old.get(code), new.get(code)
        if was == is_now:
            continue
        said = [
            "–" if one is None else f"{one['level']} ({_points(criteria_set, code, one['level'])})"
            for one in (was, is_now)
        ]
        texts = (f"Tiêu chí {code} ({criterion.text.vi})", f"Criterion {code} ({criterion.text.en})")
        yield FileChange(
            FileSection.SELF_ASSESSMENT,
            _kind(was, is_now),
            f"/self_assessment/{code}",
            was,
            is_now,
            f"{texts[0]}: mức {said[0]} → {said[1]}",
            f"{texts[1]}: level {said[0]} → {said[1]}",
        )


def _points(criteria_set: CriteriaSet, code: str, level: int) -> str:
    option = criteria_set.criteria[code].by_level.get(level)
    return "0" if option is None else f"{option.points:f}"


def _pieces(before: Sequence[Json], after: Sequence[Json]) -> Iterator[FileChange]:
    left = dict(enumerate(before))
    matched: dict[int, Json] = {}
    for same in (_same_document, _same_paper):
        for place, piece in enumerate(after):
            found = next((at for at, old in left.items() if same(old, piece)), None)
            if place not in matched and found is not None:
                matched[place] = left.pop(found)
    for place, piece in enumerate(after):
        pointer, label = f"/evidence/{place}", _piece(piece)
        if place not in matched:
            yield _change(FileSection.EVIDENCE, pointer, None, piece, label)
            continue
        old = matched[place]
        for name in _EVIDENCE:
            was, is_now = old.get(name), piece.get(name)
            if name == "criteria":
                was, is_now = sorted(was or []), sorted(is_now or [])
            if was != is_now:
                field = _LABELS[name]
                both = (f"{label[0]} – {field[0]}", f"{label[1]} – {field[1]}")
                yield _change(FileSection.EVIDENCE, f"{pointer}/{name}", was, is_now, both)
    for at, old in left.items():
        yield _change(FileSection.EVIDENCE, f"/evidence/{at}", old, None, _piece(old))


def _same_document(old: Json, new: Json) -> bool:
    return new.get("document_id") is not None and old.get("document_id") == new["document_id"]


def _same_paper(old: Json, new: Json) -> bool:
    return (old.get("kind"), old.get("number")) == (new.get("kind"), new.get("number"))


def _piece(piece: Json) -> tuple[str, str]:
    facts = KINDS[EvidenceKind(piece["kind"])]
    number = f" {piece['number']}" if piece.get("number") else ""
    return f"{facts.vi}{number}", f"{facts.en}{number}"


def _texts(before: Sequence[str], after: Sequence[str]) -> Iterator[FileChange]:
    label = ("Thay đổi so với lần công nhận", "Change since recognition")
    for place, text in enumerate(after):
        if text not in before:
            yield _change(FileSection.CHANGES, f"/changes/{place}", None, text, label)
    for place, text in enumerate(before):
        if text not in after:
            yield _change(FileSection.CHANGES, f"/changes/{place}", text, None, label)


def _change(
    section: FileSection, pointer: str, before: Any, after: Any, label: tuple[str, str]
) -> FileChange:
    kind = _kind(before, after)
    said = [_said(before), _said(after)]
    if isinstance(before, dict) or isinstance(after, dict):
        # A whole piece: its label names it already.
        vi, en = {"added": ("thêm", "added"), "removed": ("bỏ", "removed")}[kind.value]
        return FileChange(section, kind, pointer, before, after, f"{label[0]}: {vi}", f"{label[1]}: {en}")
    return FileChange(
        section,
        kind,
        pointer,
        before,
        after,
        f"{label[0]}: {said[0]} → {said[1]}",
        f"{label[1]}: {said[0]} → {said[1]}",
    )


def _kind(before: Any, after: Any) -> FileChangeKind:
    if before is None:
        return FileChangeKind.ADDED
    return FileChangeKind.REMOVED if after is None else FileChangeKind.CHANGED


def _said(value: Any) -> str:
    if value is None or value == []:
        return "–"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
