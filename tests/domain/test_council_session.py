"""States of a session and the notice its members are due."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from ocop_api.domain.calendar import OfficeCalendar
from ocop_api.domain.council_session import (
    STEPS,
    SessionAction,
    SessionParty,
    SessionState,
    notice_given,
    render_session_table,
    required_notice,
    session_actions,
    session_step,
)
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import REGIMES, regime

# Told a second time, independently of the table: what leads where.
WAYS = {
    ("planned", "reschedule"): "planned",
    ("planned", "invite"): "planned",
    ("planned", "answer_invitation"): "planned",
    ("planned", "open"): "open",
    ("planned", "close"): "closed",
    ("open", "correct_attendance"): "open",
    ("open", "begin_scoring"): "scoring",
    ("open", "close"): "closed",
    ("scoring", "correct_attendance"): "scoring",
    ("scoring", "close"): "closed",
    ("closed", "sign_minutes"): "minutes_signed",
}
ONLY_PLANNED = {"reschedule", "invite", "answer_invitation", "open"}


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("action", list(SessionAction))
def test_every_action_in_every_state(state: SessionState, action: SessionAction) -> None:
    target = WAYS.get((state.value, action.value))
    if target is not None:
        assert session_step(state, action).target == target
        return
    with pytest.raises(RuleViolation) as refused:
        session_step(state, action)
    expected = "scoring.session_not_planned" if action in ONLY_PLANNED else "scoring.session_not_open"
    assert (refused.value.code, refused.value.data) == (expected, {"state": state.value})


def test_what_each_party_may_do_is_what_the_table_says() -> None:
    for state in SessionState:
        told = {party: set(session_actions(state, [party])) for party in SessionParty}
        assert sum(len(actions) for actions in told.values()) == sum(row.origin is state for row in STEPS)
    assert session_actions(SessionState.MINUTES_SIGNED, list(SessionParty)) == ()
    assert session_actions(SessionState.PLANNED, [SessionParty.SEAT]) == (SessionAction.ANSWER_INVITATION,)


def test_the_documentation_shows_the_table() -> None:
    shown = (Path(__file__).parents[2] / "docs" / "session-states.md").read_text(encoding="utf-8")
    assert render_session_table() in shown


FRIDAY, MONDAY = date(2026, 6, 19), date(2026, 6, 22)
PLAIN = OfficeCalendar()


@pytest.mark.parametrize(
    ("invited_on", "opened_on", "given"),
    [
        (MONDAY, MONDAY, 0),
        (FRIDAY, MONDAY, 1),
        (FRIDAY + timedelta(days=1), MONDAY, 0),
        (FRIDAY - timedelta(days=1), MONDAY, 2),
        (MONDAY, MONDAY + timedelta(days=5), 5),
        (None, MONDAY, 0),
    ],
)
def test_the_day_of_the_invitation_counts_and_that_of_the_meeting_does_not(
    invited_on: date | None, opened_on: date, given: int
) -> None:
    assert notice_given(invited_on, opened_on, opened_on, PLAIN) == given


def test_days_off_give_no_notice_and_an_earlier_day_was_never_announced() -> None:
    off = OfficeCalendar(holidays=frozenset({FRIDAY}))
    assert notice_given(FRIDAY, MONDAY, MONDAY, off) == 0
    assert notice_given(FRIDAY - timedelta(days=7), MONDAY, MONDAY, off) == 5
    assert notice_given(FRIDAY - timedelta(days=7), MONDAY, FRIDAY, PLAIN) == 0
    assert notice_given(FRIDAY, MONDAY, MONDAY + timedelta(days=1), PLAIN) == 2


def test_the_longer_notice_of_rules_and_law_holds() -> None:
    assert required_notice(0, [regime("qd148-2023")]) == 1
    assert required_notice(3, [regime("qd148-2023")]) == 3
    assert required_notice(0, [regime("qd26-2026")]) == 0
    assert required_notice(0, REGIMES) == 1
