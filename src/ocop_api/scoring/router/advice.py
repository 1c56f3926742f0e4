"""Advice for everybody: no sign-in, and no database for shipped criteria."""

from fastapi import Request
from starlette.responses import Response

from ocop_api.scoring.router.addressing import AS_NAMED, EditionCode, SetNumber
from ocop_api.scoring.schemas.advice import AdviceRead, AdviceRequest
from ocop_api.scoring.service.advice import advise_content
from ocop_api.web.faults import sheet_router
from ocop_api.web.problems import language_of

router = sheet_router("/v1/editions", "criteria", [AS_NAMED])


@router.post("/{edition_code}/sets/{set_number}/advise")
async def advise_sheet(
    edition_code: EditionCode,
    set_number: SetNumber,
    body: AdviceRequest,
    request: Request,
    response: Response,
) -> AdviceRead:
    """What to raise for a star: the minimums it demands and the smallest sets of criteria. Nothing is kept.

    Each criterion to raise comes with the option held, the least option that suffices, the points it
    gains, and the kinds of evidence that prove it. A partial sheet is welcome: what is not scored yet
    counts as having earned nothing. When the star is out of reach, `obstacles` say why.
    All faults of the sheet come back at once in `errors`; a star that is not recognised is refused with
    those that are, `data.ladder`.
    """
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return await advise_content(edition_code, set_number, body, language)
