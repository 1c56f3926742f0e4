"""The rules of inspections, without a database."""

from datetime import date
from itertools import product

import pytest

from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation
from ocop_api.domain.inspection import (
    PLAN_TABLE,
    TABLE,
    InspectionAction,
    InspectionGuard,
    InspectionParty,
    InspectionState,
    PlanAction,
    PlanState,
    open_rows,
    plan_step,
    step,
)
from ocop_api.domain.inspection_findings import (
    Improvement,
    ImprovementState,
    ImprovementVerdict,
    InspectionConclusion,
    ItemAnswer,
    ItemFinding,
    check_conclusion,
    check_improvement,
    is_overdue,
    report_improvement,
    suggested_grounds,
    unanswered,
)

TODAY = date(2026, 7, 15)
LATER = date(2026, 8, 15)
EVERYBODY = frozenset(InspectionParty)
EVERYTHING = frozenset(InspectionGuard)


def item(
    code: str,
    finding: ItemFinding = ItemFinding.KEPT,
    note: str = "",
    ground: WithdrawalGround = WithdrawalGround.CRITERIA_NOT_KEPT,
) -> ItemAnswer:
    return ItemAnswer(code=code, finding=finding, note=note, ground=ground)


FAILED = item("mark.stars", ItemFinding.NOT_KEPT, "in 5 sao", WithdrawalGround.MISUSE_OF_MARK)
MENDED = Improvement(what="In lại", items=("mark.stars",), due_on=LATER)


def test_each_state_has_each_action_once() -> None:
    pairs = [(row.origin, row.action) for row in TABLE]
    assert len(set(pairs)) == len(pairs)
    plans = [(row.origin, row.action) for row in PLAN_TABLE]
    assert len(set(plans)) == len(plans)


@pytest.mark.parametrize(("state", "action"), list(product(InspectionState, InspectionAction)))
def test_only_the_rows_of_the_table_are_taken(state: InspectionState, action: InspectionAction) -> None:
    rows = [row for row in TABLE if (row.origin, row.action) == (state, action)]
    if not rows:
        with pytest.raises(RuleViolation) as refused:
            step(state, action, parties=EVERYBODY, satisfied=EVERYTHING)
        assert refused.value.code == "inspection.action_not_allowed"
        return
    row, _ = step(state, action, parties=EVERYBODY, satisfied=EVERYTHING)
    assert row is rows[0]
    with pytest.raises(Forbidden):
        step(state, action, parties=EVERYBODY - set(row.parties), satisfied=EVERYTHING)
    for guard in row.guards:
        with pytest.raises(RuleViolation) as refused:
            step(state, action, parties=EVERYBODY, satisfied=EVERYTHING - {guard})
        assert refused.value.data["missing"] == [guard.value]


def test_nothing_follows_a_closed_or_cancelled_inspection() -> None:
    for state in (InspectionState.CLOSED, InspectionState.CANCELLED):
        assert open_rows(state, EVERYBODY) == ()


def test_the_producer_neither_inspects_nor_ends_an_inspection() -> None:
    mine = {row.action for state in InspectionState for row in open_rows(state, {InspectionParty.PRODUCER})}
    assert mine == {InspectionAction.REMARK, InspectionAction.REPORT_IMPROVEMENT}


def test_an_empty_plan_is_not_approved_and_only_a_leader_approves() -> None:
    leader, office = {InspectionParty.AUTHORITY}, {InspectionParty.OFFICE}
    with pytest.raises(RuleViolation, match="plan_empty"):
        plan_step(PlanState.DRAFT, PlanAction.APPROVE, parties=leader, selected=0)
    with pytest.raises(Forbidden):
        plan_step(PlanState.DRAFT, PlanAction.APPROVE, parties=office, selected=1)
    assert plan_step(PlanState.DRAFT, PlanAction.APPROVE, parties=leader, selected=1).target == "approved"
    with pytest.raises(RuleViolation, match="plan_action_not_allowed"):
        plan_step(PlanState.APPROVED, PlanAction.SELECT, parties=office, selected=1)


def test_what_is_unchecked_or_not_kept_needs_words() -> None:
    items = [
        item("a"),
        item("b", ItemFinding.NOT_CHECKED),
        item("c", ItemFinding.NOT_CHECKED, "không có mùa vụ"),
        item("d", ItemFinding.NOT_KEPT, "  "),
        item("e", ItemFinding.NOT_APPLICABLE),
    ]
    assert unanswered(items) == ["b", "d"]


