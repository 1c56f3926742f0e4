"""Interests of those who sit on councils: registered by themselves or by who runs the council's business."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from ocop_api.scoring.schemas.conflicts import InterestCreate, InterestEnd, InterestFilter, InterestRead
from ocop_api.scoring.service.interests import InterestService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/interests", "councils")


@router.post("", status_code=201)
async def register_interest(
    body: InterestCreate, session: WriteSession, caller: Caller, now: Now
) -> InterestRead:
    """Register a tie to a producer, or a relative in the trade, once for all councils to come.

    When a session opens, ties to producers on its agenda keep the member out of that dossier.
    """
    return await InterestService(session, caller, now()).register(body)


@router.get("")
async def list_interests(
    wanted: Annotated[InterestFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[InterestRead]:
    """The caller's registered interests, or those of somebody on a council whose business the caller runs."""
    rows, items = await InterestService(session, caller, now()).page(wanted)
    return Page[InterestRead].of(rows, items)


@router.post("/{interest_id}/end")
async def end_interest(
    interest_id: UUID, body: InterestEnd, session: WriteSession, caller: Caller, now: Now
) -> InterestRead:
    """Say until when a tie holds. It is not removed: what rested on it stays explained."""
    return await InterestService(session, caller, now()).end(interest_id, body.valid_until)
