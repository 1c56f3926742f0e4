"""Addresses of photos of products and of their files."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Query, Request, Response, UploadFile

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.products.photo_reading import media_file, shown
from ocop_api.products.photo_schemas import (
    MAX_PHOTOS,
    PhotoFilter,
    PhotoOrder,
    PhotoRead,
    PhotoUpdate,
    PhotoWords,
    RenditionMedia,
)
from ocop_api.products.photos import MAX_BYTES, PhotoService, prepare
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import FastPool, ReadSession, WriteSession, database_of

router = feature_router("/v1/products/{product_id}/photos", "photos")
media = feature_router("/v1/media", "photos")


def _store(request: Request) -> ObjectStore:
    store: ObjectStore = request.app.state.object_store
    return store


Store = Annotated[ObjectStore, Depends(_store)]


class PhotoUpload(PhotoWords):
    """A picture and what a person says about it."""

    file: UploadFile


@router.post("", status_code=201, max_body_size=MAX_BYTES + 64 * 1024)
async def upload_product_photo(
    *,
    product_id: UUID,
    form: Annotated[PhotoUpload, Form(media_type="multipart/form-data")],
    request: Request,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> PhotoRead:
    """Add a photo: JPEG, PNG or WebP, at most 15 MB and 50 megapixels, recognised by its bytes.

    Place, time and device are taken out of the file before it is kept. The answer is `pending`; the sizes
    for the web are drawn within seconds, and then the public sees the photo. A product has at most 20.
    """
    # On a connection that is given back at once: none is held while the picture is worked on.
    async with database_of(request).read() as reading:
        await PhotoService(reading, caller, now()).check_may_edit(product_id)
    picture = await prepare(await form.file.read())
    words = PhotoWords.model_validate(form.model_dump(exclude={"file"}))
    photo = await PhotoService(session, caller, now()).take_in(product_id, words, picture, store)
    response.headers["Location"] = f"/v1/products/{product_id}/photos/{photo.id}"
    return shown(photo)


@router.get("")
async def list_product_photos(
    product_id: UUID,
    wanted: Annotated[PhotoFilter, Query()],
    session: ReadSession,
    visitor: Visitor,
    now: Now,
) -> Page[PhotoRead]:
    """The photos of a product in their order; pending and failed ones only for its own people."""
    rows = await PhotoService(session, visitor, now()).page(product_id, wanted)
    return Page.of(rows, [shown(photo) for photo in rows.items])


@router.post("/order")
async def order_product_photos(
    product_id: UUID,
    body: PhotoOrder,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> Page[PhotoRead]:
    """Put all photos of a product in a new order; the main one stays the main one."""
    service = PhotoService(session, caller, now())
    await service.put_in_order(product_id, body.photo_ids)
    rows = await service.page(product_id, PhotoFilter(limit=MAX_PHOTOS))
    return Page.of(rows, [shown(photo) for photo in rows.items])


@router.get("/{photo_id}")
async def read_product_photo(
    product_id: UUID, photo_id: UUID, session: ReadSession, visitor: Visitor, now: Now
) -> PhotoRead:
    """One photo; ask again while it is `pending`."""
    photo = await PhotoService(session, visitor, now()).get(product_id, photo_id)
    return shown(photo)


@router.patch("/{photo_id}")
async def update_product_photo(
    *,
    product_id: UUID,
    photo_id: UUID,
    body: PhotoUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> PhotoRead:
    """Change the words, role or place of a photo, or make it the main one (merge patch)."""
    photo = await PhotoService(session, caller, now()).update(product_id, photo_id, body, expected)
    return shown(photo)


@router.delete("/{photo_id}", status_code=204)
async def remove_product_photo(
    product_id: UUID, photo_id: UUID, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take a photo away; its files are not served any more. If it was the main one, the next becomes it."""
    await PhotoService(session, caller, now()).remove(product_id, photo_id, expected)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind.value: {} for kind in RenditionMedia}, "description": "The picture"},
    304: {"description": "The client has this very file (If-None-Match)"},
}


@media.get("/{name}", response_class=Response, responses=_FILE)
async def read_media(name: str, request: Request, pool: FastPool, store: Store) -> Response:
    """A drawn photo. The name holds the hash of its content: a file never changes and may be kept for ever.

    Any web page may show it. A photo that has been removed is not found any more.
    """
    found = await media_file(pool, store, name)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": found.tag,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Disposition": f'inline; filename="{found.name}"',
    }
    held = request.headers.get("if-none-match", "")
    if found.tag in {tag.strip().removeprefix("W/") for tag in held.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
