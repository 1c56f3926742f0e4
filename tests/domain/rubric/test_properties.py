"""What holds of every sheet, whatever its set and choices."""

import itertools
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ocop_api
from ocop_api.domain.council import CouncilRules
from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.consolidation import consolidate
from ocop_api.domain.rubric.criteria import NONE_REACHED, CriteriaSet, Criterion, GateEffect
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.rubric.scoresheet import Choice, RawChoice, RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import StarRules, WhenMinimumMissed, evaluate

SETS = [one for header in editions() for one in load_edition(header.code).sets.values()]
RULES = [StarRules(cumulative, when) for cumulative in (True, False) for when in WhenMinimumMissed]
MOST_OPEN = 3

often = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
sets = st.sampled_from(SETS)
rules = st.sampled_from(RULES)


def possible(criterion: Criterion) -> list[Choice]:
    """Every different choice in a criterion."""
    cases: list[int | None] = [case.number for case in criterion.cases] or [None]
    choices = [Choice(level, case) for case in cases for level in criterion.levels(case)]
    return [Choice(0), *choices] if criterion.cases and NONE_REACHED in criterion.levels() else choices


POSSIBLE = {one: {code: possible(criterion) for code, criterion in one.criteria.items()} for one in SETS}


@st.composite
def finished(draw: st.DrawFn, one: CriteriaSet) -> dict[str, Choice]:
    # A good sheet with some blemishes: uniformly random sheets would hardly ever see a star.
    choices = {code: found[-1] for code, found in POSSIBLE[one].items()}
    for code in draw(st.lists(st.sampled_from(list(choices)), max_size=15)):
        choices[code] = draw(st.sampled_from(POSSIBLE[one][code]))
    return choices


def sheet(one: CriteriaSet, choices: dict[str, Choice], *gates: RecordedGate) -> Scoresheet:
    return Scoresheet.of(one.edition, one.number, choices, gates)


@often
@given(data=st.data(), one=sets, cumulative=st.booleans())
def test_a_better_choice_never_costs_points_or_a_star(
    data: st.DataObject, one: CriteriaSet, *, cumulative: bool
) -> None:
    star_rules = StarRules(cumulative)
    choices = data.draw(finished(one))
    code = data.draw(st.sampled_from(list(choices)))
    before = choices[code]
    better = [c for c in POSSIBLE[one][code] if c.case == before.case and c.level >= before.level]
    result = evaluate(sheet(one, choices), star_rules)
    raised = evaluate(sheet(one, {**choices, code: data.draw(st.sampled_from(better))}), star_rules)
    assert raised.total >= result.total
    assert result.star is not None
    assert raised.star is not None
    assert raised.star >= result.star


def test_only_the_strict_rule_lets_a_point_more_cost_the_recognition() -> None:
    # Four stars with 89 points; one point more reaches the band of five stars and its missed minimum.
    coffee = load_edition("qd26-2026").criteria_set(13)
    choices: dict[str, RawChoice] = {code: c.options[-1].level for code, c in coffee.criteria.items()}
    choices |= {"1.2": 1, "1.4": 2, "1.5": 3, "1.7": 1, "2.4": 1, "3.1": 2, "3.2": 1, "3.3": 2, "10": 1}
    strict = StarRules(when_minimum_missed=WhenMinimumMissed.NO_RECOGNITION)
    ends = []
    for level in (2, 3):
        at = Scoresheet.of(coffee.edition, coffee.number, {**choices, "11": level})
        ends.append((evaluate(at).total, evaluate(at).star, evaluate(at, strict).star))
    assert ends == [(Decimal(89), 4, 4), (Decimal(90), 4, 2)]


@often
@given(data=st.data(), one=sets, star_rules=rules)
def test_neither_order_nor_repetition_changes_the_result(
    data: st.DataObject, one: CriteriaSet, star_rules: StarRules
) -> None:
    choices = data.draw(finished(one))
    kept = data.draw(st.permutations(list(choices)))[data.draw(st.integers(0, 5)) :]
    made = sheet(one, {code: choices[code] for code in kept})
    again = sheet(one, {code: choices[code] for code in sorted(kept)})
    assert made == again
    assert list(made.choices) == list(again.choices)
    assert Scoresheet.of(made.edition, made.set_number, made.choices, made.gates) == made
    result = evaluate(made, star_rules)
    assert result == evaluate(made, star_rules) == evaluate(again, star_rules)
    assert result.explanation == evaluate(again, star_rules).explanation


@st.composite
def partial(draw: st.DrawFn, one: CriteriaSet) -> tuple[Scoresheet, list[Scoresheet]]:
    """A partial sheet, perhaps with a criterion skipped, and every completion of it."""
    choices = draw(finished(one))
    absent = draw(st.sets(st.sampled_from(list(choices)), min_size=1, max_size=MOST_OPEN))
    skips = [id_ for id_, gate in one.gates.items() if gate.effect is GateEffect.SKIP_CRITERION]
    gates = [RecordedGate(gate, "found") for gate in skips if draw(st.booleans())]
    known = {code: choice for code, choice in choices.items() if code not in absent}
    made = sheet(one, known, *gates)
    fillings = itertools.product(*(POSSIBLE[one][code] for code in sorted(absent)))
    completions = [sheet(one, known | dict(zip(sorted(absent), f, strict=True)), *gates) for f in fillings]
    return made, completions


