"""Evidence of producers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Query, Request, Response, UploadFile
from pydantic import Field

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.documents.content import ACCEPTED, MAX_BYTES
from ocop_api.documents.schemas import DocumentFacts, DocumentFilter, DocumentRead, present
from ocop_api.documents.service import DocumentService
from ocop_api.domain.clock import vietnam_date
from ocop_api.producers.service import ProducerService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/documents", "documents")


def _store(request: Request) -> ObjectStore:
    store: ObjectStore = request.app.state.object_store
    return store


Store = Annotated[ObjectStore, Depends(_store)]


class DocumentUpload(DocumentFacts):
    """A file and what a person says about it."""

    producer_id: UUID = Field(examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])
    file: UploadFile


@router.post("", status_code=201, max_body_size=MAX_BYTES + 64 * 1024)
async def upload_document(
    form: Annotated[DocumentUpload, Form(media_type="multipart/form-data")],
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> DocumentRead:
    """Hand in a piece of evidence: PDF, JPEG, PNG or WebP, at most 20 MB, recognised by its bytes."""
    producer = await ProducerService(session, caller, now()).get(form.producer_id)
    facts = DocumentFacts.model_validate(form.model_dump(exclude={"file", "producer_id"}))
    service = DocumentService(session, caller, now(), store)
    found = await service.take_in(producer.id, producer.area_path, facts, await form.file.read())
    response.headers["Location"] = f"/v1/documents/{found.id}"
    return present(found, vietnam_date(now()))


@router.get("")
async def list_documents(
    wanted: Annotated[DocumentFilter, Query()], session: ReadSession, caller: Caller, now: Now, store: Store
) -> Page[DocumentRead]:
    """Evidence the caller may see; `expiring_before` finds what has to be renewed."""
    rows = await DocumentService(session, caller, now(), store).page(wanted)
    return Page.of(rows, [present(row, vietnam_date(now())) for row in rows.items])


@router.get("/{document_id}")
async def read_document(
    document_id: UUID, session: ReadSession, caller: Caller, now: Now, store: Store
) -> DocumentRead:
    """One piece of evidence."""
    found = await DocumentService(session, caller, now(), store).get(document_id)
    return present(found, vietnam_date(now()))


@router.get(
    "/{document_id}/content",
    response_class=Response,
    responses={200: {"content": {name: {} for name in ACCEPTED}, "description": "The file"}},
)
async def download_document(
    document_id: UUID, session: ReadSession, caller: Caller, now: Now, store: Store
) -> Response:
    """The file, as an attachment under a generated name."""
    service = DocumentService(session, caller, now(), store)
    found = await service.get(document_id)
    return Response(
        await service.content(found),
        media_type=found.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{found.id}{ACCEPTED[found.media_type]}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "ETag": f'"{found.sha256}"',
        },
    )


routers = (router,)
