"""What a product file must hold before it is lodged, by regime. Pure decisions.

Sources: Decision 26/2026, Art. 6.1 and Annex III (Forms 01 and 02); Decision 148/2023 in excerpts
(registration slip, business plan, organisation chart, business registration).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from ocop_api.domain.dossier import DossierKind
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.regimes import Regime
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.scoresheet import Choice, find_faults
from ocop_api.dossiers.schemas import DossierContents, Updates

_SLIP: Final = ("organisation", "representative", "position", "address", "phone", "product_name")
_OLD_REPORT: Final = ("production_plan", "organisation_chart")
_REPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "qd1048-2019": _OLD_REPORT,
    "qd148-2023": _OLD_REPORT,
    "qd1489-2025": _OLD_REPORT,
}
_REPORT: Final = ("general_information", "plan_results", "production_plan")

_TEXTS: Final = {
    "registration_incomplete": (
        "Phiếu đăng ký (Mẫu 01) còn thiếu mục này.",
        "Form 01 lacks this field.",
    ),
    "report_incomplete": ("Báo cáo còn thiếu phần này.", "The report lacks this part."),
    "business_registration_missing": (
        "Thiếu giấy đăng ký kinh doanh.",
        "The business registration is missing.",
    ),
    "evidence_missing": ("Chưa có minh chứng nào.", "There is no evidence yet."),
    "evidence_expired": (
        "Minh chứng đã hết hiệu lực vào ngày nộp.",
        "The evidence has expired by the day of lodging.",
    ),
    "criterion_not_assessed": (
        "Chưa tự đánh giá tiêu chí này.",
        "This criterion has not been self-assessed.",
    ),
    "choice_not_in_criteria": (
        "Lựa chọn không có trong bộ tiêu chí.",
        "The choice is not in the criteria set.",
    ),
    "changes_missing": (
        "Hồ sơ nâng hạng phải nêu các thay đổi.",
        "An upgrade must show what has changed.",
    ),
    "update_missing": (
        "Hồ sơ đánh giá lại phải cập nhật nội dung này.",
        "A re-rating must bring this up to date.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a file lacks; ``pointer`` says where in the contents."""

    code: str
    pointer: str

    @property
    def vi(self) -> str:
        """What it means, in Vietnamese."""
        return _TEXTS[self.code][0]

    @property
    def en(self) -> str:
        """What it means, in English."""
        return _TEXTS[self.code][1]


def registration_compulsory(regime: Regime) -> bool:
    """Whether the business registration is a compulsory part of the file.

    148 makes it one; 26 asks for it among others, and households may have none.
    """
    return regime.code in _REPORTS


def updates_shown(updates: Updates) -> bool:
    """Whether every topic a re-rating must update is treated (Decision 26/2026, Art. 6.1)."""
    return all(value is not None for value in updates.model_dump().values())


def findings(
    law: tuple[Regime, str | None],
    kind: DossierKind,
    set_number: int,
    contents: DossierContents,
    on: date,
) -> list[Finding]:
    """Everything the file lacks to be lodged on a day, in the order of the forms.

    ``law`` is the regime and the criteria edition the file follows, None where there is none to follow.
    """
    regime, edition = law
    return [
        *_forms(regime, contents),
        *_evidence(regime, contents, on),
        *_self_assessment(edition, set_number, contents),
        *_of_kind(kind, contents),
    ]


def _forms(regime: Regime, contents: DossierContents) -> Iterator[Finding]:
    for field in _SLIP:
        if not getattr(contents.registration, field):
            yield Finding("registration_incomplete", f"/registration/{field}")
    for field in _REPORTS.get(regime.code, _REPORT):
        if not getattr(contents.report, field):
            yield Finding("report_incomplete", f"/report/{field}")


def _evidence(regime: Regime, contents: DossierContents, on: date) -> Iterator[Finding]:
    kinds = {item.kind for item in contents.evidence}
    if registration_compulsory(regime) and EvidenceKind.BUSINESS_REGISTRATION not in kinds:
        yield Finding("business_registration_missing", "/evidence")
    elif not kinds:
        yield Finding("evidence_missing", "/evidence")
    for position, item in enumerate(contents.evidence):
        if item.expires_on is not None and item.expires_on < on:
            yield Finding("evidence_expired", f"/evidence/{position}")


def _self_assessment(edition: str | None, set_number: int, contents: DossierContents) -> Iterator[Finding]:
    if edition is None:
        return
    choices = {code: Choice(item.level, item.case) for code, item in contents.self_assessment.items()}
    for fault in find_faults(edition, set_number, choices):
        yield Finding("choice_not_in_criteria", f"/self_assessment/{fault.data.get('criterion')}")
    for code in load_edition(edition).criteria_set(set_number).criteria:
        if code not in choices:
            yield Finding("criterion_not_assessed", f"/self_assessment/{code}")


def _of_kind(kind: DossierKind, contents: DossierContents) -> Iterator[Finding]:
    if kind is DossierKind.UPGRADE and not contents.changes:
        yield Finding("changes_missing", "/changes")
    if kind is DossierKind.RERATING:
        for field, value in contents.updates.model_dump().items():
            if value is None:
                yield Finding("update_missing", f"/updates/{field}")
