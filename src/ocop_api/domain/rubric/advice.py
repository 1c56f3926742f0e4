"""Advice to a producer: what is still missing for a star, and the least that would bring it.

How advice is reckoned:

* A criterion not scored yet has earned nothing: it stands at its lowest level, and scoring it higher is
  a lift like any other. The advice for a partial sheet therefore holds whatever becomes of the criteria
  it leaves alone.
* A lift counts its steps through the levels that may be chosen in the criterion. The case chosen in a
  criterion with cases is kept; while none is chosen every case is considered, and of two cases that
  gain the same the one with fewer steps, then the first, is named.
* Lifts that a star minimum demands are compulsory. They belong to every alternative; lifting such a
  criterion beyond its minimum takes no further criterion, only more steps.
* Alternatives come in the order: fewest criteria, fewest steps, most points, earlier criteria. Each is
  minimal: no lift of it can be left out or made smaller. The first is the least of all there are.
* A higher star counts as the target reached.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from heapq import merge
from itertools import islice

from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.advice_goals import Goal, ending_gates, goals_for, obstacles_to
from ocop_api.domain.rubric.advice_result import Advice, Alternative, Lift, Obstacle, ObstacleKind, Prospect
from ocop_api.domain.rubric.advice_search import Rung, Selection, order_of
from ocop_api.domain.rubric.criteria import EditionHeader
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.rating import DEFAULT_STAR_RULES, StarRules
from ocop_api.domain.rubric.scoresheet import Choice, Scoresheet
from ocop_api.domain.rubric.stars import evaluate

__all__ = [
    "DEFAULT_ALTERNATIVES",
    "Advice",
    "Alternative",
    "Lift",
    "Obstacle",
    "ObstacleKind",
    "Prospect",
    "advise",
    "check_target",
    "sheet_after",
]

DEFAULT_ALTERNATIVES = 3
_MOST_COMPARED = 500
"""Selections compared where several stars may lead to the target; the best is the first of them."""

_Way = tuple[Goal, Selection]


def advise(
    sheet: Scoresheet,
    target_star: int,
    *,
    rules: StarRules = DEFAULT_STAR_RULES,
    limit: int = DEFAULT_ALTERNATIVES,
) -> Advice:
    """Return what keeps the sheet from ``target_star`` and up to ``limit`` least ways to reach it.

    The alternatives are the first ``limit`` of all minimal ones. Only under rules that are not
    cumulative, or that refuse recognition for a missed minimum, may one after the first be passed
    over: there a star can be reached through a higher one, and the comparison ends somewhere.

    Raises:
        Invalid: ``rubric.unknown_target_star`` with the stars that are recognised.
        ValueError: ``limit`` is less than 1.
    """
    if limit < 1:
        raise ValueError("at least one alternative must be asked for")
    edition = load_edition(sheet.edition)
    check_target(edition, target_star)
    evaluation = evaluate(sheet, rules)
    told = partial(
        Advice,
        edition=evaluation.edition,
        set_number=evaluation.set_number,
        target_star=target_star,
        total=evaluation.total,
        star=evaluation.star,
        points_from=next(band.points_from for band in edition.bands if band.star == target_star),
        missing=evaluation.missing,
    )
    if gates := tuple(ending_gates(evaluation, target_star)):
        return told(prospect=Prospect.OUT_OF_REACH, minimums=(), alternatives=(), obstacles=gates)
    goals = goals_for(evaluation, sheet.criteria_set, edition, target_star, rules)
    ways = list(islice(_least(goals), limit))
    if ways and not ways[0][1]:
        return told(prospect=Prospect.REACHED, minimums=(), alternatives=(), obstacles=())
    lift = partial(_lift, sheet=sheet, rules=rules)
    target = goals[0]
    minimums = tuple(
        lift(climb.position, climb.rungs[0], target) for climb in target.climbs if climb.compulsory
    )
    if not ways:
        obstacles = tuple(found for goal in goals for found in obstacles_to(goal, evaluation, edition))
        return told(prospect=Prospect.OUT_OF_REACH, minimums=minimums, alternatives=(), obstacles=obstacles)
    alternatives: list[Alternative] = []
    for goal, selection in ways:
        lifts = tuple(lift(position, rung, goal) for position, rung in selection)
        # The sheet is finished and no gate ends it, so exactly one star is in reach.
        after = evaluate(sheet_after(sheet, lifts), rules)
        alternatives.append(Alternative(lifts, after.total, after.stars_in_reach[0]))
    return told(
        prospect=Prospect.WITHIN_REACH, minimums=minimums, alternatives=tuple(alternatives), obstacles=()
    )


def check_target(header: EditionHeader, target_star: int) -> None:
    """Refuse a star that is not recognised.

    Raises:
        Invalid: ``rubric.unknown_target_star`` with the stars that are.
    """
    if target_star not in header.ladder:
        raise Invalid(
            "rubric.unknown_target_star",
            target_star=target_star,
            edition=header.code,
            ladder=list(header.ladder),
        )


def sheet_after(sheet: Scoresheet, lifts: Iterable[Lift]) -> Scoresheet:
    """Return the finished sheet: the lifts made, and nothing earned in what is still missing."""
    lifted = {lift.criterion.code: Choice(lift.to_level, lift.case) for lift in lifts}
    choices: dict[str, Choice] = {}
    for code, criterion in sheet.criteria_set.criteria.items():
        case = criterion.cases[0].number if criterion.cases else None
        lowest = Choice(criterion.levels(case)[0], case)
        choices[code] = lifted.get(code) or sheet.choices.get(code) or lowest
    return Scoresheet(sheet.edition, sheet.set_number, choices, sheet.gates)


def _least(goals: tuple[Goal, ...]) -> Iterator[_Way]:
    """The minimal ways to any of the goals, best first."""
    if len(goals) == 1:
        yield from ((goals[0], selection) for selection in goals[0].ways())
        return
    seen: set[tuple[object, ...]] = set()
    streams = [((goal, selection) for selection in goal.ways()) for goal in goals]
    for goal, selection in islice(merge(*streams, key=lambda way: order_of(way[1])), _MOST_COMPARED):
        key = order_of(selection)
        if key not in seen and not any(other.improves_on(selection) for other in goals):
            yield goal, selection
        seen.add(key)


def _lift(position: int, rung: Rung, goal: Goal, *, sheet: Scoresheet, rules: StarRules) -> Lift:
    criteria_set = sheet.criteria_set
    criterion = list(criteria_set.criteria.values())[position]
    held = sheet.choices.get(criterion.code)
    compulsory = any(climb.compulsory for climb in goal.climbs if climb.position == position)
    return Lift(
        criterion=criterion,
        from_level=None if held is None else held.level,
        to_level=rung.level,
        case=rung.case,
        gain=Decimal(rung.gain),
        steps=rung.steps,
        compulsory=compulsory,
        minimum=criterion.required(goal.star, case=rung.case, cumulative=rules.cumulative_minimums)
        if compulsory
        else None,
        samples=criteria_set.samples_required > 0,
    )
