"""From a sheet to the stars by which a target may be reached, and what each of them asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from ocop_api.domain.rubric.advice_result import Obstacle, ObstacleKind
from ocop_api.domain.rubric.advice_search import Climb, Rung, Selection, pareto, selections
from ocop_api.domain.rubric.criteria import NONE_REACHED, CriteriaSet, Criterion, EditionHeader, Option
from ocop_api.domain.rubric.evaluation import CriterionScore, CriterionState, Evaluation
from ocop_api.domain.rubric.rating import StarRules, WhenMinimumMissed
from ocop_api.domain.rubric.statements import statement


@dataclass(frozen=True, slots=True)
class Goal:
    """One star by which the target may be reached.

    ``least`` and ``below`` bound the points to be gained; ``below`` is None where more never harms.
    ``climbs`` bear the positions of their criteria in the set. ``barred`` are criteria whose minimum
    is out of reach because they are not scored, with the option asked for.
    """

    star: int
    least: int
    below: int | None
    climbs: tuple[Climb, ...]
    barred: tuple[tuple[Criterion, Option], ...]

    def ways(self) -> Iterator[Selection]:
        """The minimal selections that reach this star, best first."""
        return iter(()) if self.barred else selections(self.climbs, self.least, self.below)

    def improves_on(self, selection: Selection) -> bool:
        """Whether this star is reached by less than the selection: some of its lifts smaller or left out."""
        chosen = dict(selection)
        if self.barred or any(climb.compulsory and climb.position not in chosen for climb in self.climbs):
            return False
        # The sums that can be had, as bits: with every lift whole, and with at least one of them less.
        climbs = {climb.position: climb for climb in self.climbs}
        whole, less = 1, 0
        for position, lift in chosen.items():
            climb = climbs.get(position)
            rungs = () if climb is None else climb.rungs
            # Options worth the same are told apart by their steps: a minimum may stand on the higher.
            within = {(r.gain, r.steps) for r in rungs if r.gain <= lift.gain and r.steps <= lift.steps}
            lesser = {gain for gain, steps in within if (gain, steps) != (lift.gain, lift.steps)}
            if climb is None or not climb.compulsory:
                lesser.add(0)
            elif not within:
                return False
            reduced = less << lift.gain
            for gain in lesser:
                reduced |= (whole | less) << gain
            whole, less = whole << lift.gain, reduced
        below = less.bit_length() if self.below is None else max(self.below, 0)
        return bool((less & ((1 << below) - 1)) >> max(self.least, 0))


def goals_for(
    evaluation: Evaluation,
    criteria_set: CriteriaSet,
    header: EditionHeader,
    target_star: int,
    rules: StarRules,
) -> tuple[Goal, ...]:
    """Return the stars that count as the target, the target first.

    Under cumulative minimums whatever reaches a higher star reaches the target too, unless points
    beyond the band of the target ask for the minimums of the higher band.
    """
    strict = rules.when_minimum_missed is WhenMinimumMissed.NO_RECOGNITION
    only_target = rules.cumulative_minimums and not strict
    stars = [
        star for star in header.ladder if star == target_star or (star > target_star and not only_target)
    ]
    floors = {band.star: ceil(band.points_from) for band in header.bands}
    points = int(evaluation.total)
    scores = {score.code: score for score in evaluation.criteria}
    goals: list[Goal] = []
    for star in stars:
        climbs: list[Climb] = []
        barred: list[tuple[Criterion, Option]] = []
        for position, (code, criterion) in enumerate(criteria_set.criteria.items()):
            climb = _climb(position, criterion, scores[code], star, rules)
            if isinstance(climb, Option):
                barred.append((criterion, climb))
            elif climb is not None:
                climbs.append(climb)
        ceiling = floors.get(star + 1) if strict else None
        goals.append(
            Goal(
                star=star,
                least=floors[star] - points,
                below=None if ceiling is None else ceiling - points,
                climbs=tuple(climbs),
                barred=tuple(barred),
            )
        )
    return tuple(goals)


def _climb(
    position: int, criterion: Criterion, score: CriterionScore, star: int, rules: StarRules
) -> Climb | Option | None:
    """What may be climbed in a criterion, or, where it is skipped, the option that is missed for good."""
    if score.case is not None:
        cases: tuple[int | None, ...] = (score.case,)
    else:
        cases = tuple(case.number for case in criterion.cases) or (None,)
    required = {
        case: option
        for case in cases
        if (option := criterion.required(star, case=case, cumulative=rules.cumulative_minimums)) is not None
    }
    if score.state is CriterionState.SKIPPED:
        return next(iter(required.values()), None)
    # While no case is chosen no case's minimum is reached, not even one at the lowest level.
    open_case = cases != (score.case,)
    rungs: list[Rung] = []
    met = not required
    for case in cases:
        levels = criterion.levels(case)
        start = 0 if score.level is None or score.level not in levels else levels.index(score.level)
        least = required[case].level if case in required else NONE_REACHED
        if levels[start] >= least and not open_case:
            met = True
        first = start if open_case and required else start + 1
        rungs += [
            Rung(int(_points(criterion, level) - score.points), steps, level, case)
            for steps, level in enumerate(levels[first:], first - start)
            if level >= least
        ]
    worthwhile = pareto([rung for rung in rungs if rung.gain > 0 or not met])
    return Climb(position, worthwhile, compulsory=not met) if worthwhile else None


def _points(criterion: Criterion, level: int) -> Decimal:
    return Decimal(0) if level == NONE_REACHED else criterion.by_level[level].points


def obstacles_to(goal: Goal, evaluation: Evaluation, header: EditionHeader) -> Iterator[Obstacle]:
    """What keeps a goal out of reach; nothing when it is within."""
    for criterion, required in goal.barred:
        gate = next(found.gate for found in evaluation.gates if criterion.code in found.criteria)
        yield Obstacle(
            ObstacleKind.CRITERION_SKIPPED,
            goal.star,
            statement(
                "advice_criterion_skipped",
                star=goal.star,
                criterion=criterion.code,
                label=criterion.text,
                required=required.text,
                gate=gate.id,
                finding=gate.text,
            ),
            gate=gate.id,
            criterion=criterion.code,
        )
    floor = next(band.points_from for band in header.bands if band.star == goal.star)
    if (gained := sum(climb.most for climb in goal.climbs)) < goal.least:
        yield Obstacle(
            ObstacleKind.TOO_FEW_POINTS,
            goal.star,
            statement(
                "advice_too_few_points",
                star=goal.star,
                most=evaluation.total + gained,
                **{"from": floor},
            ),
        )
    if goal.below is not None and sum(climb.base for climb in goal.climbs) >= goal.below:
        yield Obstacle(ObstacleKind.BAND_PASSED, goal.star, statement("advice_band_passed", star=goal.star))


def ending_gates(evaluation: Evaluation, star: int) -> Iterator[Obstacle]:
    """The recorded gates that leave no star to be had."""
    for found in evaluation.gates:
        if found.gate.effect.ends_evaluation:
            yield Obstacle(
                ObstacleKind.GATE_RECORDED,
                star,
                statement(
                    "advice_gate_recorded",
                    star=star,
                    gate=found.gate.id,
                    label=found.gate.text,
                    reason=found.reason,
                ),
                gate=found.gate.id,
            )
