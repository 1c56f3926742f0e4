"""Advice against a walk through every possibility, on small editions made up for the purpose.

The walk works on the JSON of the editions and shares no code with the package.
"""

import itertools
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from ocop_api.domain.rubric import advice, scoresheet, stars
from ocop_api.domain.rubric.advice import Advice, Prospect, advise, sheet_after
from ocop_api.domain.rubric.edition import read_edition
from ocop_api.domain.rubric.rating import StarRules, WhenMinimumMissed
from ocop_api.domain.rubric.scoresheet import RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import evaluate

Json = dict[str, Any]
Pick = tuple[int | None, int]
RULES = [StarRules(cumulative, when) for cumulative in (True, False) for when in WhenMinimumMissed]
CODE = "made-up"


def wording(text: str) -> Json:
    return {"vi": text, "en": text}


@st.composite
def rungs(draw: st.DrawFn, *, best: int | None = None, case: int | None = None, after: int = 0) -> list[Json]:
    points = sorted(draw(st.lists(st.integers(0, 6), min_size=1, max_size=3)))
    if best is not None:
        points[-1] = best
        points.sort()
        points = [min(one, best) for one in points]
    marks = draw(st.lists(st.sampled_from([None, None, None, 3, 4, 5]), min_size=3, max_size=3))
    options = []
    for number, (worth, mark) in enumerate(zip(points, marks, strict=False), 1):
        option: Json = {"level": after + number, "points": worth, **wording(f"option {number}")}
        if mark is not None:
            option["min_star"] = mark
        if case is not None:
            option["case"] = case
        options.append(option)
    return options


@st.composite
def criteria(draw: st.DrawFn, code: str, *, skippable: bool) -> Json:
    if draw(st.integers(0, 3)):
        options = draw(rungs())
        cases: Json = {}
    else:
        first = draw(rungs(case=1))
        options = first + draw(rungs(case=2, best=first[-1]["points"], after=len(first)))
        cases = {"cases": {"1": wording("one"), "2": wording("two")}}
    best = max(option["points"] for option in options)
    notes = [{"kind": "gate", "gate": "skip", **wording("skipped")}] if skippable else []
    return {"code": code, **wording(code), "max": best, "options": options, "notes": notes, **cases}


@st.composite
def documents(draw: st.DrawFn) -> tuple[Json, Json]:
    lines = [draw(criteria(str(number), skippable=number == 2)) for number in range(1, 6)]
    # A criterion worth four points without marks makes room for the bands.
    lines.append(
        {
            "code": "6",
            **wording("6"),
            "max": 4,
            "options": [{"level": n, "points": n, **wording(f"option {n}")} for n in (1, 2, 4)],
        }
    )
    for level, option in enumerate(lines[-1]["options"], 1):
        option["level"] = level
    total = sum(line["max"] for line in lines)
    floors = sorted(draw(st.sets(st.integers(1, total), min_size=4, max_size=4)), reverse=True)
    header = {
        "edition": CODE,
        "legal_basis": "none",
        "in_force_from": "2026-01-01",
        "in_force_to": None,
        "about": "made up",
        "bands": [{"star": 5 - n, "from": floor} for n, floor in enumerate([*floors, 0])],
        "recognised_from": 3,
        "total": total,
        "part_maxima": {"A": total},
        "gates": [{"id": "skip", "effect": "skip_criterion", **wording("skipped")}],
        "known_gaps": [],
        "sets": [1],
    }
    group = {"code": "1", **wording("group"), "max": total, "criteria": lines}
    label = {"code": "I", **wording("label")}
    return header, {
        "number": 1,
        **wording("set"),
        "industry": label,
        "group": label,
        "ministries": [],
        "samples_required": 1,
        "attainable": total,
        "notes": [],
        "parts": [{"code": "A", **wording("part"), "max": total, "groups": [group]}],
    }


def ladder_of(line: Json, case: int | None) -> list[int]:
    options = [option for option in line["options"] if case is None or option.get("case") == case]
    levels = [option["level"] for option in options]
    return levels if any(option["points"] == 0 for option in options) else [0, *levels]


