"""The way of a council's session (*phiên họp*): its states, what leads on from each, and the notice it needs.

The decisions leave this to each council's operating regulation (*Quy chế hoạt động*). Under Decision
148/2023 members have the file one working day before the meeting; otherwise the days are the council's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ocop_api.domain.calendar import OfficeCalendar
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import Regime


class SessionState(StrEnum):
    """Where a session stands."""

    PLANNED = "planned"
    """On the calendar, members invited (*dự kiến*)."""
    OPEN = "open"
    """Who is there is known and the quorum holds; nobody scores yet (*đã khai mạc*)."""
    SCORING = "scoring"
    """Rounds are open on the dossiers (*đang chấm điểm*)."""
    CLOSED = "closed"
    """Every dossier is concluded or off the agenda (*đã kết thúc*)."""
    MINUTES_SIGNED = "minutes_signed"
    """The signed minutes are there (*đã ký biên bản*)."""


ENDED = frozenset({SessionState.CLOSED, SessionState.MINUTES_SIGNED})
"""States of a session that is over: nothing more happens to its dossiers."""


class SessionAction(StrEnum):
    """What is done to a session as a whole."""

    RESCHEDULE = "reschedule"
    INVITE = "invite"
    ANSWER_INVITATION = "answer_invitation"
    OPEN = "open"
    CORRECT_ATTENDANCE = "correct_attendance"
    BEGIN_SCORING = "begin_scoring"
    CLOSE = "close"
    SIGN_MINUTES = "sign_minutes"


class SessionParty(StrEnum):
    """Who does it."""

    BUSINESS = "business"
    """Who runs the council's business: chair, secretary, officer of its level and area."""
    SEAT = "seat"
    """Anybody with a seat, for themselves."""
    SYSTEM = "system"
    """It follows by itself."""


@dataclass(frozen=True, slots=True)
class SessionStep:
    """One row of the table: in ``origin``, ``party`` may do ``action`` under ``condition``."""

    origin: SessionState
    action: SessionAction
    target: SessionState
    party: SessionParty
    condition: str = ""


_S, _A, _P = SessionState, SessionAction, SessionParty
STEPS: tuple[SessionStep, ...] = (
    SessionStep(_S.PLANNED, _A.RESCHEDULE, _S.PLANNED, _P.BUSINESS, "members are invited anew"),
    SessionStep(_S.PLANNED, _A.INVITE, _S.PLANNED, _P.BUSINESS),
    SessionStep(_S.PLANNED, _A.ANSWER_INVITATION, _S.PLANNED, _P.SEAT, "invited"),
    SessionStep(
        _S.PLANNED,
        _A.OPEN,
        _S.OPEN,
        _P.BUSINESS,
        "quorum on every dossier, conflicts of interest settled, notice kept or shortened with a reason",
    ),
    SessionStep(_S.OPEN, _A.CORRECT_ATTENDANCE, _S.OPEN, _P.BUSINESS),
    SessionStep(_S.OPEN, _A.BEGIN_SCORING, _S.SCORING, _P.BUSINESS, "quorum on every dossier"),
    SessionStep(_S.SCORING, _A.CORRECT_ATTENDANCE, _S.SCORING, _P.BUSINESS),
    SessionStep(_S.PLANNED, _A.CLOSE, _S.CLOSED, _P.SYSTEM, "no dossier is left on the agenda"),
    SessionStep(_S.OPEN, _A.CLOSE, _S.CLOSED, _P.SYSTEM, "no dossier is left on the agenda"),
    SessionStep(_S.SCORING, _A.CLOSE, _S.CLOSED, _P.SYSTEM, "every dossier is concluded or off the agenda"),
    SessionStep(
        _S.CLOSED, _A.SIGN_MINUTES, _S.MINUTES_SIGNED, _P.BUSINESS, "the signed minutes are handed in"
    ),
)


def session_step(state: SessionState, action: SessionAction) -> SessionStep:
    """The row for an action in a state.

    Raises:
        RuleViolation: ``scoring.session_not_planned`` for what only a planned session allows, otherwise
            ``scoring.session_not_open``; both with the ``state``.
    """
    for step in STEPS:
        if step.origin is state and step.action is action:
            return step
    only_planned = all(step.origin is SessionState.PLANNED for step in STEPS if step.action is action)
    raise RuleViolation(
        "scoring.session_not_planned" if only_planned else "scoring.session_not_open", state=state.value
    )


def session_actions(state: SessionState, parties: Iterable[SessionParty]) -> tuple[SessionAction, ...]:
    """What these parties may do in a state, in the order of the table."""
    held = frozenset(parties)
    return tuple(step.action for step in STEPS if step.origin is state and step.party in held)


def required_notice(council_days: int, regimes: Iterable[Regime]) -> int:
    """Working days between invitation and meeting: the council's own or what a file's regime asks for."""
    return max([council_days, *(one.lodging.members_notice_working_days or 0 for one in regimes)])


def notice_given(invited_on: date | None, called_for: date, opened_on: date, calendar: OfficeCalendar) -> int:
    """Working days that members had: the day of the invitation counts, that of the meeting does not.

    An invitation on a Friday for Monday gives one. Without an invitation, or when the session opens before
    the day it was called for, there was no notice of this day at all.
    """
    if invited_on is None or opened_on < called_for:
        return 0
    one_day = timedelta(days=1)
    return calendar.between(invited_on - one_day, opened_on - one_day)


def render_session_table() -> str:
    """The table as Markdown for the documentation, ending in a newline."""
    lines = ["| State | Action | Who | Condition | Then |", "|---|---|---|---|---|"]
    for row in STEPS:
        cells = (row.origin.value, row.action.value, row.party.value, row.condition, row.target.value)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
