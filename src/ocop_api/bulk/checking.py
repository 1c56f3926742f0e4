"""Looking at a file before it is accepted, and reading its rows by the columns of their kind."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from ocop_api.bulk.columns import Column
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import AnyKind, Prepared, ReadRow
from ocop_api.bulk.sources.opening import open_source
from ocop_api.bulk.sources.record import FileFormat, Record, Source
from ocop_api.domain.errors import Invalid
from ocop_api.web.exporting.formulas import as_meant

MAX_ROWS = 2_000_000
_LOOKED_AT = 2_000
"""Rows that are read before a file is accepted; a smaller file is known whole."""
_HEADER_DOES_NOT_FIT = {"bulk.missing_column", "bulk.unknown_header"}


@dataclass(frozen=True, slots=True)
class Looked:
    """A file whose header fits. ``total`` is None when it was not read to its end."""

    format: FileFormat
    sheet: str | None
    header: list[str]
    remarks: list[Finding]
    total: int | None


def look_at(path: Path, kind: AnyKind, others: Iterable[AnyKind], *, sheet: str | None) -> Looked:
    """Open a file and read its beginning; runs in a thread.

    Raises:
        Invalid: what ``open_source`` refuses, ``bulk.no_rows``, what is wrong with the first rows, and
            ``bulk.wrong_kind`` for a header that fits another kind.
    """
    try:
        return _looked(path, kind, sheet)
    except Invalid as refused:
        if refused.code not in _HEADER_DOES_NOT_FIT:
            raise
        fitting = [other.name for other in others if other is not kind and _fits(path, other, sheet)]
        if not fitting:
            raise
        raise Invalid("bulk.wrong_kind", kind=kind.name, fitting=fitting) from refused


def _fits(path: Path, kind: AnyKind, sheet: str | None) -> bool:
    try:
        _looked(path, kind, sheet)
    except Invalid:
        return False
    return True


def _looked(path: Path, kind: AnyKind, sheet: str | None) -> Looked:
    with closing(open_source(path, kind, sheet=sheet)) as source:
        seen = sum(1 for _ in islice(source.records(), _LOOKED_AT))
    if not seen:
        raise Invalid("bulk.no_rows")
    total = seen if seen < _LOOKED_AT else None
    return Looked(source.format, source.sheet, source.header, list(source.remarks), total)


def count_rows(source: Source) -> int:
    """How many rows the file has; reads it to its end, in a thread.

    Raises:
        Invalid: ``bulk.too_many_rows``, or the file cannot be read on somewhere.
    """
    total = sum(1 for _ in islice(source.records(), MAX_ROWS + 1))
    if total > MAX_ROWS:
        raise Invalid("bulk.too_many_rows", limit=MAX_ROWS)
    return total


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row of the file: either prepared to be stored, or rejected for these reasons."""

    record: Record
    prepared: Prepared[Any] | None
    reasons: tuple[Finding, ...] = ()


class RowReader:
    """Reads the rows of a source in order. Its methods run in a thread, one at a time."""

    def __init__(self, source: Source, kind: AnyKind, today: date, *, after: int) -> None:
        self._kind = kind
        self._today = today
        columns = {column.name: column for column in kind.columns}
        self._columns: list[tuple[int, Column]] = [
            (index, columns[name]) for index, name in enumerate(source.names) if name is not None
        ]
        self._lenient = {column.name for _, column in self._columns if column.lenient}
        self._absent = dict.fromkeys(set(columns) - {column.name for _, column in self._columns})
        self._records: Iterator[Record] = source.records(after=after)

    def take(self, count: int) -> list[CheckedRow]:
        """The next rows, at most so many; fewer only at the end of the file.

        Raises:
            Invalid: the file cannot be read on.
        """
        return [self._checked(record) for record in islice(self._records, count)]

    def _checked(self, record: Record) -> CheckedRow:
        # A cell that is not needed does not cost the row its place.
        reasons = [fault for fault in record.faults if fault.column not in self._lenient]
        remarks = [*record.remarks, *(fault for fault in record.faults if fault.column in self._lenient)]
        values: dict[str, Any] = dict(self._absent)
        # A row of the wrong width has its cells under the wrong headings.
        misplaced = any(fault.column is None for fault in reasons)
        faulty = {fault.column for fault in record.faults}
        for index, column in () if misplaced else self._columns:
            value, finding = column.read(as_meant(record.cells[index]))
            values[column.name] = value
            if finding is None or column.name in faulty:
                continue
            if value is not None or column.lenient:
                remarks.append(finding)
            else:
                reasons.append(finding)
        if reasons:
            reasons = [self._kind.explained(reason, values) for reason in reasons]
            return CheckedRow(record, None, tuple(reasons))
        row = ReadRow(record.number, values, remarks)
        try:
            facts = self._kind.prepare(row, today=self._today)
        except RowRejectedError as rejection:
            return CheckedRow(record, None, rejection.findings)
        return CheckedRow(record, Prepared(record.number, facts, tuple(row.remarks)))