@st.composite
def picks_for(draw: st.DrawFn, lines: list[Json]) -> dict[str, Pick]:
    picks: dict[str, Pick] = {}
    for line in lines:
        if draw(st.integers(0, 3)) == 0:
            continue
        case = draw(st.sampled_from([1, 2])) if "cases" in line else None
        level = draw(st.sampled_from(ladder_of(line, case)))
        if level == 0 and 0 in ladder_of(line, None) and draw(st.booleans()):
            case = None
        picks[line["code"]] = (case, level)
    return picks


@dataclass(frozen=True)
class Move:
    """Something that may become of a criterion: how it counts, and which stars' minimums it misses."""

    pick: Pick | None
    points: int
    gain: int
    steps: int
    misses: frozenset[int]


def misses_of(line: Json, pick: Pick | None, rules: StarRules) -> frozenset[int]:
    """The stars whose minimum is missed."""
    case, level = pick if pick is not None else (None, 0 if "cases" in line else ladder_of(line, None)[0])
    return frozenset(
        star
        for star in (3, 4, 5)
        for option in line["options"]
        if (mark := option.get("min_star")) is not None
        and (mark <= star if rules.cumulative_minimums else mark == star)
        and (case is None or option.get("case") == case)
        # Of several options marked alike the lowest is the minimum.
        and level
        < min(
            o["level"]
            for o in line["options"]
            if (o.get("case"), o.get("min_star")) == (option.get("case"), mark)
        )
    )


def moves_of(line: Json, pick: Pick | None, star: int, rules: StarRules, *, skipped: bool) -> list[Move]:
    """What may become of a criterion, without what another move outdoes in all that matters for the star."""
    relevant = {star} if rules == StarRules() else {3, 4, 5}
    worth = {0: 0} | {option["level"]: option["points"] for option in line["options"]}
    if skipped:
        case = None if pick is None else pick[0]
        return [Move(None, 0, 0, 0, misses_of(line, (case, 0), rules))]
    held = 0 if pick is None else worth[pick[1]]
    moves = [Move(None, held, 0, 0, misses_of(line, pick, rules))]
    open_case = "cases" in line and (pick is None or pick[0] is None)
    cases = [1, 2] if open_case else [pick[0] if pick else None]
    for case in cases:
        ladder = ladder_of(line, case)
        start = ladder.index(pick[1]) if pick is not None and pick[1] in ladder else 0
        for steps, level in enumerate(ladder[start:]):
            if steps or open_case:
                chosen = (case, level)
                moves.append(
                    Move(chosen, worth[level], worth[level] - held, steps, misses_of(line, chosen, rules))
                )

    def counts(move: Move) -> tuple[int, int, frozenset[int]]:
        return move.gain, move.steps, move.misses & relevant

    def outdone(place: int, move: Move) -> bool:
        gain, steps, misses = counts(move)
        return any(
            other.gain >= gain
            and other.steps <= steps
            and other.misses & relevant <= misses
            and (counts(other) != counts(move) or rank < place)
            for rank, other in enumerate(moves)
        )

    # To leave a criterion as it is takes no lift, so that is never outdone.
    return [move for place, move in enumerate(moves) if place == 0 or not outdone(place, move)]


def star_of(header: Json, total: int, missed: frozenset[int], rules: StarRules) -> int:
    star = max(band["star"] for band in header["bands"] if total >= band["from"])
    if star < 3:
        return int(star)
    if rules.when_minimum_missed is WhenMinimumMissed.NO_RECOGNITION:
        return 2 if star in missed else int(star)
    return next((one for one in range(star, 2, -1) if one not in missed), 2)


Set = tuple[Move, ...]


def order(moves: Set) -> tuple[int, int, int, tuple[tuple[int, int], ...]]:
    made = [(place, move) for place, move in enumerate(moves) if move.pick is not None]
    return (
        len(made),
        sum(move.steps for _, move in made),
        -sum(move.gain for _, move in made),
        tuple((place, move.gain) for place, move in made),
    )


