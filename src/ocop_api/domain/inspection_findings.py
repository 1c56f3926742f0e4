"""What inspections find and what follows: answers, conclusions that agree with them, improvements by a day.

The steps of an inspection are told in ``domain.inspection``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import Invalid, RuleViolation


class ItemFinding(StrEnum):
    """What was found on an item of the checklist."""

    KEPT = "kept"
    """*Đạt, còn duy trì*."""
    NOT_KEPT = "not_kept"
    """*Không đạt, không còn duy trì*."""
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"
    """As every item begins."""


class InspectionConclusion(StrEnum):
    """What an inspection comes to."""

    KEPT = "kept"
    """The product keeps what it was recognised for (*đạt yêu cầu*)."""
    IMPROVEMENTS_REQUIRED = "improvements_required"
    """Faults are to be mended by a day (*yêu cầu khắc phục*)."""
    WITHDRAWAL_PROPOSED = "withdrawal_proposed"
    """The recognition should be withdrawn (*đề nghị thu hồi*, Art. 8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAnswer:
    """An item of a checklist with its answer.

    ``ground`` is the ground of withdrawal that it points to when it is not kept.
    """

    code: str
    finding: ItemFinding
    note: str = ""
    ground: WithdrawalGround


def unanswered(items: Iterable[ItemAnswer]) -> list[str]:
    """Return the codes of the items that lack something: unchecked or not kept, and nothing written."""
    silent = {ItemFinding.NOT_CHECKED, ItemFinding.NOT_KEPT}
    return [item.code for item in items if item.finding in silent and not item.note.strip()]


_SEVEREST: Final = (
    WithdrawalGround.DISHONEST_FILE,
    WithdrawalGround.PRODUCTION_STOPPED,
    WithdrawalGround.VIOLATION_OF_LAW,
    WithdrawalGround.MISUSE_OF_MARK,
    WithdrawalGround.CRITERIA_NOT_KEPT,
    WithdrawalGround.OTHER_CONCLUSION,
)


def suggested_grounds(items: Iterable[ItemAnswer]) -> tuple[WithdrawalGround, ...]:
    """Return the grounds of Art. 8.1 that the items not kept point to, the weightiest first.

    A suggestion: whether a fault is grave enough is the inspectors' to say.
    """
    found = {item.ground for item in items if item.finding is ItemFinding.NOT_KEPT}
    return tuple(ground for ground in _SEVEREST if ground in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What has to be mended by a day, and the items it is about."""

    what: str
    items: tuple[str, ...]
    due_on: date


def check_conclusion(
    conclusion: InspectionConclusion,
    items: Sequence[ItemAnswer],
    improvements: Sequence[Improvement],
    ground: WithdrawalGround | None,
    *,
    today: date,
) -> None:
    """Refuse a conclusion that its own findings contradict.

    Raises:
        Invalid: ``inspection.item_unknown``, an improvement names an item that is not on the checklist;
            ``inspection.due_on_past``; ``inspection.ground_foreign`` or ``inspection.ground_missing``;
            ``inspection.improvements_foreign`` or ``inspection.improvements_missing``.
        RuleViolation: ``inspection.conclusion_contradicts`` with the items not kept: nothing may be concluded
            as kept beside them, and nothing else without any; ``inspection.items_unimproved`` with the items
            not kept that no improvement is about.
    """
    failed = [item.code for item in items if item.finding is ItemFinding.NOT_KEPT]
    if (conclusion is InspectionConclusion.KEPT) == bool(failed):
        raise RuleViolation(
            "inspection.conclusion_contradicts", conclusion=conclusion.value, items_not_kept=failed
        )
    proposes = conclusion is InspectionConclusion.WITHDRAWAL_PROPOSED
    if proposes and ground is None:
        raise Invalid("inspection.ground_missing", suggested=[one.value for one in suggested_grounds(items)])
    if not proposes and ground is not None:
        raise Invalid("inspection.ground_foreign", conclusion=conclusion.value)
    improves = conclusion is InspectionConclusion.IMPROVEMENTS_REQUIRED
    if improves and not improvements:
        raise Invalid("inspection.improvements_missing")
    if not improves and improvements:
        raise Invalid("inspection.improvements_foreign", conclusion=conclusion.value)
    unknown = {code for one in improvements for code in one.items} - {item.code for item in items}
    if unknown:
        raise Invalid("inspection.item_unknown", items=sorted(unknown))
    for one in improvements:
        check_due(one.due_on, today)
    left = set(failed) - {code for one in improvements for code in one.items}
    if improves and left:
        raise RuleViolation("inspection.items_unimproved", items=[code for code in failed if code in left])


class ImprovementState(StrEnum):
    """How far an improvement is."""

    REQUIRED = "required"
    REPORTED = "reported"
    """The producer says that it is done (*đã báo cáo khắc phục*)."""
    NOT_ACCEPTED = "not_accepted"
    """It was looked at and is not enough; there is a new day (*chưa đạt*)."""
    ACCEPTED = "accepted"
    """*Đã khắc phục*."""


class ImprovementVerdict(StrEnum):
    """What the inspectors say about a reported improvement."""

    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"


def report_improvement(state: ImprovementState) -> ImprovementState:
    """Return the state after the producer's report; a report may be made better until it is looked at.

    Raises:
        RuleViolation: ``inspection.improvement_accepted``.
    """
    if state is ImprovementState.ACCEPTED:
        raise RuleViolation("inspection.improvement_accepted")
    return ImprovementState.REPORTED


def check_improvement(
    state: ImprovementState, verdict: ImprovementVerdict, *, due_on: date | None, today: date
) -> ImprovementState:
    """Return the state after the inspectors have looked.

    Inspectors may accept what they saw for themselves without a report; refusing needs one to refuse.

    Raises:
        RuleViolation: ``inspection.improvement_accepted``; ``inspection.improvement_not_reported``.
        Invalid: ``inspection.due_on_missing`` or ``inspection.due_on_foreign``; ``inspection.due_on_past``.
    """
    if state is ImprovementState.ACCEPTED:
        raise RuleViolation("inspection.improvement_accepted")
    if verdict is ImprovementVerdict.ACCEPTED:
        if due_on is not None:
            raise Invalid("inspection.due_on_foreign")
        return ImprovementState.ACCEPTED
    if state is not ImprovementState.REPORTED:
        raise RuleViolation("inspection.improvement_not_reported", state=state.value)
    if due_on is None:
        raise Invalid("inspection.due_on_missing")
    check_due(due_on, today)
    return ImprovementState.NOT_ACCEPTED


def check_due(due_on: date, today: date) -> None:
    """Refuse a day on which nothing can be done any more.

    Raises:
        Invalid: ``inspection.due_on_past``.
    """
    if due_on <= today:
        raise Invalid("inspection.due_on_past", due_on=due_on, today=today)


def is_overdue(state: ImprovementState, due_on: date, today: date) -> bool:
    """Tell whether the producer has let the day pass; one that is reported waits for the inspectors."""
    return state in {ImprovementState.REQUIRED, ImprovementState.NOT_ACCEPTED} and due_on < today


REMIND_DAYS: Final = (7, 1)
"""Days before an improvement is due on which its producer is reminded, longest first."""
