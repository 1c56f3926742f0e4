"""A second, independent reading of the rules, straight from the JSON, against the real one.

Everything here works on plain dicts and integers and walks every possibility; it shares no code with
the package beyond the data files.
"""

import itertools
import json
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
