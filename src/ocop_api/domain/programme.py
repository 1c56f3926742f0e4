"""Yearly plans of the programme: their targets, their tasks, and how a target is judged.

The data lie in ``programme_plans/<code>.json``; the seed plan is 230/KH-UBND of 05/03/2024 of Đắk Nông
(section I.2 and the annex). Counting is done elsewhere and passed in as a measurement; judging is pure.
The plan states no number for some targets; those have no threshold here, their value is reported and
``met`` stays None rather than being measured against a number of our own.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.domain.programme_terms import (
    Agency,
    Capital,
    Count,
    FundingSource,
    Measurement,
    Metric,
    Milestone,
    PerDistrict,
    Plan,
    ReportingPeriod,
    Scope,
    Share,
    Solution,
    Statement,
    Target,
    TargetKind,
    TargetUnit,
    TargetValue,
    Task,
)

__all__ = [
    "Agency",
    "Capital",
    "Count",
    "FundingSource",
    "Measurement",
    "Metric",
    "Milestone",
    "PerDistrict",
    "Plan",
    "ReportingPeriod",
    "Scope",
    "Share",
    "Solution",
    "Statement",
    "Target",
    "TargetKind",
    "TargetUnit",
    "TargetValue",
    "Task",
    "available_plans",
    "evaluate_target",
    "load_plan",
    "parse_plan",
]

_PACKAGE = "ocop_api.domain.programme_plans"
_HUNDRED = Decimal(100)


def available_plans() -> tuple[str, ...]:
    """Return the codes of the plans that ship with the package, sorted."""
    files = (entry.name for entry in resources.files(_PACKAGE).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


@cache
def load_plan(code: str) -> Plan:
    """Return a plan that ships with the package.

    Raises:
        NotFound: ``programme.plan_unknown``.
        Invalid: ``programme.plan_invalid``, see :func:`parse_plan`.
    """
    if code not in available_plans():
        raise NotFound("programme.plan_unknown", plan=code)
    text = resources.files(_PACKAGE).joinpath(f"{code}.json").read_text(encoding="utf-8")
    return parse_plan(json.loads(text))


def parse_plan(data: Mapping[str, Any]) -> Plan:
    """Build a plan from its decoded JSON and check that it hangs together.

    Raises:
        Invalid: ``programme.plan_invalid`` with ``reason``: a missing field, an unknown word, a code
            given twice or referred to without being defined, a threshold that cannot be judged.
    """
    try:
        plan = _build(data)
    except KeyError as error:
        raise Invalid("programme.plan_invalid", reason=f"missing field {error.args[0]}") from error
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Invalid("programme.plan_invalid", reason=str(error)) from error
    _check_codes(plan)
    for target in plan.targets:
        _check_target(target)
    return plan


def _build(data: Mapping[str, Any]) -> Plan:
    return Plan(
        **{name: str(data[name]) for name in ("code", "number", "province_code", "title_vi", "title_en")},
        year=int(data["year"]),
        issued_on=date.fromisoformat(data["issued_on"]),
        legal_basis=tuple(data["legal_basis"]),
        targets=tuple(_target(item) for item in data["targets"]),
        milestones=tuple(
            Milestone(**{**item, "before": date.fromisoformat(item["before"])}) for item in data["milestones"]
        ),
        reporting=tuple(ReportingPeriod(item) for item in data["reporting"]),
        agencies=tuple(Agency(**item) for item in data["agencies"]),
        funding=tuple(FundingSource(**item) for item in data["funding"]),
        tasks=tuple(
            Task(
                number=int(item["number"]),
                vi=item["vi"],
                en=item["en"],
                solutions=tuple(_solution(line) for line in item["solutions"]),
            )
            for item in data["tasks"]
        ),
    )


def _target(item: Mapping[str, Any]) -> Target:
    threshold, deadline = item["threshold"], item["deadline_before"]
    return Target(
        code=item["code"],
        vi=item["vi"],
        en=item["en"],
        kind=TargetKind(item["kind"]),
        metric=Metric(item["metric"]),
        unit=TargetUnit(item["unit"]),
        threshold=None if threshold is None else Decimal(threshold),
        scope=Scope(item["scope"]),
        deadline_before=None if deadline is None else date.fromisoformat(deadline),
        section=item["section"],
    )


def _solution(item: Mapping[str, Any]) -> Solution:
    return Solution(
        vi=item["vi"],
        en=item["en"],
        lead=tuple(item["lead"]),
        coordinating=tuple(item["coordinating"]),
        result_vi=item["result_vi"],
        result_en=item["result_en"],
        targets=tuple(item["targets"]),
        capital=Capital(item["capital"]),
        funding=tuple(item["funding"]),
    )


def _check_codes(plan: Plan) -> None:
    lists = {
        "targets": [item.code for item in plan.targets],
        "milestones": [item.code for item in plan.milestones],
        "agencies": [item.code for item in plan.agencies],
        "funding": [item.code for item in plan.funding],
        "tasks": [str(item.number) for item in plan.tasks],
    }
    for name, codes in lists.items():
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise Invalid("programme.plan_invalid", reason=f"{name}: given twice: {', '.join(twice)}")
    for task in plan.tasks:
        for solution in task.solutions:
            if not solution.lead:
                raise Invalid("programme.plan_invalid", reason=f"task {task.number}: nobody leads")
            referred = {
                "agencies": {*solution.lead, *solution.coordinating},
                "targets": set(solution.targets),
                "funding": set(solution.funding),
            }
            for name, codes_used in referred.items():
                unknown = sorted(codes_used.difference(lists[name]))
                if unknown:
                    raise Invalid(
                        "programme.plan_invalid",
                        reason=f"task {task.number}: unknown {name}: {', '.join(unknown)}",
                    )


def _check_target(target: Target) -> None:
    def refuse(reason: str) -> Invalid:
        return Invalid("programme.plan_invalid", reason=f"target {target.code}: {reason}")

    threshold = target.threshold
    if threshold is not None:
        if target.unit is TargetUnit.STATEMENT:
            raise refuse("a statement has no threshold")
        if not threshold.is_finite() or threshold <= 0:
            raise refuse("the threshold must be a positive number")
        if target.unit is TargetUnit.SHARE and threshold > _HUNDRED:
            raise refuse("a share cannot exceed 100 per cent")
    if target.scope is Scope.PER_DISTRICT and (target.unit is not TargetUnit.COUNT or threshold is None):
        raise refuse("a target per district needs a count and a threshold")


_M = TypeVar("_M", Count, Share, PerDistrict, Statement)


def evaluate_target(target: Target, measurement: Measurement | None) -> TargetValue:
    """Judge a target by what was counted or reported; None means that no figure is at hand.

    Raises:
        Invalid: ``programme.measurement_mismatch`` when the measurement is not of the target's unit and
            scope; ``programme.measurement_invalid`` for negative numbers or more than the whole.
    """
    if measurement is None:
        return TargetValue(
            target=target.code,
            value=None,
            met=None,
            explanation_vi="Chưa có số liệu.",
            explanation_en="No figure is at hand.",
        )
    if target.scope is Scope.PER_DISTRICT:
        return _judge_districts(target, _expect(target, measurement, PerDistrict))
    if target.unit is TargetUnit.COUNT:
        return _judge_count(target, _expect(target, measurement, Count))
    if target.unit is TargetUnit.SHARE:
        return _judge_share(target, _expect(target, measurement, Share))
    return _judge_statement(target, _expect(target, measurement, Statement))


def _expect(target: Target, measurement: Measurement, wanted: type[_M]) -> _M:
    if not isinstance(measurement, wanted):
        raise Invalid(
            "programme.measurement_mismatch",
            target=target.code,
            expected=wanted.__name__,
            got=type(measurement).__name__,
        )
    return measurement


def _refuse_negative(target: Target, *values: int) -> None:
    if any(value < 0 for value in values):
        raise Invalid("programme.measurement_invalid", target=target.code, values=list(values))


def _number(value: Decimal) -> str:
    """Return a plain decimal without trailing zeros, so that a threshold of 100 reads "100"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _verdict(met: bool | None) -> tuple[str, str]:
    if met is None:
        return "kế hoạch không ấn định mức", "the plan states no threshold"
    return ("đạt", "met") if met else ("chưa đạt", "not met")


