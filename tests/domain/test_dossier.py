"""The transition tables as a whole, the outcome of points, lodging windows and product codes."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.dossier import (
    Acting,
    Action,
    DossierKind,
    Guard,
    Level,
    OutcomeKind,
    Party,
    Position,
    ProductCode,
    State,
    allowed_actions,
    apply,
    check_rerating_lodging,
    forwarding,
    open_transitions,
    registration_slip_number,
    render_table,
    start,
    transitions,
)
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation
from ocop_api.domain.regimes import REGIMES, Regime, regime

EVERY_CAPACITY = [
    Acting(Party.PRODUCER),
    *(Acting(party, level) for party, level in product(Party, Level) if party is not Party.PRODUCER),
]
ALL_GUARDS = frozenset(Guard)
CASES = [(law, kind) for law in REGIMES for kind in DossierKind]
NEW, AMENDED, OLD, OLDEST = (
    regime(code) for code in ("qd26-2026", "qd1489-2025", "qd148-2023", "qd1048-2019")
)


def reachable(law: Regime, kind: DossierKind) -> set[Position]:
    seen, todo = {start(law)}, [start(law)]
    while todo:
        for row in open_transitions(law, kind, todo.pop()):
            if row.target not in seen:
                seen.add(row.target)
                todo.append(row.target)
    return seen


@pytest.mark.parametrize(("law", "kind"), CASES)
def test_every_row_can_be_reached_and_every_open_position_leads_to_an_end(
    law: Regime, kind: DossierKind
) -> None:
    positions = reachable(law, kind)
    assert {row.origin for row in transitions(law)} <= positions
    ends_in_sight = {position for position in positions if position.state.is_final}
    while True:
        more = {
            position
            for position in positions - ends_in_sight
            if any(row.target in ends_in_sight for row in open_transitions(law, kind, position))
        }
        if not more:
            break
        ends_in_sight |= more
    assert ends_in_sight == positions


@pytest.mark.parametrize(("law", "kind"), CASES)
def test_final_states_have_no_exit_but_an_appeal_and_an_action_means_one_thing_at_a_position(
    law: Regime, kind: DossierKind
) -> None:
    for position in reachable(law, kind):
        rows = open_transitions(law, kind, position)
        if position.state.is_final:
            assert {row.action for row in rows} <= {Action.REOPEN}
            assert all(Guard.APPEAL_UPHELD in row.guards for row in rows)
        else:
            assert rows
            assert Action.REOPEN not in {row.action for row in rows}
        assert len({row.action for row in rows}) == len(rows)


@pytest.mark.parametrize("law", REGIMES)
def test_rows_stay_within_the_levels_of_the_regime_and_name_an_actor(law: Regime) -> None:
    for row in transitions(law):
        assert law.involves(row.origin.level)
        assert law.involves(row.target.level)
        assert (row.acting.level is None) is (row.party is Party.PRODUCER)


def test_every_state_action_party_and_guard_is_used_somewhere() -> None:
    rows = [row for law in REGIMES for row in transitions(law)]
    assert {row.origin.state for row in rows} | {row.target.state for row in rows} == set(State)
    assert {row.action for row in rows} == set(Action)
    assert {row.party for row in rows} == set(Party)
    assert {guard for row in rows for guard in row.guards} == set(Guard)


@given(st.sampled_from(CASES), st.data())
def test_any_walk_of_offered_actions_is_accepted(
    case: tuple[Regime, DossierKind], data: st.DataObject
) -> None:
    law, kind = case
    position = start(law)
    for _ in range(40):
        offered = allowed_actions(law, kind, position, EVERY_CAPACITY)
        if not offered:
            assert position.state.is_final
            break
        action = data.draw(st.sampled_from(offered))
        position = apply(law, kind, position, action, capacities=EVERY_CAPACITY, satisfied=ALL_GUARDS)


def walk(law: Regime, kind: DossierKind, *actions: Action) -> Position:
    position = start(law)
    for action in actions:
        position = apply(law, kind, position, action, capacities=EVERY_CAPACITY, satisfied=ALL_GUARDS)
    return position


RATE = (Action.START_ASSESSMENT, Action.SUBMIT_REPORT, Action.PROPOSE)


def test_a_four_star_product_under_the_decision_in_force() -> None:
    steps = (Action.LODGE, Action.RECEIVE, Action.FORWARD, Action.RECEIVE, *RATE, Action.RECOGNISE)
    assert walk(NEW, DossierKind.FIRST, *steps) == Position(State.RECOGNISED, Level.PROVINCE)


def test_below_ninety_at_the_centre_the_province_decides() -> None:
    up = (Action.LODGE, Action.RECEIVE, Action.FORWARD, Action.RECEIVE, *RATE, Action.FORWARD, Action.RECEIVE)
    remanded = walk(NEW, DossierKind.FIRST, *up, *RATE, Action.REMAND)
    assert remanded == Position(State.REMANDED, Level.PROVINCE)
    after = {row.action for row in open_transitions(NEW, DossierKind.FIRST, remanded)}
    assert after == {
        Action.RECOGNISE,
        Action.CONFIRM,
        Action.CONCLUDE_NOT_REACHED,
        Action.REORGANISE,
    }


def test_under_148_the_district_receives_rates_and_recognises_three_stars() -> None:
    steps = (Action.LODGE, Action.RECEIVE, *RATE, Action.RECOGNISE)
    assert walk(OLD, DossierKind.FIRST, *steps) == Position(State.RECOGNISED, Level.DISTRICT)


def test_under_1048_the_district_recognises_nothing() -> None:
    decisions = {
        row.action
        for row in transitions(OLDEST)
        if row.origin == Position(State.AWAITING_DECISION, Level.DISTRICT)
    }
    assert Action.RECOGNISE not in decisions
    assert {Action.FORWARD, Action.CONCLUDE_NOT_REACHED} <= decisions


def test_the_office_reports_on_a_rerating_and_the_advisory_group_on_the_rest() -> None:
    position = Position(State.UNDER_ASSESSMENT, Level.PROVINCE)
    office, group = (Acting(party, Level.PROVINCE) for party in (Party.OFFICE, Party.ADVISORY_GROUP))
    assert Action.SUBMIT_REPORT in allowed_actions(NEW, DossierKind.RERATING, position, [office])
    assert Action.SUBMIT_REPORT not in allowed_actions(NEW, DossierKind.RERATING, position, [group])
    assert Action.SUBMIT_REPORT in allowed_actions(NEW, DossierKind.FIRST, position, [group])
    assert Action.SUBMIT_REPORT in allowed_actions(OLD, DossierKind.RERATING, position, [group])


def test_an_officer_of_another_level_has_nothing_to_do() -> None:
    waiting = Position(State.FORWARDED, Level.PROVINCE)
    assert allowed_actions(NEW, DossierKind.FIRST, waiting, [Acting(Party.OFFICE, Level.COMMUNE)]) == ()
    assert allowed_actions(NEW, DossierKind.FIRST, waiting, [Acting(Party.OFFICE, Level.PROVINCE)]) == (
        Action.RECEIVE,
    )


def test_a_misplaced_action_is_refused_with_what_is_possible_instead() -> None:
    with pytest.raises(RuleViolation) as refused:
        apply(
            NEW,
            DossierKind.FIRST,
            start(NEW),
            Action.RECOGNISE,
            capacities=[Acting(Party.PRODUCER)],
            satisfied=ALL_GUARDS,
        )
    assert refused.value.code == "dossier.action_not_allowed"
    assert refused.value.data["allowed_actions"] == ["lodge", "withdraw"]


def test_somebody_elses_action_is_forbidden() -> None:
    with pytest.raises(Forbidden) as refused:
        apply(
            NEW,
            DossierKind.FIRST,
            Position(State.LODGED, Level.COMMUNE),
            Action.RECEIVE,
            capacities=[Acting(Party.PRODUCER), Acting(Party.OFFICE, Level.PROVINCE)],
            satisfied=ALL_GUARDS,
        )
    assert refused.value.data["level"] == "commune"


def test_missing_conditions_are_named() -> None:
    with pytest.raises(RuleViolation) as refused:
        apply(
            NEW,
            DossierKind.RERATING,
            start(NEW),
            Action.LODGE,
            capacities=[Acting(Party.PRODUCER)],
            satisfied=ALL_GUARDS - {Guard.WITHIN_RERATING_WINDOW, Guard.HOLDS_CERTIFICATE},
        )
    assert refused.value.code == "dossier.guard_not_met"
    assert refused.value.data["missing"] == ["holds_certificate", "within_rerating_window"]


@pytest.mark.parametrize(
    ("law", "level", "points", "star", "then"),
    [
        (NEW, Level.PROVINCE, "49.99", 2, (OutcomeKind.NOT_REACHED, Level.PROVINCE)),
        (NEW, Level.PROVINCE, "50", 3, (OutcomeKind.RECOGNISE, Level.PROVINCE)),
        (NEW, Level.PROVINCE, "70", 4, (OutcomeKind.RECOGNISE, Level.PROVINCE)),
        (NEW, Level.PROVINCE, "89.999", 4, (OutcomeKind.RECOGNISE, Level.PROVINCE)),
        (NEW, Level.PROVINCE, "90", 5, (OutcomeKind.FORWARD, Level.CENTRAL)),
        (NEW, Level.PROVINCE, "92", 4, (OutcomeKind.RECOGNISE, Level.PROVINCE)),
        (AMENDED, Level.PROVINCE, "90", 5, (OutcomeKind.FORWARD, Level.CENTRAL)),
        (NEW, Level.CENTRAL, "90", 5, (OutcomeKind.RECOGNISE, Level.CENTRAL)),
        (NEW, Level.CENTRAL, "89.99", 4, (OutcomeKind.REMAND, Level.PROVINCE)),
        (NEW, Level.CENTRAL, "20", 1, (OutcomeKind.REMAND, Level.PROVINCE)),
        (OLD, Level.DISTRICT, "49.99", 2, (OutcomeKind.NOT_REACHED, Level.DISTRICT)),
        (OLD, Level.DISTRICT, "69.99", 3, (OutcomeKind.RECOGNISE, Level.DISTRICT)),
        (OLD, Level.DISTRICT, "70", 4, (OutcomeKind.FORWARD, Level.PROVINCE)),
        (OLD, Level.DISTRICT, "95", 5, (OutcomeKind.FORWARD, Level.PROVINCE)),
        (OLD, Level.DISTRICT, "75", 3, (OutcomeKind.RECOGNISE, Level.DISTRICT)),
        (OLD, Level.PROVINCE, "65", 3, (OutcomeKind.REMAND, Level.DISTRICT)),
        (OLD, Level.PROVINCE, "70", 4, (OutcomeKind.RECOGNISE, Level.PROVINCE)),
        (OLDEST, Level.DISTRICT, "49.99", 2, (OutcomeKind.NOT_REACHED, Level.DISTRICT)),
        (OLDEST, Level.DISTRICT, "50", 3, (OutcomeKind.FORWARD, Level.PROVINCE)),
        (OLDEST, Level.PROVINCE, "49", 2, (OutcomeKind.NOT_REACHED, Level.PROVINCE)),
    ],
)
def test_where_points_send_a_file(
    law: Regime, level: Level, points: str, star: int, then: tuple[OutcomeKind, Level]
) -> None:
    outcome = forwarding(law, level, Decimal(points), star)
    assert (outcome.kind, outcome.level) == then


@given(
    st.sampled_from(REGIMES),
    st.decimals(min_value=0, max_value=100, places=2),
    st.integers(min_value=1, max_value=5),
)
def test_every_outcome_has_its_row_in_the_table(law: Regime, points: Decimal, star: int) -> None:
    for rule in law.levels:
        if rule.has_council and star <= law.band_star(points):
            outcome = forwarding(law, rule.level, points, star)
            origin = Position(State.AWAITING_DECISION, rule.level)
            rows = [row for row in transitions(law) if row.origin == origin and outcome.guard in row.guards]
            assert [row.target.level for row in rows] == [outcome.level]
            if outcome.kind is OutcomeKind.FORWARD:
                assert outcome.threshold is not None
                assert points >= outcome.threshold


def test_a_remanded_file_cannot_go_up_again() -> None:
    assert forwarding(NEW, Level.PROVINCE, Decimal(95), 4, remanded=True).kind is OutcomeKind.RECOGNISE
    with pytest.raises(RuleViolation) as refused:
        forwarding(NEW, Level.PROVINCE, Decimal(95), 5, remanded=True)
    assert refused.value.code == "dossier.result_above_level"


def test_results_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        forwarding(NEW, Level.PROVINCE, Decimal("69.99"), 4)
    assert refused.value.code == "dossier.star_not_of_points"
    with pytest.raises(RuleViolation):
        forwarding(NEW, Level.COMMUNE, Decimal(80), 4)


EXPIRY = date(2027, 9, 19)


@pytest.mark.parametrize("lodged", [date(2027, 3, 23), date(2027, 5, 22)])
def test_first_and_last_day_of_the_window_are_in(lodged: date) -> None:
    check_rerating_lodging(NEW, EXPIRY, lodged)


@pytest.mark.parametrize("lodged", [date(2027, 3, 22), date(2027, 5, 23)])
def test_the_days_around_the_window_are_out_and_the_refusal_names_it(lodged: date) -> None:
    with pytest.raises(RuleViolation) as refused:
        check_rerating_lodging(NEW, EXPIRY, lodged)
    assert refused.value.data["first_day"] == "2027-03-23"
    assert refused.value.data["last_day"] == "2027-05-22"


def test_a_window_over_a_leap_day_counts_days_not_months() -> None:
    check_rerating_lodging(NEW, date(2028, 6, 28), date(2028, 2, 29))
    with pytest.raises(RuleViolation):
        check_rerating_lodging(NEW, date(2028, 6, 28), date(2028, 3, 1))


def test_a_window_that_closed_before_the_decision_gives_way_to_the_transition() -> None:
    expiry = date(2026, 8, 31)
    check_rerating_lodging(NEW, expiry, date(2026, 5, 22))
    check_rerating_lodging(NEW, expiry, expiry)
    with pytest.raises(RuleViolation):
        check_rerating_lodging(NEW, expiry, date(2026, 9, 1))


def test_a_window_that_could_still_be_met_on_the_first_day_is_not_widened() -> None:
    expiry = date(2026, 9, 19)
    check_rerating_lodging(NEW, expiry, date(2026, 5, 22))
    with pytest.raises(RuleViolation):
        check_rerating_lodging(NEW, expiry, date(2026, 5, 23))


def test_earlier_regimes_have_no_window() -> None:
    check_rerating_lodging(OLD, EXPIRY, date(2024, 10, 1))


@pytest.mark.parametrize("text", ["68-24611-3-2026", "83-829-28780-3-2022", "10-088-03006-2-2021"])
def test_product_codes_survive_reading_and_printing(text: str) -> None:
    assert str(ProductCode.parse(text)) == text


def test_product_codes_are_read_leniently_but_printed_one_way() -> None:
    assert str(ProductCode.parse(" 68 – 24611 – 03 – 2026")) == "68-24611-3-2026"


@pytest.mark.parametrize("text", ["", "68-24611-0-2026", "68-2461-3-2026", "68-24611-3-26", "68-24611-2026"])
def test_malformed_product_codes_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ProductCode.parse(text)


def test_the_regime_decides_whether_the_district_is_printed() -> None:
    new = ProductCode.allot(NEW, province="68", district="660", commune="24611", serial=3, year=2026)
    assert str(new) == "68-24611-3-2026"
    assert registration_slip_number(new) == "3/PĐK-68-24611-2026"
    old = ProductCode.allot(OLD, province="67", district="660", commune="24611", serial=3, year=2024)
    assert str(old) == "67-660-24611-3-2024"
    with pytest.raises(Invalid) as refused:
        ProductCode.allot(OLD, province="67", district=None, commune="24611", serial=3, year=2024)
    assert refused.value.code == "dossier.product_code_needs_district"


@pytest.mark.parametrize("law", REGIMES)
def test_the_rendered_table_has_a_line_for_each_row(law: Regime) -> None:
    lines = render_table(law).splitlines()
    assert len(lines) == len(transitions(law)) + 2
    assert {line.count("|") for line in lines} == {9}
