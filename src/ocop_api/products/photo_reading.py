"""Photos as the public sees them: beside products, and the files themselves."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.adapters.pictures import SIZES
from ocop_api.db.tables.photos import ProductPhoto
from ocop_api.domain.errors import NotFound
from ocop_api.products.photo_schemas import PhotoRead, RenditionMedia
from ocop_api.products.repository.photos import renditions_of

_SUFFIXES = {RenditionMedia.WEBP: "webp", RenditionMedia.JPEG: "jpg"}
_NAME = re.compile(r"([0-9a-f]{64})-([1-9][0-9]{1,4})\.(webp|jpg)")


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A drawn file; ``tag`` names its content for caches."""

    name: str
    media_type: str
    content: bytes
    tag: str


def media_name(sha256: str, size: int, media_type: str) -> str:
    """Name of a rendition in addresses: hash of the original, size, format."""
    return f"{sha256}-{size}.{_SUFFIXES[RenditionMedia(media_type)]}"


def media_key(name: str) -> str:
    """Where a rendition of this name is stored."""
    return f"photos/renditions/{name[:2]}/{name}"


def original_key(sha256: str) -> str:
    """Where the original (without its metadata) of this hash is stored."""
    return f"photos/originals/{sha256[:2]}/{sha256}"


def file_keys(sha256: str) -> list[str]:
    """Where everything of this content may be stored."""
    names = [media_name(sha256, size, kind) for size in SIZES for kind in RenditionMedia]
    return [original_key(sha256), *(media_key(name) for name in names)]


def with_urls(
    sha256: str, renditions: Sequence[Mapping[str, Any]], base_url: str = ""
) -> list[dict[str, Any]]:
    """Stored renditions with the addresses they are served at: paths, unless ``base_url`` is given."""
    base = f"{base_url.rstrip('/')}/v1/media"
    return [
        {**drawn, "url": f"{base}/{media_name(sha256, drawn['size'], drawn['media_type'])}"}
        for drawn in renditions
    ]


def shown(photo: ProductPhoto) -> PhotoRead:
    """The photo as its people see it."""
    fields = {name: getattr(photo, name) for name in PhotoRead.model_fields if hasattr(photo, name)}
    fields["main"] = photo.is_main
    fields["renditions"] = with_urls(photo.sha256, photo.renditions)
    return PhotoRead.model_validate(fields)


def photo_of(told: str | None, base_url: str = "") -> dict[str, Any] | None:
    """The photo that ``MAIN_PHOTO`` gave as JSON text, with the fields of ``PhotoSummary``."""
    if told is None:
        return None
    photo: dict[str, Any] = orjson.loads(told)
    photo["renditions"] = with_urls(photo.pop("sha256"), photo["renditions"], base_url)
    return photo


async def media_file(pool: "asyncpg.Pool[asyncpg.Record]", store: ObjectStore, name: str) -> MediaFile:
    """A rendition by its name, while some ready photo has it.

    Raises:
        NotFound: ``photos.unknown_media``; also for a photo that has been removed.
        Unavailable: ``request.storage_unavailable``.
    """
    parts = _NAME.fullmatch(name)
    known = None if parts is None else await renditions_of(pool, parts[1])
    if parts is None or known is None:
        raise NotFound("photos.unknown_media")
    drawn = [r for r in orjson.loads(known) if media_name(parts[1], r["size"], r["media_type"]) == name]
    content = await store.get(media_key(name)) if drawn else None
    if content is None:
        raise NotFound("photos.unknown_media")
    return MediaFile(name, drawn[0]["media_type"], content, f'"{name}"')
