"""The report of a council's finding to the producer, to read, to print and to edit."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Request, Response

from ocop_api.domain.clock import vietnam_date
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx
from ocop_api.scoring.papers.rating_report import rating_report_form
from ocop_api.scoring.schemas.rating_report import RatingReport
from ocop_api.scoring.service.rating_reports import RatingReportService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import tag_response
from ocop_api.web.problems import language_of, refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/dossiers/{dossier_id}", "dossiers")

_MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@router.get("/rating-report")
async def read_rating_report(
    dossier_id: UUID, *, session: ReadSession, caller: Caller, now: Now, request: Request, response: Response
) -> RatingReport:
    """What the last council found, criterion by criterion and without names, and what would bring more.

    For the producer once the result has been decided upon; for the offices as soon as it is there.
    """
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return await RatingReportService(session, caller, now()).report(dossier_id, language)


@router.get(
    "/rating-report.{extension}",
    response_class=Response,
    responses={
        200: {"content": {media: {} for media in _MEDIA.values()}, "description": "The report, A4"},
        **refusal(404, "No such dossier, or nothing to tell yet"),
    },
)
async def print_rating_report(
    dossier_id: UUID,
    extension: Annotated[Literal["pdf", "docx"], Path(description="to print, or to edit")],
    *,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """The same report as a paper in Vietnamese, to go with the notice of the result."""
    at = now()
    report = await RatingReportService(session, caller, at).report(dossier_id, "vi")
    form = rating_report_form(report, vietnam_date(at))
    content = await asyncio.to_thread(form_pdf if extension == "pdf" else form_docx, form, at)
    headers = {
        "Content-Disposition": f'attachment; filename="rating-report-{dossier_id}.{extension}"',
        "Cache-Control": "private, no-cache",
    }
    return tag_response(request, Response(content, media_type=_MEDIA[extension], headers=headers), None)
