"""Tables with a header row: delimited text and workbooks."""

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from ocop_api.adapters.spreadsheet.reading import SheetRow, Span, Workbook
from ocop_api.bulk.findings import Finding
from ocop_api.bulk.headers import HeaderMatcher, Matching
from ocop_api.bulk.sources.lines import MAX_LINE, TextFile
from ocop_api.bulk.sources.record import FileFormat, Record, Source
from ocop_api.domain.errors import Invalid

HEADER_WITHIN = 10
"""The header is looked for in this many rows; titles may stand above it."""
_DELIMITERS = (",", ";", "\t", "|")

# A cell may be as long as a line; the module's own limit would refuse the whole file for one cell.
csv.field_size_limit(MAX_LINE)


def _header_of(rows: Sequence[Record], matcher: HeaderMatcher) -> Record:
    """The row that names most columns; the first row with text when none names any."""
    if not rows:
        raise Invalid("bulk.empty_file")
    return max(rows, key=lambda row: (matcher.likeness(row.cells), -row.number))


class _Table(Source):
    def __init__(self, matcher: HeaderMatcher, header: Record) -> None:
        found: Matching = matcher.match(header.cells)
        self.names = found.names
        self.header = header.cells[: len(found.names)]
        self.remarks = list(found.remarks)
        self._header_number = header.number

    def _fitted(self, record: Record, *, padded: bool) -> Record:
        width = len(self.names)
        extra = any(record.cells[width:])
        if extra or (len(record.cells) < width and not padded):
            data = {"expected": width, "found": len(record.cells)}
            record.faults.append(Finding(None, "bulk.cell_count", data))
            return record
        record.cells = record.cells[:width] + [""] * (width - len(record.cells))
        return record


class DelimitedText(_Table):
    """CSV and its relatives: comma, semicolon, tab or bar; the one that names most columns.

    Raises, on opening:
        Invalid: ``bulk.empty_file``, ``bulk.malformed_csv``, and what ``HeaderMatcher.match`` refuses.
    """

    format = FileFormat.CSV

    def __init__(self, path: Path, matcher: HeaderMatcher) -> None:
        self._text = TextFile(path)
        best = -1
        header = None
        # A quote that is not closed makes every later row boundary a guess, so reading is strict.
        refusal = Invalid("bulk.empty_file")
        for delimiter in _DELIMITERS:
            try:
                found = _header_of(list(islice(self._all(delimiter), HEADER_WITHIN)), matcher)
            except Invalid as error:
                # Quotes may be right for one delimiter only.
                refusal = error
                continue
            score = matcher.likeness(found.cells)
            if score > best:
                best, header, self._delimiter = score, found, delimiter
        if header is None:
            raise refusal
        super().__init__(matcher, header)
        if self._text.encoding != "utf-8":
            self.remarks.append(Finding(None, "bulk.encoding", {"encoding": self._text.encoding}))

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """As ``Source.records``."""
        start = max(after, self._header_number)
        for record in self._all(self._delimiter):
            if record.number > start:
                yield self._fitted(record, padded=False)

    def _all(self, delimiter: str) -> Iterator[Record]:
        text = self._text
        text.notes.clear()
        text.faults.clear()
        reader = csv.reader(iter(text), delimiter=delimiter, strict=True)
        number = 0
        try:
            for cells in reader:
                number += 1
                kept = [cell.strip() for cell in cells]
                if any(kept) or text.faults:
                    yield Record(number, kept, list(text.faults), list(text.notes))
                text.notes.clear()
                text.faults.clear()
        except csv.Error as error:
            raise Invalid("bulk.malformed_csv", line=reader.line_num, reason=str(error)) from error


