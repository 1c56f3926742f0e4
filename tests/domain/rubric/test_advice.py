"""Worked advice on printed sets, and what must hold for any sheet of any set."""

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from ocop_api.domain.errors import Invalid
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.rubric import advice as advice_module
from ocop_api.domain.rubric import scoresheet, stars
from ocop_api.domain.rubric.advice import Advice, Lift, ObstacleKind, Prospect, advise, sheet_after
from ocop_api.domain.rubric.criteria import Band, CriteriaSet
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.rubric.evidence_of import evidence_for
from ocop_api.domain.rubric.rating import DEFAULT_STAR_RULES, StarRules, WhenMinimumMissed
from ocop_api.domain.rubric.scoresheet import RawChoice, RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import evaluate

EDITION = "qd26-2026"
COFFEE = 13
TOURISM = 26
EVERY_SET = [(header.code, number) for header in editions() for number in header.set_numbers]
RULES = [StarRules(cumulative, when) for cumulative in (True, False) for when in WhenMinimumMissed]


def best(number: int = COFFEE, edition: str = EDITION) -> dict[str, RawChoice]:
    criteria = load_edition(edition).criteria_set(number).criteria
    return {code: criterion.options[-1].level for code, criterion in criteria.items()}


def coffee(changes: dict[str, RawChoice], *gates: str) -> Scoresheet:
    return Scoresheet.of(EDITION, COFFEE, best() | changes, [RecordedGate(gate, "found") for gate in gates])


def moves(lifts: tuple[Lift, ...]) -> dict[str, tuple[int | None, int]]:
    return {lift.criterion.code: (lift.from_level, lift.to_level) for lift in lifts}


# 1.2 loses 2 points; 1.4, 1.7, 2.4, 3.1, 3.2, 3.3, 10 and 11 lose 1 each: 90 in all, no minimum missed.
NINETY: dict[str, RawChoice] = {
    "1.2": 1,
    "1.4": 2,
    "1.7": 1,
    "2.4": 1,
    "3.1": 2,
    "3.2": 1,
    "3.3": 2,
    "10": 1,
    "11": 2,
}


def test_one_point_short_of_five_stars_takes_one_criterion_and_one_step() -> None:
    advice = advise(coffee(NINETY | {"11": 1}), 5)
    assert (advice.prospect, advice.total, advice.points_short) == (
        Prospect.WITHIN_REACH,
        Decimal(89),
        Decimal(1),
    )
    assert advice.minimums == ()
    assert [moves(way.lifts) for way in advice.alternatives] == [
        {"1.2": (1, 2)},
        {"1.4": (2, 3)},
        {"1.7": (1, 2)},
    ]
    first = advice.alternatives[0]
    assert (first.steps, first.gain, first.total, first.star) == (1, Decimal(1), Decimal(90), 5)
    assert len(advise(coffee(NINETY | {"11": 1}), 5, limit=10).alternatives) == 9


def test_a_missed_minimum_is_compulsory_even_when_the_points_suffice() -> None:
    advice = advise(coffee({"1.5": 2}), 5)  # five stars ask for level 4, four for level 3
    assert advice.points_short == 0
    assert moves(advice.minimums) == {"1.5": (2, 4)}
    (only,) = advice.alternatives
    assert moves(only.lifts) == {"1.5": (2, 4)}
    (lift,) = only.lifts
    assert (lift.compulsory, lift.minimum and lift.minimum.min_star, lift.steps) == (True, 5, 2)
    assert moves(advise(coffee({"1.5": 2}), 4).minimums) == {"1.5": (2, 3)}


def test_a_compulsory_criterion_is_lifted_beyond_its_minimum_when_that_spares_another() -> None:
    # 1.5 has to come from level 2 to 3 (one point) for four stars. Two more points are lacking; level 4
    # gives one of them, so that one other criterion by one step does, where two would be needed else.
    held = {"1.2": 1, "1.4": 1, "1.7": 1, "2.4": 1, "3.1": 1, "3.2": 1, "3.3": 1, "10": 1, "11": 1}
    spare = [code for code in best() if code not in held and code != "1.5"]
    choices: dict[str, RawChoice] = best() | held | {"1.5": 2}
    criteria = load_edition(EDITION).criteria_set(COFFEE).criteria
    for code in spare:
        least = criteria[code].required(4)
        choices[code] = criteria[code].levels()[0] if least is None else least.level
    sheet = Scoresheet.of(EDITION, COFFEE, choices)
    advice = advise(sheet, 4, limit=10)
    assert set(moves(advice.minimums)) == {"1.5"}
    beyond = [
        lift for way in advice.alternatives for lift in way.lifts if lift.to_level == 4 and lift.compulsory
    ]
    assert beyond
    for lift in beyond:
        assert (lift.criterion.code, lift.minimum and lift.minimum.level) == ("1.5", 3)
        assert lift.call.code == "advice_lift_beyond_minimum"


