"""The scoring form as a workbook: a sheet that adds up by itself, its options, and a guide."""

import io
from datetime import UTC, datetime, time
from typing import Final

import xlsxwriter

from ocop_api.domain.rubric.criteria import CriteriaSet, EditionHeader
from ocop_api.scoring.papers.workbook_guide import write_guide
from ocop_api.scoring.papers.workbook_options import write_options
from ocop_api.scoring.papers.workbook_sheet import FORM_SHEET, FillSheet
from ocop_api.scoring.papers.workbook_style import Style

_OPTIONS_SHEET: Final = "Phương án"
_GUIDE_SHEET: Final = "Hướng dẫn"


def form_workbook(header: EditionHeader, criteria_set: CriteriaSet) -> bytes:
    """The scoring form of a set as xlsx; the same set gives the same bytes. Call it in a thread.

    Cells to fill in are open, all others protected without a password, so that a slip breaks no formula.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "default_format_properties": {"font_name": "Arial", "font_size": 10},
        },
    )
    book.set_properties(
        {
            "title": f"Phiếu chấm điểm - Bộ {criteria_set.number}: {criteria_set.text.vi}",
            "author": "OCOP",
            "created": datetime.combine(header.in_force_from, time(), tzinfo=UTC).replace(tzinfo=None),
        }
    )
    style = Style(book)
    form = book.add_worksheet(FORM_SHEET)
    options = book.add_worksheet(_OPTIONS_SHEET)
    guide = book.add_worksheet(_GUIDE_SHEET)
    places = write_options(options, style, header, criteria_set)
    FillSheet(form, style, header, criteria_set, places).write()
    write_guide(guide, style, header, criteria_set)
    book.close()
    return out.getvalue()
