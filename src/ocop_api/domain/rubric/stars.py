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

from collections.abc import Iterable
from decimal import Decimal
from itertools import accumulate

from ocop_api.domain.rubric.criteria import CriteriaSet, GateEffect
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.evaluation import Evaluation, StarCheck, Subtotal, TriggeredGate
from ocop_api.domain.rubric.rating import (
    DEFAULT_STAR_RULES,
    Outcome,
    StarRules,
    WhenMinimumMissed,
    reachable_totals,
)
from ocop_api.domain.rubric.scoresheet import Scoresheet
from ocop_api.domain.rubric.scoring_key import Mark, ScoringKey, Span, scoring_key

__all__ = ["DEFAULT_STAR_RULES", "Evaluation", "Outcome", "StarRules", "WhenMinimumMissed", "evaluate"]


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
    key = scoring_key(edition, criteria_set, rules)
    gates = _triggered(criteria_set, sheet) if sheet.gates else ()
    marks = _marks(key, sheet, gates, skipped_criteria)
    missing = tuple([mark.score.code for mark in marks if mark.is_open])
    sums = list(accumulate([mark.points for mark in marks], initial=0))
    total = sums[-1]
    most = total + sum([mark.upside for mark in marks]) if missing else total
    missed = 0
    for mark in marks:
        missed |= mark.missed
    band = key.band(total)
    outcome = _outcome(gates, complete=not missing)
    star = key.star(band.star, missed) if outcome is Outcome.RATED else None
    in_reach: tuple[int, ...] = () if star is None else (star,)
    if outcome is Outcome.INCOMPLETE:
        in_reach = _stars_in_reach(key, total, missed, missing)
    return Evaluation(
        edition=edition.code,
        set_number=criteria_set.number,
        outcome=outcome,
        criteria=tuple([mark.score for mark in marks]),
        groups=_subtotals(key.groups, sums, marks, complete=not missing),
        parts=_subtotals(key.parts, sums, marks, complete=not missing),
        total=Decimal(total),
        # Every criterion can end at 0: where no option is worth 0 points, none may be reached.
        least_total=Decimal(total),
        most_total=Decimal(most),
        maximum=edition.total,
        missing=missing,
        gates=gates,
        band=band,
        checks=_star_checks(key, marks, total, most),
        star=star,
        stars_in_reach=in_reach,
        recognised_from=edition.recognised_from,
    )


def _marks(
    key: ScoringKey, sheet: Scoresheet, gates: tuple[TriggeredGate, ...], skipped_criteria: Iterable[str]
) -> list[Mark]:
    """Return the mark of every criterion, in the order of the set."""
    choices = sheet.choices
    marks = [
        row.chosen[choice.case, choice.level] if (choice := choices.get(code)) is not None else row.open
        for code, row in key.rows.items()
    ]
    skipped = {*skipped_criteria}
    for found in gates:
        if found.gate.effect is GateEffect.SKIP_CRITERION:
            skipped.update(found.criteria)
    if skipped:
        marks = [
            row.skipped(choices.get(code)) if code in skipped else mark
            for (code, row), mark in zip(key.rows.items(), marks, strict=True)
        ]
    return marks


def _outcome(gates: tuple[TriggeredGate, ...], *, complete: bool) -> Outcome:
    effects = {triggered.gate.effect for triggered in gates}
    if GateEffect.DISQUALIFY_DOSSIER in effects:
        return Outcome.DISQUALIFIED
    if GateEffect.STOP_EVALUATION in effects:
        return Outcome.STOPPED
    return Outcome.RATED if complete else Outcome.INCOMPLETE


def _triggered(criteria_set: CriteriaSet, sheet: Scoresheet) -> tuple[TriggeredGate, ...]:
    return tuple(
        TriggeredGate(
            gate=criteria_set.gates[recorded.gate],
            reason=recorded.reason,
            criteria=criteria_set.gate_criteria[recorded.gate],
        )
        for recorded in sheet.gates
    )


def _subtotals(
    spans: tuple[Span, ...], sums: list[int], marks: list[Mark], *, complete: bool
) -> tuple[Subtotal, ...]:
    """Return the points of groups or parts; ``sums`` are the running totals before each criterion."""
    if complete:
        return tuple([span.finished[sums[span.end] - sums[span.start]] for span in spans])
    found: list[Subtotal] = []
    for span in spans:
        unfinished = any(mark.is_open for mark in marks[span.start : span.end])
        made = span.unfinished if unfinished else span.finished
        found.append(made[sums[span.end] - sums[span.start]])
    return tuple(found)


def _star_checks(key: ScoringKey, marks: list[Mark], total: int, most: int) -> tuple[StarCheck, ...]:
    by_star = zip(*[marks[place].checks for place in key.asking], strict=True)
    return tuple(
        [
            StarCheck(
                star,
                points_from,
                True if total >= floor else False if most < floor else None,
                tuple([check for check in checks if check is not None]),
            )
            for (star, points_from, floor), checks in zip(key.ladder, by_star, strict=True)
        ]
    )


def _stars_in_reach(key: ScoringKey, total: int, missed: int, missing: tuple[str, ...]) -> tuple[int, ...]:
    """Return exactly the stars some completion of the sheet ends with, ascending."""
    stars: set[int] = set()
    reachable = reachable_totals(key.rows[code].outcomes for code in missing)
    for newly_missed, gains in reachable.items():
        totals = gains << total
        for floor, band in key.floors:
            if totals >> floor:
                stars.add(key.star(band.star, missed | newly_missed))
                totals &= (1 << floor) - 1
    return tuple(sorted(stars))
