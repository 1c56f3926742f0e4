"""The table of withdrawals against Art. 8 as it is told in words, grounds, terms, and the documentation."""

from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation
from ocop_api.domain.withdrawal import (
    GROUND_RULES,
    OPEN,
    TABLE,
    WithdrawalBasis,
    answer_due,
    check_decided_on,
    check_grounds,
    concluding_action,
    open_rows,
    reminder,
    render_ground_rules,
    render_withdrawal_table,
    step,
)
from ocop_api.domain.withdrawal import WithdrawalAction as A
from ocop_api.domain.withdrawal import WithdrawalGuard as G
from ocop_api.domain.withdrawal import WithdrawalParty as P
from ocop_api.domain.withdrawal import WithdrawalState as S

EVERYBODY = frozenset(P)
DAY = date(2026, 6, 15)
# Written from the article and our defaults: who does what where, on which conditions, and what follows.
SAID: dict[tuple[S, A], tuple[set[P], S, set[G]]] = {
    (S.VERIFYING, A.CONCLUDE): (
        {P.OFFICE, P.AUTHORITY},
        S.CONCLUDED,
        {G.CERTIFICATE_STANDS, G.GROUND_TAKES_CONCLUSION},
    ),
    (S.VERIFYING, A.CONFIRM): (
        {P.OFFICE, P.AUTHORITY, P.COMMUNE},
        S.CONCLUDED,
        {G.CERTIFICATE_STANDS, G.GROUND_TAKES_CONFIRMATION},
    ),
    (S.CONCLUDED, A.CONCLUDE): (
        {P.OFFICE, P.AUTHORITY},
        S.CONCLUDED,
        {G.CERTIFICATE_STANDS, G.GROUND_TAKES_CONCLUSION, G.REASON_GIVEN},
    ),
    (S.CONCLUDED, A.CONFIRM): (
        {P.OFFICE, P.AUTHORITY},
        S.CONCLUDED,
        {G.CERTIFICATE_STANDS, G.GROUND_TAKES_CONFIRMATION, G.REASON_GIVEN},
    ),
    (S.CONCLUDED, A.SUBMIT): ({P.OFFICE, P.AUTHORITY}, S.SUBMITTED, {G.CERTIFICATE_STANDS}),
    (S.SUBMITTED, A.RETURN): ({P.AUTHORITY}, S.CONCLUDED, {G.REASON_GIVEN}),
    (S.SUBMITTED, A.DECIDE): ({P.AUTHORITY}, S.WITHDRAWN, {G.CERTIFICATE_STANDS, G.DECISION_SIGNED}),
    (S.VERIFYING, A.DISMISS): ({P.OFFICE, P.AUTHORITY}, S.DISMISSED, {G.REASON_GIVEN}),
    (S.CONCLUDED, A.DISMISS): ({P.OFFICE, P.AUTHORITY}, S.DISMISSED, {G.REASON_GIVEN}),
    (S.SUBMITTED, A.DISMISS): ({P.AUTHORITY}, S.DISMISSED, {G.REASON_GIVEN}),
    **{(state, A.ANSWER): ({P.PRODUCER}, state, set[G]()) for state in OPEN},
    **{(state, A.LAPSE): ({P.SYSTEM}, S.LAPSED, {G.CERTIFICATE_ENDED}) for state in OPEN},
}


@pytest.mark.parametrize(("state", "action"), list(product(S, A)))
def test_every_step_is_as_told_and_no_other_is_there(state: S, action: A) -> None:
    said = SAID.get((state, action))
    if said is None:
        with pytest.raises(RuleViolation) as refused:
            step(state, action, parties=EVERYBODY, satisfied=list(G))
        assert refused.value.code == "withdrawal.action_not_allowed"
        return
    parties, target, guards = said
    for party in P:
        if party in parties:
            row, acting = step(state, action, parties={party}, satisfied=guards)
            assert (row.target, set(row.guards), acting) == (target, guards, party)
        else:
            with pytest.raises(Forbidden) as kept_out:
                step(state, action, parties={party}, satisfied=list(G))
            assert kept_out.value.code == "withdrawal.not_the_acting_party"
    for missing in guards:
        with pytest.raises(RuleViolation) as unmet:
            step(state, action, parties=parties, satisfied=guards - {missing})
        assert unmet.value.data["missing"] == [missing.value]


def test_a_state_and_an_action_have_one_row() -> None:
    assert len({(row.origin, row.action) for row in TABLE}) == len(TABLE) == len(SAID)


def test_only_the_authority_takes_a_certificate_back() -> None:
    assert {row.parties for row in TABLE if row.target is S.WITHDRAWN} == {frozenset({P.AUTHORITY})}
    assert {state for state in S if state.is_final} == {S.WITHDRAWN, S.DISMISSED, S.LAPSED}


@pytest.mark.parametrize("ground", list(WithdrawalGround))
def test_production_that_stopped_alone_rests_on_the_communes_confirmation(ground: WithdrawalGround) -> None:
    confirmed = ground is WithdrawalGround.PRODUCTION_STOPPED
    assert GROUND_RULES[ground].basis is (
        WithdrawalBasis.CONFIRMATION if confirmed else WithdrawalBasis.CONCLUSION
    )
    wanted, other = (A.CONFIRM, A.CONCLUDE) if confirmed else (A.CONCLUDE, A.CONFIRM)
    assert concluding_action(ground) is wanted
    offered = {row.action for row in open_rows(S.VERIFYING, EVERYBODY, ground)}
    assert wanted in offered
    assert other not in offered
    assert "8.4" in GROUND_RULES[ground].source


def test_the_points_that_ask_for_a_conclusion_are_named() -> None:
    named = {ground.point for ground, rule in GROUND_RULES.items() if "8.1" in rule.source}
    assert named == {"b", "c", "e"}


def test_a_ground_is_named_once() -> None:
    first, second = WithdrawalGround.MISUSE_OF_MARK, WithdrawalGround.VIOLATION_OF_LAW
    check_grounds(first, [second])
    for further in ([first], [second, second]):
        with pytest.raises(Invalid):
            check_grounds(first, further)


def test_ten_days_are_given_for_an_answer_unless_others_are() -> None:
    assert answer_due(DAY, None) == date(2026, 6, 25)
    assert answer_due(DAY, DAY) == DAY
    with pytest.raises(Invalid):
        answer_due(DAY, DAY - timedelta(days=1))


@given(st.integers(-40, 40), st.integers(-40, 40))
def test_a_decision_lies_between_its_conclusion_and_today(decided: int, concluded: int) -> None:
    decided_on, concluded_on = DAY + timedelta(days=decided), DAY + timedelta(days=concluded)
    if concluded_on <= decided_on <= DAY:
        check_decided_on(decided_on, concluded_on=concluded_on, today=DAY)
        return
    with pytest.raises(RuleViolation):
        check_decided_on(decided_on, concluded_on=concluded_on, today=DAY)


@pytest.mark.parametrize(
    ("left", "told"), [(6, None), (5, "due_soon"), (0, "due_soon"), (-1, "overdue"), (-90, "overdue")]
)
def test_reminders_begin_five_days_before_the_last_one(left: int, told: str | None) -> None:
    assert reminder(DAY + timedelta(days=left), DAY) == told


def test_the_documentation_shows_the_tables() -> None:
    shown = (Path(__file__).parents[2] / "docs" / "withdrawal-states.md").read_text(encoding="utf-8")
    assert render_withdrawal_table() in shown
    assert render_ground_rules() in shown
