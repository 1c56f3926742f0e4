"""Worked examples on the coffee set (13) of 26/2026, counted by hand from the printed options."""

import json
import re
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from ocop_api.domain.rubric import scoresheet, stars
from ocop_api.domain.rubric.criteria import NONE_REACHED, Text
from ocop_api.domain.rubric.edition import load_edition, read_edition
from ocop_api.domain.rubric.evaluation import CriterionState, Evaluation
from ocop_api.domain.rubric.scoresheet import RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import Outcome, StarRules, WhenMinimumMissed, evaluate

EDITION = "qd26-2026"
COFFEE = 13
BEST = {code: c.options[-1].level for code, c in load_edition(EDITION).criteria_set(COFFEE).criteria.items()}
LOWEST = {code: c.levels()[0] for code, c in load_edition(EDITION).criteria_set(COFFEE).criteria.items()}
STRICT = StarRules(when_minimum_missed=WhenMinimumMissed.NO_RECOGNITION)


def coffee(changes: dict[str, int], *gates: str, rules: StarRules | None = None) -> Evaluation:
    sheet = Scoresheet.of(EDITION, COFFEE, BEST | changes, [RecordedGate(gate, "found") for gate in gates])
    return evaluate(sheet) if rules is None else evaluate(sheet, rules)


def missed(evaluation: Evaluation) -> dict[int, list[str]]:
    return {check.star: [m.criterion for m in check.missed] for check in evaluation.checks}


def test_the_best_sheet_is_a_hundred_points_and_five_stars() -> None:
    result = coffee({})
    assert result.total == Decimal(100)
    assert [part.points for part in result.parts] == [40, 25, 35]
    assert result.star == 5
    assert result.recognisable
    assert result.outcome is Outcome.RATED


def test_the_lowest_sheet_is_no_points_and_one_star() -> None:
    result = evaluate(Scoresheet.of(EDITION, COFFEE, LOWEST))
    assert (result.total, result.star, result.recognisable) == (Decimal(0), 1, False)


# Criteria of the coffee set that bear no star mark, with the options to lose points by.
MINUS_TEN = {"1.2": 1, "1.4": 2, "1.7": 1, "2.4": 1, "3.1": 2, "3.2": 1, "3.3": 2, "10": 1, "11": 2}


def test_ninety_points_are_five_stars_and_eighty_nine_are_four() -> None:
    # 1.2 loses 2; 1.4, 1.7, 2.4, 3.1, 3.2, 3.3, 10 and 11 lose 1 each: 10 in all.
    at_ninety = coffee(MINUS_TEN)
    assert (at_ninety.total, at_ninety.star) == (Decimal(90), 5)
    below = coffee(MINUS_TEN | {"11": 1})
    assert (below.total, below.star, below.band.star) == (Decimal(89), 4, 4)


def test_a_missed_five_star_minimum_gives_four_stars_whatever_the_points() -> None:
    # 1.5 asks level 4 for five stars and level 3 for four; one point is lost.
    result = coffee({"1.5": 3})
    assert (result.total, result.band.star, result.star) == (Decimal(99), 5, 4)
    assert missed(result) == {3: [], 4: [], 5: ["1.5"]}
    (check,) = result.checks[2].missed
    assert (check.required_level, check.required_points) == (4, Decimal(3))


def test_a_missed_four_star_minimum_gives_three_stars() -> None:
    result = coffee({"2.1": 3})  # level 4 is marked four stars
    assert (result.total, result.star) == (Decimal(99), 3)
    assert missed(result) == {3: [], 4: ["2.1"], 5: ["2.1"]}


def test_a_missed_three_star_minimum_leaves_ninety_five_points_unrecognised() -> None:
    result = coffee({"8": NONE_REACHED})  # no quality declaration at all
    assert (result.total, result.band.star, result.star) == (Decimal(95), 5, 2)
    assert not result.recognisable
    assert result.explanation[-1].code == "result_not_recognisable"


def test_without_cumulation_a_three_star_mark_does_not_bind_five_stars() -> None:
    result = coffee({"8": NONE_REACHED}, rules=StarRules(cumulative_minimums=False))
    assert (result.star, missed(result)) == (5, {3: ["8"], 4: [], 5: []})


