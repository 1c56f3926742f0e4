"""Pure decisions about reports and about the days that a target counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.programme import Plan, Target, TargetKind, TargetUnit


@dataclass(frozen=True, slots=True)
class Window:
    """The instants that count for a target (``until`` excluded) and the last day among them."""

    since: datetime
    until: datetime
    last_day: date


def window(plan: Plan, target: Target, today: date) -> Window:
    """From New Year's Day of the plan year until the deadline or the end of today, whichever is first.

    Days begin at midnight in Vietnam. A target without a deadline counts to the end of the plan year.
    """
    end = target.deadline_before or date(plan.year + 1, 1, 1)
    end = min(end, today + timedelta(days=1))
    return Window(
        since=datetime.combine(date(plan.year, 1, 1), time.min, VIETNAM),
        until=datetime.combine(end, time.min, VIETNAM),
        last_day=end - timedelta(days=1),
    )


def may_report(actor: Actor, area_path: Iterable[str]) -> bool:
    """Whether the actor reports for the plan's province: with a grant of the province itself.

    ``area_path`` holds the province of the plan's time and the one that took over from it.
    """
    scope = actor.scope(Permission.PROGRAMME_REPORT, levels={Level.PROVINCE})
    return scope.covers(area_path=area_path)


def check_report(
    plan: Plan, target: Target, *, value: int | None, done: bool | None, reported_on: date, today: date
) -> None:
    """Refuse a report that the target cannot take.

    Raises:
        RuleViolation: ``programme.target_computed``.
        Invalid: ``programme.report_mismatch`` unless exactly the figure of the target's unit is given;
            ``programme.report_date`` for a day before the plan year or after today.
    """
    if target.kind is TargetKind.COMPUTABLE:
        raise RuleViolation("programme.target_computed", target=target.code)
    wants_done = target.unit is TargetUnit.STATEMENT
    if (done is not None) != wants_done or (value is not None) == wants_done:
        expected = "done" if wants_done else "value"
        raise Invalid("programme.report_mismatch", target=target.code, expected=expected)
    earliest = date(plan.year, 1, 1)
    if not earliest <= reported_on <= today:
        raise Invalid("programme.report_date", reported_on=reported_on, earliest=earliest, latest=today)
