"""A second, independent reading of the rules, straight from the JSON, against the real one.

Everything here works on plain dicts and integers and walks every possibility; it shares no code with
the package beyond the data files.
"""

import itertools
import json
import random
from collections import defaultdict
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocop_api.domain.council import CouncilRules
from ocop_api.domain.rubric.consolidation import consolidate
from ocop_api.domain.rubric.scoresheet import RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import Outcome, StarRules, WhenMinimumMissed, evaluate

Picks = dict[str, tuple[int | None, int]]  # criterion code -> (case, level)
EVERY_SET = [(code, number) for code in ("qd148-2023", "qd26-2026") for number in range(1, 27)]
RULES = [StarRules(cumulative, when) for cumulative in (True, False) for when in WhenMinimumMissed]


@cache
def document(code: str, name: str) -> dict[str, Any]:
    folder = resources.files("ocop_api.domain.rubric") / "editions" / code
    content: dict[str, Any] = json.loads((folder / name).read_bytes())
    return content


@cache
def lines(code: str, number: int) -> list[dict[str, Any]]:
    parts = document(code, f"set-{number:02d}.json")["parts"]
    return [{**c, "part": p["code"], "group": g} for p in parts for g in p["groups"] for c in g["criteria"]]


@cache
def possible_picks(code: str, number: int) -> dict[str, list[tuple[int | None, int]]]:
    picks = {}
    for line in lines(code, number):
        rungs = [(o.get("case"), o["level"]) for o in line["options"]]
        if all(o["points"] for o in line["options"]):
            rungs += [(None, 0), *((int(case), 0) for case in line.get("cases", {}))]
        picks[line["code"]] = rungs
    return picks


@cache
def gate_places(code: str, number: int) -> dict[str, set[str]]:
    """Where each gate of the set stands, found by walking every note with its criterion at hand."""
    found: dict[str, set[str]] = {}
    for note in document(code, f"set-{number:02d}.json")["notes"]:
        found.setdefault(note["gate"], set())
    for line in lines(code, number):
        notes = line.get("notes", []) + line["group"].get("notes", [])
        for option in line["options"]:
            notes = notes + option.get("notes", [])
        for note in notes:
            if "gate" in note:
                found.setdefault(note["gate"], set()).add(line["code"])
    return found


def effect(code: str, gate: str) -> str:
    return str(next(g["effect"] for g in document(code, "edition.json")["gates"] if g["id"] == gate))


def points_and_misses(
    code: str, number: int, picks: Picks, zeroed: set[str], *, cumulative: bool
) -> tuple[int, dict[int, set[str]]]:
    total = 0
    missed: dict[int, set[str]] = {3: set(), 4: set(), 5: set()}
    for line in lines(code, number):
        if line["code"] not in picks:
            continue
        case, level = picks[line["code"]]
        reached = 0 if line["code"] in zeroed else level
        for option in line["options"]:
            if option["level"] == reached:
                total += option["points"]
            bears = option.get("min_star", 99)
            binds = case is None or option.get("case") == case
            for star, misses in missed.items():
                if binds and (bears <= star if cumulative else bears == star) and reached < option["level"]:
                    misses.add(line["code"])
    return total, missed


def star_for(total: int | Fraction, missed: dict[int, set[str]], rules: StarRules) -> int:
    by_points = 5 if total >= 90 else 4 if total >= 70 else 3 if total >= 50 else 2 if total >= 30 else 1
    if by_points < 3:
        return by_points
    if rules.when_minimum_missed == "no_recognition":
        return 2 if missed[by_points] else by_points
    while by_points > 2 and missed[by_points]:
        by_points -= 1
    return by_points


@st.composite
def complete_picks(draw: st.DrawFn, code: str, number: int) -> Picks:
    # A good sheet with some blemishes: uniformly random sheets would hardly ever see a star.
    possible = possible_picks(code, number)
    picks = {c: max(rungs, key=lambda rung: rung[1]) for c, rungs in possible.items()}
    for criterion in draw(st.lists(st.sampled_from(list(possible)), max_size=25)):
        picks[criterion] = draw(st.sampled_from(possible[criterion]))
    return picks


def sheet_of(code: str, number: int, picks: Picks, gates: set[str]) -> Scoresheet:
    choices: dict[str, int | tuple[int, int]] = {}
    for criterion, (case, level) in picks.items():
        choices[criterion] = level if case is None else (case, level)
    return Scoresheet.of(
        code, number, choices, [RecordedGate(gate, "seen on site") for gate in sorted(gates)]
    )


