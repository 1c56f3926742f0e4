"""What the bytes of a PDF show before any reader opens it: glued-on data and parts that act.

Readers of other formats look for their marks elsewhere than PDF readers do (a ZIP archive is read from
its end, HTML from wherever it begins), so one file can be two. A PDF that is evidence is nothing else.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_OBJECT_STREAM: Final = re.compile(rb"/Type\s*/ObjStm\b[^\0]{0,300}?>>\s*stream\r?\n", re.DOTALL)
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_END: Final = rb"[\s/<>\[\]()%]"
_ARCHIVE_END: Final = b"PK\x05\x06"
_ARCHIVE_END_LENGTH: Final = 22
_INFLATED: Final = 8 * 1024 * 1024
"""Bytes of object streams looked into; what is packed more tightly is the renderer's to open."""


class ActiveContent(StrEnum):
    """Parts of a PDF that act, or carry what could."""

    JAVASCRIPT = "javascript"
    LAUNCH = "launch"
    EMBEDDED_FILE = "embedded_file"
    FORM_XFA = "form_xfa"
    RICH_MEDIA = "rich_media"


_NAMES: Final = {
    ActiveContent.JAVASCRIPT: rb"JavaScript|JS",
    ActiveContent.LAUNCH: rb"Launch",
    ActiveContent.EMBEDDED_FILE: rb"EmbeddedFiles?",
    ActiveContent.FORM_XFA: rb"XFA",
    ActiveContent.RICH_MEDIA: rb"RichMedia|Rendition|Movie",
}
_MARKS: Final = {
    part: re.compile(rb"/(?:" + names + rb")(?=" + _END + rb"|$)") for part, names in _NAMES.items()
}


@dataclass(frozen=True, slots=True)
class Faults:
    """What speaks against a file: cut off, more than a PDF, locked, or acting."""

    truncated: bool
    foreign_data: bool
    encrypted: bool
    active: tuple[ActiveContent, ...]


def faults_of(content: bytes) -> Faults:
    """What the bytes of something that claims to be a PDF show. Never fails, whatever they are."""
    end = content.rfind(b"%%EOF")
    rest = content[end + 5 :].strip(b"\r\n\t \0\x1a") if end >= 0 else b""
    outside = _STREAM.sub(b"stream endstream", content)
    names = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), outside)
    packed = b"\n".join(_unpacked(content))
    told = (names, _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), packed))
    return Faults(
        truncated=end < 0 or b"startxref" not in content[max(0, end - 4096) : end],
        foreign_data=bool(rest)
        or not content.startswith(b"%PDF-")
        or outside.count(b"%PDF-") > 1
        or is_archive(content),
        encrypted=re.search(rb"/Encrypt(?=" + _END + rb")", outside) is not None,
        active=tuple(part for part, mark in _MARKS.items() if any(mark.search(text) for text in told)),
    )


def is_archive(content: bytes) -> bool:
    """Whether a ZIP reader would accept the file: an end record whose comment ends with the file."""
    at = content.rfind(_ARCHIVE_END)
    if at < 0 or len(content) - at < _ARCHIVE_END_LENGTH:
        return False
    comment = int.from_bytes(content[at + 20 : at + 22], "little")
    return at + _ARCHIVE_END_LENGTH + comment >= len(content)


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Dictionaries packed into object streams, as far as they inflate."""
    left = _INFLATED
    for found in _OBJECT_STREAM.finditer(content):
        if left <= 0:
            return
        try:
            text = zlib.decompressobj().decompress(content[found.end() : found.end() + left], left)
        except zlib.error:
            continue
        left -= len(text)
        yield text
