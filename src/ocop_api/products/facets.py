"""Counts of the catalogue as the contract shows them: in an order people expect, with names."""

from collections.abc import Mapping
from typing import Final

from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.products.catalogue_schemas import Facets, FacetValue, Initial
from ocop_api.products.repository.catalogue import INITIALS
from ocop_api.products.set_words import set_names
from ocop_api.products.terms import RecognitionToday
from ocop_api.web.texts import Language

_INDUSTRIES: Final = ("I", "II", "III", "IV", "V", "VI")
Counts = Mapping[str, Mapping[str, int]]


def shaped(counts: Counts, unit_names: Mapping[str, str], language: Language) -> Facets:
    """The answer.

    Args:
        counts: by facet and value, as the database gives them.
        unit_names: names of provinces and communes by id.
        language: of the labels.
    """
    names = {str(number): text.in_language(language) for number, text in set_names().items()}
    letters = {written: letter.value for letter, written in INITIALS.items()}
    initials = {
        letters.get(written, Initial.OTHER.value): n for written, n in counts.get("initial", {}).items()
    }
    return Facets(
        total=counts["total"][""],
        set_number=_values(counts.get("set_number", {}), [str(n) for n in sorted(set_names())], names),
        industry=_values(counts.get("industry", {}), _INDUSTRIES, _industry_names(language)),
        stars=_values(counts.get("stars", {}), ("5", "4", "3")),
        recognition=_values(counts.get("recognition", {}), [value.value for value in RecognitionToday]),
        province=_most_first(counts.get("province", {}), unit_names),
        commune=_most_first(counts.get("commune", {}), unit_names),
        legal_form=_most_first(counts.get("legal_form", {}), {}),
        initial=_values(initials, [letter.value for letter in Initial]),
    )


def _values(
    counts: Mapping[str, int], order: "list[str] | tuple[str, ...]", labels: Mapping[str, str] | None = None
) -> list[FacetValue]:
    told = labels or {}
    return [FacetValue(value=v, label=told.get(v), count=counts[v]) for v in order if v in counts]


def _most_first(counts: Mapping[str, int], labels: Mapping[str, str]) -> list[FacetValue]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [FacetValue(value=value, label=labels.get(value), count=count) for value, count in ordered]


def _industry_names(language: Language) -> dict[str, str]:
    sets = load_edition(editions()[-1].code).sets.values()
    return {found.industry.code: found.industry.text.in_language(language) for found in sets}
