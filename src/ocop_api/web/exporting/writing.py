"""Writing rows: CSV and NDJSON as bytes on the way, XLSX into a file."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson
import xlsxwriter

from ocop_api.web.exporting.columns import ExportColumn, ValueKind
from ocop_api.web.exporting.formulas import defused
from ocop_api.web.texts import Language

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps exactly."""
ROWS_OF_A_SHEET = 1_000_000
_MAX_CELL = 32_767


class LineWriter(Protocol):
    """Turns items into the bytes of a file that needs no look back."""

    def head(self) -> bytes:
        """What stands before the first item."""

    def rows(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        """The items, in order."""


class NdjsonWriter:
    """One JSON object a line, exactly as the list gives it."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        """The items, one a line."""
        return b"".join(orjson.dumps(item) + b"\n" for item in items)


class CsvWriter:
    """UTF-8 with a mark that spreadsheets need, a header of column names, CRLF (RFC 4180)."""

    def __init__(self, columns: Sequence[ExportColumn]) -> None:
        self._columns = columns

    def head(self) -> bytes:
        """The mark and the header."""
        return "\ufeff".encode() + self._lines([[column.name for column in self._columns]])

    def rows(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        """The items, one a line."""
        return self._lines([[_written(column, item) for column in self._columns] for item in items])

    def _lines(self, rows: Sequence[Sequence[str]]) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()


def _plain(column: ExportColumn, value: Any) -> str:
    if value is None:
        return ""
    if column.kind is ValueKind.NESTED:
        return orjson.dumps(value).decode()
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _written(column: ExportColumn, item: Mapping[str, Any]) -> str:
    """The value as text that no spreadsheet runs as a formula; numbers keep their sign."""
    text = _plain(column, column.value(item))
    return text if column.kind is ValueKind.NUMBER else defused(text)


class WorkbookWriter:
    """An XLSX file written from top to bottom in constant memory; used from one thread at a time.

    Codes stay text with their leading zeros, dates and numbers are real ones, instants are Vietnamese
    time. Texts are never read as formulas or links.
    """

    def __init__(self, path: Path, columns: Sequence[ExportColumn], language: Language, title: str) -> None:
        self._columns = columns
        self._language = language
        self._title = title
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._heading = self._book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
        self._formats = {
            ValueKind.DATE: self._book.add_format({"num_format": "dd/mm/yyyy"}),
            ValueKind.INSTANT: self._book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            ValueKind.TEXT: self._book.add_format({"num_format": "@"}),
        }
        self._sheets = 0
        self._row = 0
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        name = self._title if self._sheets == 1 else f"{self._title} {self._sheets}"
        self._sheet = self._book.add_worksheet(name[:31])
        self._sheet.freeze_panes(1, 0)
        for position, column in enumerate(self._columns):
            label = column.label(self._language)
            width = 12 if column.kind in {ValueKind.NUMBER, ValueKind.DATE, ValueKind.BOOLEAN} else 24
            self._sheet.set_column(position, position, width)
            self._sheet.write_string(0, position, label, self._heading)
        self._row = 0

    def _end_sheet(self) -> None:
        if self._sheets and self._columns:
            self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)

    def rows(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Write the items below what is written."""
        for item in items:
            if self._row == ROWS_OF_A_SHEET:
                self._begin_sheet()
            self._row += 1
            for position, column in enumerate(self._columns):
                self._write(position, column, column.value(item))

    def _write(self, position: int, column: ExportColumn, value: Any) -> None:
        if value is None:
            return
        sheet, row, style = self._sheet, self._row, self._formats.get(column.kind)
        if column.kind is ValueKind.BOOLEAN:
            sheet.write_boolean(row, position, value)
        elif column.kind is ValueKind.NUMBER and _is_exact(value):
            sheet.write_number(row, position, float(value))
        elif column.kind is ValueKind.DATE and value >= "1900-03-01":
            # Earlier serial numbers mean other days in other programs.
            sheet.write_datetime(row, position, date.fromisoformat(value), style)
        elif column.kind is ValueKind.INSTANT:
            local = datetime.fromisoformat(value).astimezone(_VIETNAM).replace(tzinfo=None)
            sheet.write_datetime(row, position, local, style)
        else:
            text = _plain(column, value)[:_MAX_CELL]
            sheet.write_string(row, position, text, self._formats[ValueKind.TEXT])

    def close(self) -> None:
        """Finish the file."""
        self._end_sheet()
        self._book.close()


def _is_exact(value: Any) -> bool:
    return len(Decimal(str(value)).as_tuple().digits) <= _EXACT_DIGITS