def test_the_weightiest_ground_is_suggested_first() -> None:
    items = [
        item("a", ItemFinding.NOT_KEPT),
        item("b", ItemFinding.NOT_KEPT, ground=WithdrawalGround.VIOLATION_OF_LAW),
        item("c", ItemFinding.KEPT, ground=WithdrawalGround.PRODUCTION_STOPPED),
    ]
    assert suggested_grounds(items) == (
        WithdrawalGround.VIOLATION_OF_LAW,
        WithdrawalGround.CRITERIA_NOT_KEPT,
    )


@pytest.mark.parametrize(
    ("conclusion", "items", "improvements", "ground", "code"),
    [
        (InspectionConclusion.KEPT, [FAILED], [], None, "conclusion_contradicts"),
        (InspectionConclusion.IMPROVEMENTS_REQUIRED, [item("a")], [MENDED], None, "conclusion_contradicts"),
        (InspectionConclusion.WITHDRAWAL_PROPOSED, [FAILED], [], None, "ground_missing"),
        (
            InspectionConclusion.KEPT,
            [item("a")],
            [],
            WithdrawalGround.MISUSE_OF_MARK,
            "ground_foreign",
        ),
        (InspectionConclusion.IMPROVEMENTS_REQUIRED, [FAILED], [], None, "improvements_missing"),
        (InspectionConclusion.KEPT, [item("a")], [MENDED], None, "improvements_foreign"),
        (
            InspectionConclusion.IMPROVEMENTS_REQUIRED,
            [FAILED, item("b", ItemFinding.NOT_KEPT, "x")],
            [MENDED],
            None,
            "items_unimproved",
        ),
        (
            InspectionConclusion.IMPROVEMENTS_REQUIRED,
            [FAILED],
            [Improvement(what="x", items=("mark.stars", "nichts"), due_on=LATER)],
            None,
            "item_unknown",
        ),
        (
            InspectionConclusion.IMPROVEMENTS_REQUIRED,
            [FAILED],
            [Improvement(what="x", items=("mark.stars",), due_on=TODAY)],
            None,
            "due_on_past",
        ),
    ],
)
def test_a_conclusion_that_contradicts_itself_is_refused(
    conclusion: InspectionConclusion,
    items: list[ItemAnswer],
    improvements: list[Improvement],
    ground: WithdrawalGround | None,
    code: str,
) -> None:
    with pytest.raises((Invalid, RuleViolation), match=code):
        check_conclusion(conclusion, items, improvements, ground, today=TODAY)


def test_sound_conclusions_pass() -> None:
    check_conclusion(InspectionConclusion.KEPT, [item("a")], [], None, today=TODAY)
    check_conclusion(InspectionConclusion.IMPROVEMENTS_REQUIRED, [FAILED], [MENDED], None, today=TODAY)
    check_conclusion(
        InspectionConclusion.WITHDRAWAL_PROPOSED,
        [FAILED],
        [],
        WithdrawalGround.MISUSE_OF_MARK,
        today=TODAY,
    )


def test_an_improvement_is_reported_refused_and_accepted() -> None:
    state = report_improvement(ImprovementState.REQUIRED)
    state = check_improvement(state, ImprovementVerdict.NOT_ACCEPTED, due_on=LATER, today=TODAY)
    assert state is ImprovementState.NOT_ACCEPTED
    with pytest.raises(RuleViolation, match="improvement_not_reported"):
        check_improvement(state, ImprovementVerdict.NOT_ACCEPTED, due_on=LATER, today=TODAY)
    state = report_improvement(state)
    with pytest.raises(Invalid, match="due_on_missing"):
        check_improvement(state, ImprovementVerdict.NOT_ACCEPTED, due_on=None, today=TODAY)
    with pytest.raises(Invalid, match="due_on_foreign"):
        check_improvement(state, ImprovementVerdict.ACCEPTED, due_on=LATER, today=TODAY)
    state = check_improvement(state, ImprovementVerdict.ACCEPTED, due_on=None, today=TODAY)
    with pytest.raises(RuleViolation, match="improvement_accepted"):
        report_improvement(state)
    with pytest.raises(RuleViolation, match="improvement_accepted"):
        check_improvement(state, ImprovementVerdict.ACCEPTED, due_on=None, today=TODAY)


def test_what_was_reported_in_time_is_not_overdue() -> None:
    assert is_overdue(ImprovementState.REQUIRED, TODAY, LATER)
    assert not is_overdue(ImprovementState.REQUIRED, TODAY, TODAY)
    assert not is_overdue(ImprovementState.REPORTED, TODAY, LATER)
