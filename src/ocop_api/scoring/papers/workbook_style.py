"""How the cells of the scoring workbook look, and how high a row of wrapped text stands."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

_GREEN, _SHADE, _PALE, _INPUT = "#14532D", "#DCE7DF", "#F3F6F4", "#FFFBE6"
_LINE: Final = 13.5
"""Points of a line of text."""


class Style:
    """The formats of one workbook; all but ``entry`` and ``entry_text`` are locked."""

    def __init__(self, book: Workbook) -> None:
        base = {"text_wrap": True, "valign": "vcenter"}
        cell = {**base, "border": 1, "border_color": "#9CA3AF"}
        self.title = _format(book, base, bold=True, font_size=14, align="center")
        self.subtitle = _format(book, base, align="center", italic=True)
        self.label = _format(book, base, align="right")
        self.heading = _format(book, cell, bold=True, align="center", bg_color=_GREEN, font_color="#FFFFFF")
        self.text = _format(book, cell)
        self.centre = _format(book, cell, align="center")
        self.points = _format(book, cell, align="center", num_format="0.##;-0.##;0", bold=True)
        self.part = _format(book, cell, bold=True, bg_color=_SHADE)
        self.part_points = _format(book, cell, bold=True, bg_color=_SHADE, align="center")
        self.group = _format(book, cell, bold=True, bg_color=_PALE)
        self.group_points = _format(book, cell, bold=True, bg_color=_PALE, align="center")
        self.result = _format(book, cell, bold=True, font_size=11, bg_color=_SHADE)
        self.result_points = _format(book, cell, bold=True, font_size=14, bg_color=_SHADE, align="center")
        self.entry = _format(book, cell, bg_color=_INPUT, locked=False)
        self.entry_text = _format(book, cell, bg_color=_INPUT, locked=False, num_format="@")
        self.met = _format(book, {}, bg_color="#DCFCE7", font_color="#14532D")
        self.missed = _format(book, {}, bg_color="#FEE2E2", font_color="#991B1B")
        self.open = _format(book, {}, bg_color="#FEF3C7")


def _format(book: Workbook, base: dict[str, object], **more: object) -> Format:
    return book.add_format({**base, **more})


def height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Height of a row whose texts wrap in columns of these widths (in characters)."""
    lines = (
        sum(max(ceil(len(line) * 1.08 / width), 1) for line in text.split("\n"))
        for text, width in zip(texts, widths, strict=True)
    )
    return max(lines, default=1) * _LINE + 3


def paper(sheet: Worksheet, *, footer: str) -> None:
    """A4 across, as wide as the paper, pages numbered, everything locked but the cells to fill in."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.5, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    # An ampersand starts a command in a footer, hence two of them.
    sheet.set_footer(f"&L&8{footer.replace('&', '&&')}&R&8Trang &P/&N")
    sheet.hide_gridlines(2)
    sheet.protect("", {"format_rows": True, "format_columns": True})
