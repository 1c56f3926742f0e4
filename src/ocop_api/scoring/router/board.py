"""Following a session: the board, once or as it changes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ocop_api.domain.council_session import ENDED
from ocop_api.scoring.schemas.board import BoardRead
from ocop_api.scoring.service.board import BoardService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, database_of

router = feature_router("/v1/sessions/{session_id}/board", "sessions")

_POLL_SECONDS = 1.0
_LOOKS = 5
"""How often a board is read anew at once because it changed while it was read."""


@router.get("")
async def read_session_board(session_id: UUID, session: ReadSession, caller: Caller, now: Now) -> BoardRead:
    """Who has handed in a sheet (not what is on it), and what closed rounds gave.

    For whoever runs the council's business: chair, secretary, officer of its level and area.
    """
    return await BoardService(session, caller, now()).board(session_id)


async def permitted(session_id: UUID, session: ReadSession, caller: Caller, now: Now) -> UUID:
    """The id, if the caller may follow the session; for answers that stream after this session is closed."""
    return await BoardService(session, caller, now()).permitted(session_id)


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses={200: {"description": "`board` events, then one `end` when the session has closed"}},
)
async def follow_session_board(
    session_id: Annotated[UUID, Depends(permitted)],
    request: Request,
    caller: Caller,
    now: Now,
    last_event_id: Annotated[str | None, Header(max_length=80)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """The board as server-sent events, each time it changes; comments keep the line open in between.

    After ten minutes, unless set otherwise, the stream ends without an `end` event: connect again, with
    `Last-Event-ID` to be told only what is new.
    """
    lift_deadline(request.scope)
    seen = last_event_id
    # A stream ends after a while and the client comes again, so that rights taken back meanwhile count.
    now_of_loop = asyncio.get_running_loop().time
    until = now_of_loop() + request.app.state.settings.web.stream_seconds
    looks = 0
    while True:
        looks += 1
        async with database_of(request).read() as session:
            service = BoardService(session, caller, now())
            # The mark is read first: what changes in between is told once more rather than never.
            state, mark = await service.mark(session_id)
            told = mark == seen and state not in ENDED
            board = None if told else await service.board(session_id)
            changed = board is not None and (await service.mark(session_id))[1] != mark
        if changed and looks < _LOOKS:
            # This board belongs to a later mark, and would be told again with that one.
            continue
        looks = 0
        if board is not None:
            ended = board.state in ENDED
            yield ServerSentEvent(
                data=board.model_dump(mode="json"), event="end" if ended else "board", id=mark, retry=1000
            )
            if ended:
                return
        seen = mark
        left = until - now_of_loop()
        if left <= 0:
            return
        await asyncio.sleep(min(_POLL_SECONDS, left))
