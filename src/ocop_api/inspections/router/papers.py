"""The minutes of an inspection over HTTP: to print, to edit, and as they were signed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.documents.router.delivery import Store, send_copy
from ocop_api.documents.service.signed_copies import LARGEST_COPY
from ocop_api.inspections.schemas.following import SignedMinutesFacts
from ocop_api.inspections.schemas.inspections import InspectionRead
from ocop_api.inspections.service.papers import PaperForm, PaperService
from ocop_api.inspections.service.reading import InspectionReader
from ocop_api.inspections.service.signing import SigningService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import tag_response
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.problems import refusal
from ocop_api.web.receiving import file_body, received
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, database_of

router = feature_router("/v1/inspections/{inspection_id}", "inspections")

_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NONE = refusal(404, "No such inspection, or none that the caller may see")
_OPEN = refusal(409, "The inspection is not concluded")
_AS_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {_PDF: {}}, "description": "The minutes, A4"},
    **_NONE,
    **_OPEN,
}
_AS_DOCX: dict[int | str, dict[str, Any]] = {
    200: {"content": {_DOCX: {}}, "description": "The minutes as a document"},
    **_NONE,
    **_OPEN,
}
_SIGNED: dict[int | str, dict[str, Any]] = {
    200: {"content": {_PDF: {}}, "description": "The file, as an attachment"},
    **_NONE,
}


@router.get("/papers/minutes.pdf", response_class=Response, responses=_AS_PDF)
async def print_inspection_minutes(
    inspection_id: UUID, session: ReadSession, caller: Caller, now: Now, request: Request
) -> Response:
    """The minutes of a concluded inspection (biên bản kiểm tra), to be signed."""
    content = await PaperService(session, caller, now()).file(inspection_id, PaperForm.PDF)
    return _file(request, content, _PDF, f'inline; filename="minutes-{inspection_id}.pdf"')


@router.get("/papers/minutes.docx", response_class=Response, responses=_AS_DOCX)
async def download_inspection_minutes(
    inspection_id: UUID, session: ReadSession, caller: Caller, now: Now, request: Request
) -> Response:
    """The same minutes as a document to edit (DOCX)."""
    content = await PaperService(session, caller, now()).file(inspection_id, PaperForm.DOCX)
    return _file(request, content, _DOCX, f'attachment; filename="minutes-{inspection_id}.docx"')


@router.post(
    "/signed-minutes",
    status_code=201,
    max_body_size=LARGEST_COPY,
    openapi_extra=file_body(_PDF),
    responses={200: {"model": InspectionRead, "description": "This very file was handed in before"}},
)
async def hand_in_inspection_minutes(
    *,
    inspection_id: UUID,
    facts: Annotated[SignedMinutesFacts, Query()],
    request: Request,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> InspectionRead:
    """Hand in the signed minutes as a PDF of at most 30 MB; for the inspectors and their office.

    A wrong upload is replaced, with the reason, and stays readable. The PDF that the system gives at that
    moment is kept beside it.
    """
    at, database = now(), database_of(request)
    # The connection goes back before the first byte is read: a slow line holds none.
    async with database.read() as session:
        await SigningService(session, caller, at, store).check_may_sign(inspection_id, facts)
    lift_deadline(request.scope)
    async with received(request, LARGEST_COPY) as file, database.transaction() as session:
        taken = await SigningService(session, caller, at, store).keep(inspection_id, facts, file)
        shown = await InspectionReader(session, caller, at).shown(inspection_id)
    response.status_code = 201 if taken.new else 200
    path = f"/v1/inspections/{inspection_id}/signed-minutes/{taken.minutes_id}/content"
    response.headers["Location"] = path
    return shown


@router.get("/signed-minutes/{minutes_id}/content", response_class=Response, responses=_SIGNED)
async def download_signed_minutes(
    *,
    inspection_id: UUID,
    minutes_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """The signed minutes, byte for byte, for everybody who reads the inspection."""
    found = await SigningService(session, caller, now(), store).content(inspection_id, minutes_id)
    return send_copy(request, found, str(minutes_id))


def _file(request: Request, content: bytes, media_type: str, disposition: str) -> Response:
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-cache"}
    return tag_response(request, Response(content, media_type=media_type, headers=headers), None)
