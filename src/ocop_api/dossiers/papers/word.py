"""A form as an editable DOCX, laid out as administrative documents are (Decree 30/2020)."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Length, Pt
from docx.table import Table, _Cell, _Row

from ocop_api.dossiers.papers.blocks import Form

_FONT: Final = "Times New Roman"
_LINE: Final = Cm(16.5)
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_TICKED, _EMPTY = "☒", "☐"
_SMALL: Final = Pt(11)
_TINY: Final = Pt(9)
_LONG: Final = 400
"""Characters of a cell from which its row may break over pages, since it could be longer than one."""
_ALIGNMENTS: Final = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


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
    if form["landscape"]:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(29.7), Cm(21)
    side, edge = (Cm(2), Cm(1.5)) if form["landscape"] else (Cm(3), Cm(2))
    section.left_margin, section.right_margin = side, Cm(1.5)
    section.top_margin = section.bottom_margin = edge
    style: Any = word.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(13)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(4)
    footer = section.footer.paragraphs[0]
    footer.add_run(form["note"]).font.size = Pt(9)
    if form["draft"]:
        head = section.header.paragraphs[0]
        head.alignment = _CENTRE
        head.add_run(form["mark"]).bold = True
    properties = word.core_properties
    properties.title, properties.author = form["title"][:250], "OCOP"
    properties.created = properties.modified = at.replace(tzinfo=None)
    properties.last_modified_by, properties.revision = "OCOP", 1


def _line(word: Word) -> Length:
    """The width between the margins."""
    section = word.sections[0]
    width, left, right = section.page_width, section.left_margin, section.right_margin
    return Emu((width or 0) - (left or 0) - (right or 0))


def _heading(word: Word, one: dict[str, Any]) -> None:
    if one["new_page"]:
        # A table cannot ask for a page of its own, so the line before it does.
        before = word.add_paragraph()
        before.paragraph_format.page_break_before = True
        before.paragraph_format.space_after = before.paragraph_format.line_spacing = Pt(1)
    if not one["office"]:
        _nation(word.add_paragraph())
        return
    below = bool(one["number"] or one["dated"])
    table = word.add_table(rows=2 if below else 1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    left, right = table.rows[0].cells
    line = _line(word)
    _widths(table, [Emu(int(line * 6 / 16.5)), Emu(int(line * 10.5 / 16.5))])
    office = left.paragraphs[0]
    office.alignment = _CENTRE
    if one["above"]:
        office.add_run(one["above"] + "\n").font.size = Pt(12)
    run = office.add_run("\n".join(one["office"]))
    run.bold, run.font.size = True, Pt(12)
    _nation(right.paragraphs[0])
    if below:
        for cell, words in zip(table.rows[1].cells, (one["number"], one["dated"]), strict=True):
            cell.paragraphs[0].alignment = _CENTRE
            cell.paragraphs[0].add_run(words).italic = words is one["dated"]


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
    paragraph = word.add_paragraph()
    if one["indented"]:
        _as_body(paragraph)
    if one["centred"]:
        paragraph.alignment = _CENTRE
    if one["lead"]:
        paragraph.add_run(one["lead"] + " ").bold = True
    paragraph.add_run(one["text"]).italic = one["italic"]


def _as_body(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Cm(1)


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
    size = _TINY if one["small"] else _SMALL
    _row(table.rows[0].cells, one["head"], ["center"] * len(one["head"]), size, bold=True)
    # The heading comes again on every page.
    _of_row(table.rows[0], "w:tblHeader")
    line = _line(word)
    widths: list[Length] = [Emu(int(line * width / sum(one["widths"]))) for width in one["widths"]]
    aligns = one["aligns"] or ["left"] * len(one["head"])
    spans: list[tuple[_Row, str, bool]] = []
    for place, words in enumerate(one["rows"]):
        row = table.add_row()
        if all(len(text) < _LONG for text in words):
            _of_row(row, "w:cantSplit")
        if len(words) == 1 and len(widths) > 1:
            spans.append((row, words[0], place in one["strong"]))
        else:
            _row(row.cells, words, aligns, size, bold=place in one["strong"])
    _widths(table, widths)
    for row, said, strong in spans:
        # Columns have their widths before cells are merged, which would take that of all.
        merged = row.cells[0].merge(row.cells[-1])
        _row((merged,), [said], ["left"], size, bold=strong)
        merged.paragraphs[0].paragraph_format.keep_with_next = strong
    # Something must stand between tables; a line of text would now and then take a page of its own.
    after = word.add_paragraph().paragraph_format
    after.line_spacing, after.space_after = Pt(8), Pt(0)


def _of_row(row: _Row, name: str) -> None:
    element = OxmlElement(name)
    element.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(element)  # noqa: SLF001 - the library has no name for it


def _widths(table: Table, widths: list[Length]) -> None:
    """Set columns and cells alike: programs differ in which of the two they go by."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width


def _row(cells: tuple[_Cell, ...], words: list[str], aligns: list[str], size: Length, *, bold: bool) -> None:
    for cell, text, align in zip(cells, words, aligns, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = _ALIGNMENTS[align]
        if size is _TINY:
            paragraph.paragraph_format.space_after = Pt(0)
        run = paragraph.add_run(text)
        run.bold, run.font.size = bold, size


def _signature(word: Word, one: dict[str, Any]) -> None:
    table = word.add_table(rows=1, cols=2)
    _widths(table, [Cm(5.5), Cm(11)])
    _signed(table.rows[0].cells[1], one)


def _signed(cell: _Cell, one: dict[str, Any]) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = _CENTRE
    if one["dated"]:
        paragraph.add_run(one["dated"] + "\n").italic = True
    paragraph.add_run(one["who"] + "\n").bold = True
    how = paragraph.add_run(one["how"])
    how.italic, how.font.size = True, _SMALL
    paragraph.add_run("\n" * 5)
    paragraph.add_run(one["name"]).bold = True


def _closing(word: Word, one: dict[str, Any]) -> None:
    if one["last"]:
        paragraph = word.add_paragraph()
        if one["lead"]:
            paragraph.add_run(one["lead"] + " ").bold = True
        paragraph.add_run(one["last"])
        if one["indented"]:
            _as_body(paragraph)
        paragraph.paragraph_format.keep_with_next = True
    table = word.add_table(rows=1, cols=2)
    half = Emu(int(_line(word) / 2))
    _widths(table, [half, half])
    _of_row(table.rows[0], "w:cantSplit")
    left, right = table.rows[0].cells
    if one["left"]:
        _signed(left, one["left"])
    if one["recipients"]:
        paragraph = left.paragraphs[0]
        run = paragraph.add_run("Nơi nhận:")
        run.bold = run.italic = True
        run.font.size = Pt(12)
        paragraph.add_run("".join(f"\n{line}" for line in one["recipients"])).font.size = _SMALL
    _signed(right, one["right"])
    for cell in (left, right):
        cell.paragraphs[0].paragraph_format.space_before = Pt(12)


_WRITERS: Final[dict[str, Callable[[Word, dict[str, Any]], None]]] = {
    "heading": _heading,
    "title": _title,
    "section": _section,
    "paragraph": _paragraph,
    "field": _field,
    "boxes": _boxes,
    "table": _table,
    "signature": _signature,
    "closing": _closing,
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
