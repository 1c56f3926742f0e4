"""What a file is by its bytes, whatever its name or header claims.

Accepted are PDF, JPEG, PNG and WebP: what scanners and telephones give, and what can be shown to a
council unchanged in ten years. Office files are refused, with the advice to save them as PDF: they
change with the program that opens them and carry macros and links.
"""

import asyncio
import hashlib
import os
from dataclasses import dataclass
from typing import IO, Final

import puremagic

from ocop_api.adapters.pdf_reading.reading import ReadingFailedError, inspect
from ocop_api.domain.errors import Invalid
from ocop_api.domain.evidence import KINDS, EvidenceKind

ACCEPTED: Final = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}
MAX_PAGES: Final = 1000
_PIECE: Final = 1024 * 1024
_OFFICE: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_REFUSALS: Final = {
    "encrypted": "documents.encrypted",
    "foreign_data": "documents.foreign_data",
    "timeout": "documents.too_complex",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file that may be evidence: its type by its bytes, and its pages (1 of a picture)."""

    media_type: str
    pages: int


@dataclass(frozen=True, slots=True)
class _Ends:
    size: int
    head: bytes
    tail: bytes


def measure(file: IO[bytes]) -> tuple[int, str]:
    """Size in bytes and SHA-256 in hexadecimal, read piece by piece; for a thread."""
    file.seek(0)
    digest = hashlib.sha256()
    size = 0
    while piece := file.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


async def recognise(file: IO[bytes], kind: EvidenceKind) -> Recognised:
    """Check a real file, from its start whatever its position.

    Raises:
        Invalid: ``documents.empty``, ``documents.too_large``, ``documents.type_not_accepted``,
            ``documents.office_file``, ``documents.damaged``, ``documents.foreign_data``,
            ``documents.encrypted``, ``documents.active_content``, ``documents.too_many_pages``,
            ``documents.too_complex``.
        Unavailable: ``documents.busy``.
    """
    ends = await asyncio.to_thread(_ends, file)
    limit = KINDS[kind].limit
    if not ends.size:
        raise Invalid("documents.empty")
    if ends.size > limit:
        raise Invalid("documents.too_large", size=ends.size, limit=limit, kind=kind.value)
    media_type = _by_magic(ends)
    if not _whole(ends, media_type):
        raise Invalid("documents.damaged", media_type=media_type)
    return Recognised(media_type, await _opened(file, media_type))


async def recognise_pdf(file: IO[bytes]) -> Recognised:
    """Check a real file that begins as a PDF and is bounded by its receiver; raises as ``recognise``."""
    await asyncio.to_thread(_ends, file)
    return Recognised("application/pdf", await _opened(file, "application/pdf"))


async def _opened(file: IO[bytes], media_type: str) -> int:
    """The pages of a file that opens, holds nothing that acts, and is not too long."""
    try:
        found = await inspect(file, media_type)
    except ReadingFailedError as error:
        code = _REFUSALS.get(error.code, "documents.damaged")
        raise Invalid(code, media_type=media_type) from error
    if found.active:
        raise Invalid("documents.active_content", found=[part.value for part in found.active])
    if found.pages > MAX_PAGES:
        raise Invalid("documents.too_many_pages", pages=found.pages, limit=MAX_PAGES)
    return found.pages


def _ends(file: IO[bytes]) -> _Ends:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 64))
    tail = file.read(64)
    file.seek(0)
    head = file.read(4096)
    # The reading process sees the file by its descriptor, past our own buffer.
    file.flush()
    return _Ends(size, head, tail)


def _by_magic(ends: _Ends) -> str:
    head = ends.head
    if head.startswith(_OFFICE):
        raise Invalid("documents.office_file", accepted=sorted(ACCEPTED))
    # A PDF must start with its header: readers that search further for it open polyglots.
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    try:
        found = puremagic.from_string(head, mime=True) or ""
    except (puremagic.PureError, ValueError):
        found = ""
    if found not in ACCEPTED or found == "application/pdf":
        raise Invalid("documents.type_not_accepted", found=found or "?", accepted=sorted(ACCEPTED))
    return found


def _whole(ends: _Ends, media_type: str) -> bool:
    """Whether a picture ends as its format ends, so that nothing is cut off or glued on."""
    if media_type == "image/jpeg":
        return ends.tail.rstrip(b"\x00").endswith(b"\xff\xd9")
    if media_type == "image/png":
        return ends.tail.endswith(b"IEND\xaeB`\x82")
    if media_type == "image/webp":
        return int.from_bytes(ends.head[4:8], "little") + 8 in {ends.size, ends.size + 1}
    return True