def test_a_sheet_that_has_the_star_needs_nothing() -> None:
    for star in (3, 4, 5):
        advice = advise(coffee(NINETY), star)
        assert (advice.prospect, advice.minimums, advice.alternatives) == (Prospect.REACHED, (), ())
        assert [step.code for step in advice.explanation] == ["advice_reached"]


def test_a_partial_sheet_has_the_star_when_the_rest_may_earn_nothing() -> None:
    choices = {code: level for code, level in best().items() if code not in {"10", "11"}}
    sheet = Scoresheet.of(EDITION, COFFEE, choices)
    assert evaluate(sheet).stars_in_reach == (5,)
    advice = advise(sheet, 5)
    assert (advice.prospect, advice.star) == (Prospect.REACHED, None)
    assert advice.explanation[0].data["missing"] == ("10", "11")


def test_scoring_an_open_criterion_is_a_lift_from_its_lowest_level() -> None:
    # 9 asks level 1 for three stars and level 2 for four and five; without it 95 points are in hand.
    choices = {code: level for code, level in best().items() if code != "9"}
    advice = advise(Scoresheet.of(EDITION, COFFEE, choices), 5)
    (way,) = advice.alternatives
    assert moves(way.lifts) == {"9": (None, 2)}
    assert way.lifts[0].from_option is None
    assert way.lifts[0].call.code == "advice_reach_minimum"


def test_an_empty_sheet_is_told_the_whole_way() -> None:
    sheet = Scoresheet.of(EDITION, COFFEE, {})
    counts = [len(advise(sheet, star).alternatives[0].lifts) for star in (3, 4, 5)]
    assert counts == sorted(counts)
    way = advise(sheet, 5).alternatives[0]
    assert evaluate(sheet_after(sheet, way.lifts)).star == 5


def test_the_chosen_case_is_kept_and_an_open_one_is_named() -> None:
    choices = best(TOURISM)
    for case, expected in ((1, (1, 2)), (2, (2, 4))):
        lower: dict[str, RawChoice] = {"15": (case, expected[1] - 1), "1.2": 1, "1.3": 1, "10": 1}
        sheet = Scoresheet.of(EDITION, TOURISM, choices | lower)
        lifts = [
            lift
            for way in advise(sheet, 5, limit=10).alternatives
            for lift in way.lifts
            if lift.criterion.code == "15"
        ]
        assert {(lift.case, lift.to_level) for lift in lifts} <= {expected}
    without = {code: level for code, level in choices.items() if code not in {"8", "9", "15"}}
    bare = without | {"1.2": 1, "1.3": 1, "10": 1}
    advice = advise(Scoresheet.of(EDITION, TOURISM, bare), 5, limit=10)
    cases = {lift.case for way in advice.alternatives for lift in way.lifts if lift.criterion.cases}
    assert cases == {1}


@pytest.mark.parametrize("gate", ["unsafe_impurities", "copied_product"])
def test_a_gate_that_ends_the_evaluation_bars_every_star(gate: str) -> None:
    advice = advise(coffee({}, gate), 3)
    assert (advice.prospect, advice.alternatives) == (Prospect.OUT_OF_REACH, ())
    (obstacle,) = advice.obstacles
    assert (obstacle.kind, obstacle.gate) == (ObstacleKind.GATE_RECORDED, gate)
    assert load_edition(EDITION).gates[gate].text.vi in obstacle.reason.sentence("vi")


def test_a_minimum_in_a_skipped_criterion_cannot_be_reached() -> None:
    # Under 148 the story's content bears the three-star mark, and without a story it is not scored.
    sheet = Scoresheet.of(
        "qd148-2023", COFFEE, best(edition="qd148-2023"), [RecordedGate("no_product_story", "none")]
    )
    advice = advise(sheet, 3)
    assert advice.prospect is Prospect.OUT_OF_REACH
    assert {(o.kind, o.criterion, o.gate) for o in advice.obstacles} >= {
        (ObstacleKind.CRITERION_SKIPPED, "5.2", "no_product_story")
    }
    assert evaluate(sheet).star == 2


def test_a_skipped_criterion_is_never_lifted() -> None:
    advice = advise(coffee(NINETY | {"11": 1, "5.2": 1}, "no_product_story"), 5, limit=10)
    lifted = {lift.criterion.code for way in advice.alternatives for lift in way.lifts}
    assert lifted
    assert "5.2" not in lifted


