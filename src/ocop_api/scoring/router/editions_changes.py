"""What changed from one edition of the criteria to another: no sign-in, cacheable."""

import asyncio
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from ocop_api.scoring.router.addressing import AS_STORED, EditionCode, SetNumber, cached
from ocop_api.scoring.schemas.editions_changes import EditionChangesRead, SetChangesRead
from ocop_api.scoring.service.comparing import edition_changes, set_changes
from ocop_api.web.problems import language_of, refusal
from ocop_api.web.routing import feature_router

router = feature_router("/v1/editions", "criteria", [AS_STORED])

Since = Annotated[
    str | None,
    Query(max_length=64, description="the edition to compare with, such as `qd148-2023`; the one before"),
]
_UNKNOWN = refusal(404, "No such edition or set, or no edition before it")


@router.get("/{edition_code}/changes", responses=_UNKNOWN)
async def read_edition_changes(
    edition_code: EditionCode, request: Request, response: Response, since: Since = None
) -> EditionChangesRead:
    """What changed in an edition: as a whole in sentences, and in each set as counts by kind."""
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    response.headers.update(cached(edition_code, since))
    # All sets of two editions are a quarter of a second of work when asked first.
    return await asyncio.to_thread(edition_changes, edition_code, since, language)


@router.get("/{edition_code}/sets/{set_number}/changes", responses=_UNKNOWN)
async def read_set_changes(
    edition_code: EditionCode,
    set_number: SetNumber,
    request: Request,
    response: Response,
    since: Since = None,
) -> SetChangesRead:
    """What changed in one set, criterion by criterion: maxima, options, points, star minimums, gates."""
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    response.headers.update(cached(edition_code, since))
    return await asyncio.to_thread(set_changes, edition_code, set_number, since, language)
