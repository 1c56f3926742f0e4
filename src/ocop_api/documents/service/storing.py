"""Contents in the storage: under which names, piece by piece in and out, and checked on the way."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from typing import IO
from uuid import UUID

from ocop_api.adapters.object_store import PIECE, ObjectStore
from ocop_api.domain.errors import Unavailable

INCOMING = "incoming"


def content_key(digest: str) -> str:
    """Where a content is kept: under its own hash, so that the same one is kept once."""
    return f"documents/{digest[:2]}/{digest}"


def preview_key(digest: str) -> str:
    """Where the picture of a content's first page is kept."""
    return f"previews/{digest[:2]}/{digest}.webp"


def incoming_key(upload_id: UUID) -> str:
    """Where an announced file arrives."""
    return f"{INCOMING}/{upload_id}"


async def pieces_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A file from its start, about a megabyte at a time."""
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece


async def keep(store: ObjectStore, key: str, file: IO[bytes], size: int) -> None:
    """Store a file under a key that names its content, unless it is there."""
    found = await store.head(key)
    if found is None or found.size != size:
        await store.put_stream(key, pieces_of(file), limit=size)


async def fetched(store: ObjectStore, key: str, limit: int) -> IO[bytes] | None:
    """An object as a file without a name, which the caller closes; None when missing or over ``limit``."""
    found = await store.get_stream(key)
    if found is None or found.size > limit:
        return None
    file: IO[bytes] = await asyncio.to_thread(tempfile.TemporaryFile)
    try:
        async for piece in found.pieces:
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.flush)
    except BaseException:
        file.close()
        raise
    return file


async def read(
    store: ObjectStore, digest: str, size: int, start: int, end: int | None
) -> AsyncIterator[bytes]:
    """A kept content, or its bytes from ``start`` to before ``end``.

    A whole one is hashed on its way and its last piece held back until the hash is right, so that an
    altered file never arrives complete; one of a single piece is refused before anything is sent.

    Raises:
        Unavailable: ``documents.content_lost`` when it is missing or altered.
    """
    found = await store.get_stream(content_key(digest), start, end)
    if found is None or found.size != size:
        raise Unavailable("documents.content_lost", sha256=digest)
    if start or end is not None:
        return found.pieces
    checked = _checked(found.pieces, digest)
    first = await anext(checked)
    return _after(first, checked)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _checked(pieces: AsyncIterator[bytes], digest: str) -> AsyncIterator[bytes]:
    hashed = hashlib.sha256()
    held = b""
    async for piece in pieces:
        if held:
            yield held
        hashed.update(piece)
        held = piece
    if hashed.hexdigest() != digest:
        raise Unavailable("documents.content_lost", sha256=digest)
    yield held
