"""The table of appeals against the procedure as it is told in words, terms, and who may sit on a panel."""

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.appeal import (
    APPEALABLE,
    TABLE,
    AppealAction,
    AppealGuard,
    AppealParty,
    AppealState,
    Finding,
    Recommendation,
    check_lodging,
    check_report,
    last_day,
    open_rows,
    partial,
    step,
)
from ocop_api.domain.calendar import OfficeCalendar
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import DomainError, Forbidden, Invalid, RuleViolation

OPEN = {AppealState.LODGED, AppealState.UNDER_REVIEW, AppealState.REPORTED}
# Written from the procedure: who does what where, on which conditions, and what it leads to.
SAID: dict[tuple[AppealState, AppealAction], tuple[AppealParty, AppealState, set[AppealGuard]]] = {
    (AppealState.LODGED, AppealAction.ACCEPT): (
        AppealParty.OFFICE,
        AppealState.UNDER_REVIEW,
        {AppealGuard.PANEL_INDEPENDENT},
    ),
    (AppealState.LODGED, AppealAction.REFUSE): (
        AppealParty.OFFICE,
        AppealState.REFUSED,
        {AppealGuard.REASON_GIVEN},
    ),
    (AppealState.UNDER_REVIEW, AppealAction.REPORT): (
        AppealParty.PANEL,
        AppealState.REPORTED,
        {AppealGuard.PANEL_INDEPENDENT, AppealGuard.CRITERIA_ANSWERED},
    ),
    (AppealState.REPORTED, AppealAction.UPHOLD): (
        AppealParty.AUTHORITY,
        AppealState.UPHELD,
        {AppealGuard.REASON_GIVEN, AppealGuard.DECISION_SIGNED},
    ),
    (AppealState.REPORTED, AppealAction.DISMISS): (
        AppealParty.AUTHORITY,
        AppealState.DISMISSED,
        {AppealGuard.REASON_GIVEN, AppealGuard.DECISION_SIGNED},
    ),
    **{
        (state, AppealAction.WITHDRAW): (AppealParty.PRODUCER, AppealState.WITHDRAWN, set[AppealGuard]())
        for state in OPEN
    },
}
WEEK = OfficeCalendar()
FIRST, LAST = date(2026, 6, 15), date(2026, 7, 15)


@pytest.mark.parametrize(("state", "action"), [*product(AppealState, AppealAction)])
def test_every_action_everywhere_does_what_the_procedure_says_and_nothing_else(
    state: AppealState, action: AppealAction
) -> None:
    said = SAID.get((state, action))
    for party in AppealParty:
        if said is None:
            with pytest.raises(RuleViolation) as wrong:
                step(state, action, parties=[party], satisfied=list(AppealGuard))
            assert wrong.value.code == "appeal.action_not_allowed"
            continue
        whose, target, guards = said
        if party is not whose:
            with pytest.raises(Forbidden) as foreign:
                step(state, action, parties=[party], satisfied=list(AppealGuard))
            assert foreign.value.data == {"action": action, "party": whose}
            continue
        assert step(state, action, parties=[party], satisfied=guards).target is target
        for guard in guards:
            with pytest.raises(RuleViolation) as early:
                step(state, action, parties=[party], satisfied=set(AppealGuard) - {guard})
            assert (early.value.code, early.value.data["missing"]) == ("appeal.guard_not_met", [guard])


def test_what_is_offered_is_what_is_accepted() -> None:
    for state, party in product(AppealState, AppealParty):
        offered = {row.action for row in open_rows(state, [party])}
        assert offered == {
            action for (origin, action), said in SAID.items() if (origin, said[0]) == (state, party)
        }


def test_final_states_have_no_exit_and_every_word_is_used() -> None:
    assert {state for state in AppealState if not state.is_final} == OPEN
    assert {state for state in AppealState if state.is_decided} == {AppealState.UPHELD, AppealState.DISMISSED}
    assert {row.action for row in TABLE} == set(AppealAction)
    assert {row.party for row in TABLE} == set(AppealParty)
    assert {guard for row in TABLE for guard in row.guards} == set(AppealGuard)


