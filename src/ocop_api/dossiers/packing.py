"""A dossier as one ZIP file, written while it is being sent.

``manifest.json`` comes first and names every other file with its SHA-256 and size, so that a reader can check
the package while unpacking it. The JSON files are canonical (RFC 8785); evidence is stored byte for byte.
"""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import rfc8785

FORMAT: Final = "ocop-dossier"
FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
_VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_PUBLIC_FILE: Final = 0o644 << 16
_SEND_FROM: Final = 256 * 1024
"""Bytes collected before they are sent on."""

Open: TypeAlias = Callable[[], AsyncIterable[bytes]]


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of the package, opened when its turn comes."""

    name: str
    media_type: str
    size: int
    sha256: str
    open: Open
    facts: dict[str, Any] = field(default_factory=dict)
    """What a person said about it, for evidence."""

    @property
    def listed(self) -> dict[str, Any]:
        """Its entry in the manifest."""
        return {
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
            **({"document": self.facts} if self.facts else {}),
        }


def json_file(name: str, content: Any) -> PackedFile:
    """A value as a canonical JSON file."""
    return bytes_file(name, "application/json", rfc8785.dumps(content))


def bytes_file(name: str, media_type: str, data: bytes) -> PackedFile:
    """A file whose content is at hand."""

    async def opened() -> AsyncIterator[bytes]:
        yield data

    return PackedFile(name, media_type, len(data), hashlib.sha256(data).hexdigest(), opened)


def manifest_of(dossier: dict[str, Any], files: Sequence[PackedFile]) -> dict[str, Any]:
    """What the package holds."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "dossier": dossier,
        "files": [one.listed for one in files],
    }


async def packed(dossier: dict[str, Any], files: Sequence[PackedFile], at: datetime) -> AsyncIterator[bytes]:
    """The package, piece by piece; never more than a piece of it is in memory.

    Args:
        dossier: what the manifest says of the dossier.
        files: everything but the manifest, in order, each name once.
        at: the time the files are dated with.
    """
    stamp = at.astimezone(_VIETNAM).timetuple()[:6]
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for one in (json_file(MANIFEST, manifest_of(dossier, files)), *files):
            entry = zipfile.ZipInfo(one.name, stamp)
            entry.external_attr = _PUBLIC_FILE
            entry.file_size = one.size
            with archive.open(entry, "w") as target:
                async for piece in one.open():
                    target.write(piece)
                    if sink.waiting >= _SEND_FROM:
                        yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Takes what the archive writes; it cannot be read back or wound back, so sizes follow the data."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.waiting = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Keep a piece until it is taken."""
        piece = bytes(data)
        self._pieces.append(piece)
        self.waiting += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """Everything written since the last time."""
        pieces, self._pieces, self.waiting = self._pieces, [], 0
        return b"".join(pieces)
