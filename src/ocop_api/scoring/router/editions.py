"""The criteria for everybody: no sign-in; shipped ones need no database and caches keep them for a day."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from ocop_api.domain.clock import vietnam_date
from ocop_api.scoring.router.addressing import AS_NAMED, AS_STORED, EditionCode, SetNumber, cached
from ocop_api.scoring.schemas.editions import EditionList, EditionRead, SetList, SetRead
from ocop_api.scoring.schemas.evaluation import EvaluationRead, SheetContent
from ocop_api.scoring.service import rubric
from ocop_api.web.caller import Now
from ocop_api.web.faults import sheet_router
from ocop_api.web.problems import language_of, refusal

router = sheet_router("/v1/editions", "criteria", [AS_NAMED])


@router.get("", dependencies=[AS_STORED])
async def list_editions(response: Response) -> EditionList:
    """All editions of the criteria, oldest first."""
    response.headers.update(cached(None))
    return rubric.edition_list()


@router.get(
    "/in-force", dependencies=[AS_STORED], responses=refusal(404, "No edition was in force on that day")
)
async def read_edition_in_force(
    response: Response,
    now: Now,
    on: Annotated[date | None, Query(description="day of lodging in Vietnam; today if left out")] = None,
) -> EditionRead:
    """The edition by which dossiers lodged on a day are scored."""
    # An edition may be added for a day to come, and without a day the answer changes at midnight.
    response.headers.update(cached(None))
    return rubric.edition_on(on or vietnam_date(now()))


@router.get("/{edition_code}")
async def read_edition(edition_code: EditionCode, response: Response) -> EditionRead:
    """One edition: bands, gates, part maxima and the known gaps of its print."""
    response.headers.update(cached(edition_code))
    return rubric.edition_by_code(edition_code)


@router.get("/{edition_code}/sets")
async def list_criteria_sets(edition_code: EditionCode, response: Response) -> SetList:
    """The 26 sets of an edition."""
    response.headers.update(cached(edition_code))
    return rubric.sets_of(edition_code)


@router.get("/{edition_code}/sets/{set_number}", response_model=SetRead)
async def read_criteria_set(edition_code: EditionCode, set_number: SetNumber) -> Response:
    """A whole set: parts, groups, criteria, options with points and star minimums, notes and gates."""
    return Response(
        rubric.set_document(edition_code, set_number),
        media_type="application/json",
        headers=cached(edition_code),
    )


@router.post("/{edition_code}/sets/{set_number}/evaluate")
async def evaluate_sheet(
    edition_code: EditionCode, set_number: SetNumber, body: SheetContent, request: Request, response: Response
) -> EvaluationRead:
    """What a sheet comes to: points, minimums, star, and why. Nothing is stored.

    A partial sheet is welcome: the answer then bounds the total and names the stars still in reach.
    All faults of the sheet come back at once in `errors`.
    """
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return rubric.evaluate_content(edition_code, set_number, body, language)