@pytest.mark.parametrize(
    ("told_on", "days", "ends"),
    [
        (FIRST, 30, LAST),
        # 18/07/2026 is a Saturday.
        (FIRST, 33, date(2026, 7, 20)),
        (FIRST, 1, date(2026, 6, 16)),
    ],
)
def test_the_day_of_the_outcome_is_not_counted_and_a_day_off_runs_on(
    told_on: date, days: int, ends: date
) -> None:
    assert last_day(told_on, days, WEEK) == ends


def test_a_holiday_at_the_end_runs_on_too() -> None:
    closed = OfficeCalendar(holidays=frozenset({LAST, LAST + timedelta(days=1)}))
    assert last_day(FIRST, 30, closed) == date(2026, 7, 17)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 365))
def test_a_term_is_never_shorter_than_it_says_and_ends_on_a_working_day(told_on: date, days: int) -> None:
    ends = last_day(told_on, days, WEEK)
    assert 0 <= (ends - told_on).days - days <= 2
    assert WEEK.is_working_day(ends)


def lodging(**changes: Any) -> str:
    """The code of the refusal, empty when the appeal may be lodged."""
    facts: dict[str, Any] = {
        "outcome": State.RECOGNISED,
        "rated": True,
        "star": 3,
        "last_on": LAST,
        "today": FIRST,
        "wanted": None,
    }
    facts |= changes
    outcome = facts.pop("outcome")
    try:
        check_lodging(outcome, **facts)
    except DomainError as wrong:
        return wrong.code
    return ""


@pytest.mark.parametrize("outcome", State)
def test_only_the_outcome_of_a_rating_is_appealed_against(outcome: State) -> None:
    wanted = "" if outcome in APPEALABLE else "appeal.no_outcome"
    assert lodging(outcome=outcome) == wanted
    assert lodging(outcome=outcome, rated=False) == (wanted or "appeal.not_rated")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"today": LAST}, ""),
        ({"today": LAST + timedelta(days=1)}, "appeal.too_late"),
        ({"star": 5}, "appeal.nothing_higher"),
        ({"wanted": 4}, ""),
        ({"wanted": 3}, "appeal.stars_not_more"),
        ({"outcome": State.NOT_REACHED, "star": 2, "wanted": 3}, ""),
        # Whoever was rejected after a rating of five stars holds none.
        ({"outcome": State.REJECTED, "star": 5, "wanted": 4}, ""),
        ({"outcome": State.NOT_REACHED, "star": None}, ""),
    ],
)
def test_terms_and_stars_of_an_appeal(changes: dict[str, Any], code: str) -> None:
    assert lodging(**changes) == code


@pytest.mark.parametrize(
    ("finding", "recommendation", "contested", "answered", "code"),
    [
        (Finding.FOUNDED, Recommendation.RESCORE, ["1", "2"], ["2", "1"], ""),
        (Finding.FOUNDED, Recommendation.NONE, [], [], ""),
        (Finding.UNFOUNDED, Recommendation.NONE, ["1"], ["1"], ""),
        (Finding.FOUNDED, Recommendation.RESCORE, ["1", "2"], ["1"], "appeal.criteria_unanswered"),
        (Finding.FOUNDED, Recommendation.RESCORE, ["1"], ["1", "3"], "appeal.criterion_not_contested"),
        (Finding.UNFOUNDED, Recommendation.RESCORE, [], [], "appeal.finding_contradicts"),
    ],
)
def test_a_report_answers_what_is_contested_and_does_not_contradict_itself(
    finding: Finding, recommendation: Recommendation, contested: list[str], answered: list[str], code: str
) -> None:
    if not code:
        check_report(finding, recommendation, contested, answered)
        return
    with pytest.raises(Invalid) as wrong:
        check_report(finding, recommendation, contested, answered)
    assert wrong.value.code == code


def test_whoever_took_part_or_acts_for_the_producer_is_kept_out() -> None:
    assert partial(["a", "b", "c", "d"], took_part={"c", "x"}, acts_for={"b"}) == ["b", "c"]
    assert partial(["a"], took_part=set(), acts_for=set()) == []
