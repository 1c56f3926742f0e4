"""Worked examples of a council on the coffee set (13) of 26/2026."""

import json
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Any

import pytest

from ocop_api.domain.council import CouncilRules
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.rubric import consolidation, scoresheet, stars
from ocop_api.domain.rubric.consolidation import Consolidation, consolidate
from ocop_api.domain.rubric.criteria import NONE_REACHED
from ocop_api.domain.rubric.edition import load_edition, read_edition
from ocop_api.domain.rubric.minutes import explain_consolidation
from ocop_api.domain.rubric.scoresheet import RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import Outcome, StarRules, WhenMinimumMissed

EDITION = "qd26-2026"
COFFEE = 13
BEST = {code: c.options[-1].level for code, c in load_edition(EDITION).criteria_set(COFFEE).criteria.items()}
NINETY = BEST | {"1.2": 1, "1.4": 2, "1.7": 1, "2.4": 1, "3.1": 2, "3.2": 1, "3.3": 2, "10": 1, "11": 2}
EIGHTY_NINE = NINETY | {"11": 1}
STORYLESS = "no_product_story"


def sheet(choices: dict[str, int], *gates: str) -> Scoresheet:
    return Scoresheet.of(EDITION, COFFEE, choices, [RecordedGate(gate, "found") for gate in gates])


def council(*sheets: Scoresheet, rules: CouncilRules | None = None) -> Consolidation:
    named = {f"m{i}": sheet for i, sheet in enumerate(sheets, start=1)}
    return consolidate(named) if rules is None else consolidate(named, rules)


def codes(result: Consolidation) -> list[str]:
    return [step.code for step in explain_consolidation(result)]


def test_a_mean_just_below_ninety_is_four_stars() -> None:
    result = council(*[sheet(NINETY)] * 99, sheet(EIGHTY_NINE))
    assert (result.mean, result.displayed_mean) == (Fraction(8999, 100), Decimal("89.99"))
    assert (result.indicated_star, result.star) == (4, 4)


def test_a_mean_of_exactly_ninety_is_five_stars() -> None:
    result = council(sheet(EIGHTY_NINE), sheet(NINETY), sheet(NINETY | {"11": 3}))
    assert (result.mean, result.displayed_mean, result.star) == (Fraction(90), Decimal("90.00"), 5)
    assert result.recognisable


def test_a_mean_displayed_as_ninety_but_below_it_is_four_stars_and_says_so() -> None:
    result = council(*[sheet(NINETY)] * 299, sheet(EIGHTY_NINE))
    assert result.displayed_mean == Decimal("90.00")
    assert result.mean == Fraction(26999, 300)
    assert result.star == 4
    rounding = next(step for step in explain_consolidation(result) if step.code == "council_rounding")
    assert rounding.sentence("vi").startswith("Điểm hiển thị 90,00 đã làm tròn")


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        (Fraction(89995, 1000), "90.00"),
        (Fraction(89994999, 1000000), "89.99"),
        (Fraction(1, 3), "0.33"),
        (Fraction(125, 1000), "0.13"),
        (Fraction(100), "100.00"),
    ],
)
def test_display_rounds_half_up(exact: Fraction, shown: str) -> None:
    assert str(CouncilRules().displayed(exact)) == shown


def test_a_spread_of_ten_is_accepted_and_of_eleven_is_not() -> None:
    accepted = council(sheet(BEST), sheet(NINETY))
    assert (accepted.spread, accepted.new_round_needed, accepted.star) == (Decimal(10), False, 5)
    exceeded = council(sheet(BEST), sheet(EIGHTY_NINE))
    assert (exceeded.spread, exceeded.spread_exceeded, exceeded.new_round_needed) == (Decimal(11), True, True)
    assert (exceeded.star, exceeded.indicated_star, exceeded.outcome) == (None, 5, Outcome.INCOMPLETE)
    assert codes(exceeded)[-1] == "council_new_round"
    unlimited = council(sheet(BEST), sheet(EIGHTY_NINE), rules=CouncilRules(spread_limit=None))
    assert unlimited.star == 5
    assert "council_spread_accepted" not in codes(unlimited)


