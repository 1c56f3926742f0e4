"""The criteria as forms to print and to fill in: public, and caches may keep them for a day."""

from fastapi import Request
from starlette.responses import Response

from ocop_api.adapters.spreadsheet.workbook import MEDIA_TYPE
from ocop_api.scoring.papers.rendering import Paper, printed_form, workbook_form
from ocop_api.scoring.router.addressing import AS_NAMED, EditionCode, SetNumber, cached
from ocop_api.web.conditional import tag_response
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router

router = feature_router("/v1/editions", "criteria", [AS_NAMED])


@router.get(
    "/{edition_code}/sets/{set_number}/form.pdf",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The form, A4"},
        **refusal(404, "No such edition or set"),
    },
)
async def print_criteria_form(edition_code: EditionCode, set_number: SetNumber, request: Request) -> Response:
    """The Vietnamese scoring form (phiếu chấm điểm) of a set, to print and fill in by hand (PDF/A).

    Criteria with every option, its points and star minimum, boxes to tick, gates, totals, bands and the
    signature; at the end what is known not to add up in the printed set.
    """
    paper = await printed_form(edition_code, set_number)
    return _file(request, edition_code, paper, "application/pdf", "inline")


@router.get(
    "/{edition_code}/sets/{set_number}/form.xlsx",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "The workbook to fill in"},
        **refusal(404, "No such edition or set"),
    },
)
async def download_criteria_workbook(
    edition_code: EditionCode, set_number: SetNumber, request: Request
) -> Response:
    """The Vietnamese scoring form of a set as a workbook: drop-downs, the rest by formula.

    It adds up groups, parts and the total, tells the minimums met and missed for each star, and the star to
    expect by the default rules (gates and minimums of lower stars included). Nothing is sent anywhere.
    """
    paper = await workbook_form(edition_code, set_number)
    return _file(request, edition_code, paper, MEDIA_TYPE, "attachment")


def _file(request: Request, edition_code: str, paper: Paper, media_type: str, disposition: str) -> Response:
    headers = {**cached(edition_code), "Content-Disposition": f'{disposition}; filename="{paper.file_name}"'}
    return tag_response(request, Response(paper.content, media_type=media_type, headers=headers), None)
