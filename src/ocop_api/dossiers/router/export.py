"""A dossier as one file: to take along, and to take over."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import Form, Response, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.requests import Request

from ocop_api.documents.router.delivery import Store
from ocop_api.documents.router.files import on_disk
from ocop_api.documents.service import DocumentService
from ocop_api.dossiers.package_schemas import PackageRead
from ocop_api.dossiers.packing import packed
from ocop_api.dossiers.service.binding import bound
from ocop_api.dossiers.service.exporting import ExportService
from ocop_api.dossiers.service.taking import TakingService
from ocop_api.dossiers.unpacking import MOST_BYTES
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.routing import NO_IDEMPOTENCY, feature_router
from ocop_api.web.schemas import Input
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/dossiers/{dossier_id}", "dossiers")

MEDIA_TYPE = "application/zip"


@router.get(
    "/package.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The bound dossier"}},
)
async def download_bound_dossier(
    *, dossier_id: UUID, session: ReadSession, caller: Caller, now: Now, store: Store, request: Request
) -> Response:
    """The dossier bound into one PDF: contents with page numbers, forms, evidence, and bookmarks.

    Up to 200 MB of evidence and 3,000 pages; a larger one is taken along as `package.zip`.
    """
    at = now()
    documents = DocumentService(session, caller, at, store)
    service = ExportService(session, caller, at)
    dossier, _, files = await service.package(dossier_id, documents)
    stem = dossier.product_code or str(dossier.id)
    # Binding takes as long as the evidence is thick; the process that does it has limits of its own.
    await service.let_go()
    lift_deadline(request.scope)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="ocop-bound-"))
    away = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        path = await bound(f"Hồ sơ {stem}", files, folder, at)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise
    headers = {"Cache-Control": "private, no-store"}
    name = f"dossier-{stem}.pdf"
    return FileResponse(path, media_type="application/pdf", filename=name, headers=headers, background=away)


class PackageUpload(Input):
    """The package of a dossier."""

    file: UploadFile = Field(examples=["dossier-68-24611-1-2026.zip"])


@router.put(
    "/package",
    max_body_size=MOST_BYTES + 64 * 1024,
    openapi_extra={NO_IDEMPOTENCY: True},
)
async def take_dossier_package(
    *,
    dossier_id: UUID,
    form: Annotated[PackageUpload, Form(media_type="multipart/form-data")],
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> PackageRead:
    """Take a package over into a draft, as another province or another system of this kind gave it.

    Its parts replace those of the draft; its evidence becomes the producer's documents, byte for byte, each
    file once. Everything is checked against the manifest first: a file that was changed, added or left out
    is refused, and nothing is kept. Regime, criteria, commune and code stay the draft's. For the producer.
    """
    at = now()
    service = TakingService(session, caller, at)
    dossier = await service.get(dossier_id, lock=True)
    expected.check(dossier.version)
    async with on_disk(form.file) as file:
        return await service.take(dossier, file, DocumentService(session, caller, at, store))


@router.get(
    "/package.zip",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The package"}},
)
async def download_dossier_package(
    *, dossier_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now, store: Store
) -> Response:
    """Everything of the dossier as one ZIP: contents, history, versions, forms, evidence byte for byte.

    `manifest.json` comes first and names every other file with its SHA-256 and size. JSON files are canonical
    (RFC 8785). Who reads the dossier may take it along.
    """
    at = now()
    documents = DocumentService(session, caller, at, store)
    dossier, facts, files = await ExportService(session, caller, at).package(dossier_id, documents)
    name = f"dossier-{dossier.product_code or dossier.id}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    # From here on it takes as long as the client's line does; the database is out of it.
    lift_deadline(request.scope)
    return StreamingResponse(packed(facts, files, at), media_type=MEDIA_TYPE, headers=headers)
