"""A dossier as one file to take along."""

from uuid import UUID

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from ocop_api.documents.router.delivery import Store
from ocop_api.documents.service import DocumentService
from ocop_api.dossiers.packing import packed
from ocop_api.dossiers.service.exporting import ExportService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/dossiers/{dossier_id}", "dossiers")

MEDIA_TYPE = "application/zip"


@router.get(
    "/package.zip",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The package"}},
)
async def download_dossier_package(
    *, dossier_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now, store: Store
) -> Response:
    """Everything of the dossier as one ZIP: contents, history, frozen versions, evidence byte for byte.

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
