"""Rating rounds: reading is public, adding is for the office of the level."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.domain.actor import PUBLIC
from ocop_api.dossiers.service.rounds import RatingRoundService
from ocop_api.dossiers.work_schemas import (
    RatingRoundList,
    RatingRoundOrder,
    RatingRoundQuery,
    RatingRoundRead,
)
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/rating-rounds", "dossiers")


@router.get("")
async def list_rating_rounds(
    wanted: Annotated[RatingRoundQuery, Query()], session: ReadSession, now: Now, response: Response
) -> RatingRoundList:
    """The rating rounds (đợt đánh giá) for requests of a year: of the decision, of plans, and added ones."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return RatingRoundList(items=await RatingRoundService(session, PUBLIC, now()).listed(wanted))


@router.post("", status_code=201)
async def add_rating_round(
    body: RatingRoundOrder, session: WriteSession, caller: Caller, now: Now, response: Response
) -> RatingRoundRead:
    """Add a round that the council's rules or the year's plan set (Decision 26/2026, Art. 5).

    The terms of open dossiers are reckoned anew in the background.
    """
    added = await RatingRoundService(session, caller, now()).add(body)
    response.headers["Location"] = f"/v1/rating-rounds/{added.id}"
    return added


@router.get("/{round_id}", responses=refusal(404, "No added round has this id"))
async def read_rating_round(round_id: UUID, session: ReadSession, now: Now) -> RatingRoundRead:
    """A round that a province or the ministry added."""
    return await RatingRoundService(session, PUBLIC, now()).get(round_id)


@router.delete("/{round_id}", status_code=204)
async def remove_rating_round(
    round_id: UUID, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take an added round away."""
    await RatingRoundService(session, caller, now()).remove(round_id, expected.check)
