"""Workbooks people fill in: a table with drop-downs and checks, a guide beside it, lists behind it.

Every text is written as text, so nothing in a cell is ever run as a formula. Rows go to a temporary file
as they come; memory stays flat however many there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MAX_COMMENTS: Final = 2_000
"""Comments of a sheet. Each is kept in memory and drawn as a shape, and programs slow down with many."""

_MAX_TEXT: Final = 32_767
_MAX_PROMPT_TITLE: Final = 32
_MAX_PROMPT: Final = 255
_FONT: Final = "Arial"
_INK, _GREEN, _PALE, _GREY = "#1F2937", "#14532D", "#DCFCE7", "#F3F4F6"


class CellKind(StrEnum):
    """What a column holds; decides the format of its cells and how they are checked while typing."""

    TEXT = "text"
    DATE = "date"
    WHOLE = "whole"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """Values to choose from.

    With ``parents`` (same length, equal ones adjacent) a value is offered only beside its parent in the
    column ``within`` of the table.
    """

    values: Sequence[str]
    parents: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One column of the table to fill in.

    ``choices`` names a list; ``within`` is the index of the column that holds the parent. With ``strict``
    the spreadsheet refuses other values, without it warns. ``lengths`` bounds the characters of a text.
    """

    title: str
    kind: CellKind = CellKind.TEXT
    width: int = 20
    required: bool = False
    choices: str | None = None
    within: int | None = None
    strict: bool = True
    lengths: tuple[int, int] | None = None
    note: str = ""
    prompt: str = ""
    refusal: str = ""
    aside: bool = False
    """True for what stands beside the data and is not to be filled in."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to correct in a cell, told in a comment."""

    text: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """Cells as text, and marks by column index."""

    cells: Sequence[str]
    marks: Mapping[int, Mark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GuideTable:
    """A table of the guide: headings with their widths, and rows of text."""

    headings: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Guide:
    """The sheet that explains: a title, numbered steps in two languages side by side, tables."""

    name: str
    title: str
    steps_heading: tuple[str, str]
    steps: Sequence[tuple[str, str]]
    tables: Sequence[tuple[str, GuideTable]]


class FormWorkbook:
    """A workbook with one table to fill in, written once from top to bottom, then closed.

    Args:
        target: a path or a seekable binary file.
        sheet: name of the table's sheet.
        columns: of the table.
        lists: the choices by name; they stand on a hidden sheet, since a drop-down written in place
            holds 255 characters at most.
        list_sheet: name of that sheet.
        created: written into the document's properties, so that the same input gives the same bytes.
        author: of comments.
        frozen: number of columns that stay in view beside the header.
    """

    def __init__(
        self,
        target: Path | BinaryIO,
        *,
        sheet: str,
        columns: Sequence[TableColumn],
        lists: Mapping[str, ChoiceList],
        list_sheet: str,
        created: datetime,
        author: str = "OCOP",
        frozen: int = 0,
    ) -> None:
        self._book = xlsxwriter.Workbook(
            str(target) if isinstance(target, Path) else target,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
                "default_format_properties": {"font_name": _FONT, "font_size": 10},
            },
        )
        self._book.set_properties({"created": created.replace(tzinfo=None), "author": author})
        self._author = author
        self._columns = columns
        self._column_widths = [column.width for column in columns]
        self._lists = lists
        self._list_sheet = list_sheet
        self._row = 0
        self._comments = 0
        self._formats = {kind: self._cell_format(kind) for kind in CellKind}
        self._marked = {kind: self._cell_format(kind, bg_color="#FECACA") for kind in CellKind}
        self._aside = self._book.add_format(
            {"num_format": "@", "bg_color": _GREY, "font_color": _INK, "text_wrap": True, "valign": "top"}
        )
        self._table = self._book.add_worksheet(sheet)
        self._begin(frozen)

    def _cell_format(self, kind: CellKind, **more: str) -> Format:
        # A date is text too: a program set to American dates would turn 05/01/2026 into the first of May.
        formats = {CellKind.WHOLE: "#,##0", CellKind.DECIMAL: "0.####"}
        return self._book.add_format({"num_format": formats.get(kind, "@"), "valign": "top", **more})

    def _begin(self, frozen: int) -> None:
        base = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#FFFFFF"}
        required = self._book.add_format({**base, "bg_color": _GREEN, "font_color": "#FFFFFF"})
        optional = self._book.add_format({**base, "bg_color": _PALE, "font_color": _GREEN})
        aside = self._book.add_format({**base, "bg_color": _INK, "font_color": "#FFFFFF"})
        for index, column in enumerate(self._columns):
            body = self._aside if column.aside else self._formats[column.kind]
            self._table.set_column(index, index, column.width, body)
        self._table.set_row(0, 34)
        for index, column in enumerate(self._columns):
            head = aside if column.aside else required if column.required else optional
            self._table.write_string(0, index, column.title, head)
            if column.note:
                self._comment(0, index, column.note)
        self._table.freeze_panes(1, frozen)
        self._table.set_landscape()
        self._table.set_paper(9)
        self._table.repeat_rows(0)
        self._table.fit_to_pages(1, 0)

    def append(self, rows: Iterable[TableRow]) -> None:
        """Write rows below those written so far; cells beyond the columns are kept without a heading."""
        for row in rows:
            self._row += 1
            told = [
                text if column.aside else "" for text, column in zip(row.cells, self._columns, strict=False)
            ]
            if any(told):
                self._table.set_row(self._row, min(_height(told, self._column_widths), 200))
            for index, text in enumerate(row.cells):
                self._cell(index, text, row.marks.get(index))

    def _cell(self, index: int, text: str, mark: Mark | None) -> None:
        column = self._columns[index] if index < len(self._columns) else TableColumn(title="")
        cell_format = (self._marked if mark else self._formats)[column.kind]
        if column.aside:
            cell_format = self._aside
        if text:
            self._table.write_string(self._row, index, text[:_MAX_TEXT], cell_format)
        elif mark is not None:
            self._table.write_blank(self._row, index, None, cell_format)
        if mark is not None:
            self._comment(self._row, index, mark.text)

    def _comment(self, row: int, index: int, text: str) -> None:
        if self._comments >= MAX_COMMENTS:
            return
        self._comments += 1
        size = {"width": 280, "height": min(40 + 18 * (len(text) // 40 + text.count("\n") + 1), 320)}
        self._table.write_comment(row, index, text, {"author": self._author, "font_size": 9, **size})

    def add_guide(self, guide: Guide) -> None:
        """Add the sheet that explains how to fill in the table."""
        sheet = self._book.add_worksheet(guide.name)
        for index, width in enumerate(_widths(guide)):
            sheet.set_column(index, index, width)
        title = self._book.add_format({"bold": True, "font_size": 15, "font_color": _GREEN})
        heading = self._book.add_format(
            {
                "bold": True,
                "bg_color": _GREEN,
                "font_color": "#FFFFFF",
                "text_wrap": True,
                "valign": "vcenter",
            }
        )
        cell = self._book.add_format(
            {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D1D5DB", "num_format": "@"}
        )
        sheet.write_string(0, 0, guide.title, title)
        row = _write_steps(sheet, 2, guide, heading, cell)
        for caption, table in guide.tables:
            row += 1
            sheet.write_string(row, 0, caption, title)
            row += 1
            for index, (text, _) in enumerate(table.headings):
                sheet.write_string(row, index, text, heading)
            widths = [width for _, width in table.headings]
            for line in table.rows:
                row += 1
                sheet.set_row(row, _height(line, widths))
                for index, text in enumerate(line):
                    sheet.write_string(row, index, text[:_MAX_TEXT], cell)
            row += 1
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)

    def close(self, *, spare_rows: int) -> None:
        """Set the checks over the rows written and ``spare_rows`` below them, and finish the file."""
        places = self._write_lists()
        last = self._row + spare_rows
        for index, column in enumerate(self._columns):
            check = self._check(index, column, places)
            if check and last:
                self._table.data_validation(1, index, last, index, check)
        self._book.close()

    def _write_lists(self) -> dict[str, str]:
        """Write the lists; gives the range of each as a formula."""
        sheet = self._book.add_worksheet(self._list_sheet)
        sheet.hide()
        columns: list[Sequence[str]] = []
        places: dict[str, str] = {}
        quoted = "'" + self._list_sheet.replace("'", "''") + "'"
        for name, found in self._lists.items():
            if found.parents:
                columns.append(found.parents)
            column = xl_col_to_name(len(columns), col_abs=True)
            columns.append(found.values)
            places[name] = f"{quoted}!{column}$1:{column}${max(len(found.values), 1)}"
        # Row by row: in this mode a row that was left cannot be written to again.
        for row in range(max((len(values) for values in columns), default=0)):
            for index, values in enumerate(columns):
                if row < len(values):
                    sheet.write_string(row, index, values[row])
        return places

    def _check(self, index: int, column: TableColumn, places: Mapping[str, str]) -> dict[str, Any] | None:
        if column.aside:
            return None
        cell = xl_rowcol_to_cell(1, index, col_abs=True)
        check = self._rule(column, cell, places)
        if column.prompt:
            check |= {"input_title": column.title[:_MAX_PROMPT_TITLE]}
            check |= {"input_message": column.prompt[:_MAX_PROMPT]}
        if column.refusal:
            check |= {"error_title": column.title[:_MAX_PROMPT_TITLE]}
            check |= {"error_message": column.refusal[:_MAX_PROMPT]}
        check["error_type"] = "stop" if column.strict else "warning"
        return check

    def _rule(self, column: TableColumn, cell: str, places: Mapping[str, str]) -> dict[str, Any]:
        if column.choices is not None:
            source = places[column.choices]
            if column.within is not None:
                parent = xl_rowcol_to_cell(1, column.within, col_abs=True)
                source = _children(parent, self._lists[column.choices], source)
            return {"validate": "list", "source": f"={source}"}
        if column.kind is CellKind.DATE:
            return {"validate": "custom", "value": _is_day(cell)}
        if column.kind is CellKind.WHOLE:
            return {"validate": "integer", "criteria": ">=", "value": 0}
        if column.kind is CellKind.DECIMAL:
            return {"validate": "decimal", "criteria": ">=", "value": 0}
        if column.lengths is not None:
            low, high = column.lengths
            return {"validate": "length", "criteria": "between", "minimum": low, "maximum": high}
        return {"validate": "any"}


def _children(parent: str, found: ChoiceList, values: str) -> str:
    """Formula of the part of a sorted list whose parents equal the cell ``parent``."""
    sheet, _, cells = values.rpartition("!")
    first = cells.partition(":")[0]
    column = first.strip("$").rstrip("1").rstrip("$")
    before = xl_col_to_name(_index_of(column) - 1, col_abs=True)
    parents = f"{sheet}!{before}$1:{before}${len(found.parents)}"
    return f"OFFSET({sheet}!{first},MATCH({parent},{parents},0)-1,0,COUNTIF({parents},{parent}),1)"


def _index_of(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _is_day(cell: str) -> str:
    """Formula that holds for a date cell and for the text dd/mm/yyyy."""
    day, month, year = f"--LEFT({cell},2)", f"--MID({cell},4,2)", f"--RIGHT({cell},4)"
    return (
        f'=OR(ISNUMBER({cell}),AND(LEN({cell})=10,MID({cell},3,1)="/",MID({cell},6,1)="/",'
        f"DAY(DATE({year},{month},{day}))={day},{month}<=12))"
    )


def _widths(guide: Guide) -> list[int]:
    widest: list[int] = []
    for _, table in guide.tables:
        for index, (_, width) in enumerate(table.headings):
            if index < len(widest):
                widest[index] = max(widest[index], width)
            else:
                widest.append(width)
    return widest


def _write_steps(sheet: Worksheet, row: int, guide: Guide, heading: Format, cell: Format) -> int:
    widths = _widths(guide)
    middle = max(len(widths) // 2, 1)
    left, right = sum(widths[:middle]), sum(widths[middle:])
    spans = ((0, middle - 1), (middle, max(len(widths) - 1, middle)))
    lines = [(guide.steps_heading, heading)]
    lines += [((f"{n}. {vi}", f"{n}. {en}"), cell) for n, (vi, en) in enumerate(guide.steps, start=1)]
    for texts, style in lines:
        sheet.set_row(row, _height(texts, (left, right)))
        for text, (first, last) in zip(texts, spans, strict=True):
            if first == last:
                sheet.write_string(row, first, text, style)
            else:
                # A text that begins like a formula would be written as one by merge_range itself.
                sheet.merge_range(row, first, row, last, "", style)
                sheet.write_string(row, first, text, style)
        row += 1
    return row


def _height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """Points a row of wrapped texts needs; spreadsheets do not fit merged or generated rows themselves."""
    lines = 1
    for text, width in zip(texts, widths, strict=False):
        lines = max(lines, sum(len(part) // max(width - 2, 1) + 1 for part in text.split("\n")))
    return 14.0 * lines + 4
