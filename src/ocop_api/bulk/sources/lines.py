"""Lines of a text file in whatever encoding they are; a line in another one than the rest is repaired."""

import codecs
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from ocop_api.bulk.findings import Finding

MAX_LINE = 2 * 1024 * 1024
"""Bytes of a line; what is longer is cut, and its row rejected."""
_SAMPLE = 64 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FALLBACKS = ("cp1258", "cp1252")
"""Windows' Vietnamese code page (letters followed by combining marks), then the western one."""


class TextFile:
    """A text file on disk. ``encoding`` is told by its mark or its first bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            sample = file.read(_SAMPLE)
        self._skip, self.encoding = _encoding_of(sample)
        self.notes: list[Finding] = []
        """What is to be said about the lines given since it was last emptied; the reader empties it."""
        self.faults: list[Finding] = []
        """As ``notes``, for lines whose rows must be rejected."""

    def __iter__(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            if self.encoding.startswith("utf-16"):
                yield from self._wide()
                return
            file.seek(self._skip)
            while raw := file.readline(MAX_LINE):
                if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
                    while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                        pass
                    self.faults.append(Finding(None, "bulk.line_too_long", {"limit": MAX_LINE}))
                    yield "\n"
                    continue
                yield self._clean(self._decoded(raw))

    def _wide(self) -> Iterator[str]:
        with self._path.open(encoding=self.encoding, errors="replace", newline="") as file:
            first = True
            while line := file.readline(MAX_LINE):
                text = line.removeprefix("\ufeff") if first else line
                first = False
                yield self._clean(text)

    def _decoded(self, raw: bytes) -> str:
        if raw.isascii():
            return raw.decode("ascii")
        if self.encoding == "utf-8":
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                self.notes.append(Finding(None, "bulk.line_repaired"))
        for encoding in _FALLBACKS:
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        self.faults.append(Finding(None, "bulk.line_unreadable"))
        return raw.decode("cp1252", errors="replace")

    def _clean(self, text: str) -> str:
        if "\x00" in text:
            self.faults.append(Finding(None, "bulk.nul_byte"))
            text = text.replace("\x00", "\ufffd")
        if "\ufffd" in text and not self.faults:
            self.faults.append(Finding(None, "bulk.line_unreadable"))
        return text if text.isascii() else unicodedata.normalize("NFC", text)


def _encoding_of(sample: bytes) -> tuple[int, str]:
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return len(mark), "utf-8" if encoding == "utf-8-sig" else encoding
    zeros = len(sample) // 4
    if len(sample) > 3 and sample[1::2].count(0) > zeros:  # noqa: PLR2004 - two characters tell
        return 0, "utf-16-le"
    if len(sample) > 3 and sample[0::2].count(0) > zeros:  # noqa: PLR2004
        return 0, "utf-16-be"
    return 0, _narrow(sample)


def _narrow(sample: bytes) -> str:
    """UTF-8 unless more lines of the sample break it than keep it."""
    good = bad = 0
    for line in sample.splitlines()[:-1] or [sample]:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
        else:
            good += 1
    return "cp1258" if bad > good else "utf-8"