class SheetTable(_Table):
    """One sheet of a workbook: the one asked for, else the first visible one with a known header.

    Raises, on opening:
        Invalid: what ``Workbook`` refuses; ``bulk.unknown_sheet``, ``bulk.merged_header``,
            ``bulk.empty_file``, and what ``HeaderMatcher.match`` refuses.
    """

    def __init__(self, path: Path, matcher: HeaderMatcher, sheet: str | None) -> None:
        self._book = Workbook(path)
        try:
            self._open(matcher, sheet)
        except BaseException:
            self._book.close()
            raise

    def _open(self, matcher: HeaderMatcher, sheet: str | None) -> None:
        self.format = FileFormat.ODS if self._book.is_ods else FileFormat.XLSX
        sheets = self._book.sheets
        if sheet is not None and sheet not in sheets:
            raise Invalid("bulk.unknown_sheet", sheet=sheet[:60], known=sheets[:20])
        heads = [self._head(name, matcher) for name in ([sheet] if sheet is not None else sheets)]
        found = [(name, header) for name, header in heads if header is not None]
        if not found:
            raise Invalid("bulk.empty_file")
        known = [(name, header) for name, header in found if matcher.likeness(header.cells)]
        self.sheet, header = (known or found)[0]
        self._check_merged(self.sheet, header)
        super().__init__(matcher, header)
        if sheet is None and len(sheets) > 1:
            self.remarks.append(Finding(None, "bulk.sheet_chosen", {"sheet": self.sheet}))

    def close(self) -> None:
        """As ``Source.close``."""
        self._book.close()

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """As ``Source.records``."""
        start = max(after, self._header_number)
        for row in self._book.rows(self.sheet or ""):
            if row.number <= start:
                continue
            record = self._record(row)
            if any(record.cells):
                yield self._fitted(record, padded=True)

    def _head(self, sheet: str, matcher: HeaderMatcher) -> tuple[str, Record | None]:
        rows = list(islice((row for row in self._book.rows(sheet) if any(row.cells)), HEADER_WITHIN))
        spans = self._book.merged(sheet)
        for span in spans:
            _fill_down(rows, span)
        for span in spans:
            _tell_group(rows, span, matcher)
        records = [Record(row.number, [_tidy(cell) for cell in row.cells]) for row in rows]
        return sheet, _header_of(records, matcher) if records else None

    def _check_merged(self, sheet: str, header: Record) -> None:
        for span in self._book.merged(sheet):
            if span.first_row == header.number and span.last_column > span.first_column:
                text = header.cells[span.first_column - 1] if header.cells[span.first_column - 1 :] else ""
                raise Invalid("bulk.merged_header", heading=text[:60], row=header.number)

    def _record(self, row: SheetRow) -> Record:
        record = Record(row.number, [_tidy(cell) for cell in row.cells])
        for note in row.notes:
            name = self.names[note.index] if note.index < len(self.names) else None
            if name is not None:
                (record.faults if note.refuses else record.remarks).append(Finding(name, note.code))
        return record


def _fill_down(rows: Sequence[SheetRow], span: Span) -> None:
    """Give the heading of a range that is merged downwards to every row of it."""
    inside = [row for row in rows if span.first_row <= row.number <= span.last_row]
    if span.first_column != span.last_column or not inside or inside[0].number != span.first_row:
        return
    index = span.first_column - 1
    text = inside[0].cells[index] if index < len(inside[0].cells) else ""
    for row in inside[1:]:
        row.cells.extend([""] * (index + 1 - len(row.cells)))
        row.cells[index] = row.cells[index] or text


def _tidy(cell: str) -> str:
    text = cell.strip()
    if text.isascii():
        return text.replace("\x00", "")
    return unicodedata.normalize("NFC", text)


def _tell_group(rows: Sequence[SheetRow], span: Span, matcher: HeaderMatcher) -> None:
    """Put a heading over several columns before those below it that only so name a column.

    "Quyết định công nhận" over "Số" and "Ngày" makes "Quyết định công nhận Số".
    """
    if span.first_row != span.last_row or span.first_column == span.last_column:
        return
    group = next((row for row in rows if row.number == span.first_row), None)
    below = next((row for row in rows if row.number == span.first_row + 1), None)
    if group is None or below is None:
        return
    heading = _tidy(group.cells[span.first_column - 1])
    for index in range(span.first_column - 1, min(span.last_column, len(below.cells))):
        own = _tidy(below.cells[index])
        together = f"{heading} {own}"
        if own and matcher.exact(own) is None and matcher.exact(together) is not None:
            below.cells[index] = together
