"""Editions as one document, and what an edition must fulfil to be added beside the shipped ones.

The document is the header of an edition whose ``sets`` hold the whole sets instead of their numbers. A
corrected or newer edition starts from the document of a shipped one (``edition.shipped_document``).
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import Regime, regime_on
from ocop_api.domain.rubric.consistency import EditionError, Fault
from ocop_api.domain.rubric.criteria import Edition, EditionHeader, Text
from ocop_api.domain.rubric.edition import Json, Period, assemble, read_edition, shipped

NUMBERS: Final = tuple(range(1, 27))
"""The sets of Annex I; products are classified by these numbers whatever the edition."""
TOTAL: Final = Decimal(100)
RESERVED: Final = frozenset({"in-force"})
"""Words that stand where a code does in addresses."""


def read_document(document: Json) -> Edition:
    """Build an edition from a document that was admitted before.

    Raises:
        EditionError: with every contradiction found.
    """
    sets = document["sets"]
    return read_edition({**document, "sets": [one["number"] for one in sets]}, sets)


def admit(document: Json, others: Iterable[Period]) -> Edition:
    """Build an edition that may stand beside ``others``; those of the same code are left aside.

    Raises:
        EditionError: with every contradiction found, in the edition and with what it joins.
    """
    sets = document["sets"]
    edition, faults = assemble({**document, "sets": [one["number"] for one in sets]}, sets)
    faults += [*_beside(edition, others), *_under_law(edition)]
    if faults:
        raise EditionError(edition.code, faults)
    return edition


def _beside(edition: Edition, others: Iterable[Period]) -> Iterator[Fault]:
    if shipped(edition.code):
        yield Fault(
            Text(
                f"phiên bản {edition.code} đi kèm hệ thống, không thay đổi được",
                f"the edition {edition.code} is shipped and never changes",
            ),
            field="edition",
        )
    if edition.code in RESERVED:
        yield Fault(
            Text(
                f"mã {edition.code} là một từ trong địa chỉ",
                f"the code {edition.code} is a word of the addresses",
            ),
            field="edition",
        )
    for other in others:
        if other.code != edition.code and other.in_force_from == edition.in_force_from:
            said = Text(
                f"phiên bản {other.code} cũng bắt đầu ngày {other.in_force_from}, không rõ cái nào có trước",
                f"edition {other.code} begins on {other.in_force_from} too, so neither would go before",
            )
            yield Fault(said, field="in_force_from")


def _under_law(edition: Edition) -> Iterator[Fault]:
    if edition.set_numbers != NUMBERS:
        yield Fault(
            Text(
                "các bộ phải là 26 bộ của Phụ lục I, đánh số 1 đến 26",
                "the sets must be those of Annex I, numbered 1 to 26",
            ),
            field="sets",
        )
    if edition.total != TOTAL:
        yield Fault(
            Text(
                f"tổng điểm phải là {TOTAL}, không phải {edition.total}",
                f"the total must be {TOTAL}, not {edition.total}",
            ),
            field="total",
        )
    try:
        law = regime_on(edition.in_force_from)
    except RuleViolation:
        yield Fault(
            Text("ngày đầu tiên chưa có quy định nào áp dụng", "no regime is in force on the first day"),
            field="in_force_from",
        )
        return
    if law.criteria_edition is None:
        yield Fault(
            Text(
                f"quy định {law.code} của ngày đầu tiên không có bộ tiêu chí",
                f"the regime {law.code} of the first day is kept without criteria",
            ),
            field="in_force_from",
        )
    if _bands(edition) != _bands_of(law):
        said = Text(
            f"các khung điểm phải là của quy định áp dụng ngày đầu tiên, {law.code}",
            f"the bands must be those of the regime of the first day, {law.code}",
        )
        yield Fault(said, field="bands")


def _bands(edition: EditionHeader) -> dict[int, Decimal]:
    return {band.star: band.points_from for band in edition.bands}


def _bands_of(law: Regime) -> dict[int, Decimal]:
    return {band.star: band.minimum for band in law.bands}
