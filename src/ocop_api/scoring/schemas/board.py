"""The board of a session: how far the scoring has come, and what closed rounds gave."""

from typing import Any
from uuid import UUID

from pydantic import Field

from ocop_api.domain.council_session import SessionState
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.scoring.schemas.results import MeanRead
from ocop_api.scoring.schemas.sessions import AgendaItemRead, AgendaState, SeatRead, SessionRead
from ocop_api.web.schemas import Exact, Instant, Output


class BoardResult(Output):
    """What a closed round gave, in short; `GET …/result` has it in full."""

    round: int = Field(examples=[1])
    closed_at: Instant = Field(examples=["2026-06-25T09:00:00Z"])
    outcome: Outcome
    counted: int = Field(description="sheets brought together", examples=[9])
    mean: MeanRead | None
    spread: Exact | None = Field(examples=["4.5"])
    star: int | None = Field(description="null while a new round is needed or a gate ended it", examples=[4])
    new_round_needed: bool


class BoardItem(Output):
    """A dossier of the agenda: who has handed in a sheet, never what is on it."""

    dossier_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    state: AgendaState
    round: int | None = Field(description="the latest round; null before the scoring begins", examples=[1])
    submitted: list[UUID]
    awaited: list[UUID]
    recused: list[UUID]
    late: int = Field(description="sheets that came after their round had closed", examples=[0])
    results: list[BoardResult] = Field(description="of the rounds that have closed")


class BoardRead(Output):
    """How far a session has come."""

    session_id: UUID
    state: SessionState = Field(examples=["scoring"])
    seats: list[SeatRead]
    submitted: int = Field(description="sheets handed in in the open rounds", examples=[31])
    expected: int = Field(description="sheets that the open rounds wait for in all", examples=[45])
    dossiers: list[BoardItem]


def board_of(
    session: SessionRead, names: dict[UUID, str], results: dict[UUID, list[tuple[int, Any, dict[str, Any]]]]
) -> BoardRead:
    """The board of a session as its reader sees it; ``results`` are number, time and facts by dossier."""
    items = [_item(one, names, results.get(one.dossier_id, [])) for one in session.dossiers]
    scoring = [one for one in items if one.state == "scoring"]
    submitted = sum(len(one.submitted) for one in scoring)
    return BoardRead(
        session_id=session.id,
        state=session.state,
        seats=session.seats,
        submitted=submitted,
        expected=submitted + sum(len(one.awaited) for one in scoring),
        dossiers=items,
    )


def _item(
    item: AgendaItemRead, names: dict[UUID, str], results: list[tuple[int, Any, dict[str, Any]]]
) -> BoardItem:
    latest = item.rounds[-1] if item.rounds else None
    return BoardItem(
        dossier_id=item.dossier_id,
        product_name=names[item.dossier_id],
        state=item.state,
        round=None if latest is None else latest.number,
        submitted=[] if latest is None else latest.submitted,
        awaited=[] if latest is None else latest.awaited,
        recused=[one.user_id for one in item.recusals],
        late=len(item.late),
        results=[
            BoardResult.model_validate({"round": number, "closed_at": closed_at, **facts})
            for number, closed_at, facts in results
        ],
    )
