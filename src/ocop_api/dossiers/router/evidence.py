"""Evidence of a lodged dossier, for those who read the dossier."""

from uuid import UUID

from fastapi import Request, Response

from ocop_api.documents.router.delivery import (
    FILE_ANSWERS,
    PICTURE_ANSWERS,
    Store,
    send_file,
    send_preview,
)
from ocop_api.documents.service import DocumentService
from ocop_api.dossiers.service import DossierReader
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/dossiers/{dossier_id}/evidence/{document_id}", "dossiers")


@router.get("/content", response_class=Response, responses=FILE_ANSWERS)
async def download_dossier_evidence(
    *,
    dossier_id: UUID,
    document_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """A document the dossier was lodged with, for members of its council and everybody who reads it."""
    found = await DossierReader(session, caller, now()).evidence(dossier_id, document_id)
    return await send_file(request, DocumentService(session, caller, now(), store), found)


@router.get("/preview", response_class=Response, responses=PICTURE_ANSWERS)
async def read_dossier_evidence_preview(
    *,
    dossier_id: UUID,
    document_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """The first page of a document the dossier was lodged with, as a WebP picture."""
    found = await DossierReader(session, caller, now()).evidence(dossier_id, document_id)
    return await send_preview(request, DocumentService(session, caller, now(), store), found)
