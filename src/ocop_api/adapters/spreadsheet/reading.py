"""Reading workbooks from foreign hands: checked first, then row by row, never whole in memory."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import python_calamine
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._reader import WorkSheetParser

from ocop_api.domain.errors import Invalid

_MAX_ENTRIES = 2_000
_FREE_BYTES = 100 * 1024 * 1024
"""Inflated bytes every workbook may have; beyond it as many times its own size as real ones reach."""
_MAX_RATIO = 60
_MAX_BYTES = 2 * 1024 * 1024 * 1024
_MAX_SHARED_BYTES = 256 * 1024 * 1024
"""Shared texts stand in memory while a workbook is read."""
_MAX_ODS_BYTES = 100 * 1024 * 1024
"""This format is read whole."""
_MAX_ODS_CELLS = 5_000_000
_MAX_WIDTH = 2_000
"""Cells of a row that are looked at; more than any kind has columns."""
_PIECE = 1024 * 1024
_KEPT = 200
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_HEADER_ROWS = 15
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said about one cell: its index from 0, and a code."""

    index: int
    code: str
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number from 1, its cells as text, and notes on cells.

    Numbers are written plainly ("8936012345678", "85000.5"; one with three decimals with a fourth, so
    that it cannot be taken for a thousand), days as ISO, truth values as TRUE and FALSE.
    """

    number: int
    cells: list[str]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A merged range, rows and columns from 1, inclusive."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


class Workbook:
    """An XLSX or ODS file on disk.

    Raises, on opening:
        Invalid: ``bulk.workbook_encrypted``, ``bulk.workbook_old_format``, ``bulk.workbook_macros``,
            ``bulk.workbook_too_large`` (by what really comes out of it), ``bulk.workbook_damaged``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._merged: dict[str, list[Span]] = {}
        self._file: IO[bytes] | None = None
        try:
            with zipfile.ZipFile(path) as archive:
                self.is_ods = "content.xml" in archive.namelist()
                _check(archive, path.stat().st_size, ods=self.is_ods)
                if not self.is_ods:
                    self._merged = _merged_ranges(archive)
            if self.is_ods:
                self._ods = python_calamine.CalamineWorkbook.from_path(str(path))
            else:
                # By an open file, because the library would judge a path by its ending.
                self._file = path.open("rb")
                self._xlsx = load_workbook(self._file, read_only=True, data_only=True, keep_links=False)
        except (zipfile.BadZipFile, KeyError, ValueError, ParseError, DefusedXmlException) as error:
            self.close()
            raise Invalid("bulk.workbook_damaged", reason=type(error).__name__) from error
        except (python_calamine.CalamineError, EOFError, OSError, TypeError, AttributeError) as error:
            self.close()
            raise Invalid("bulk.workbook_damaged", reason=type(error).__name__) from error

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()

    @property
    def sheets(self) -> list[str]:
        """Names of the visible sheets in order."""
        if self.is_ods:
            visible = python_calamine.SheetVisibleEnum.Visible
            return [sheet.name for sheet in self._ods.sheets_metadata if sheet.visible == visible]
        return [sheet.title for sheet in self._xlsx.worksheets if sheet.sheet_state == "visible"]

    def merged(self, sheet: str) -> Sequence[Span]:
        """Merged ranges that begin in the first rows; not known for ODS."""
        if self.is_ods:
            return ()
        return self._merged.get(self._xlsx[sheet]._worksheet_path, ())  # noqa: SLF001 - the only way to it

    def rows(self, sheet: str) -> Iterator[SheetRow]:
        """All rows with any cell, in order.

        Raises:
            Invalid: ``bulk.workbook_damaged``.
        """
        try:
            yield from self._ods_rows(sheet) if self.is_ods else self._xlsx_rows(sheet)
        except (ParseError, DefusedXmlException, zipfile.BadZipFile, EOFError) as error:
            raise Invalid("bulk.workbook_damaged", reason=type(error).__name__) from error
        except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
            # A cell that refers to a text or style the file does not have.
            raise Invalid("bulk.workbook_damaged", reason=type(error).__name__) from error

    def _xlsx_rows(self, sheet: str) -> Iterator[SheetRow]:
        worksheet = self._xlsx[sheet]
        with closing(worksheet._get_source()) as source:  # noqa: SLF001 - streamed reading has no public door
            parser = _Parser(
                source,
                worksheet._shared_strings,  # noqa: SLF001
                data_only=True,
                epoch=self._xlsx.epoch,
                date_formats=self._xlsx._date_formats,  # noqa: SLF001
                timedelta_formats=self._xlsx._timedelta_formats,  # noqa: SLF001
            )
            for number, cells in parser.parse():
                yield _xlsx_row(number, cells)

    def _ods_rows(self, sheet: str) -> Iterator[SheetRow]:
        found = self._ods.get_sheet_by_name(sheet)
        first = found.start[0] + 1 if found.start else 1
        for number, values in enumerate(found.iter_rows(), first):
            cells = [_text(value) for value in values[:_MAX_WIDTH]]
            if any(cells):
                yield SheetRow(number, cells)


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """The library's parser, which tells formulas and forgets the rows it has given."""

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        data = None
        for event, element in iterparse(self.source, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if element.tag == f"{_MAIN}sheetData":
                    data = element
            elif element.tag == f"{_MAIN}row":
                yield self.parse_row(element)
                if data is not None:
                    data.clear()
            elif element.tag == f"{_MAIN}sheetData":
                return

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        cell["formula"] = element.find(f"{_MAIN}f") is not None
        return cell


def _xlsx_row(number: int, found: Sequence[dict[str, Any]]) -> SheetRow:
    cells: list[str] = []
    notes: list[Note] = []
    for cell in found:
        index = cell["column"] - 1
        if index >= _MAX_WIDTH:
            break
        cells.extend([""] * (index + 1 - len(cells)))
        cells[index] = _text(cell["value"])
        if cell["data_type"] == "e":
            notes.append(Note(index, "bulk.cell_error", refuses=True))
        elif cell["formula"] and cell["value"] is None:
            notes.append(Note(index, "bulk.formula_without_value", refuses=True))
        elif cell["formula"]:
            notes.append(Note(index, "bulk.formula_value_used"))
    return SheetRow(number, cells, tuple(notes))


def _text(value: Any) -> str:  # noqa: PLR0911 - one line per type of cell
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return plain(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else ""


def plain(value: float) -> str:
    """A number as text without an exponent; three decimals are written as four (see ``SheetRow``)."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    return f"{text}0" if re.search(r"\.\d{3}$", text) else text


def _check(archive: zipfile.ZipFile, size: int, *, ods: bool) -> None:
    entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES:
        raise Invalid("bulk.workbook_too_large", entries=len(entries))
    names = {entry.filename.lower() for entry in entries}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Invalid("bulk.workbook_macros")
    if not ods and "xl/workbook.xml" not in names:
        raise Invalid("bulk.workbook_damaged", reason="no workbook")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Invalid("bulk.workbook_encrypted")
    allowed = _MAX_ODS_BYTES if ods else min(_MAX_BYTES, max(_FREE_BYTES, _MAX_RATIO * size))
    for entry in entries:
        # Pictures and the like are never inflated by the readers, so they are not here either.
        if not entry.filename.lower().endswith((".xml", ".rels")):
            continue
        shared = entry.filename.lower().endswith("sharedstrings.xml")
        allowed -= _inflated(archive, entry, min(allowed, _MAX_SHARED_BYTES) if shared else allowed)
    if ods:
        _check_repeats(archive)


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, allowed: int) -> int:
    """Bytes that really come out of an entry; what its head claims is not believed."""
    total = 0
    tail = b""
    with archive.open(entry) as source:
        while piece := source.read(_PIECE):
            total += len(piece)
            if total > allowed:
                raise Invalid("bulk.workbook_too_large", entries=entry.filename[:60])
            seen = tail + piece
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise Invalid("bulk.workbook_damaged", reason="DOCTYPE")
            tail = piece[-_KEPT:]
    return total


def _merged_ranges(archive: zipfile.ZipFile) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for entry in archive.infolist():
        if not entry.filename.startswith("xl/worksheets/") or not entry.filename.endswith(".xml"):
            continue
        spans = found.setdefault(entry.filename, [])
        tail = b""
        with archive.open(entry) as source:
            while piece := source.read(_PIECE):
                for match in _MERGE.finditer(tail + piece):
                    column, row, last_column, last_row = range_boundaries(match[1].decode())
                    if row <= _HEADER_ROWS and len(spans) < _MAX_WIDTH:
                        spans.append(Span(row, column, last_row, last_column))
                tail = piece[-_KEPT:]
    return found


def _check_repeats(archive: zipfile.ZipFile) -> None:
    # A cell may claim to stand a million times; the reader would lay out every one of them.
    rows = 1
    cells = 0
    with archive.open("content.xml") as source:
        for _, element in iterparse(source, events=("start",), forbid_dtd=True):
            if element.tag == f"{_TABLE}table-row":
                rows = int(element.get(f"{_TABLE}number-rows-repeated", 1))
            elif element.tag == f"{_TABLE}table-cell" and element.get(f"{_OFFICE}value-type"):
                cells += rows * int(element.get(f"{_TABLE}number-columns-repeated", 1))
            if cells > _MAX_ODS_CELLS:
                raise Invalid("bulk.workbook_too_large", entries="content.xml")
            element.clear()
