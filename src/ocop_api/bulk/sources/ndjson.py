"""NDJSON: one object a line, its keys as columns."""

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from ocop_api.adapters.spreadsheet.reading import plain
from ocop_api.bulk.findings import Finding
from ocop_api.bulk.headers import MAX_COLUMNS, HeaderMatcher
from ocop_api.bulk.sources.lines import TextFile
from ocop_api.bulk.sources.record import FileFormat, Record, Source
from ocop_api.domain.errors import Invalid

_SAMPLE = 100
_TOLD = 50
"""Unknown keys that are told; a file may have a new one in every line."""


class JsonLines(Source):
    """Objects, one a line. Keys that come up later than the first lines are columns as well.

    Raises, on opening:
        Invalid: ``bulk.empty_file``, ``bulk.json_array``, and what ``HeaderMatcher.match`` refuses.
    """

    format = FileFormat.NDJSON

    def __init__(self, path: Path, matcher: HeaderMatcher, columns: tuple[str, ...]) -> None:
        self._text = TextFile(path)
        self._matcher = matcher
        self._known: dict[str, str | None] = {}
        self.header = list(columns)
        self.names = columns
        self.remarks = []
        self._index = {name: index for index, name in enumerate(columns)}
        first = [line for line in islice(self._text, _SAMPLE) if line.strip()]
        if not first:
            raise Invalid("bulk.empty_file")
        if first[0].lstrip().startswith("["):
            raise Invalid("bulk.json_array")
        keys: dict[str, None] = {}
        for line in first:
            decoded = _object(line)
            if isinstance(decoded, dict) and len(decoded) <= MAX_COLUMNS:
                keys |= dict.fromkeys(decoded)
        if keys:
            # Two keys of one column may stand in different lines; in one line they are refused there.
            by_column: dict[str, str] = {}
            for key in keys:
                by_column.setdefault(matcher.exact(key) or f" {key}", key)
            headings = list(by_column.values())[:MAX_COLUMNS]
            found = matcher.match(headings)
            self._known.update(zip(headings, found.names, strict=False))
            self.remarks.extend(found.remarks)

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """As ``Source.records``; the number of a record is that of its line."""
        text = self._text
        text.notes.clear()
        text.faults.clear()
        for number, line in enumerate(text, 1):
            if number > after and (line.strip() or text.faults):
                record = Record(number, [""] * len(self.names), list(text.faults), list(text.notes))
                if not record.faults:
                    self._fill(record, _object(line))
                yield record
            text.notes.clear()
            text.faults.clear()

    def _fill(self, record: Record, decoded: Any) -> None:
        if not isinstance(decoded, dict):
            reason = "" if decoded is None else type(decoded).__name__
            record.faults.append(Finding(None, "bulk.not_an_object", {"found": reason or "—"}))
        elif len(decoded) > MAX_COLUMNS:
            data = {"columns": len(decoded), "limit": MAX_COLUMNS}
            record.faults.append(Finding(None, "bulk.too_many_columns", data))
        else:
            self._place(record, decoded)

    def _place(self, record: Record, decoded: Mapping[str, Any]) -> None:
        for key, value in decoded.items():
            name = self._column(key)
            if name is None:
                continue
            if isinstance(value, dict | list):
                record.faults.append(Finding(name, "bulk.nested_value"))
            elif record.cells[self._index[name]]:
                record.faults.append(Finding(name, "bulk.key_repeated", {"key": key[:60]}))
            else:
                record.cells[self._index[name]] = _text(value)

    def _column(self, key: str) -> str | None:
        if key in self._known:
            return self._known[key]
        name = self._matcher.exact(key)
        if len(self._known) < 2 * MAX_COLUMNS:
            self._known[key] = name
            if name is None and len(self.remarks) < _TOLD:
                self.remarks.append(Finding(None, "bulk.header_ignored", {"heading": key[:60]}))
        return name


def _object(line: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return plain(value)
    text = str(value).replace("\x00", "").strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)
