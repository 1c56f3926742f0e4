"""Photos of inspections over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request, Response, UploadFile

from ocop_api.documents.router.delivery import Store
from ocop_api.inspections.schemas.inspections import InspectionRead, PhotoFacts
from ocop_api.inspections.service.photos import PhotoService
from ocop_api.inspections.service.reading import InspectionReader
from ocop_api.products.photos import MAX_BYTES, prepare
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession, database_of

router = feature_router("/v1/inspections/{inspection_id}/photos", "inspections")

_TYPES = ("image/jpeg", "image/png", "image/webp")
_EXTENSIONS = dict(zip(_TYPES, ("jpg", "png", "webp"), strict=True))
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {} for name in _TYPES}, "description": "The picture, as an attachment"},
    304: {"description": "The client has this very file (If-None-Match)"},
    **refusal(404, "No such inspection or photo, or none that the caller may see"),
}


class InspectionPhotoUpload(PhotoFacts):
    """A picture, what it shows, where and when it was taken."""

    file: UploadFile


@router.post("", status_code=201, max_body_size=MAX_BYTES + 64 * 1024)
async def upload_inspection_photo(
    *,
    inspection_id: UUID,
    form: Annotated[InspectionPhotoUpload, Form(media_type="multipart/form-data")],
    request: Request,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> InspectionRead:
    """Add a photo while the inspection is under way: JPEG, PNG or WebP, at most 15 MB, by its bytes.

    Place, time and device are taken out of the file; what counts is what the inspector writes beside it.
    """
    at = now()
    # On a connection that is given back at once: none is held while the picture is worked on.
    async with database_of(request).read() as reading:
        await PhotoService(reading, caller, at, store).check_may_add(inspection_id)
    picture = await prepare(await form.file.read())
    facts = PhotoFacts.model_validate(form.model_dump(exclude={"file"}))
    inspection_photo_id = await PhotoService(session, caller, at, store).add(inspection_id, facts, picture)
    response.headers["Location"] = f"/v1/inspections/{inspection_id}/photos/{inspection_photo_id}/content"
    return await InspectionReader(session, caller, at).shown(inspection_id)


@router.get("/{inspection_photo_id}/content", response_class=Response, responses=_FILE)
async def download_inspection_photo(
    *,
    inspection_id: UUID,
    inspection_photo_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """A photo, for everybody who reads the inspection; for its producer once it is concluded."""
    found = await PhotoService(session, caller, now(), store).content(inspection_id, inspection_photo_id)
    tag = f'"{found.sha256}"'
    name = f"{inspection_photo_id}.{_EXTENSIONS[found.media_type]}"
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    held = request.headers.get("if-none-match", "")
    if tag in {one.strip().removeprefix("W/") for one in held.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.delete("/{inspection_photo_id}")
async def remove_inspection_photo(
    *,
    inspection_id: UUID,
    inspection_photo_id: UUID,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> InspectionRead:
    """Take a photo away before the conclusion; `If-Match` is the inspection's."""
    at = now()
    await PhotoService(session, caller, at, store).remove(inspection_id, inspection_photo_id, expected.check)
    return await InspectionReader(session, caller, at).shown(inspection_id)