def test_the_strict_rule_refuses_recognition_for_any_minimum_missed() -> None:
    assert coffee({"1.5": 3}, rules=STRICT).star == 2
    assert coffee({}, rules=STRICT).star == 5


def test_minimums_of_stars_above_the_band_do_not_matter() -> None:
    # 89 points and the five-star minimum of 1.5 missed as well: four stars either way.
    result = coffee(MINUS_TEN | {"1.5": 3}, rules=STRICT)
    assert (result.total, result.star) == (Decimal(89), 4)


def test_a_skipped_criterion_scores_nothing_and_reaches_no_minimum() -> None:
    result = coffee({}, "no_product_story")  # skips 5.2, worth 2 points, without star marks
    skipped = next(score for score in result.criteria if score.code == "5.2")
    assert (skipped.state, skipped.points, skipped.level) == (CriterionState.SKIPPED, Decimal(0), 3)
    assert (result.total, result.star) == (Decimal(98), 5)
    # Under 148 the story's content (5.2) bears the three-star mark.
    old = load_edition("qd148-2023").criteria_set(COFFEE)
    best = {code: criterion.options[-1].level for code, criterion in old.criteria.items()}
    storyless = evaluate(
        Scoresheet.of("qd148-2023", COFFEE, best, [RecordedGate("no_product_story", "no story found")])
    )
    assert "5.2" in missed(storyless)[3]
    assert storyless.star == 2


def test_a_skipped_criterion_need_not_be_scored() -> None:
    choices = {code: level for code, level in BEST.items() if code != "5.2"}
    sheet = Scoresheet.of(EDITION, COFFEE, choices, [RecordedGate("no_product_story", "none")])
    assert evaluate(sheet).complete
    assert evaluate(Scoresheet.of(EDITION, COFFEE, choices), skipped_criteria=["5.2"]).star == 5


def test_a_stopping_gate_takes_the_star_but_not_the_points() -> None:
    result = coffee({}, "unsafe_impurities")
    assert (result.outcome, result.star, result.total) == (Outcome.STOPPED, None, Decimal(100))
    assert [step.code for step in result.explanation] == ["gate_stop_evaluation", "points", "result_stopped"]


def test_a_disqualifying_gate_outweighs_a_stopping_one() -> None:
    assert coffee({}, "unsafe_impurities", "copied_product").outcome is Outcome.DISQUALIFIED


def test_an_empty_sheet_leaves_everything_open() -> None:
    result = evaluate(Scoresheet.of(EDITION, COFFEE, {}))
    assert (result.least_total, result.most_total) == (Decimal(0), Decimal(100))
    assert result.stars_in_reach == (1, 2, 3, 4, 5)
    assert result.star is None
    assert len(result.missing) == 34
    assert all(check.minimums_met is None for check in result.checks)


def test_a_partial_sheet_shows_what_is_lost_and_what_is_still_open() -> None:
    # Everything but 11 (3 points) is scored; 97 points are in hand, and 1.5 rules five stars out.
    choices = {code: level for code, level in (BEST | {"1.5": 3}).items() if code != "11"}
    result = evaluate(Scoresheet.of(EDITION, COFFEE, choices))
    assert (result.least_total, result.most_total) == (Decimal(96), Decimal(99))
    assert result.stars_in_reach == (4,)
    assert result.star is None


def test_a_criterion_left_open_may_decide_between_far_apart_stars() -> None:
    # 9 asks level 1 for three stars and level 2 for four and five; without it 95 points are in hand.
    choices = {code: level for code, level in BEST.items() if code != "9"}
    assert evaluate(Scoresheet.of(EDITION, COFFEE, choices)).stars_in_reach == (2, 3, 5)


def test_of_two_options_of_equal_points_only_the_marked_level_or_higher_counts() -> None:
    # Flowers (23), 6.2: options of 1, 1, 3 and 5 points; the third bears four stars.
    best = {code: c.options[-1].level for code, c in load_edition(EDITION).criteria_set(23).criteria.items()}
    points = {}
    for level in (1, 2, 3):
        result = evaluate(Scoresheet.of(EDITION, 23, best | {"6.2": level}))
        points[level] = (result.total, "6.2" in missed(result)[4])
    assert points == {1: (Decimal(96), True), 2: (Decimal(96), True), 3: (Decimal(98), False)}


