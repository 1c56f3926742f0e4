"""Handing in, finding, correcting and opening evidence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Annotated
from uuid import UUID

from fastapi import Form, Query, Request, Response, UploadFile
from pydantic import Field

from ocop_api.documents.kinds import kinds_on
from ocop_api.documents.router.delivery import (
    FILE_ANSWERS,
    PICTURE_ANSWERS,
    Store,
    send_file,
    send_preview,
)
from ocop_api.documents.schemas import (
    DocumentFacts,
    DocumentFilter,
    DocumentRead,
    DocumentUpdate,
    ExpiringDocument,
    ExpiringQuery,
    KindList,
    KindQuery,
    VersionFacts,
    WithdrawalOrder,
    present,
)
from ocop_api.documents.service import DocumentService
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.evidence import LARGEST
from ocop_api.producers.service import ProducerService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.routing import NO_IDEMPOTENCY, feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/documents", "documents")
_FORM_LIMIT = LARGEST + 64 * 1024
# A stored answer needs a digest of the whole body in memory; the file's own hash refuses a repeat here.
_STREAMED = {NO_IDEMPOTENCY: True}


class DocumentUpload(DocumentFacts):
    """A file and what a person says about it."""

    producer_id: UUID = Field(examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])
    file: UploadFile


class VersionUpload(VersionFacts):
    """A newer file and what a person says about it."""

    file: UploadFile


@asynccontextmanager
async def on_disk(given: UploadFile) -> AsyncIterator[IO[bytes]]:
    """The received file as a real one; the form parser keeps small ones in memory."""
    rollover = getattr(given.file, "rollover", None)
    if rollover is not None:
        await asyncio.to_thread(rollover)
    yield given.file
    await given.close()


@router.get("/kinds")
async def list_document_kinds(
    wanted: Annotated[KindQuery, Query()], session: ReadSession, now: Now
) -> KindList:
    """Kinds of evidence (minh chứng) in the order of Form 02: names, largest file, and what each proves.

    PDF, JPEG, PNG and WebP are taken; office files are to be saved as PDF first.
    """
    return await kinds_on(session, vietnam_date(now()), wanted.set_number)


@router.get("/expiring")
async def list_expiring_documents(
    wanted: Annotated[ExpiringQuery, Query()], session: ReadSession, caller: Caller, now: Now, store: Store
) -> Page[ExpiringDocument]:
    """Current documents that run out soon, the first to expire first, with the dossiers that rely on them.

    Producers are told 60, 30 and 7 days before.
    """
    rows, items = await DocumentService(session, caller, now(), store).expiring(wanted)
    return Page.of(rows, items)


@router.post("", status_code=201, max_body_size=_FORM_LIMIT, openapi_extra=_STREAMED)
async def upload_document(
    form: Annotated[DocumentUpload, Form(media_type="multipart/form-data")],
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> DocumentRead:
    """Hand in a piece of evidence in one request; its type is recognised by its bytes.

    The largest size depends on the kind (`GET /v1/documents/kinds`). Preview and text follow in the
    background. The same file twice for one kind is refused with 409.
    """
    producer = await ProducerService(session, caller, now()).get(form.producer_id)
    facts = DocumentFacts.model_validate(form.model_dump(exclude={"file", "producer_id"}))
    service = DocumentService(session, caller, now(), store)
    async with on_disk(form.file) as file:
        found = await service.take_in(producer.id, producer.area_path, facts, file, form.file.filename)
    response.headers["Location"] = f"/v1/documents/{found.id}"
    return present(found, service.today)


@router.get("")
async def list_documents(
    wanted: Annotated[DocumentFilter, Query()], session: ReadSession, caller: Caller, now: Now, store: Store
) -> Page[DocumentRead]:
    """Evidence the caller may see, current versions unless `all_versions`; `q` finds words in the files."""
    service = DocumentService(session, caller, now(), store)
    rows = await service.page(wanted)
    return Page.of(rows, [present(row, service.today) for row in rows.items])


@router.get("/{document_id}")
async def read_document(
    document_id: UUID, session: ReadSession, caller: Caller, now: Now, store: Store
) -> DocumentRead:
    """One piece of evidence."""
    service = DocumentService(session, caller, now(), store)
    return present(await service.get(document_id), service.today)


@router.patch("/{document_id}")
async def update_document(
    *,
    document_id: UUID,
    body: DocumentUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> DocumentRead:
    """Correct title, number, issuer, dates or product; the file itself is replaced by a new version."""
    service = DocumentService(session, caller, now(), store)
    return present(await service.update(document_id, body, expected.check), service.today)


@router.post("/{document_id}/withdraw")
async def withdraw_document(
    *,
    document_id: UUID,
    body: WithdrawalOrder,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> DocumentRead:
    """Take a document back; refused once a lodged dossier relies on it. It stays readable.

    The version before it becomes the current one again.
    """
    service = DocumentService(session, caller, now(), store)
    return present(await service.withdraw(document_id, body.reason, expected.check), service.today)


@router.post("/{document_id}/versions", status_code=201, max_body_size=_FORM_LIMIT, openapi_extra=_STREAMED)
async def add_document_version(
    *,
    document_id: UUID,
    form: Annotated[VersionUpload, Form(media_type="multipart/form-data")],
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> DocumentRead:
    """Hand in a newer version of the current one: a renewed certificate, a better scan."""
    facts = VersionFacts.model_validate(form.model_dump(exclude={"file"}))
    service = DocumentService(session, caller, now(), store)
    async with on_disk(form.file) as file:
        found = await service.replace(document_id, facts, file, form.file.filename)
    response.headers["Location"] = f"/v1/documents/{found.id}"
    return present(found, service.today)


@router.get("/{document_id}/versions")
async def list_document_versions(
    document_id: UUID, session: ReadSession, caller: Caller, now: Now, store: Store
) -> list[DocumentRead]:
    """All versions of a document, newest first, withdrawn ones included."""
    service = DocumentService(session, caller, now(), store)
    return [present(row, service.today) for row in await service.versions(document_id)]


@router.get("/{document_id}/content", response_class=Response, responses=FILE_ANSWERS)
async def download_document(
    document_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now, store: Store
) -> Response:
    """The file, as an attachment under a generated name; one `Range` of bytes is served."""
    service = DocumentService(session, caller, now(), store)
    return await send_file(request, service, await service.get(document_id))


@router.get("/{document_id}/preview", response_class=Response, responses=PICTURE_ANSWERS)
async def read_document_preview(
    document_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now, store: Store
) -> Response:
    """The first page as a WebP picture of at most 1200 pixels, once `has_preview`."""
    service = DocumentService(session, caller, now(), store)
    return await send_preview(request, service, await service.get(document_id))
