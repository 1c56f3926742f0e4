"""Files put to the storage by their sender: announce, put, complete."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.documents.router.delivery import Store
from ocop_api.documents.schemas import ContentPermit, DocumentRead, UploadOrder, UploadRead, present
from ocop_api.documents.service import DocumentService, UploadLinks, UploadService
from ocop_api.documents.service.uploads import LIFETIME, receive
from ocop_api.domain.actor import PUBLIC
from ocop_api.domain.errors import Invalid
from ocop_api.domain.evidence import LARGEST
from ocop_api.settings import Settings
from ocop_api.web.caller import Caller, Now
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.problems import HTTPProblem, refusal
from ocop_api.web.routing import NO_CREDENTIAL, NO_IDEMPOTENCY, feature_router
from ocop_api.web.session import WriteSession, database_of

router = feature_router("/v1/documents/uploads", "documents")
_CONTENT = {
    NO_CREDENTIAL: True,
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
}


def _links(request: Request) -> UploadLinks:
    settings: Settings = request.app.state.settings
    return UploadLinks(settings.security.secret.get_secret_value(), settings.web.public_url)


Links = Annotated[UploadLinks, Depends(_links)]


@router.post("", status_code=201, openapi_extra={NO_IDEMPOTENCY: True})
async def start_document_upload(
    *,
    body: UploadOrder,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
    links: Links,
    response: Response,
) -> UploadRead:
    """Announce a file by its size and SHA-256; the answer says where to put it within an hour.

    The address is a secret of its own: it takes exactly this content and needs no other credential.
    """
    upload, put = await UploadService(session, caller, now(), store).start(body, links)
    complete = f"/v1/documents/uploads/{upload.id}/complete"
    response.headers["Location"] = complete
    response.headers["Cache-Control"] = "no-store"
    return UploadRead(
        id=upload.id,
        upload_url=put.url,
        method="PUT",
        headers=put.headers,
        expires_at=put.expires_at,
        complete_url=complete,
    )


@router.put(
    "/{upload_id}/content",
    status_code=204,
    max_body_size=LARGEST,
    openapi_extra=_CONTENT,
    responses=refusal(410, "The time to put the file is over"),
)
async def put_upload_content(
    *,
    upload_id: UUID,
    permit: Annotated[ContentPermit, Query()],
    request: Request,
    now: Now,
    store: Store,
    links: Links,
) -> None:
    """Put the announced file, at the address the announcement gave; may be repeated until it is complete."""
    if "authorization" in request.headers:
        raise HTTPProblem(400, "auth.one_credential")
    # The connection goes back before the first byte is read: a slow line holds none.
    async with database_of(request).read() as session:
        uploads = UploadService(session, PUBLIC, now(), store)
        upload = await uploads.permitted(upload_id, permit.expires, permit.signature, links)
        size, sha256 = upload.size, upload.sha256
    told = request.headers.get("content-length", str(size))
    if told != str(size):
        raise Invalid("documents.size_differs", expected=size, found=told)
    lift_deadline(request.scope)
    async with asyncio.timeout(LIFETIME.total_seconds()):
        await receive(store, upload_id, size, sha256, request.stream())


@router.post(
    "/{upload_id}/complete", status_code=201, responses=refusal(410, "The time to put the file is over")
)
async def complete_document_upload(
    upload_id: UUID, session: WriteSession, caller: Caller, now: Now, store: Store, response: Response
) -> DocumentRead:
    """Make the file that was put a document; asked again it answers with the same one.

    A file that cannot be evidence is removed and the reason told; another may be put in its place.
    """
    found = await UploadService(session, caller, now(), store).complete(upload_id)
    response.headers["Location"] = f"/v1/documents/{found.id}"
    return present(found, DocumentService(session, caller, now(), store).today)
