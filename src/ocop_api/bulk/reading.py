"""From the bytes of a file to rows of cells, or to one clear refusal of the whole file."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ocop_api.domain.errors import Invalid
from ocop_api.web.schemas import clean_text

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
MAX_CELL = 10_000
"""Characters of a cell; a longer one rejects its row."""

REQUIRED = ("product_name", "producer", "province")
OPTIONAL = (
    "row_id",
    "producer_type",
    "commune",
    "district",
    "old_province_code",
    "product_group",
    "stars",
    "status",
    "score",
    "year",
    "decision_no",
    "decision_date",
    "issuing_authority",
    "expiry_date",
    "certificate_no",
    "product_code",
    "price_vnd",
    "pack",
    "confidence",
    "source",
    "source_licence",
    "notes",
)
REASONS = ("import_row", "import_columns", "import_codes", "import_messages")
"""Columns of ``rejected.csv`` beside the original ones; a corrected file may keep them."""
_KNOWN = (*REQUIRED, *OPTIONAL, *REASONS)

_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row: its number as a spreadsheet counts (the header is 1) and its cells as they stand."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A readable file. ``header`` is as written, ``columns`` the known names in the same order."""

    header: list[str]
    columns: list[str]
    rows: list[FileRow]


def read_table(content: bytes) -> Table:
    """Read a CSV file: UTF-8 with or without byte order mark, comma or semicolon.

    Rows without any text are passed over. Cells are NFC.

    Raises:
        Invalid: ``bulk.empty_file``, ``bulk.spreadsheet_not_csv``, ``bulk.not_utf8``, ``bulk.nul_byte``,
            ``bulk.malformed_csv``, ``bulk.repeated_column``, ``bulk.unknown_column``,
            ``bulk.missing_column``, ``bulk.no_rows``, ``bulk.too_many_rows``.
    """
    records = _records(_text(content))
    header_row = records[0] if records else None
    if header_row is None:
        raise Invalid("bulk.empty_file")
    columns = _columns(header_row.cells)
    rows = records[1:]
    if not rows:
        raise Invalid("bulk.no_rows")
    if len(rows) > MAX_ROWS:
        raise Invalid("bulk.too_many_rows", rows=len(rows), limit=MAX_ROWS)
    return Table(header=header_row.cells, columns=columns, rows=rows)


def _text(content: bytes) -> str:
    if not content.strip():
        raise Invalid("bulk.empty_file")
    if content.startswith(_SPREADSHEETS):
        raise Invalid("bulk.spreadsheet_not_csv")
    if content.startswith(_WIDE):
        raise Invalid("bulk.not_utf8", line=1)
    nul = content.find(b"\x00")
    if nul >= 0:
        raise Invalid("bulk.nul_byte", line=content.count(b"\n", 0, nul) + 1)
    try:
        return clean_text(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid("bulk.not_utf8", line=content.count(b"\n", 0, error.start) + 1) from error


def _records(text: str) -> list[FileRow]:
    first_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    # A quote that is not closed makes every later row boundary a guess, so reading is strict.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[FileRow] = []
    number = 0
    try:
        for cells in reader:
            number += 1
            if any(cell.strip() for cell in cells):
                records.append(FileRow(number, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise Invalid("bulk.malformed_csv", line=reader.line_num, reason=str(error)) from error
    return records


def _columns(header: Sequence[str]) -> list[str]:
    columns = ["_".join(name.casefold().split()) for name in header]
    # Counted in one pass: a header of a hundred thousand cells would keep a thread busy for a minute.
    repeated = sorted(name for name, times in Counter(columns).items() if times > 1)[:20]
    if repeated:
        raise Invalid("bulk.repeated_column", columns=[name or "—" for name in repeated])
    unknown = [name for name in columns if name not in _KNOWN]
    if unknown:
        meant = {name: nearest(name, _KNOWN) for name in unknown[:20]}
        told = [f"{name[:60] or '—'}" + (f" → {found}?" if found else "") for name, found in meant.items()]
        raise Invalid("bulk.unknown_column", columns=told, known=[*REQUIRED, *OPTIONAL])
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise Invalid("bulk.missing_column", columns=missing)
    return columns


def nearest(typed: str, offered: Sequence[str]) -> str | None:
    """The offered word that is most probably meant, None when nothing is near."""
    found = get_close_matches(typed[:100], offered, n=1, cutoff=0.6)
    return found[0] if found else None