@pytest.mark.parametrize(("code", "number"), EVERY_SET)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_complete_and_partial_sheets_agree(code: str, number: int, data: st.DataObject) -> None:
    picks = data.draw(complete_picks(code, number))
    absent = data.draw(st.sets(st.sampled_from(list(picks)), max_size=3))
    gates = data.draw(st.sets(st.sampled_from(sorted(gate_places(code, number)) or [""]), max_size=2)) - {""}
    rules = data.draw(st.sampled_from(RULES))
    zeroed = {
        place
        for gate in gates
        if effect(code, gate) == "skip_criterion"
        for place in gate_places(code, number)[gate]
    }
    ending = {effect(code, gate) for gate in gates} - {"skip_criterion"}
    given_picks = {c: pick for c, pick in picks.items() if c not in absent}

    result = evaluate(sheet_of(code, number, given_picks, gates), rules)

    known = {**given_picks, **dict.fromkeys(zeroed, (None, 0))}
    total, missed = points_and_misses(code, number, known, zeroed, cumulative=rules.cumulative_minimums)
    assert result.total == total == sum(part.points for part in result.parts)
    assert result.total == sum(group.points for group in result.groups)
    assert set(result.missing) == absent - zeroed
    assert {check.star: {m.criterion for m in check.missed} for check in result.checks} == missed

    endings: set[int] = set()
    extremes: set[int] = set()
    open_codes = sorted(absent - zeroed)
    for filling in itertools.product(*(possible_picks(code, number)[c] for c in open_codes)):
        finished = {**known, **dict(zip(open_codes, filling, strict=True))}
        points, misses = points_and_misses(
            code, number, finished, zeroed, cumulative=rules.cumulative_minimums
        )
        extremes.add(points)
        endings.add(star_for(points, misses, rules))
    assert result.least_total == min(extremes)
    assert result.most_total == max(extremes)
    if ending:
        assert result.star is None
        assert result.stars_in_reach == ()
        assert (result.outcome is Outcome.DISQUALIFIED) == ("disqualify_dossier" in ending)
    else:
        assert set(result.stars_in_reach) == endings
        assert result.star == (None if open_codes else endings.pop())
    assert all(step.text.vi and step.text.en for step in result.explanation)


def worth(line: dict[str, Any], level: int) -> int:
    return sum(option["points"] for option in line["options"] if option["level"] == level)


def asked(line: dict[str, Any], star: int, case: int | None, *, cumulative: bool) -> int | None:
    """The level a star asks for: of each mark that binds its lowest option, of these the strictest."""
    marked = defaultdict(list)
    for option in line["options"]:
        if case is None or option.get("case") == case:
            marked[option.get("min_star")].append(option["level"])
    binding = range(3, star + 1) if cumulative else (star,)
    return max((min(marked[mark]) for mark in binding if marked[mark]), default=None)


@pytest.mark.parametrize(("code", "number"), EVERY_SET)
def test_every_figure_of_many_sheets_agrees(code: str, number: int) -> None:
    chance = random.Random(f"{code} {number}")  # noqa: S311 - the same sheets in every run
    possible = possible_picks(code, number)
    for _ in range(50):
        blemished, absent = chance.random(), chance.choice((0.0, 0.0, 0.1, 0.9))
        picks = {
            c: chance.choice(rungs) if chance.random() < blemished else max(rungs, key=lambda rung: rung[1])
            for c, rungs in possible.items()
            if chance.random() >= absent
        }
        rules = chance.choice(RULES)

        result = evaluate(sheet_of(code, number, picks, set()), rules)

        points = {
            line["code"]: worth(line, picks.get(line["code"], (None, 0))[1]) for line in lines(code, number)
        }
        assert {score.code: score.points for score in result.criteria} == points
        groups: dict[str, int] = defaultdict(int)
        parts: dict[str, int] = defaultdict(int)
        unfinished: set[str] = set()
        for line in lines(code, number):
            groups[line["group"]["code"]] += points[line["code"]]
            parts[line["part"]] += points[line["code"]]
            if line["code"] not in picks:
                unfinished |= {line["group"]["code"], line["part"]}
        assert {group.code: group.points for group in result.groups} == groups
        assert {part.code: part.points for part in result.parts} == parts
        subtotals = (*result.groups, *result.parts)
        assert {subtotal.code for subtotal in subtotals if not subtotal.complete} == unfinished
        assert result.total == result.least_total == sum(points.values())
        still = [line for line in lines(code, number) if line["code"] not in picks]
        assert result.most_total == result.total + sum(
            max(o["points"] for o in line["options"]) for line in still
        )
        for check in result.checks:
            expected: dict[str, tuple[int, bool | None]] = {}
            for line in lines(code, number):
                case, level = picks.get(line["code"], (None, None))
                least = asked(line, check.star, case, cumulative=rules.cumulative_minimums)
                if least is not None:
                    expected[line["code"]] = (least, None if level is None else level >= least)
            found = {m.criterion: (m.required_level, m.met) for m in check.minimums}
            assert found == expected
            floor = {3: 50, 4: 70, 5: 90}[check.star]
            open_band = None if result.most_total >= floor else False
            assert check.band_met == (True if result.total >= floor else open_band)