def test_a_minimum_needs_more_than_half_of_the_sheets() -> None:
    weak = sheet(BEST | {"1.5": 3})  # misses the five-star minimum of 1.5
    half = council(sheet(BEST), weak)
    assert half.star == 4
    (vote,) = half.stars[-1].missed
    assert (vote.criterion, vote.required_level, vote.reached, vote.counted) == ("1.5", 4, 1, 2)
    assert codes(half)[-3:] == ["minimums_met", "star_lowered", "result_recognisable"]
    assert "1/2" in next(
        step.sentence("vi") for step in explain_consolidation(half) if step.code == "council_minimum_missed"
    )
    assert council(sheet(BEST), sheet(BEST), weak).star == 5


def test_a_three_star_minimum_missed_by_the_majority_ends_recognition() -> None:
    bare = sheet(BEST | {"8": NONE_REACHED})
    result = council(bare, bare, sheet(BEST))
    assert (result.band is not None, result.star, result.recognisable) == (True, 2, False)


def test_a_council_may_ask_for_another_majority() -> None:
    weak, strong = sheet(BEST | {"1.5": 3}), sheet(BEST)
    two_thirds = CouncilRules(majority_over=Fraction(2, 3))
    assert council(strong, strong, weak).star == 5
    assert council(strong, strong, weak, rules=two_thirds).star == 4  # exactly two thirds are not more
    assert council(strong, strong, strong, weak, rules=two_thirds).star == 5
    gated = sheet(BEST, "copied_product")
    assert council(gated, gated, strong).outcome is Outcome.DISQUALIFIED
    assert council(gated, gated, strong, rules=two_thirds).star == 5


def test_one_sheet_alone_decides() -> None:
    result = council(sheet(NINETY | {"1.5": 3}))
    assert (result.mean, result.spread, result.counted) == (Fraction(89), Decimal(0), 1)
    assert (result.star, result.new_round_needed) == (4, False)


def test_members_who_see_another_case_of_a_criterion_vote_by_their_own_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The printed sets mark no option of a criterion with cases; here either case of 15 asks something else.
    folder = resources.files("ocop_api.domain.rubric") / "editions" / EDITION
    header = json.loads((folder / "edition.json").read_bytes()) | {"sets": [26]}
    tourism: dict[str, Any] = json.loads((folder / "set-26.json").read_bytes())
    amenities = next(
        c for p in tourism["parts"] for g in p["groups"] for c in g["criteria"] if c["code"] == "15"
    )
    marked = [next(o for o in amenities["options"] if o["case"] == case and o["points"]) for case in (1, 2)]
    for option in marked:
        option["min_star"] = 3
    edition = read_edition(header, [tourism])
    for module in (consolidation, stars, scoresheet):
        monkeypatch.setattr(module, "load_edition", lambda _code: edition)
    best: dict[str, Any] = {code: c.options[-1].level for code, c in edition.sets[26].criteria.items()}

    def seen(case: int, level: int) -> Scoresheet:
        return Scoresheet.of(EDITION, 26, best | {"15": (case, level)})

    reaching, short = seen(1, marked[0]["level"]), seen(2, 0)
    for order in ([reaching, short, reaching], [short, reaching, reaching]):
        (vote,) = (vote for vote in council(*order).stars[0].minimums if vote.criterion == "15")
        assert (vote.reached, vote.counted, vote.met) == (2, 3, True)
        # What is shown is the strictest of what the members' cases ask, whoever comes first.
        assert vote.required_level == marked[1]["level"] > marked[0]["level"]
    assert "15" in [vote.criterion for vote in council(short, short, reaching).stars[0].missed]


def test_star_rules_of_the_council_apply() -> None:
    rules = CouncilRules(stars=StarRules(when_minimum_missed=WhenMinimumMissed.NO_RECOGNITION))
    assert council(sheet(BEST | {"1.5": 3}), rules=rules).star == 2


