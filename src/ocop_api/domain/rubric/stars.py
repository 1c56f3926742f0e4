"""Evaluate a score sheet: points, minimums, gates and the star.

How the silent places of the decisions are read here:

* A star's minimum in a criterion is reached when the chosen level is at least the marked one. Levels
  order the options (points never fall as the level rises, which the loader checks), so of two options
  worth the same points the lower one does not reach a minimum set on the higher.
* In a criterion with cases the marks of the chosen case bind; another case's marks do not.
* ``NONE_REACHED`` and a skipped criterion reach no minimum. A product without a story therefore
  misses the minimums that stand at the story's content.
* Gates are what examiners recorded; none is inferred from the points.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from ocop_api.domain.rubric.criteria import (
    NONE_REACHED,
    CriteriaSet,
    Criterion,
    Edition,
    GateEffect,
    Option,
)
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.evaluation import (
    CriterionScore,
    CriterionState,
    Evaluation,
    MinimumCheck,
    StarCheck,
    Subtotal,
    TriggeredGate,
)
from ocop_api.domain.rubric.rating import (
    DEFAULT_STAR_RULES,
    Outcome,
    StarRules,
    WhenMinimumMissed,
    band_of,
    decide_star,
    possible_stars,
)
from ocop_api.domain.rubric.scoresheet import Choice, Scoresheet

__all__ = ["DEFAULT_STAR_RULES", "Evaluation", "Outcome", "StarRules", "WhenMinimumMissed", "evaluate"]

_ZERO = Decimal(0)

Requirements = tuple[tuple[Criterion, dict[int | None, Option]], ...]
"""The criteria that set a minimum for a star, each with the required option by case."""


def evaluate(
    sheet: Scoresheet,
    rules: StarRules = DEFAULT_STAR_RULES,
    *,
    skipped_criteria: Iterable[str] = (),
) -> Evaluation:
    """Return what the sheet comes to under its edition.

    ``skipped_criteria`` names criteria that score 0 although the sheet records no gate for it, as
    when a council's majority found the gate.
    """
    edition = load_edition(sheet.edition)
    criteria_set = edition.criteria_set(sheet.set_number)
    gates = _triggered(criteria_set, sheet)
    skipped = frozenset(skipped_criteria).union(
        *(found.criteria for found in gates if found.gate.effect is GateEffect.SKIP_CRITERION)
    )
    scores = tuple(
        _score(criterion, sheet.choices.get(code), skipped=code in skipped)
        for code, criterion in criteria_set.criteria.items()
    )
    by_code = {score.code: score for score in scores}
    missing = tuple(score.code for score in scores if score.state is CriterionState.MISSING)
    groups = tuple(
        _subtotal(group.code, group.max, [by_code[criterion.code] for criterion in group.criteria])
        for part in criteria_set.parts
        for group in part.groups
    )
    parts = tuple(
        _subtotal(part.code, part.max, [by_code[c.code] for group in part.groups for c in group.criteria])
        for part in criteria_set.parts
    )
    total = sum((part.points for part in parts), _ZERO)
    most = total + sum((criteria_set.criteria[code].best for code in missing), _ZERO)
    floors = {band.star: band.points_from for band in edition.bands}
    checks = tuple(
        StarCheck(
            star=star,
            points_from=floors[star],
            band_met=True if total >= floors[star] else False if most < floors[star] else None,
            minimums=tuple(_minimum_checks(criteria_set, star, rules, by_code)),
        )
        for star in edition.ladder
    )
    return _concluded(
        Evaluation(
            edition=edition.code,
            set_number=criteria_set.number,
            outcome=Outcome.INCOMPLETE if missing else Outcome.RATED,
            criteria=scores,
            groups=groups,
            parts=parts,
            total=total,
            # Every criterion can end at 0: where no option is worth 0 points, none may be reached.
            least_total=total,
            most_total=most,
            maximum=edition.total,
            missing=missing,
            gates=gates,
            band=band_of(total, edition.bands),
            checks=checks,
            star=None,
            stars_in_reach=(),
            recognised_from=edition.recognised_from,
        ),
        edition,
        criteria_set,
        rules,
    )


def _concluded(
    evaluation: Evaluation, edition: Edition, criteria_set: CriteriaSet, rules: StarRules
) -> Evaluation:
    effects = {triggered.gate.effect for triggered in evaluation.gates}
    if GateEffect.DISQUALIFY_DOSSIER in effects:
        return replace(evaluation, outcome=Outcome.DISQUALIFIED)
    if GateEffect.STOP_EVALUATION in effects:
        return replace(evaluation, outcome=Outcome.STOPPED)
    missed = {check.star: bool(check.missed) for check in evaluation.checks}
    if evaluation.complete:
        star = decide_star(evaluation.band.star, missed.__getitem__, edition, rules)
        return replace(evaluation, star=star, stars_in_reach=(star,))
    outcomes = [_open_outcomes(criteria_set, rules, edition.ladder)[code] for code in evaluation.missing]
    return replace(
        evaluation, stars_in_reach=possible_stars(int(evaluation.total), missed, outcomes, edition, rules)
    )


def _triggered(criteria_set: CriteriaSet, sheet: Scoresheet) -> tuple[TriggeredGate, ...]:
    return tuple(
        TriggeredGate(
            gate=criteria_set.gates[recorded.gate],
            reason=recorded.reason,
            criteria=criteria_set.gate_criteria[recorded.gate],
        )
        for recorded in sheet.gates
    )


def _score(criterion: Criterion, choice: Choice | None, *, skipped: bool) -> CriterionScore:
    level = None if choice is None else choice.level
    case = None if choice is None else choice.case
    if skipped:
        return CriterionScore(criterion.code, CriterionState.SKIPPED, _ZERO, criterion.max, level, case)
    if level is None:
        return CriterionScore(criterion.code, CriterionState.MISSING, _ZERO, criterion.max, None, None)
    points = _ZERO if level == NONE_REACHED else criterion.by_level[level].points
    return CriterionScore(criterion.code, CriterionState.SCORED, points, criterion.max, level, case)


def _subtotal(code: str, maximum: Decimal, scores: list[CriterionScore]) -> Subtotal:
    return Subtotal(
        code=code,
        points=sum((score.points for score in scores), _ZERO),
        max=maximum,
        complete=all(score.state is not CriterionState.MISSING for score in scores),
    )


def _minimum_checks(
    criteria_set: CriteriaSet, star: int, rules: StarRules, scores: dict[str, CriterionScore]
) -> Iterator[MinimumCheck]:
    for criterion, by_case in _requirements(criteria_set, star, cumulative=rules.cumulative_minimums):
        score = scores[criterion.code]
        # Without a case chosen nothing is reached anyway, so any case's minimum serves to say what was asked.
        required = by_case.get(score.case) if score.case is not None else next(iter(by_case.values()))
        if required is not None:
            yield MinimumCheck(
                star=star,
                criterion=criterion.code,
                criterion_text=criterion.text,
                required_level=required.level,
                required_points=required.points,
                required_text=required.text,
                met=_reached(score, required),
            )


def _reached(score: CriterionScore, required: Option) -> bool | None:
    if score.state is CriterionState.SKIPPED:
        return False
    return None if score.level is None else score.level >= required.level


@lru_cache(maxsize=1024)
def _requirements(criteria_set: CriteriaSet, star: int, *, cumulative: bool) -> Requirements:
    found: list[tuple[Criterion, dict[int | None, Option]]] = []
    for criterion in criteria_set.criteria.values():
        cases: list[int | None] = [case.number for case in criterion.cases] or [None]
        marks = {case: criterion.required(star, case=case, cumulative=cumulative) for case in cases}
        if required := {case: option for case, option in marks.items() if option is not None}:
            found.append((criterion, required))
    return tuple(found)


@lru_cache(maxsize=512)
def _open_outcomes(
    criteria_set: CriteriaSet, rules: StarRules, ladder: tuple[int, ...]
) -> dict[str, frozenset[tuple[int, frozenset[int]]]]:
    """For each criterion its possible outcomes: points, and the stars whose minimum they miss."""
    required = {
        star: {
            criterion.code: by_case
            for criterion, by_case in _requirements(criteria_set, star, cumulative=rules.cumulative_minimums)
        }
        for star in ladder
    }
    outcomes: dict[str, frozenset[tuple[int, frozenset[int]]]] = {}
    for code, criterion in criteria_set.criteria.items():
        asked = {star: required[star][code] for star in ladder if code in required[star]}
        possible = {(int(option.points), _missed_by(option, asked)) for option in criterion.options}
        for case in criterion.cases:
            if NONE_REACHED in criterion.levels(case.number):
                possible.add((0, frozenset(star for star in asked if case.number in asked[star])))
        if NONE_REACHED in criterion.levels():
            possible.add((0, frozenset(asked)))
        outcomes[code] = frozenset(possible)
    return outcomes


def _missed_by(option: Option, asked: dict[int, dict[int | None, Option]]) -> frozenset[int]:
    return frozenset(
        star
        for star, by_case in asked.items()
        if option.case in by_case and option.level < by_case[option.case].level
    )