def walk(
    header: Json, lines: list[Json], picks: dict[str, Pick], skipped: set[str], star: int, rules: StarRules
) -> list[Set]:
    """All minimal sets that reach the star, in order."""
    choices = [
        moves_of(line, picks.get(line["code"]), star, rules, skipped=line["code"] in skipped)
        for line in lines
    ]
    reaching = [
        moves
        for moves in itertools.product(*choices)
        if star_of(
            header,
            sum(move.points for move in moves),
            frozenset().union(*(move.misses for move in moves)),
            rules,
        )
        >= star
    ]

    reaching.sort(key=order)
    minimal: list[Set] = []
    for moves in reaching:
        # Whatever is less comes earlier in the order, and has itself something minimal below it.
        if not any(
            all(
                (
                    one.pick is None
                    or (move.pick is not None and one.gain <= move.gain and one.steps <= move.steps)
                )
                for one, move in zip(less, moves, strict=True)
            )
            for less in minimal
        ):
            minimal.append(moves)
    return minimal


def outline(result: Advice) -> list[list[tuple[str, int, int]]]:
    return [
        [(lift.criterion.code, int(lift.gain), lift.steps) for lift in way.lifts]
        for way in result.alternatives
    ]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_advice_is_what_a_walk_through_all_possibilities_finds(data: st.DataObject) -> None:
    header, document = data.draw(documents())
    lines = document["parts"][0]["groups"][0]["criteria"]
    picks = data.draw(picks_for(lines))
    rules = data.draw(st.sampled_from(RULES))
    star = data.draw(st.sampled_from([3, 4, 5]))
    skipped = {"2"} if data.draw(st.integers(0, 3)) == 0 else set()
    limit = data.draw(st.integers(1, 12))
    edition = read_edition(header, [document])
    with ExitStack() as patched:
        for module in (advice, scoresheet, stars):
            patched.enter_context(patch.object(module, "load_edition", lambda _code: edition))
        sheet = Scoresheet.of(
            CODE,
            1,
            {code: level if case is None else (case, level) for code, (case, level) in picks.items()},
            [RecordedGate("skip", "seen")] if skipped else [],
        )
        result = advise(sheet, star, rules=rules, limit=limit)
        for way in result.alternatives:
            after = evaluate(sheet_after(sheet, way.lifts), rules)
            assert (after.star, after.total) == (way.star, way.total)
            assert way.star >= star
            assert after.total - result.total == way.gain
        assert all(step.text.vi and step.text.en for step in result.explanation)
        assert all(o.reason.text.vi for o in result.obstacles)
        for lift in [*result.minimums, *(lift for way in result.alternatives for lift in way.lifts)]:
            assert lift.call.text.vi
            assert lift.proof.text.en

    walked = walk(header, lines, picks, skipped, star, rules)
    expected = [
        [
            (line["code"], move.gain, move.steps)
            for line, move in zip(lines, moves, strict=True)
            if move.pick is not None
        ]
        for moves in walked
    ]
    every_option = [option for line in lines for option in line["options"]]
    if not expected:
        assert result.prospect is Prospect.OUT_OF_REACH
        assert result.obstacles
        assert not result.alternatives
    elif expected == [[]]:
        assert result.prospect is Prospect.REACHED
        assert (result.alternatives, result.minimums, result.obstacles) == ((), (), ())
    else:
        assert result.prospect is Prospect.WITHIN_REACH
        if rules == StarRules() or not any("min_star" in o and "case" in o for o in every_option):
            assert outline(result) == [made for made, _ in itertools.groupby(expected)][:limit]
        else:
            # Ways to different stars may then differ in the case alone; the least is the least all the same.
            assert [len(expected[0]), sum(steps for *_, steps in expected[0])] == [
                len(result.alternatives[0].lifts),
                result.alternatives[0].steps,
            ]
        if rules == StarRules():
            # What the star's minimums demand is in every alternative, at least as high.
            for minimum in result.minimums:
                for way in result.alternatives:
                    (lift,) = (one for one in way.lifts if one.criterion is minimum.criterion)
                    assert lift.compulsory
                    assert lift.gain >= minimum.gain
                    assert lift.steps >= minimum.steps
