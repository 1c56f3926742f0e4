"""Pure decisions about products: their industry, and what their recognition is worth on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from ocop_api.db.tables.products import Product
from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.traceability.gs1 import Gtin
from ocop_api.domain.vietnamese import fold, sort_key
from ocop_api.producers.policy import search_words
from ocop_api.products.schemas import ImportedFacts
from ocop_api.products.terms import Recognition, RecognitionToday


@dataclass(frozen=True, slots=True)
class Standing:
    """A recognition on a day. ``stars`` count on that day; ``stated_stars`` are what the record says."""

    status: RecognitionToday
    stars: int | None
    stated_stars: int | None
    valid_until: date | None


def standing(status: str, stars: int | None, valid_until: date | None, *, today: date) -> Standing:
    """What a recorded recognition is worth today.

    It is valid through its last day; afterwards the stars may not be shown as held
    (Decision 26/2026/QĐ-TTg, Art. 4.3).
    """
    shown = RecognitionToday(status)
    if shown is RecognitionToday.VALID and (valid_until is None or valid_until < today):
        shown = RecognitionToday.EXPIRED
    counted = stars if shown is RecognitionToday.VALID else None
    return Standing(status=shown, stars=counted, stated_stars=stars, valid_until=valid_until)


def check_recognition(status: Recognition, stars: int | None, valid_until: date | None) -> None:
    """Refuse what no record can say: a valid one without stars or last day, none with either.

    Raises:
        Invalid: ``products.recognition_incomplete``.
    """
    dated = stars is not None and valid_until is not None
    bare = stars is None and valid_until is None
    if (status is Recognition.VALID and not dated) or (status is Recognition.NONE and not bare):
        raise Invalid("products.recognition_incomplete", status=status.value)


def outranks(
    status: Recognition, valid_until: date | None, *, stored: Recognition, stored_until: date | None
) -> bool:
    """Whether an imported recognition may replace the stored one.

    An import never undoes a withdrawal, turns a decision into hearsay or shortens its term.
    """
    if status is Recognition.NONE or stored is Recognition.WITHDRAWN:
        return False
    if stored is Recognition.VALID:
        return (
            status is Recognition.VALID
            and valid_until is not None
            and (stored_until is None or valid_until >= stored_until)
        )
    return True


@cache
def _industries() -> dict[int, str]:
    # Sets and industries are the same in every edition; the newest one is read.
    return {number: found.industry.code for number, found in load_edition(editions()[-1].code).sets.items()}


def industry_for(set_number: int | None, industry: str | None) -> str | None:
    """The industry of Annex I (Decision 26/2026) a set belongs to, or the given one without a set.

    Raises:
        Invalid: ``products.industry_mismatch`` when both are given and disagree.
    """
    if set_number is None:
        return industry
    own = _industries()[set_number]
    if industry is not None and industry != own:
        raise Invalid("products.industry_mismatch", set_number=set_number, industry=industry, expected=own)
    return own


def read_gtin(typed: str | None) -> str | None:
    """The GTIN in 14 digits.

    Raises:
        Invalid: ``products.gtin_invalid`` with the ``reason``'s code: characters, length, check digit.
    """
    if typed is None:
        return None
    try:
        return Gtin.parse(typed).value
    except Invalid as error:
        raise Invalid("products.gtin_invalid", gtin=typed, reason=error.code) from error


def names_of(name: str, producer_name: str) -> dict[str, str]:
    """The columns that follow from a product's name and its producer's.

    Raises:
        Invalid: ``products.name_without_letters``.
    """
    folded = fold(name)
    if not folded:
        raise Invalid("products.name_without_letters", name=name)
    return {
        "name_folded": folded,
        "sort_key": sort_key(name),
        "search_text": search_words(name, producer_name),
    }


def industry_after(set_number: int | None, industry: str | None, changes: Mapping[str, Any]) -> str | None:
    """The industry once ``changes`` are applied to a product of this set and industry.

    Raises:
        Invalid: ``products.industry_mismatch``.
    """
    after = changes.get("set_number", set_number)
    if "industry" in changes:
        # An emptied industry is filled again from the set.
        return industry_for(after, changes["industry"])
    return industry_for(after, industry if after is None else None)


MEASURED = ("net_content", "net_content_unit", "yearly_capacity", "yearly_capacity_unit")
"""Columns that ``check_facts`` compares."""


def check_facts(values: Mapping[str, Any]) -> None:
    """Refuse an amount without its unit.

    Raises:
        Invalid: ``products.unit_missing``.
    """
    for amount in ("net_content", "yearly_capacity"):
        if values.get(amount) is not None and values.get(f"{amount}_unit") is None:
            raise Invalid("products.unit_missing", amount=amount, unit=f"{amount}_unit")


def created_facts(row: Product) -> dict[str, Any]:
    """What the ledger tells of a new product."""
    return {"name": row.name, "producer_id": str(row.producer_id), "set_number": row.set_number}


def imported(facts: ImportedFacts, row: Product | None) -> dict[str, Any]:
    """Columns an import may write onto a row (None: a new one), without those it does not know."""
    values = {"source": facts.source, "confidence": facts.confidence, "product_code": facts.product_code}
    given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    stored = Recognition.NONE if row is None else Recognition(row.recognition_status)
    stored_until = None if row is None else row.stars_valid_until
    if outranks(facts.recognition, facts.stars_valid_until, stored=stored, stored_until=stored_until):
        given["recognition_status"] = facts.recognition.value
        given["stars"] = facts.stars
        given["stars_valid_until"] = facts.stars_valid_until
    return given
