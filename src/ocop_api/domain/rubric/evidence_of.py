"""Which kinds of evidence (*minh chứng*) prove a criterion (Form 02, part III, of 26/2026).

The kinds recognise most criteria by their titles; what the form's list leaves to practice, such as the
test reports behind a periodic check, is added here.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.rubric.criteria import Criterion
from ocop_api.domain.vietnamese import fold

_FURTHER: Final[Mapping[EvidenceKind, tuple[str, ...]]] = MappingProxyType(
    {
        EvidenceKind.PRODUCTION_CONDITION: (
            "gia tang gia tri",
            "dieu kien dam bao an toan",
            "chat luong an toan thuc pham",
            "an toan va an ninh",
        ),
        EvidenceKind.MATERIAL_ORIGIN: ("nguon goc san pham", "vung san xuat"),
        EvidenceKind.ENVIRONMENT: ("nang luong tiet kiem",),
        EvidenceKind.GROWTH: ("ke toan",),
        EvidenceKind.QUALITY_DECLARATION: ("cong bo san pham", "cong bo tieu chuan"),
        EvidenceKind.TEST_REPORT: ("kiem tra dinh ky", "dinh duong", "tinh an toan"),
    }
)
"""Folded words of further titles by the kind that proves them."""


_CERTIFICATES: Final = (EvidenceKind.PRODUCTION_CONDITION,)
_DECLARATIONS: Final = (EvidenceKind.QUALITY_DECLARATION,)
_GATES: Final[Mapping[str, tuple[EvidenceKind, ...]]] = MappingProxyType(
    {
        "dossier_or_food_safety_certificate": _CERTIFICATES,
        "dossier_or_food_safety_certificate_or_licence": _CERTIFICATES,
        "food_safety_certificate_not_compliant": _CERTIFICATES,
        "dossier_or_health_product_certificates": _CERTIFICATES + _DECLARATIONS,
        "dossier_or_health_ministry_conditions": _CERTIFICATES + _DECLARATIONS,
        "dossier_or_sector_conditions": _CERTIFICATES + _DECLARATIONS,
        "missing_cosmetic_declaration": _DECLARATIONS,
        "missing_product_declaration": _DECLARATIONS,
        "imported_or_unknown_origin_materials": (EvidenceKind.MATERIAL_ORIGIN,),
        "no_product_story": (EvidenceKind.PRODUCT_STORY,),
    }
)
"""Kinds of evidence that a gate speaks of; gates found on the samples or on site speak of none."""


def kinds_of_gate(gate: str) -> tuple[EvidenceKind, ...]:
    """Return the kinds by whose lack a gate may close; empty for gates that no paper settles."""
    return _GATES.get(gate, ())


def evidence_for(criterion: Criterion) -> tuple[EvidenceKind, ...]:
    """Return the kinds that prove a criterion, in the order of Form 02.

    Empty where no paper does: colour, smell or taste are judged on the samples, hospitality on site.
    """
    return _by_title(criterion.text.vi)


@lru_cache(maxsize=4096)
def _by_title(title: str) -> tuple[EvidenceKind, ...]:
    folded = fold(title)
    return tuple(
        kind
        for kind, facts in KINDS.items()
        if facts.criteria({"": title}) or any(words in folded for words in _FURTHER.get(kind, ()))
    )
