"""The seed plan as it ships, and how targets are judged."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.domain.programme import (
    Count,
    Measurement,
    Metric,
    PerDistrict,
    Share,
    Statement,
    Target,
    TargetKind,
    available_plans,
    evaluate_target,
    load_plan,
    parse_plan,
)

CODE = "ke-hoach-230-2024"
DISTRICTS = [str(code) for code in range(660, 668)]


def target(metric: Metric) -> Target:
    return next(item for item in load_plan(CODE).targets if item.metric is metric)


def raw() -> dict[str, Any]:
    text = resources.files("ocop_api.domain.programme_plans").joinpath(f"{CODE}.json").read_text("utf-8")
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def test_every_shipped_plan_loads() -> None:
    assert CODE in available_plans()
    for code in available_plans():
        assert load_plan(code).code == code


def test_the_seed_plan_states_what_the_province_decided() -> None:
    plan = load_plan(CODE)
    assert (plan.number, plan.issued_on, plan.province_code, plan.year) == (
        "230/KH-UBND",
        date(2024, 3, 5),
        "67",
        2024,
    )
    assert [task.number for task in plan.tasks] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(plan.funding) == 4
    assert [item.before for item in plan.milestones] == [
        date(2024, 10, 1),
        date(2024, 10, 15),
        date(2024, 10, 30),
    ]
    assert plan.target("T01").last_day == date(2024, 10, 29)


def test_every_metric_is_used_once_and_the_computable_ones_are_known() -> None:
    plan = load_plan(CODE)
    assert sorted(item.metric for item in plan.targets) == sorted(Metric)
    assert sum(item.kind is TargetKind.COMPUTABLE for item in plan.targets) == 8


def test_every_target_with_a_task_and_every_agency_is_in_use() -> None:
    plan = load_plan(CODE)
    lines = [line for task in plan.tasks for line in task.solutions]
    assert {code for line in lines for code in line.targets} == {item.code for item in plan.targets}
    assert all(line.lead and line.result_vi and line.result_en for line in lines)


def test_unknown_plans_and_targets_are_not_found() -> None:
    with pytest.raises(NotFound):
        load_plan("../errors")
    with pytest.raises(NotFound):
        load_plan(CODE).target("T99")


@pytest.mark.parametrize(("value", "met"), [(4, False), (5, True), (9, True)])
def test_five_candidates_for_four_stars(value: int, met: bool) -> None:
    judged = evaluate_target(target(Metric.ASSESSED_FOR_FOUR_STARS), Count(value))
    assert (judged.value, judged.met) == (Decimal(value), met)


def test_each_district_must_reach_three_by_itself() -> None:
    wanted = target(Metric.NEW_PRODUCTS_RATED)
    judged = evaluate_target(wanted, PerDistrict({**dict.fromkeys(DISTRICTS, 40), "664": 2, "661": 0}))
    assert judged.met is False
    assert (judged.numerator, judged.denominator) == (6, 8)
    assert judged.unmet_districts == ("661", "664")
    assert evaluate_target(wanted, PerDistrict(dict.fromkeys(DISTRICTS, 3))).met is True
    assert evaluate_target(wanted, PerDistrict({})).met is None


def test_one_missing_listing_in_a_hundred_thousand_is_not_a_hundred_per_cent() -> None:
    wanted = target(Metric.PRODUCTS_LISTED_ONLINE)
    judged = evaluate_target(wanted, Share(99_999, 100_000))
    assert (judged.value, judged.met) == (Decimal("99.99"), False)
    full = evaluate_target(wanted, Share(7, 7))
    assert (full.value, full.met) == (Decimal(100), True)
    assert full.explanation_vi == "7/7 (100%) trên mức tối thiểu 100%: đạt."


def test_a_share_of_nothing_is_neither_met_nor_missed() -> None:
    judged = evaluate_target(target(Metric.PRODUCTS_IN_PUBLIC_CATALOGUE), Share(0, 0))
    assert (judged.value, judged.met) == (None, None)


def test_cooperatives_are_reported_apart_without_a_verdict() -> None:
    judged = evaluate_target(target(Metric.COOPERATIVE_PRODUCERS), Share(1, 3))
    assert (judged.value, judged.met) == (Decimal("33.33"), None)
    assert "33,33%" in judged.explanation_vi
    assert "no threshold" in judged.explanation_en


def test_a_missing_report_stays_open_and_a_statement_decides() -> None:
    pilot = target(Metric.PILOT_MODEL_CARRIED_OUT)
    assert evaluate_target(pilot, None).met is None
    assert evaluate_target(pilot, Statement(done=True)).met is True
    assert evaluate_target(pilot, Statement(done=False)).met is False


@pytest.mark.parametrize(
    ("metric", "measurement", "code"),
    [
        (Metric.PRODUCTS_LISTED_ONLINE, Count(5), "programme.measurement_mismatch"),
        (Metric.NEW_PRODUCTS_RATED, Count(24), "programme.measurement_mismatch"),
        (Metric.ASSESSED_FOR_FOUR_STARS, Count(-1), "programme.measurement_invalid"),
        (Metric.PRODUCTS_LISTED_ONLINE, Share(3, 2), "programme.measurement_invalid"),
        (Metric.NEW_PRODUCTS_RATED, PerDistrict({"660": -1}), "programme.measurement_invalid"),
    ],
)
def test_measurements_that_cannot_be_are_refused(metric: Metric, measurement: Measurement, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        evaluate_target(target(metric), measurement)
    assert refused.value.code == code


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=0, max_value=10_000))
def test_a_share_is_met_exactly_when_nothing_is_missing(part: int, missing: int) -> None:
    judged = evaluate_target(target(Metric.PRODUCTS_LISTED_ONLINE), Share(part, part + missing))
    if part + missing:
        assert judged.met is (missing == 0)
        assert judged.value is not None
        assert (judged.value == 100) is (missing == 0)


def _twice(plan: dict[str, Any]) -> None:
    plan["targets"].append(plan["targets"][0])


def _no_year(plan: dict[str, Any]) -> None:
    del plan["year"]


def _unknown_metric(plan: dict[str, Any]) -> None:
    plan["targets"][0]["metric"] = "happiness"


def _unknown_agency(plan: dict[str, Any]) -> None:
    plan["tasks"][0]["solutions"][0]["lead"] = ["nobody-known"]


def _no_lead(plan: dict[str, Any]) -> None:
    plan["tasks"][0]["solutions"][0]["lead"] = []


def _over_a_hundred(plan: dict[str, Any]) -> None:
    plan["targets"][4]["threshold"] = "101"


def _bad_number(plan: dict[str, Any]) -> None:
    plan["targets"][0]["threshold"] = "many"


def _zero(plan: dict[str, Any]) -> None:
    plan["targets"][0]["threshold"] = "0"


def _district_without_threshold(plan: dict[str, Any]) -> None:
    plan["targets"][1]["threshold"] = None


def _statement_with_threshold(plan: dict[str, Any]) -> None:
    plan["targets"][13]["threshold"] = "1"


def _bad_milestone(plan: dict[str, Any]) -> None:
    plan["milestones"][0]["colour"] = "red"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_twice, "given twice: T01"),
        (_no_year, "missing field year"),
        (_unknown_metric, "happiness"),
        (_unknown_agency, "nobody-known"),
        (_no_lead, "nobody leads"),
        (_over_a_hundred, "exceed 100"),
        (_bad_number, "Conversion"),
        (_zero, "positive"),
        (_district_without_threshold, "per district"),
        (_statement_with_threshold, "statement"),
        (_bad_milestone, "colour"),
    ],
)
def test_a_spoilt_plan_is_refused_with_the_reason(
    spoil: Callable[[dict[str, Any]], None], reason: str
) -> None:
    plan = raw()
    spoil(plan)
    with pytest.raises(Invalid) as refused:
        parse_plan(plan)
    assert refused.value.code == "programme.plan_invalid"
    assert reason in str(refused.value.data["reason"])
