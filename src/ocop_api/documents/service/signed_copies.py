"""Signed papers (*văn bản đã ký*) as they come back: one way in and one way out for every feature.

The feature keeps a row that names the content by its hash. A wrong upload is replaced with a reason and stays
on record; the one that no other replaces counts.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Final, Protocol
from uuid import UUID

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.documents.content import measure, recognise_pdf
from ocop_api.documents.service import storing
from ocop_api.domain.errors import Conflict, Invalid

LARGEST_COPY: Final = 30 * 1024 * 1024
"""Bytes of a signed paper as a scan."""
_PDF: Final = b"%PDF-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """The codes by which a feature refuses a copy, and what it calls the one on record in its data."""

    not_pdf: str
    without_reason: str
    without_replacement: str
    already: str
    replaced: str
    on_record: str


class OnRecord(Protocol):
    """The row of a copy."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...

    @property
    def sha256(self) -> str:
        """The hash of its content, hex."""
        ...


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """A kept content: pieces, size and hash, and what it is."""

    pieces: AsyncIterator[bytes]
    size: int
    sha256: str
    media_type: str = "application/pdf"
    extension: str = "pdf"


async def begins_as_pdf(file: IO[bytes]) -> bool:
    """Whether the first bytes are those of a PDF."""
    await asyncio.to_thread(file.seek, 0)
    return await asyncio.to_thread(file.read, len(_PDF)) == _PDF


class SignedCopies:
    """The copies of one feature."""

    def __init__(self, store: ObjectStore, refusals: Refusals) -> None:
        self._store = store
        self._refusals = refusals

    def check_replacement(self, replaces_id: UUID | None, reason: str | None) -> None:
        """Refuse a replacement without a reason and a reason without a replacement (``Invalid``)."""
        if replaces_id is not None and reason is None:
            raise Invalid(self._refusals.without_reason)
        if replaces_id is None and reason is not None:
            raise Invalid(self._refusals.without_replacement)

    async def measured_pdf(self, file: IO[bytes]) -> tuple[int, str]:
        """Size and hash of what came in, which must be a PDF.

        Raises:
            Invalid: ``not_pdf``; as ``documents.content.recognise_pdf``.
        """
        size, digest = await asyncio.to_thread(measure, file)
        if not await begins_as_pdf(file):
            raise Invalid(self._refusals.not_pdf)
        await recognise_pdf(file)
        return size, digest

    def stands(self, current: OnRecord | None, digest: str, replaces_id: UUID | None) -> bool:
        """Whether this very content counts already. The caller holds what it is a paper of.

        Raises:
            Conflict: ``already`` when another one counts and is not replaced; ``replaced`` when what is to
                be replaced does not count.
        """
        if current is not None and current.sha256 == digest:
            return True
        if current is not None and replaces_id is None:
            raise Conflict(self._refusals.already, **{self._refusals.on_record: current.id})
        if replaces_id is not None and (current is None or current.id != replaces_id):
            raise Conflict(self._refusals.replaced)
        return False

    async def keep(self, file: IO[bytes], size: int, digest: str) -> None:
        """Store a content under its own hash, before its row is written.

        A failure in between leaves an unnamed object that the same upload finds again, never a record
        without its file.
        """
        await storing.keep(self._store, storing.content_key(digest), file, size)

    async def read(
        self, digest: str, size: int, *, media_type: str = "application/pdf", extension: str = "pdf"
    ) -> StoredCopy:
        """A kept content; ``Unavailable`` ``documents.content_lost``."""
        pieces = await storing.read(self._store, digest, size, 0, None)
        return StoredCopy(pieces, size, digest, media_type, extension)
