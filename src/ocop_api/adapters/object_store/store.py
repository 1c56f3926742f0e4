"""Objects by key, over obstore: the same code stores in a folder, in memory, or in S3."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, S3Store
from obstore.store import ObjectStore as Backend

from ocop_api.adapters.object_store.signing import BucketKey, presigned
from ocop_api.domain.errors import Unavailable
from ocop_api.settings import StorageSettings

PIECE = 1024 * 1024
"""Bytes of one piece of a stream, about."""
# Smaller than this and S3 refuses the part.
_PART = 5 * 1024 * 1024


class TooLargeError(Exception):
    """A stream went on beyond the bytes it was allowed; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an object without reading it; ``size`` in bytes."""

    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """An object being read: ``size`` of the whole in bytes, ``pieces`` of what was asked for."""

    size: int
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class SignedPut:
    """An address to which a client puts the content itself, and the headers it must send."""

    url: str
    headers: dict[str, str]
    expires_at: datetime


@contextmanager
def _told() -> Iterator[None]:
    """Failures of the storage, in the system's words; that an object is missing is none."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise Unavailable("request.storage_unavailable") from error


class ObjectStore:
    """Objects under keys that we make, never a client. Keys of kept files name their content.

    Every method raises ``Unavailable`` ``request.storage_unavailable`` when the disk is full, the folder
    gone or the network down.
    """

    def __init__(self, backend: Backend, *, bucket: BucketKey | None = None) -> None:
        self._backend = backend
        self._bucket = bucket

    async def put(self, key: str, content: bytes) -> None:
        """Store ``content`` under ``key``. Keys name their content, so a second put changes nothing."""
        with _told():
            try:
                await obstore.put_async(self._backend, key, content, mode="create")
            except AlreadyExistsError:
                return

    async def put_stream(self, key: str, pieces: AsyncIterable[bytes], *, limit: int) -> int:
        """Store what arrives, piece by piece, in place of what was there; gives the bytes stored.

        A failure on either side, also one raised by ``pieces``, leaves nothing behind.

        Raises:
            TooLargeError: more than ``limit`` bytes came.
        """
        count = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal count
            async for piece in pieces:
                count += len(piece)
                if count > limit:
                    raise TooLargeError
                yield piece

        with _told():
            await obstore.put_async(
                self._backend, key, counted(), use_multipart=True, chunk_size=_PART, max_concurrency=2
            )
        return count

    async def get(self, key: str) -> bytes | None:
        """The content in one piece, or None when there is no such object; for small ones."""
        try:
            with _told():
                found = await obstore.get_async(self._backend, key)
                return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def get_stream(self, key: str, start: int = 0, end: int | None = None) -> Content | None:
        """The content from byte ``start`` to before ``end``; None when there is no such object."""
        try:
            with _told():
                if end is not None:
                    found = await obstore.get_async(self._backend, key, options={"range": (start, end)})
                elif start:
                    found = await obstore.get_async(self._backend, key, options={"range": {"offset": start}})
                else:
                    found = await obstore.get_async(self._backend, key)
                size = found.meta["size"]
        except FileNotFoundError:
            return None

        async def pieces() -> AsyncIterator[bytes]:
            with _told():
                async for buffer in found.stream(min_chunk_size=PIECE):
                    # A store in memory hands everything over at once.
                    view = memoryview(buffer)
                    for at in range(0, len(view), PIECE):
                        yield bytes(view[at : at + PIECE])

        return Content(size, pieces())

    async def head(self, key: str) -> Found | None:
        """Size and age, or None when there is no such object."""
        try:
            with _told():
                meta = await obstore.head_async(self._backend, key)
        except FileNotFoundError:
            return None
        return Found(meta["path"], meta["size"], meta["last_modified"])

    async def delete(self, key: str) -> None:
        """Remove the object; one that is not there is as good as removed."""
        try:
            with _told():
                await obstore.delete_async(self._backend, key)
        except FileNotFoundError:
            return

    async def copy(self, source: str, target: str) -> bool:
        """Store the same content under ``target`` too; False when there is no ``source``."""
        try:
            with _told():
                await obstore.copy_async(self._backend, source, target)
        except FileNotFoundError:
            return False
        return True

    async def move(self, source: str, target: str) -> bool:
        """Put the object under ``target`` instead; False when there is no ``source``."""
        try:
            with _told():
                await obstore.rename_async(self._backend, source, target)
        except FileNotFoundError:
            return False
        return True

    async def below(self, prefix: str, *, most: int) -> list[Found]:
        """Up to ``most`` objects whose key begins with the folder ``prefix``."""
        found: list[Found] = []
        with _told():
            async for metas in obstore.list(self._backend, prefix=prefix, chunk_size=min(most, 1000)):
                found += [Found(meta["path"], meta["size"], meta["last_modified"]) for meta in metas]
                if len(found) >= most:
                    break
        return found[:most]

    def sign_put(
        self, key: str, *, at: datetime, seconds: int, size: int, sha256: str, media_type: str | None = None
    ) -> SignedPut | None:
        """Let a client put exactly this content under ``key``; None where the storage has no addresses.

        Args:
            key: name of the object to come.
            at: the present, aware.
            seconds: life of the address.
            size: bytes of the content.
            sha256: hash of the content, hexadecimal.
            media_type: what the client says it sends.
        """
        if self._bucket is None:
            return None
        headers = {"content-length": str(size), "x-amz-content-sha256": sha256}
        if media_type is not None:
            headers["content-type"] = media_type
        url = presigned(self._bucket, "PUT", key, at=at, seconds=seconds, headers=headers)
        return SignedPut(url, headers, at + timedelta(seconds=seconds))


def store_for(settings: StorageSettings) -> ObjectStore:
    """The store these settings ask for: a bucket if one is named, otherwise a folder."""
    return s3_store(settings) if settings.s3_bucket else folder_store(settings.root)


def folder_store(root: Path) -> ObjectStore:
    """Objects as files below ``root``, which is made if missing."""
    root.mkdir(parents=True, exist_ok=True)
    return ObjectStore(LocalStore(prefix=str(root.absolute())))


def memory_store() -> ObjectStore:
    """Objects that end with the process."""
    return ObjectStore(MemoryStore())


def s3_store(settings: StorageSettings) -> ObjectStore:
    """Objects in the bucket of ``settings``; nothing is asked of the server yet."""
    endpoint = settings.s3_endpoint.rstrip("/") or f"https://s3.{settings.s3_region}.amazonaws.com"
    parts = urlsplit(endpoint)
    if settings.s3_path_style:
        base_url = f"{endpoint}/{settings.s3_bucket}"
    else:
        base_url = f"{parts.scheme}://{settings.s3_bucket}.{parts.netloc}"
    secret = settings.s3_secret_access_key.get_secret_value()
    backend = S3Store(
        settings.s3_bucket,
        endpoint=endpoint if settings.s3_path_style else base_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=secret,
        virtual_hosted_style_request=not settings.s3_path_style,
        client_options={"allow_http": parts.scheme == "http", "timeout": timedelta(seconds=30)},
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )
    bucket = BucketKey(base_url, settings.s3_region, settings.s3_access_key_id, secret)
    return ObjectStore(backend, bucket=bucket)
