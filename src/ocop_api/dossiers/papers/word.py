"""A form as an editable DOCX, laid out as administrative documents are (Decree 30/2020)."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from docx import Document
from docx.document import Document as Word
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Length, Pt
from docx.table import Table, _Cell

from ocop_api.dossiers.papers.blocks import Form

_FONT: Final = "Times New Roman"
_LINE: Final = Cm(16.5)
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_TICKED, _EMPTY = "☒", "☐"
_SMALL: Final = Pt(11)


def form_docx(form: Form, at: datetime) -> bytes:
    """The form as DOCX, A4; the same form and time give the same bytes. Call it in a thread."""
    content = form.as_json()
    word = Document()
    _page(word, content, at)
    for one in content["blocks"]:
        _WRITERS[one["kind"]](word, one)
    target = io.BytesIO()
    word.save(target)
    return _dated(target.getvalue(), at)


def _page(word: Word, form: dict[str, Any], at: datetime) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(2)
    style: Any = word.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(13)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(4)
    footer = section.footer.paragraphs[0]
    footer.add_run(form["note"]).font.size = Pt(9)
    if form["draft"]:
        head = section.header.paragraphs[0]
        head.alignment = _CENTRE
        head.add_run("BẢN NHÁP").bold = True
    properties = word.core_properties
    properties.title, properties.author = form["title"][:250], "OCOP"
    properties.created = properties.modified = at.replace(tzinfo=None)
    properties.last_modified_by, properties.revision = "OCOP", 1


def _heading(word: Word, one: dict[str, Any]) -> None:
    if not one["office"]:
        _nation(word.add_paragraph())
        return
    table = word.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    left, right = table.rows[0].cells
    _widths(table, [Cm(6), Cm(10.5)])
    office = left.paragraphs[0]
    office.alignment = _CENTRE
    run = office.add_run("\n".join(one["office"]))
    run.bold, run.font.size = True, Pt(12)
    _nation(right.paragraphs[0])


def _nation(paragraph: Any) -> None:
    paragraph.alignment = _CENTRE
    upper = paragraph.add_run("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n")
    upper.bold, upper.font.size = True, Pt(12)
    motto = paragraph.add_run("Độc lập - Tự do - Hạnh phúc")
    motto.bold = motto.underline = True


def _title(word: Word, one: dict[str, Any]) -> None:
    paragraph = word.add_paragraph()
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_before = Pt(10)
    run = paragraph.add_run(one["text"])
    run.bold, run.font.size = True, Pt(14)
    if one["below"]:
        paragraph.add_run("\n" + one["below"]).bold = True


def _section(word: Word, one: dict[str, Any]) -> None:
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.page_break_before = one["new_page"]
    paragraph.add_run(one["text"]).bold = True
    if one["centred"]:
        paragraph.alignment = _CENTRE


def _paragraph(word: Word, one: dict[str, Any]) -> None:
    if not one["text"]:
        for _ in range(one["empty"]):
            _leader(word.add_paragraph(), "")
        return
    word.add_paragraph().add_run(one["text"]).italic = one["italic"]


def _field(word: Word, one: dict[str, Any]) -> None:
    paragraph = word.add_paragraph()
    if one["value"]:
        paragraph.add_run(f"{one['label']} {one['value']}")
    else:
        _leader(paragraph, one["label"] + " ")


def _leader(paragraph: Any, label: str) -> None:
    """Dots to the end of the line."""
    paragraph.paragraph_format.tab_stops.add_tab_stop(_LINE, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    paragraph.add_run(label + "\t")


def _boxes(word: Word, one: dict[str, Any]) -> None:
    said = "    ".join(f"{label} {_TICKED if ticked else _EMPTY}" for label, ticked in one["items"])
    word.add_paragraph(f"{one['label']} {said}".strip())


def _table(word: Word, one: dict[str, Any]) -> None:
    table = word.add_table(rows=1, cols=len(one["head"]))
    table.style = "Table Grid"
    table.autofit = False
    _row(table.rows[0].cells, one["head"], bold=True)
    # The heading comes again on every page.
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)  # noqa: SLF001 - the library has no name for it
    for row in one["rows"]:
        _row(table.add_row().cells, row, bold=False)
    _widths(table, [Emu(int(_LINE * width / sum(one["widths"]))) for width in one["widths"]])
    word.add_paragraph()


def _widths(table: Table, widths: list[Length]) -> None:
    """Set columns and cells alike: programs differ in which of the two they go by."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width


def _row(cells: tuple[_Cell, ...], words: list[str], *, bold: bool) -> None:
    for cell, text in zip(cells, words, strict=True):
        run = cell.paragraphs[0].add_run(text)
        run.bold, run.font.size = bold, _SMALL


def _signature(word: Word, one: dict[str, Any]) -> None:
    table = word.add_table(rows=1, cols=2)
    _widths(table, [Cm(5.5), Cm(11)])
    cell = table.rows[0].cells[1]
    paragraph = cell.paragraphs[0]
    paragraph.alignment = _CENTRE
    if one["dated"]:
        paragraph.add_run(one["dated"] + "\n").italic = True
    paragraph.add_run(one["who"] + "\n").bold = True
    how = paragraph.add_run(one["how"])
    how.italic, how.font.size = True, _SMALL
    paragraph.add_run("\n" * 5)
    paragraph.add_run(one["name"]).bold = True


_WRITERS: Final[dict[str, Callable[[Word, dict[str, Any]], None]]] = {
    "heading": _heading,
    "title": _title,
    "section": _section,
    "paragraph": _paragraph,
    "field": _field,
    "boxes": _boxes,
    "table": _table,
    "signature": _signature,
}


def _dated(content: bytes, at: datetime) -> bytes:
    """The same package with the form's own time on every part instead of the clock's."""
    target = io.BytesIO()
    stamp = at.timetuple()[:6]
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for entry in source.infolist():
            written.writestr(zipfile.ZipInfo(entry.filename, stamp), source.read(entry), zipfile.ZIP_DEFLATED)
    return target.getvalue()
