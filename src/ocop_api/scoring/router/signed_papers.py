"""Signed papers of a session: handing in, listing, taking back out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.documents.router.delivery import Store, send_copy
from ocop_api.documents.service.signed_copies import LARGEST_COPY
from ocop_api.scoring.schemas.papers import SignedPaperFacts, SignedPaperQuery, SignedPaperRead
from ocop_api.scoring.service.signing import SigningService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.receiving import file_body, received
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, database_of

router = feature_router("/v1/sessions/{session_id}/signed-papers", "sessions")

_PDF, _CMS = "application/pdf", "application/pkcs7-signature"
"""What it is, is told by its bytes."""
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {_PDF: {}, _CMS: {}}, "description": "The file, as an attachment"}
}


@router.post(
    "",
    status_code=201,
    max_body_size=LARGEST_COPY,
    openapi_extra=file_body(_PDF, _CMS),
    responses={200: {"model": SignedPaperRead, "description": "This very file was handed in before"}},
)
async def hand_in_signed_paper(
    *,
    session_id: UUID,
    facts: Annotated[SignedPaperFacts, Query()],
    request: Request,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> SignedPaperRead:
    """Hand in a signed paper of a closed session: a signed or scanned PDF, or a signature of ours (.p7s).

    For the chair, whoever presided, the secretary, and who runs the council's business. A signature file
    names in `signs_sha256` the PDF that it signs, which must be the one the system gives now. Signed minutes
    end the session (`minutes_signed`). A wrong upload is replaced, with the reason, and stays readable.
    """
    at, database = now(), database_of(request)
    # The connection goes back before the first byte is read: a slow line holds none.
    async with database.read() as session:
        await SigningService(session, caller, at, store).permitted(session_id, facts)
    lift_deadline(request.scope)
    async with received(request, LARGEST_COPY) as file, database.transaction() as session:
        taken = await SigningService(session, caller, at, store).take(session_id, facts, file)
    response.status_code = 201 if taken.new else 200
    response.headers["Location"] = f"/v1/sessions/{session_id}/signed-papers/{taken.paper.id}/content"
    return taken.paper


@router.get("")
async def list_signed_papers(
    session_id: UUID,
    wanted: Annotated[SignedPaperQuery, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Page[SignedPaperRead]:
    """The signed papers of a session; those that were replaced stay in the list, not `current`."""
    rows, items = await SigningService(session, caller, now(), store).page(session_id, wanted)
    return Page.of(rows, items)


@router.get("/{signed_paper_id}/content", response_class=Response, responses=_FILE)
async def download_signed_paper(
    *,
    session_id: UUID,
    signed_paper_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """What was handed in, byte for byte, under a generated name."""
    found = await SigningService(session, caller, now(), store).content(session_id, signed_paper_id)
    return send_copy(request, found, str(signed_paper_id))


@router.get("/{signed_paper_id}/generated", response_class=Response, responses=_FILE)
async def download_signed_original(
    *,
    session_id: UUID,
    signed_paper_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """The PDF as the system gave it when the signed one came in: what a signature file signs."""
    found = await SigningService(session, caller, now(), store).generated(session_id, signed_paper_id)
    return send_copy(request, found, f"{signed_paper_id}-generated")