def test_points_that_no_level_gives_put_a_band_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set 11 of 148 gives 97 points at most; here five stars begin at 98.
    shipped = load_edition("qd148-2023")
    raised = replace(shipped, bands=(Band(5, Decimal(98)), *shipped.bands[1:]))
    for module in (advice_module, scoresheet, stars):
        monkeypatch.setattr(module, "load_edition", lambda _code: raised)
    advice = advise(Scoresheet.of("qd148-2023", 11, {}), 5)
    assert (advice.prospect, advice.alternatives) == (Prospect.OUT_OF_REACH, ())
    (obstacle,) = advice.obstacles
    assert (obstacle.kind, obstacle.reason.data["most"]) == (ObstacleKind.TOO_FEW_POINTS, Decimal(97))
    assert advice.minimums, "what the minimums ask for is told all the same"
    assert advise(Scoresheet.of("qd148-2023", 11, {}), 4).prospect is Prospect.WITHIN_REACH


def test_under_the_strict_rule_points_beyond_a_band_ask_for_its_minimums() -> None:
    strict = StarRules(when_minimum_missed=WhenMinimumMissed.NO_RECOGNITION)
    sheet = coffee({"1.5": 3})  # 99 points, the five-star minimum of 1.5 missed: not recognised
    assert evaluate(sheet, strict).star == 2
    advice = advise(sheet, 4, rules=strict)
    assert [moves(way.lifts) for way in advice.alternatives] == [{"1.5": (3, 4)}]
    assert advice.alternatives[0].star == 5


@pytest.mark.parametrize("star", [-1, 0, 1, 2, 6])
def test_a_star_that_is_not_recognised_is_refused_with_the_ladder(star: int) -> None:
    with pytest.raises(Invalid) as refused:
        advise(coffee({}), star)
    assert refused.value.code == "rubric.unknown_target_star"
    assert refused.value.data["ladder"] == [3, 4, 5]
    with pytest.raises(ValueError, match="at least one"):
        advise(coffee({}), 5, limit=0)


def test_the_advice_reads_as_advice_in_both_languages() -> None:
    advice = advise(coffee(NINETY | {"11": 1, "1.5": 3}), 5)
    assert [step.code for step in advice.explanation] == [
        "advice_points_short",
        "advice_minimums",
        "advice_choices",
        "advice_alternative",
    ]
    lift = advice.minimums[0]
    assert lift.call.sentence("vi").startswith(
        "Bắt buộc để đạt 5 sao: nâng tiêu chí 1.5 (Liên kết chuỗi trong sản xuất) từ “"
    )
    assert lift.call.sentence("en").startswith("Required for 5 stars: raise criterion 1.5 (")
    assert lift.proof.sentence("vi") == (
        "Minh chứng cần chuẩn bị cho tiêu chí 1.5: Nguồn gốc nguyên liệu, hợp đồng liên kết."
    )


def test_evidence_follows_from_the_criterion() -> None:
    criteria = load_edition(EDITION).criteria_set(COFFEE).criteria
    assert evidence_for(criteria["1.5"]) == (EvidenceKind.MATERIAL_ORIGIN,)
    assert EvidenceKind.TEST_REPORT in evidence_for(criteria["9"])
    proven = {
        header.code: {
            kind
            for criteria_set in load_edition(header.code).sets.values()
            for criterion in criteria_set.criteria.values()
            for kind in evidence_for(criterion)
        }
        for header in editions()
    }
    assert all(kinds == set(EvidenceKind) for kinds in proven.values())
    # What no paper proves is what a council tastes, smells or looks at.
    assert not any(evidence_for(c) for c in criteria.values() if c.text.vi in {"Mùi", "Vị", "Màu sắc"})
    assert all(evidence_for(c) for code, c in criteria.items() if code[0] in "1234" and "." in code)


# What must hold for any sheet.


def sheets_of(criteria_set: CriteriaSet, count: int) -> Iterator[Scoresheet]:
    chance = random.Random(f"{criteria_set.edition} {criteria_set.number}")  # noqa: S311 - repeatable
    skips = [gate for gate in criteria_set.gates.values() if not gate.effect.ends_evaluation]
    for _ in range(count):
        scored, spoilt = chance.choice((0.3, 0.8, 1.0)), chance.random()
        choices: dict[str, RawChoice] = {}
        for code, criterion in criteria_set.criteria.items():
            if chance.random() < scored:
                case = chance.choice(criterion.cases).number if criterion.cases else None
                levels = criterion.levels(case)
                level = chance.choice(levels) if chance.random() < spoilt else levels[-1]
                choices[code] = level if case is None else (case, level)
        gates = [RecordedGate(gate.id, "seen") for gate in skips if chance.random() < 0.2]
        yield Scoresheet.of(criteria_set.edition, criteria_set.number, choices, gates)