@settings(often, max_examples=150)
@given(data=st.data(), one=sets, star_rules=rules)
def test_bounds_and_stars_in_reach_are_exactly_what_completions_give(
    data: st.DataObject, one: CriteriaSet, star_rules: StarRules
) -> None:
    made, completions = data.draw(partial(one))
    result = evaluate(made, star_rules)
    ends = [evaluate(completion, star_rules) for completion in completions]
    totals = {end.total for end in ends}
    assert (result.least_total, result.most_total) == (min(totals), max(totals))
    assert set(result.stars_in_reach) == {end.star for end in ends}
    for check, *checks in zip(result.checks, *(end.checks for end in ends), strict=True):
        # What a partial sheet says for certain holds in every completion, and what it leaves open is open.
        bands = {end.band_met for end in checks}
        assert check.band_met == (bands.pop() if len(bands) == 1 else None)
        missed = [{m.criterion for m in end.missed} for end in checks]
        assert {m.criterion for m in check.missed} == set.intersection(*missed)
        decided = {m.criterion for m in check.minimums if m.met}
        assert decided.isdisjoint(set.union(*missed))


@often
@given(data=st.data(), one=sets)
def test_a_wrong_choice_is_refused_with_its_criterion_named(data: st.DataObject, one: CriteriaSet) -> None:
    choices: dict[str, RawChoice] = dict(data.draw(finished(one)))
    code = data.draw(st.sampled_from([*one.criteria, "no such criterion"]))
    criterion = one.criteria.get(code)
    cases = [] if criterion is None else [case.number for case in criterion.cases]
    wrong: dict[str, list[RawChoice]] = {"rubric.unknown_criterion": [1, Choice(1), (1, 1)]}
    if criterion is not None:
        beyond = len(criterion.options) + 1
        others = {
            (case, option.level) for case in cases for option in criterion.options if option.case != case
        }
        wrong = {
            "rubric.unknown_level": [-1, beyond, Choice(beyond), *others, *((case, -1) for case in cases)],
            ("rubric.unknown_case" if cases else "rubric.case_not_applicable"): [(9, 1), Choice(1, 9)],
        }
        if NONE_REACHED not in criterion.levels():
            wrong["rubric.unknown_level"].append(NONE_REACHED)
    fault = data.draw(st.sampled_from(list(wrong)))
    with pytest.raises(Invalid) as refused:
        Scoresheet.of(one.edition, one.number, {**choices, code: data.draw(st.sampled_from(wrong[fault]))})
    assert refused.value.code == fault
    assert refused.value.data["criterion"] == code


@settings(often, max_examples=60)
@given(data=st.data(), one=sets, star_rules=rules)
def test_a_council_of_one_mind_has_the_result_of_each_of_its_members(
    data: st.DataObject, one: CriteriaSet, star_rules: StarRules
) -> None:
    made = sheet(one, data.draw(finished(one)))
    members = data.draw(st.integers(1, 9))
    own = evaluate(made, star_rules)
    result = consolidate(dict.fromkeys(map(str, range(members)), made), CouncilRules(stars=star_rules))
    assert result.mean == Fraction(own.total)
    assert (result.spread, result.band, result.star) == (Decimal(0), own.band, own.star)
    assert [[m.criterion for m in star.missed] for star in result.stars] == [
        [m.criterion for m in check.missed] for check in own.checks
    ]


@settings(often, max_examples=60)
@given(data=st.data(), one=sets, star_rules=rules)
def test_the_order_of_the_members_does_not_matter(
    data: st.DataObject, one: CriteriaSet, star_rules: StarRules
) -> None:
    found = data.draw(st.lists(finished(one), min_size=2, max_size=5))
    sheets = {f"member {i}": sheet(one, choices) for i, choices in enumerate(found)}
    mixed = {member: sheets[member] for member in data.draw(st.permutations(list(sheets)))}
    council = CouncilRules(stars=star_rules)
    result, other = consolidate(sheets, council), consolidate(mixed, council)
    assert (result.mean, result.spread, result.star) == (other.mean, other.spread, other.star)
    assert (result.criteria, result.parts, result.stars) == (other.criteria, other.parts, other.stars)


def test_the_engine_needs_the_standard_library_only() -> None:
    source = Path(ocop_api.__file__).parents[1]
    program = f"""
import sys
sys.path.insert(0, {str(source)!r})
from ocop_api.domain.rubric import consolidation, minutes, scoresheet, stars
coffee = stars.load_edition("qd26-2026").criteria_set(13)
best = {{code: criterion.options[-1].level for code, criterion in coffee.criteria.items()}}
assert stars.evaluate(scoresheet.Scoresheet.of("qd26-2026", 13, best)).star == 5
print(*sorted(sys.modules))
"""
    # Without site-packages, so that an import of anything installed would fail.
    ran = subprocess.run(  # noqa: S603 - this interpreter with the program above
        [sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = ran.stdout.split()
    ours = {name for name in loaded if name.split(".")[0] == "ocop_api"}
    allowed = {"ocop_api", "ocop_api.domain"}
    assert {name for name in ours if not name.startswith("ocop_api.domain.")} <= allowed
    assert {name.split(".")[0] for name in loaded} <= {*sys.stdlib_module_names, "__main__", "ocop_api"}
