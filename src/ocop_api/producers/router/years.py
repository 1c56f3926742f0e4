"""Addresses of a producer's figures by year; for officers of its area and the producer itself."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from ocop_api.producers.schemas import YearFigures, YearRead
from ocop_api.producers.years import ProducerYears
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.problems import HTTPProblem
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/producers/{producer_id}/years", "producers")
YearPath = Annotated[int, Path(ge=1990, le=2100, examples=[2025])]


@router.get("")
async def list_producer_years(
    producer_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> Page[YearRead]:
    """Figures of all years of a producer, the latest first, all on one page."""
    service = ProducerYears(session, caller, now())
    rows = await service.of(producer_id)
    return Page[YearRead](items=[service.shown(row) for row in rows], next_cursor=None)


@router.put("/{year}", responses={201: {"model": YearRead, "description": "The first figures of that year"}})
async def put_producer_year(
    *,
    producer_id: UUID,
    year: YearPath,
    body: YearFigures,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> YearRead:
    """Set all figures of a year; a year told before needs `If-Match` (428 without)."""
    service = ProducerYears(session, caller, now())
    row = await service.find_for_edit(producer_id, year)
    if row is not None and "if-match" not in request.headers:
        raise HTTPProblem(428, "request.if_match_required")
    if row is None:
        response.status_code = 201
        response.headers["Location"] = f"/v1/producers/{producer_id}/years/{year}"
    else:
        expected.check(row.version)
    return service.shown(await service.put(producer_id, year, body, row))


@router.delete("/{year}", status_code=204)
async def remove_producer_year(
    *,
    producer_id: UUID,
    year: YearPath,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> None:
    """Take the figures of a year away."""
    service = ProducerYears(session, caller, now())
    row = await service.find_for_edit(producer_id, year)
    if row is not None:
        expected.check(row.version)
    await service.remove(row, year)