def _judge_count(target: Target, measured: Count) -> TargetValue:
    _refuse_negative(target, measured.value)
    met = None if target.threshold is None else measured.value >= target.threshold
    vi, en = _verdict(met)
    aim = "" if target.threshold is None else _number(target.threshold)
    return TargetValue(
        target=target.code,
        value=Decimal(measured.value),
        met=met,
        explanation_vi=f"{measured.value}" + (f" trên mức tối thiểu {aim}" if aim else "") + f": {vi}.",
        explanation_en=f"{measured.value}" + (f" of at least {aim}" if aim else "") + f": {en}.",
    )


def _judge_share(target: Target, measured: Share) -> TargetValue:
    numerator, denominator = measured.numerator, measured.denominator
    _refuse_negative(target, numerator, denominator)
    if numerator > denominator:
        raise Invalid(
            "programme.measurement_invalid",
            target=target.code,
            values=[numerator, denominator],
        )
    if denominator == 0:
        # A share of nothing is neither reached nor missed; calling it 100 % would flatter the report.
        return TargetValue(
            target=target.code,
            value=None,
            met=None,
            numerator=0,
            denominator=0,
            explanation_vi="Không có đối tượng để tính tỷ lệ.",
            explanation_en="There is nothing to take a share of.",
        )
    met = None if target.threshold is None else numerator * _HUNDRED >= target.threshold * denominator
    percent = (numerator * _HUNDRED / denominator).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    vi, en = _verdict(met)
    aim = "" if target.threshold is None else _number(target.threshold)
    shown = _number(percent)
    return TargetValue(
        target=target.code,
        value=percent,
        met=met,
        numerator=numerator,
        denominator=denominator,
        explanation_vi=f"{numerator}/{denominator} ({shown.replace('.', ',')}%)"
        + (f" trên mức tối thiểu {aim}%" if aim else "")
        + f": {vi}.",
        explanation_en=f"{numerator} of {denominator} ({shown}%)"
        + (f", at least {aim}% wanted" if aim else "")
        + f": {en}.",
    )


