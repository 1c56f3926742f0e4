"""Interests of those who sit on councils: registered by themselves or by who runs the council's business."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.scoring.schemas.conflicts import InterestCreate, InterestEnd, InterestFilter, InterestRead
from ocop_api.scoring.service.interests import InterestService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/interests", "councils")


_UNKNOWN = refusal(404, "No such person on a council whose business the caller runs, or no such producer")


@router.post("", status_code=201, responses=_UNKNOWN)
async def register_interest(
    body: InterestCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> InterestRead:
    """Register a tie to a producer, or a relative in the trade, once for all councils to come.

    When a session opens, ties to producers on its agenda keep the member out of that dossier.
    """
    registered = await InterestService(session, caller, now()).register(body)
    response.headers["Location"] = f"/v1/interests/{registered.id}"
    return registered


@router.get("", responses=_UNKNOWN)
async def list_interests(
    wanted: Annotated[InterestFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[InterestRead]:
    """The caller's registered interests, or those of somebody on a council whose business the caller runs."""
    rows, items = await InterestService(session, caller, now()).page(wanted)
    return Page[InterestRead].of(rows, items)


@router.get("/{interest_id}")
async def read_interest(interest_id: UUID, session: ReadSession, caller: Caller, now: Now) -> InterestRead:
    """A registered interest."""
    return await InterestService(session, caller, now()).get(interest_id)


@router.post("/{interest_id}/end")
async def end_interest(
    interest_id: UUID, body: InterestEnd, session: WriteSession, caller: Caller, now: Now
) -> InterestRead:
    """Say until when a tie holds. It is not removed: what rested on it stays explained."""
    return await InterestService(session, caller, now()).end(interest_id, body.valid_until)
