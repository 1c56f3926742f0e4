"""The official forms of a dossier, to print and to edit."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.dossiers.service.papers import FormNumber, PaperFile, PaperService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import tag_response
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/dossiers/{dossier_id}/forms", "dossiers")

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PDF = "application/pdf"
Version = Annotated[
    int | None, Query(alias="form_version", ge=1, le=9999, description="frozen version; the last if left out")
]
_UNKNOWN = refusal(404, "No such dossier, version, or report of the commune")


@router.get(
    "/{form_number}.pdf",
    response_class=Response,
    responses={200: {"content": {_PDF: {}}, "description": "The form, A4"}, **_UNKNOWN},
)
async def print_dossier_form(
    *,
    dossier_id: UUID,
    form_number: FormNumber,
    version: Version = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """Form 01, 02 or 03 of Annex III to Decision 26/2026, filled in, to print and sign.

    A lodged file as it was frozen; a draft as it stands, marked BẢN NHÁP. What is not known is left as dots.
    """
    paper = await PaperService(session, caller, now()).pdf(dossier_id, form_number, version)
    return _file(request, paper, _PDF, "inline", "pdf")


@router.get(
    "/{form_number}.docx",
    response_class=Response,
    responses={200: {"content": {_DOCX: {}}, "description": "The form as a document"}, **_UNKNOWN},
)
async def download_dossier_form(
    *,
    dossier_id: UUID,
    form_number: FormNumber,
    version: Version = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """The same form as a document to edit (DOCX)."""
    paper = await PaperService(session, caller, now()).docx(dossier_id, form_number, version)
    return _file(request, paper, _DOCX, "attachment", "docx")


def _file(request: Request, paper: PaperFile, media_type: str, disposition: str, extension: str) -> Response:
    name = f"{paper.stem}.{extension}"
    headers = {
        "Content-Disposition": f'{disposition}; filename="{name}"',
        "Cache-Control": "private, no-cache",
    }
    return tag_response(request, Response(paper.content, media_type=media_type, headers=headers), None)
