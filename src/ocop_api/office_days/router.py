"""Office days over HTTP: reading is public, entering is for the administrator of everything."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ocop_api.domain.actor import PUBLIC
from ocop_api.office_days.schemas import (
    OfficeDayList,
    OfficeDayOrder,
    OfficeDayQuery,
    OfficeDayRead,
    TermQuery,
    TermRead,
)
from ocop_api.office_days.service import OfficeDayService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.problems import HTTPProblem
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/office-days", "office-days")
routers: tuple[APIRouter, ...] = (router,)

_CACHE = "public, max-age=300"


@router.get("")
async def list_office_days(
    wanted: Annotated[OfficeDayQuery, Query()], session: ReadSession, now: Now, response: Response
) -> OfficeDayList:
    """Days off from Monday to Friday and worked weekends (ngày làm bù), by which all terms are counted.

    Public holidays, Tết and days in lieu as the government set them, and what a decision changed here.
    """
    response.headers["Cache-Control"] = _CACHE
    return await OfficeDayService(session, PUBLIC, now()).listed(wanted.since, wanted.until)


@router.get("/term")
async def reckon_term(
    wanted: Annotated[TermQuery, Query()], session: ReadSession, now: Now, response: Response
) -> TermRead:
    """The last day of a term of working days; the day of the event is not counted (Civil Code, Art. 147)."""
    response.headers["Cache-Control"] = _CACHE
    return await OfficeDayService(session, PUBLIC, now()).term(wanted.start, wanted.working_days)


@router.put("/{office_day}")
async def enter_office_day(
    office_day: date,
    body: OfficeDayOrder,
    *,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> OfficeDayRead:
    """Say that a day is worked or off; `If-Match` is needed once there is an entry.

    The terms of open dossiers are reckoned anew in the background.
    """

    def check(stored: int) -> None:
        if "if-match" not in request.headers:
            raise HTTPProblem(428, "request.if_match_required")
        expected.check(stored)

    return await OfficeDayService(session, caller, now()).enter(office_day, body, check)


@router.delete("/{office_day}", status_code=204)
async def remove_office_day(
    office_day: date, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take an entry back: the day is again what the law says."""
    await OfficeDayService(session, caller, now()).remove(office_day, expected.check)