def _judge_districts(target: Target, measured: PerDistrict) -> TargetValue:
    _refuse_negative(target, *measured.by_district.values())
    total = len(measured.by_district)
    threshold = target.threshold
    if threshold is None or total == 0:
        return TargetValue(
            target=target.code,
            value=None,
            met=None,
            numerator=0,
            denominator=total,
            explanation_vi="Không có huyện, thành phố nào để tính.",
            explanation_en="There is no district to count.",
        )
    unmet = tuple(sorted(code for code, value in measured.by_district.items() if value < threshold))
    reached = total - len(unmet)
    vi, en = _verdict(not unmet)
    aim = _number(threshold)
    return TargetValue(
        target=target.code,
        value=Decimal(reached),
        met=not unmet,
        numerator=reached,
        denominator=total,
        unmet_districts=unmet,
        explanation_vi=f"{reached}/{total} huyện, thành phố có từ {aim} trở lên: {vi}.",
        explanation_en=f"{reached} of {total} districts have at least {aim}: {en}.",
    )


def _judge_statement(target: Target, measured: Statement) -> TargetValue:
    vi, en = ("đã thực hiện", "done") if measured.done else ("chưa thực hiện", "not done yet")
    return TargetValue(
        target=target.code,
        value=None,
        met=measured.done,
        explanation_vi=f"Báo cáo: {vi}.",
        explanation_en=f"Reported: {en}.",
    )