def least_by_points(sheet: Scoresheet, star: int) -> tuple[int, int] | None:
    """The fewest criteria, then steps, found by a plain knapsack over points; no alternatives, no order.

    For every sum of points (as many as needed at most) the least pair (criteria, steps) is kept. All
    sets of lifts are covered, so that no smaller one exists.
    """
    now = evaluate(sheet)
    floor = next(band.points_from for band in load_edition(sheet.edition).bands if band.star == star)
    need = max(int(floor - now.total), 0)
    table: dict[int, tuple[int, int]] = {0: (0, 0)}
    for score in now.criteria:
        criterion = sheet.criteria_set.criteria[score.code]
        if score.state == "skipped":
            if criterion.required(star, case=score.case) is not None:
                return None
            continue
        moves: list[tuple[int, int, int]] = []
        for case in (
            [score.case] if score.case or not criterion.cases else [c.number for c in criterion.cases]
        ):
            ladder = criterion.levels(case)
            start = ladder.index(score.level) if score.level in ladder else 0
            required = criterion.required(star, case=case)
            for steps, level in enumerate(ladder[start:]):
                if required is None or level >= required.level:
                    points = criterion.by_level[level].points if level else Decimal(0)
                    moves.append((int(points - score.points), 1 if steps else 0, steps))
        following: dict[int, tuple[int, int]] = {}
        for gained, (used, climbed) in table.items():
            for gain, one, steps in moves:
                total = min(gained + gain, need)
                candidate = (used + one, climbed + steps)
                if total not in following or candidate < following[total]:
                    following[total] = candidate
        table = following
    return table.get(need)


@pytest.mark.parametrize(("code", "number"), EVERY_SET)
def test_no_smaller_set_of_lifts_exists_in_any_printed_set(code: str, number: int) -> None:
    criteria_set = load_edition(code).criteria_set(number)
    for sheet in sheets_of(criteria_set, 4):
        needed = []
        for star in (3, 4, 5):
            advice = advise(sheet, star)
            least = least_by_points(sheet, star)
            if least is None:
                assert advice.prospect is Prospect.OUT_OF_REACH
                assert advice.obstacles
                continue
            ways = advice.alternatives
            found = (len(ways[0].lifts), ways[0].steps) if ways else (0, 0)
            assert found == least
            needed.append(found[0])
            for way in ways:
                check(sheet, star, way.lifts, DEFAULT_STAR_RULES)
        assert needed == sorted(needed), "four stars never take more criteria than five"


def check(sheet: Scoresheet, star: int, lifts: tuple[Lift, ...], rules: StarRules) -> None:
    """The lifts bring the star, and with any of them left out or one level less they do not."""
    assert (evaluate(sheet_after(sheet, lifts), rules).star or 0) >= star
    for lift in lifts:
        others = tuple(one for one in lifts if one is not lift)
        assert (evaluate(sheet_after(sheet, others), rules).star or 0) < star


@pytest.mark.parametrize("rules", RULES)
def test_advice_followed_brings_the_star_under_any_rules(rules: StarRules) -> None:
    for header in editions():
        for criteria_set in load_edition(header.code).sets.values():
            for sheet in sheets_of(criteria_set, 1):
                for star in (3, 4, 5):
                    advice = advise(sheet, star, rules=rules)
                    stands = evaluate(sheet_after(sheet, ()), rules).star or 0
                    assert (advice.prospect is Prospect.REACHED) == (stands >= star)
                    for way in advice.alternatives:
                        after = evaluate(sheet_after(sheet, way.lifts), rules)
                        assert (after.star, after.total) == (way.star, way.total)
                        assert (after.star or 0) >= star


def test_the_order_of_choices_does_not_matter() -> None:
    choices = best() | NINETY | {"11": 1, "1.5": 2}
    turned: dict[str, RawChoice] = dict(reversed(choices.items()))

    def told(advice: Advice) -> list[dict[str, tuple[int | None, int]]]:
        return [moves(way.lifts) for way in advice.alternatives]

    assert told(advise(Scoresheet.of(EDITION, COFFEE, choices), 5)) == told(
        advise(Scoresheet.of(EDITION, COFFEE, turned), 5)
    )
