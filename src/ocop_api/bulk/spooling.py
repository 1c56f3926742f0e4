"""Files on their way: from the request to disk, from disk in pieces to the database, and back."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ocop_api.domain.errors import Invalid

MAX_BYTES = 512 * 1024 * 1024
PIECE = 1024 * 1024
"""Bytes of one piece in the database."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file on disk, its SHA-256 in hex and its bytes."""

    path: Path
    sha256: str
    size: int


@contextmanager
def temporary_file() -> Iterator[Path]:
    """A path of our own in the system's folder for such files, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="ocop-import-") as folder:
        yield Path(folder) / "rows"


async def spool(pieces: AsyncIterator[bytes], path: Path) -> Spooled:
    """Write what comes to disk, hashing on the way; memory holds one piece at a time."""
    digest = hashlib.sha256()
    size = 0
    waiting = bytearray()
    with path.open("wb") as file:

        def write(piece: bytes) -> None:
            digest.update(piece)
            file.write(piece)

        async for piece in pieces:
            waiting += piece
            size += len(piece)
            if len(waiting) >= PIECE:
                await asyncio.to_thread(write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(write, bytes(waiting))
    return Spooled(path, digest.hexdigest(), size)


def spooled(content: bytes, path: Path) -> Spooled:
    """A file that is in memory already, such as the sample of the package."""
    path.write_bytes(content)
    return Spooled(path, hashlib.sha256(content).hexdigest(), len(content))


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """The file in pieces as the database keeps them."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


async def restore(pieces: AsyncIterator[bytes], path: Path, *, size: int) -> None:
    """Write the pieces of the database to disk.

    Raises:
        Invalid: ``bulk.file_deleted``, the pieces are not kept any more.
    """
    written = 0
    with path.open("wb") as file:
        async for piece in pieces:
            written += len(piece)
            await asyncio.to_thread(file.write, piece)
    if written != size:
        raise Invalid("bulk.file_deleted", size=size)
