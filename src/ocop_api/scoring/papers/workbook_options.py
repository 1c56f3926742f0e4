"""The sheet of all options: what the drop-downs offer and what the formulas look up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from ocop_api.domain.rubric.criteria import CriteriaSet, EditionHeader
from ocop_api.scoring.papers.choices import ChoiceRow, choice_rows
from ocop_api.scoring.papers.workbook_style import Style, height, paper

MET: Final = "Đạt"
MISSED: Final = "Chưa đạt"

_COLUMNS: Final = (
    ("Tiêu chí", 9),
    ("Tên tiêu chí", 34),
    ("Trường hợp", 24),
    ("Mức", 7),
    ("Nội dung phương án", 70),
    ("Điểm", 8),
    ("Mức tối thiểu của", 11),
    ("Dòng chọn trong phiếu", 50),
)
_POINTS, _LABEL = 5, 7


@dataclass(frozen=True, slots=True)
class OptionPlaces:
    """Where the options of a criterion stand, as absolute ranges of the workbook.

    ``labels`` is the drop-down's source; ``reaches`` has a range for each recognised star, ascending.
    """

    labels: str
    points: str
    reaches: tuple[str, ...]
    longest: int


def write_options(
    sheet: Worksheet, style: Style, header: EditionHeader, criteria_set: CriteriaSet
) -> Mapping[str, OptionPlaces]:
    """Write the sheet; gives the places of each criterion's options by its code."""
    titles = [title for title, _ in _COLUMNS] + [f"Mức tối thiểu {star} sao" for star in header.ladder]
    for index, (title, width) in enumerate(
        zip(titles, [width for _, width in _COLUMNS] + [12] * len(header.ladder), strict=True)
    ):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, title, style.heading)
    sheet.set_row(0, 32)
    quoted = "'" + sheet.get_name().replace("'", "''") + "'"

    def span(column: int, first: int, last: int) -> str:
        letters = xl_col_to_name(column, col_abs=True)
        return f"{quoted}!{letters}${first + 1}:{letters}${last + 1}"

    row = 1
    places: dict[str, OptionPlaces] = {}
    for code, criterion in criteria_set.criteria.items():
        first, choices = row, choice_rows(header, criterion)
        for choice in choices:
            _write(sheet, style, row, code, criterion.text.vi, choice)
            row += 1
        places[code] = OptionPlaces(
            labels=span(_LABEL, first, row - 1),
            points=span(_POINTS, first, row - 1),
            reaches=tuple(span(len(_COLUMNS) + place, first, row - 1) for place in range(len(header.ladder))),
            longest=max(len(choice.label) for choice in choices),
        )
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, row - 1, len(titles) - 1)
    paper(sheet, footer=f"Các phương án - Bộ {criteria_set.number} - {criteria_set.edition}")
    return places


def _write(sheet: Worksheet, style: Style, row: int, code: str, name: str, choice: ChoiceRow) -> None:
    texts = (name, choice.case, choice.text, choice.label)
    sheet.set_row(row, height(texts, (34, 24, 70, 50)))
    sheet.write_string(row, 0, code, style.centre)
    sheet.write_string(row, 1, name, style.text)
    sheet.write_string(row, 2, choice.case, style.text)
    sheet.write_number(row, 3, choice.level, style.centre)
    sheet.write_string(row, 4, choice.text, style.text)
    sheet.write_number(row, _POINTS, float(choice.points), style.centre)
    sheet.write_string(row, 6, "" if choice.min_star is None else f"{choice.min_star} sao", style.centre)
    sheet.write_string(row, _LABEL, choice.label, style.text)
    for place, reached in enumerate(choice.reaches):
        word = "" if reached is None else MET if reached else MISSED
        sheet.write_string(row, len(_COLUMNS) + place, word, style.centre)
