"""The choices of a workbook: what a drop-down offers, the points it gives and the minimums it reaches."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ocop_api.domain.rubric.criteria import NONE_REACHED, Criterion, EditionHeader
from ocop_api.scoring.papers.wording import NONE_REACHED_TEXT, points

_LABEL: Final = 150
"""Letters of a drop-down's entry; a spreadsheet looks up texts of 255 at most."""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One entry of a criterion's drop-down.

    ``reaches`` has for each recognised star, ascending, whether the entry reaches that star's minimum
    here (those of lower stars included), None where none is set.
    """

    label: str
    case: str
    level: int
    text: str
    points: Decimal
    min_star: int | None
    reaches: tuple[bool | None, ...]


def choice_rows(header: EditionHeader, criterion: Criterion) -> tuple[ChoiceRow, ...]:
    """Every choice of a criterion: case by case, lowest level first."""
    cases: list[tuple[int | None, str]] = [(case.number, case.text.vi) for case in criterion.cases]
    return tuple(
        _row(header, criterion, case, text, level)
        for case, text in cases or [(None, "")]
        for level in criterion.levels(case)
    )


def asks(header: EditionHeader, criterion: Criterion) -> tuple[bool, ...]:
    """For each recognised star, ascending, whether the criterion sets a minimum in any of its cases."""
    return tuple(
        any(row.reaches[place] is not None for row in choice_rows(header, criterion))
        for place in range(len(header.ladder))
    )


def _row(
    header: EditionHeader, criterion: Criterion, case: int | None, case_text: str, level: int
) -> ChoiceRow:
    option = None if level == NONE_REACHED else criterion.by_level[level]
    text = NONE_REACHED_TEXT if option is None else option.text.vi
    value = Decimal(0) if option is None else option.points
    minimums = [criterion.required(star, case=case) for star in header.ladder]
    head = f"Mức {level}" if case is None else f"Trường hợp {case}, mức {level}"
    return ChoiceRow(
        label=_label(f"{head} ({points(value)} điểm): {text}"),
        case=case_text,
        level=level,
        text=text,
        points=value,
        min_star=None if option is None else option.min_star,
        reaches=tuple(None if minimum is None else level >= minimum.level for minimum in minimums),
    )


def _label(words: str) -> str:
    # A look-up takes these three for wildcards.
    safe = words.translate(str.maketrans("*?~", "···"))
    return safe if len(safe) <= _LABEL else safe[: _LABEL - 1].rstrip() + "…"