def test_a_gate_without_a_majority_takes_no_effect() -> None:
    result = council(sheet(BEST), sheet(BEST, "copied_product"))
    (vote,) = result.gates
    assert (vote.votes, vote.counted, vote.carried, dict(vote.reasons)) == (1, 2, False, {"m2": "found"})
    assert result.star == 5
    assert codes(result)[0] == "council_gate_not_carried"


def test_a_gate_of_the_majority_ends_the_evaluation() -> None:
    stopped = Scoresheet.of(EDITION, COFFEE, {}, [RecordedGate("unsafe_impurities", "gravel")])
    result = council(stopped, stopped, sheet(BEST))
    assert (result.outcome, result.star, result.indicated_star) == (Outcome.STOPPED, None, None)
    assert not result.new_round_needed
    assert codes(result)[-1] == "result_stopped"
    everybody = council(stopped)
    assert (everybody.mean, everybody.band, everybody.criteria) == (None, None, ())
    assert codes(everybody) == ["council_gate_carried", "result_stopped"]


def test_a_sheet_stopped_alone_has_to_be_finished() -> None:
    stopped = Scoresheet.of(EDITION, COFFEE, {}, [RecordedGate("unsafe_impurities", "gravel")])
    result = council(stopped, sheet(BEST), sheet(BEST))
    assert result.unscored == ("m1",)
    assert (result.mean, result.star, result.indicated_star) == (Fraction(100), None, 5)
    assert result.new_round_needed
    assert not result.spread_exceeded
    assert "council_unscored" in codes(result)


def test_two_members_stopped_at_different_gates_leave_no_mean_and_need_a_new_round() -> None:
    one = Scoresheet.of(EDITION, COFFEE, {}, [RecordedGate("unsafe_impurities", "gravel")])
    other = Scoresheet.of(EDITION, COFFEE, {}, [RecordedGate("copied_product", "same jar")])
    result = council(one, other)
    assert (result.mean, result.indicated_star, result.new_round_needed) == (None, None, True)
    assert codes(result)[-1] == "council_new_round"


def test_a_criterion_the_majority_skips_scores_nothing_on_every_sheet() -> None:
    # 5.2 is worth 2 points.
    majority = council(sheet(BEST, STORYLESS), sheet(BEST, STORYLESS), sheet(BEST))
    assert [counted.total for counted in majority.sheets] == [98, 98, 98]
    minority = council(sheet(BEST, STORYLESS), sheet(BEST), sheet(BEST))
    assert [counted.total for counted in minority.sheets] == [98, 100, 100]
    assert minority.mean == Fraction(298, 3)


def test_criteria_are_compared_member_by_member() -> None:
    result = council(sheet(BEST), sheet(NINETY), sheet(NINETY))
    row = next(row for row in result.criteria if row.code == "1.2")
    assert dict(row.points) == {"m1": 2, "m2": 0, "m3": 0}
    assert (row.mean, row.least, row.most, row.spread) == (Fraction(2, 3), Decimal(0), Decimal(2), Decimal(2))
    assert [part.code for part in result.parts] == ["A", "B", "C"]


def test_nothing_to_consolidate_is_refused() -> None:
    with pytest.raises(RuleViolation, match=r"rubric\.no_sheets"):
        consolidate({})


def test_an_unfinished_sheet_is_refused_with_what_is_missing() -> None:
    unfinished = {code: level for code, level in BEST.items() if code != "11"}
    with pytest.raises(RuleViolation) as refused:
        council(sheet(BEST), sheet(unfinished))
    assert refused.value.code == "rubric.sheet_incomplete"
    assert refused.value.data == {"member": "m2", "missing": ["11"]}


def test_sheets_of_different_sets_are_refused() -> None:
    tea = load_edition(EDITION).criteria_set(11)
    other = Scoresheet.of(EDITION, 11, {code: c.options[-1].level for code, c in tea.criteria.items()})
    with pytest.raises(RuleViolation, match=r"rubric\.sheets_of_different_sets"):
        council(sheet(BEST), other)
