"""The scoring key of a set: what every possible choice leads to, worked out once.

Of a set under given star rules a choice always gives the same points and reaches or misses the same
minimums. The key holds these results ready made and immutable, so that evaluating a sheet is mostly
looking them up; thousands of sheets share them. Points are whole numbers, which the loader of an
edition checks, so that the key adds plain integers and nothing is ever rounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from math import ceil

from ocop_api.domain.rubric.criteria import (
    NONE_REACHED,
    Band,
    CriteriaSet,
    Criterion,
    EditionHeader,
    Group,
    Option,
    Part,
)
from ocop_api.domain.rubric.evaluation import CriterionScore, CriterionState, MinimumCheck, Subtotal
from ocop_api.domain.rubric.rating import Outcomes, StarRules, decide_star
from ocop_api.domain.rubric.scoresheet import Choice

_ZERO = Decimal(0)

Required = Mapping[int | None, Option]
"""The option that must be reached in a criterion for a star, by case; cases that ask nothing are absent."""


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """What one choice in one criterion comes to.

    ``checks`` has one place for each star of the ladder, ascending; None where nothing is asked.
    ``missed`` are the stars whose minimum it misses, as bits. Where no choice is made yet ``is_open`` is
    set and ``upside`` is the most points that one could add.
    """

    score: CriterionScore
    points: int
    checks: tuple[MinimumCheck | None, ...]
    missed: int
    upside: int = 0
    is_open: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One criterion of the key: the mark of every valid choice by ``(case, level)``, and of none yet.

    ``outcomes`` are the different ends the criterion can have while it is open.
    """

    criterion: Criterion
    chosen: Mapping[tuple[int | None, int], Mark]
    open: Mark
    outcomes: Outcomes
    required: tuple[tuple[int, Required], ...]

    def skipped(self, choice: Choice | None) -> Mark:
        """Return the mark of a criterion taken out of the evaluation: no points, every minimum missed."""
        level, case = (None, None) if choice is None else (choice.level, choice.case)
        score = CriterionScore(
            self.criterion.code, CriterionState.SKIPPED, _ZERO, self.criterion.max, level, case
        )
        return _mark(self.criterion, self.required, score, reached=NONE_REACHED)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A group or part: the run of rows from ``start`` up to ``end``, and what they can sum up to.

    ``finished`` and ``unfinished`` have the subtotal for every number of points from 0.
    """

    start: int
    end: int
    finished: tuple[Subtotal, ...]
    unfinished: tuple[Subtotal, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ScoringKey:
    """The key of one set under one edition and one council's star rules, compared by identity.

    ``floors`` are the least whole totals of the bands, highest first; ``ladder`` has each recognised
    star, ascending, with its printed floor and that floor as a whole number. ``asking`` are the places
    of the rows that set a minimum.
    """

    edition: EditionHeader
    criteria_set: CriteriaSet
    rules: StarRules
    rows: Mapping[str, Row]
    groups: tuple[Span, ...]
    parts: tuple[Span, ...]
    floors: tuple[tuple[int, Band], ...]
    ladder: tuple[tuple[int, Decimal, int], ...]
    asking: tuple[int, ...]
    # What band and missed stars come to, decided when it first occurs.
    _stars: dict[tuple[int, int], int] = field(default_factory=dict, init=False, repr=False)

    def band(self, total: int) -> Band:
        """Return the band of a total."""
        return next(band for floor, band in self.floors if total >= floor)

    def star(self, band_star: int, missed: int) -> int:
        """Return the star for points in a band when the minimums of the stars in ``missed`` (bits) fail."""
        decided = self._stars.get((band_star, missed))
        if decided is None:
            decided = decide_star(band_star, lambda star: bool(missed >> star & 1), self.edition, self.rules)
            self._stars[band_star, missed] = decided
        return decided


@lru_cache(maxsize=256)
def scoring_key(edition: EditionHeader, criteria_set: CriteriaSet, rules: StarRules) -> ScoringKey:
    """Return the key of a set; the keys last used are kept."""
    rows = {code: _row(criterion, edition.ladder, rules) for code, criterion in criteria_set.criteria.items()}
    floors = {band.star: band.points_from for band in edition.bands}
    groups: list[Span] = []
    parts: list[Span] = []
    end = 0
    for part in criteria_set.parts:
        begun = end
        for group in part.groups:
            start, end = end, end + len(group.criteria)
            groups.append(_span(group, start, end, rows))
        parts.append(_span(part, begun, end, rows))
    return ScoringKey(
        edition=edition,
        criteria_set=criteria_set,
        rules=rules,
        rows=rows,
        groups=tuple(groups),
        parts=tuple(parts),
        # A whole number reaches a floor exactly when it reaches the next whole number above it.
        floors=tuple((ceil(band.points_from), band) for band in edition.bands),
        ladder=tuple((star, floors[star], ceil(floors[star])) for star in edition.ladder),
        # Never empty, so that going through the rows always gives something for each star.
        asking=tuple(place for place, row in enumerate(rows.values()) if any(row.open.checks)) or (0,),
    )


def _span(place: Group | Part, start: int, end: int, rows: Mapping[str, Row]) -> Span:
    most = sum(row.open.upside for row in list(rows.values())[start:end])
    finished, unfinished = (
        tuple(
            Subtotal(place.code, Decimal(points), place.max, complete=complete) for points in range(most + 1)
        )
        for complete in (True, False)
    )
    return Span(start, end, finished, unfinished)


def _row(criterion: Criterion, ladder: tuple[int, ...], rules: StarRules) -> Row:
    required = tuple(
        (star, _required(criterion, star, cumulative=rules.cumulative_minimums)) for star in ladder
    )
    chosen = {
        (case, level): _chosen(criterion, required, case, level)
        for case in (None, *(case.number for case in criterion.cases))
        for level in criterion.levels(case)
        # A level tells its case, so that a sheet never holds it without.
        if case is not None or level == NONE_REACHED or not criterion.cases
    }
    unscored = CriterionScore(criterion.code, CriterionState.MISSING, _ZERO, criterion.max, None, None)
    upside = max(mark.points for mark in chosen.values())
    return Row(
        criterion=criterion,
        chosen=chosen,
        open=replace(_mark(criterion, required, unscored, reached=None), upside=upside, is_open=True),
        outcomes=tuple(
            (missed, tuple({mark.points for mark in chosen.values() if mark.missed == missed}))
            for missed in sorted({mark.missed for mark in chosen.values()})
        ),
        required=required,
    )


def _required(criterion: Criterion, star: int, *, cumulative: bool) -> Required:
    cases: list[int | None] = [case.number for case in criterion.cases] or [None]
    options = {case: criterion.required(star, case=case, cumulative=cumulative) for case in cases}
    return {case: option for case, option in options.items() if option is not None}


def _chosen(
    criterion: Criterion, required: tuple[tuple[int, Required], ...], case: int | None, level: int
) -> Mark:
    points = _ZERO if level == NONE_REACHED else criterion.by_level[level].points
    score = CriterionScore(criterion.code, CriterionState.SCORED, points, criterion.max, level, case)
    return _mark(criterion, required, score, reached=level)


def _mark(
    criterion: Criterion,
    required: tuple[tuple[int, Required], ...],
    score: CriterionScore,
    *,
    reached: int | None,
) -> Mark:
    checks = tuple(_check(criterion, star, by_case, score.case, reached) for star, by_case in required)
    return Mark(
        score=score,
        points=int(score.points),
        checks=checks,
        missed=sum(1 << check.star for check in checks if check is not None and check.met is False),
    )


def _check(
    criterion: Criterion, star: int, by_case: Required, case: int | None, reached: int | None
) -> MinimumCheck | None:
    # Without a case chosen nothing is reached anyway, so any case's minimum serves to say what was asked.
    option = by_case.get(case) if case is not None else next(iter(by_case.values()), None)
    if option is None:
        return None
    return MinimumCheck(
        star=star,
        criterion=criterion.code,
        criterion_text=criterion.text,
        required_level=option.level,
        required_points=option.points,
        required_text=option.text,
        met=None if reached is None else reached >= option.level,
    )
