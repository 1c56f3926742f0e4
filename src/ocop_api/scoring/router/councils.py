"""Councils and their sessions."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.scoring.schemas.councils import (
    CouncilChange,
    CouncilCreate,
    CouncilFilter,
    CouncilRead,
    CouncilSummary,
)
from ocop_api.scoring.schemas.sessions import SessionFilter, SessionPlan, SessionRead, SessionSummary
from ocop_api.scoring.service.councils import CouncilService
from ocop_api.scoring.service.planning import PlanningService
from ocop_api.scoring.service.sessions import SessionService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/councils", "councils")


@router.post("", status_code=201)
async def set_up_council(
    body: CouncilCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> CouncilRead:
    """Set up a council (*hội đồng*) by its decision, with its advisory group (*tổ tư vấn*) if it has one.

    Each seat, and each place in the group, brings its role in this council.
    """
    council = await CouncilService(session, caller, now()).set_up(body)
    response.headers["Location"] = f"/v1/councils/{council.id}"
    return council


@router.get("")
async def list_councils(
    wanted: Annotated[CouncilFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[CouncilSummary]:
    """Councils of the caller's areas, and those the caller sits on."""
    rows, items = await CouncilService(session, caller, now()).page(wanted)
    return Page[CouncilSummary].of(rows, items)


@router.get("/{council_id}")
async def read_council(council_id: UUID, session: ReadSession, caller: Caller, now: Now) -> CouncilRead:
    """A council with its seats, advisory group and rules."""
    return await CouncilService(session, caller, now()).get(council_id)


@router.patch("/{council_id}")
async def change_council(
    council_id: UUID, body: CouncilChange, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> CouncilRead:
    """Give the council new seats (not while one of its sessions is open), a new advisory group or new rules.

    Sessions that have opened keep the seats and rules they were opened under.
    """
    return await CouncilService(session, caller, now()).change(council_id, body, expected.check)


@router.post("/{council_id}/sessions", status_code=201)
async def plan_session(
    council_id: UUID, body: SessionPlan, session: WriteSession, caller: Caller, now: Now, response: Response
) -> SessionRead:
    """Plan a session (*phiên họp*) on dossiers that lie with the council, and invite its members."""
    planned = await PlanningService(session, caller, now()).plan(council_id, body)
    response.headers["Location"] = f"/v1/sessions/{planned.id}"
    return planned


@router.get("/{council_id}/sessions")
async def list_sessions(
    council_id: UUID,
    wanted: Annotated[SessionFilter, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[SessionSummary]:
    """The sessions of a council."""
    rows, items = await SessionService(session, caller, now()).page(council_id, wanted)
    return Page[SessionSummary].of(rows, items)
