"""Telling the format of a file by its bytes, whatever its name says."""

from pathlib import Path

from ocop_api.bulk.headers import HeaderMatcher
from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.bulk.sources.ndjson import JsonLines
from ocop_api.bulk.sources.record import Source
from ocop_api.bulk.sources.tables import DelimitedText, SheetTable
from ocop_api.domain.errors import Invalid

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAMPLE = 8192
_FOREIGN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"GIF8", b"{\\rtf")


def open_source(path: Path, kind: AnyKind, *, sheet: str | None = None) -> Source:
    """The file as records of the kind.

    Raises:
        Invalid: ``bulk.empty_file``, ``bulk.not_a_table``, ``bulk.html_not_a_table`` (what some sites give
            out as .xls), ``bulk.workbook_encrypted``, ``bulk.workbook_old_format``, and what the reader
            of the format refuses.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    matcher = HeaderMatcher(kind.columns)
    if sample.startswith(_ZIP):
        return SheetTable(path, matcher, sheet)
    if sample.startswith(_OLE):
        raise Invalid("bulk.workbook_encrypted" if _holds(path, _ENCRYPTED) else "bulk.workbook_old_format")
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        raise Invalid("bulk.empty_file")
    if sample.startswith(_FOREIGN):
        raise Invalid("bulk.not_a_table")
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<head", b"<body")):
        raise Invalid("bulk.html_not_a_table")
    if start.startswith((b"{", b"[")):
        return JsonLines(path, matcher, tuple(column.name for column in kind.columns))
    return DelimitedText(path, matcher)


def _holds(path: Path, needle: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            if needle in tail + piece:
                return True
            tail = piece[-len(needle) :]
    return False