def test_148_sets_that_do_not_add_up_are_banded_by_what_they_give() -> None:
    tea = load_edition("qd148-2023").criteria_set(11)
    best = {code: criterion.options[-1].level for code, criterion in tea.criteria.items()}
    result = evaluate(Scoresheet.of("qd148-2023", 11, best))
    assert (result.total, result.most_total, result.maximum) == (Decimal(97), Decimal(97), Decimal(100))
    assert result.star == 5


def test_the_explanation_reads_in_both_languages() -> None:
    result = coffee({"1.5": 3})
    steps = {step.code: step for step in result.explanation}
    assert list(steps) == ["points", "minimum_missed", "minimums_met", "star_lowered", "result_recognisable"]
    assert steps["points"].text == Text(
        vi="Tổng điểm 99/100, thuộc khung 5 sao (từ 90 điểm).",
        en="Total 99 of 100 points, in the 5-star band (from 90 points).",
    )
    lost = steps["minimum_missed"]
    assert (lost.data["star"], lost.data["criterion"], lost.data["level"]) == (5, "1.5", 4)
    assert "Liên kết chuỗi trong sản xuất" in lost.sentence("vi")
    assert steps["result_recognisable"].sentence("vi") == "Kết quả: 4 sao, đủ điều kiện được công nhận."


def test_the_explanation_of_a_partial_sheet_names_what_is_missing() -> None:
    choices = {code: level for code, level in LOWEST.items() if code not in {"10", "11"}}
    steps = {step.code: step for step in evaluate(Scoresheet.of(EDITION, COFFEE, choices)).explanation}
    assert steps["missing_criteria"].data["missing"] == ("10", "11")
    assert steps["missing_criteria"].sentence("en") == "Criteria not yet scored: 10, 11."
    assert steps["stars_in_reach"].data["stars"] == (1,)
    assert steps["star_out_of_reach"].data["most"] == Decimal(5)


@pytest.mark.parametrize("gate", ["unsafe_impurities", "no_product_story", "copied_product"])
def test_every_gate_is_explained_with_its_reason(gate: str) -> None:
    first = coffee({}, gate).explanation[0]
    assert first.data["gate"] == gate
    assert "found" in first.sentence("vi")
    assert load_edition(EDITION).gates[gate].text.en in first.sentence("en")


def test_every_sentence_names_the_same_facts_in_both_languages() -> None:
    raw = json.loads((resources.files("ocop_api.domain.rubric") / "sentences.json").read_bytes())
    for code, wording in raw.items():
        names = [sorted(re.findall(r"{(\w+)}", wording[language])) for language in ("vi", "en")]
        assert names[0] == names[1], code


@pytest.mark.parametrize(
    ("choice", "is_missed"),
    [((1, 1), True), ((1, 2), False), ((2, 3), False), ((2, 0), False), ((1, 0), True), (0, True)],
)
def test_only_the_marks_of_the_chosen_case_bind(
    monkeypatch: pytest.MonkeyPatch, choice: int | tuple[int, int], *, is_missed: bool
) -> None:
    # The printed sets mark no option of a criterion with cases; here the first case of 15 is marked.
    folder = resources.files("ocop_api.domain.rubric") / "editions" / EDITION
    header = json.loads((folder / "edition.json").read_bytes()) | {"sets": [26]}
    tourism: dict[str, Any] = json.loads((folder / "set-26.json").read_bytes())
    amenities = next(
        c for p in tourism["parts"] for g in p["groups"] for c in g["criteria"] if c["code"] == "15"
    )
    amenities["options"][1]["min_star"] = 3
    edition = read_edition(header, [tourism])
    monkeypatch.setattr(stars, "load_edition", lambda _code: edition)
    monkeypatch.setattr(scoresheet, "load_edition", lambda _code: edition)
    best = {code: c.options[-1].level for code, c in edition.sets[26].criteria.items()}

    result = evaluate(Scoresheet.of(EDITION, 26, {**best, "15": choice}))

    assert ("15" in missed(result)[3]) is is_missed
    assert result.star == (2 if is_missed else 5)
    others = {code: level for code, level in best.items() if code != "15"}
    assert evaluate(Scoresheet.of(EDITION, 26, others)).stars_in_reach == (2, 5)