@pytest.mark.parametrize(("code", "number"), EVERY_SET)
def test_stars_in_reach_agree_however_much_is_open(code: str, number: int) -> None:
    chance = random.Random(f"{number} {code}")  # noqa: S311 - the same sheets in every run
    possible = possible_picks(code, number)
    rules = chance.choice(RULES)
    picks = {
        c: chance.choice(rungs) if chance.random() < 0.2 else max(rungs, key=lambda rung: rung[1])
        for c, rungs in possible.items()
        if chance.random() < 0.5
    }
    # Completions that agree in points and missed stars so far are alike, which keeps the walk short.
    ends: set[tuple[int, frozenset[int]]] = {(0, frozenset())}
    for line in lines(code, number):
        gains = set()
        for case, level in [picks[line["code"]]] if line["code"] in picks else possible[line["code"]]:
            least = {
                star: asked(line, star, case, cumulative=rules.cumulative_minimums) for star in (3, 4, 5)
            }
            missed = frozenset(
                star for star, needed in least.items() if needed is not None and level < needed
            )
            gains.add((worth(line, level), missed))
        ends = {(total + gain, misses | missed) for total, misses in ends for gain, missed in gains}

    result = evaluate(sheet_of(code, number, picks, set()), rules)

    stars = {
        star_for(total, {star: {"any"} if star in misses else set() for star in (3, 4, 5)}, rules)
        for total, misses in ends
    }
    assert set(result.stars_in_reach) == stars
    assert result.least_total == min(ends)[0]
    assert result.most_total == max(ends)[0]


@pytest.mark.parametrize(("code", "number"), EVERY_SET)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_councils_agree(code: str, number: int, data: st.DataObject) -> None:
    council = data.draw(st.lists(complete_picks(code, number), min_size=1, max_size=5))
    rules = data.draw(st.sampled_from(RULES))
    gate_names = sorted(gate_places(code, number)) or [""]
    found = [data.draw(st.sets(st.sampled_from(gate_names), max_size=2)) - {""} for _ in council]
    sheets = {
        f"member {i}": sheet_of(code, number, picks, gates)
        for i, (picks, gates) in enumerate(zip(council, found, strict=True))
    }

    result = consolidate(sheets, CouncilRules(stars=rules))

    carried = {gate for gate in gate_names if 2 * sum(gate in gates for gates in found) > len(council)}
    totals: list[int] = []
    misses: list[dict[int, set[str]]] = []
    for picks, gates in zip(council, found, strict=True):
        zeroed = {
            place
            for gate in gates | carried
            if effect(code, gate) == "skip_criterion"
            for place in gate_places(code, number)[gate]
        }
        total, missed = points_and_misses(code, number, picks, zeroed, cumulative=rules.cumulative_minimums)
        totals.append(total)
        misses.append(missed)
    failed = {
        star: {
            line["code"]
            for line in lines(code, number)
            if 2 * sum(line["code"] not in missed[star] for missed in misses) <= len(council)
        }
        for star in (3, 4, 5)
    }
    mean = Fraction(sum(totals), len(totals))
    assert result.mean == mean
    assert result.total_sum == sum(totals)
    assert result.spread == max(totals) - min(totals)
    assert {vote.star: {m.criterion for m in vote.missed} for vote in result.stars} == failed
    assert sum(row.mean for row in result.criteria) == sum(part.mean for part in result.parts) == mean
    ends = {effect(code, gate) for gate in carried} - {"skip_criterion"}
    if ends:
        assert result.star is result.indicated_star is None
        assert not result.new_round_needed
    else:
        assert result.indicated_star == star_for(mean, failed, rules)
        assert result.new_round_needed == (max(totals) - min(totals) > 10)
        assert result.star == (None if result.new_round_needed else result.indicated_star)
