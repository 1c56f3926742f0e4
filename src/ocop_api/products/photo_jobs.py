"""Drawing the renditions of a photo."""

from typing import Any
from uuid import UUID

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.adapters.pictures import Rendition, in_pool, renditions
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.errors import Invalid
from ocop_api.jobs.queue import JobContext
from ocop_api.products.photo_reading import file_keys, media_key, media_name, original_key
from ocop_api.products.photos import PhotoService


async def make_renditions(context: JobContext, payload: dict[str, Any]) -> None:
    """Draw and store the sizes of a photo, then let the public see it.

    A run that was cut off is repeated whole: the same picture gives the same files under the same names.
    A picture that cannot be drawn ends as failed with its code; a storage that is away is tried again.
    """
    photo_id = UUID(payload["photo_id"])
    async with context.database.transaction() as session:
        photo = await PhotoService(session, SYSTEM, context.clock()).waiting(photo_id)
    if photo is None:
        return
    store: ObjectStore = context.resources["object_store"]
    drawn: list[Rendition] = []
    failure = None
    original = await store.get(original_key(photo.sha256))
    if original is None:
        failure = "photos.original_lost"
    else:
        try:
            drawn = await in_pool(renditions, original)
        except Invalid as refusal:
            failure = refusal.code
    for rendition in drawn:
        name = media_name(photo.sha256, rendition.size, rendition.media_type)
        await store.put(media_key(name), rendition.content)
    stored = [
        {"size": one.size, "media_type": one.media_type, "width": one.width, "height": one.height}
        for one in drawn
    ]
    async with context.database.transaction() as session:
        service = PhotoService(session, SYSTEM, context.clock())
        await service.finish(photo_id, photo.sha256, renditions=stored, failure=failure)


async def erase_photo_files(context: JobContext, payload: dict[str, Any]) -> None:
    """Delete the original and the sizes of a content that no photo shows any more; safe to repeat."""
    sha256 = str(payload["sha256"])
    store: ObjectStore = context.resources["object_store"]
    async with context.database.transaction() as session:
        if await PhotoService(session, SYSTEM, context.clock()).unshown(sha256):
            for key in file_keys(sha256):
                await store.delete(key)
