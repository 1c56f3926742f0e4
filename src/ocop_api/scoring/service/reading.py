"""A session as the people around its council see it: who has handed in a sheet, never what is on it."""

from collections.abc import Sequence
from uuid import UUID

from ocop_api.db.tables.scoring import CouncilMember, LateSheet, ScoringRound, SessionDossier, SessionRecusal
from ocop_api.domain.actor import Actor
from ocop_api.domain.council import Office, Seat, scoring_right
from ocop_api.domain.council_session import SessionParty, SessionState, session_actions
from ocop_api.scoring.policy import chairs_or_keeps_minutes, may_manage
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.sessions import (
    AgendaItemRead,
    LateSheetRead,
    RecusalRead,
    ScoringRoundRead,
    SeatRead,
    SessionInvitationRead,
    SessionRead,
    SessionSummary,
)
from ocop_api.scoring.service.sittings import Sitting, recusal_of


async def describe(
    sessions: SessionRepository, sitting: Sitting, actor: Actor, members: Sequence[CouncilMember]
) -> SessionRead:
    """The session with its agenda, in seven queries however long it is."""
    session_id = sitting.row.id
    agenda = await sessions.agenda(session_id)
    recusals = await sessions.recusals(session_id)
    rounds = await sessions.rounds(session_id)
    late = await sessions.late(session_id)
    submitters = await sessions.submitters(session_id)
    invitations = await sessions.invitations(session_id)
    seats = sitting.seats or [Seat(one.user_id, Office(one.office)) for one in members]
    council = sitting.council
    runs = may_manage(actor, council.level, council.area_path, council.id) or chairs_or_keeps_minutes(
        actor.user_id, seats, None
    )
    return SessionRead(
        **SessionSummary.model_validate(sitting.row).model_dump(),
        seats=[SeatRead.model_validate(row) for row in sitting.seat_rows],
        invitations=[SessionInvitationRead.model_validate(row) for row in invitations],
        dossiers=[
            _item(
                sitting,
                item,
                [one for one in recusals if one.dossier_id == item.dossier_id],
                [one for one in rounds if one.dossier_id == item.dossier_id],
                [one for one in late if one.dossier_id == item.dossier_id],
                submitters,
                actor,
                seats=seats,
                runs=runs,
            )
            for item in agenda
        ],
        allowed_actions=[
            action.value
            for action in session_actions(
                SessionState(sitting.row.state),
                _parties(runs=runs, invited=any(one.user_id == actor.user_id for one in invitations)),
            )
        ],
    )


def _parties(*, runs: bool, invited: bool) -> list[SessionParty]:
    return [*([SessionParty.BUSINESS] if runs else []), *([SessionParty.SEAT] if invited else [])]


def _item(
    sitting: Sitting,
    item: SessionDossier,
    recusals: Sequence[SessionRecusal],
    rounds: Sequence[ScoringRound],
    late: Sequence[LateSheet],
    submitters: dict[UUID, list[UUID]],
    actor: Actor,
    *,
    seats: Sequence[Seat],
    runs: bool,
) -> AgendaItemRead:
    recused = [one.user_id for one in recusals]
    expected = sitting.expected(recused)
    actions: list[str] = []
    if item.state == "scoring" and rounds:
        handed_in = submitters.get(rounds[-1].id, [])
        may_score = scoring_right(
            actor.user_id, sitting.seats, [recusal_of(one) for one in recusals], sitting.rules
        ).allowed
        if may_score and actor.user_id in sitting.present and actor.user_id not in handed_in:
            actions.append("score")
        presiding = sitting.quorum(sitting.present, recused).presiding
        if chairs_or_keeps_minutes(actor.user_id, sitting.seats, presiding):
            actions.append("close_round")
    seated = any(seat.person == actor.user_id for seat in seats)
    if item.state in {"waiting", "scoring"} and (runs or seated) and actor.user_id is not None:
        actions.append("recuse")
    if runs and item.state in {"waiting", "scoring"}:
        actions.append("drop")
    numbers = {one.id: one.number for one in rounds}
    return AgendaItemRead(
        dossier_id=item.dossier_id,
        state=item.state,
        dropped_reason=item.dropped_reason,
        version_number=item.version_number,
        recusals=[RecusalRead.model_validate(one) for one in recusals],
        rounds=[
            ScoringRoundRead(
                number=one.number,
                state=one.state,
                reason=one.reason,
                opened_at=one.opened_at,
                closed_at=one.closed_at,
                submitted=submitters.get(one.id, []),
                awaited=[]
                if one.state == "closed" or item.state == "dropped"
                else [member for member in expected if member not in submitters.get(one.id, [])],
            )
            for one in rounds
        ],
        late=[
            LateSheetRead(user_id=one.member_id, round=numbers[one.round_id], received_at=one.received_at)
            for one in late
        ],
        allowed_actions=actions,
    )
