"""Bring the sheets of a council (*hội đồng đánh giá, phân hạng*) together into one result.

How the places that the decisions leave to the council's regulation (*Quy chế*) are read here:

* The result is the arithmetic mean of the members' totals. It is kept as a fraction, so nothing is
  rounded before it is banded: 89,995 is displayed as 90,00 and is four stars.
* A gate takes effect when more than half of the counted sheets record that very gate. A gate that
  skips a criterion then skips it on every sheet; one that ends the evaluation ends it for the product.
* A member who stops at a gate need not score on. Where the majority does not share the gate such a
  sheet has no total, and a new round is needed in which it is finished.
* A criterion's minimum counts as met when more than half of the scored sheets reach it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from ocop_api.domain.council import DEFAULT_COUNCIL_RULES, CouncilRules
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.rubric.criteria import Band, CriteriaSet, Gate, GateEffect, Text
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.evaluation import Evaluation, MinimumCheck
from ocop_api.domain.rubric.rating import Outcome, band_of, decide_star
from ocop_api.domain.rubric.scoresheet import Scoresheet
from ocop_api.domain.rubric.stars import evaluate

__all__ = [
    "Consolidation",
    "CountedSheet",
    "CriterionComparison",
    "GateVote",
    "MinimumVote",
    "PartMean",
    "StarVote",
    "consolidate",
]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CountedSheet:
    """A member's sheet with its evaluation; ``total`` is None when it stopped at a gate unfinished."""

    member: str
    evaluation: Evaluation
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class GateVote:
    """How many of the counted sheets record a gate, with each member's reason."""

    gate: Gate
    criteria: tuple[str, ...]
    reasons: Mapping[str, str]
    counted: int
    carried: bool

    @property
    def votes(self) -> int:
        """The number of sheets that record it."""
        return len(self.reasons)


@dataclass(frozen=True, slots=True)
class CriterionComparison:
    """One criterion across the scored sheets: points by member, exact mean, extremes."""

    code: str
    points: Mapping[str, Decimal]
    mean: Fraction
    least: Decimal
    most: Decimal

    @property
    def spread(self) -> Decimal:
        """The difference between the extremes."""
        return self.most - self.least


@dataclass(frozen=True, slots=True)
class PartMean:
    """The exact mean of a part across the scored sheets."""

    code: str
    mean: Fraction
    max: Decimal


@dataclass(frozen=True, slots=True)
class MinimumVote:
    """On how many of the scored sheets a criterion's minimum for a star is reached."""

    star: int
    criterion: str
    criterion_text: Text
    required_level: int
    required_text: Text
    reached: int
    counted: int
    met: bool


@dataclass(frozen=True, slots=True)
class StarVote:
    """What a recognised star asks for and what the council's sheets give together."""

    star: int
    points_from: Decimal
    band_met: bool
    minimums: tuple[MinimumVote, ...]

    @property
    def missed(self) -> tuple[MinimumVote, ...]:
        """The minimums without a majority."""
        return tuple(vote for vote in self.minimums if not vote.met)


@dataclass(frozen=True, slots=True)
class Consolidation:
    """The council's result.

    The figures (``total_sum`` to ``band``) are over the scored sheets and None when there is none.
    ``indicated_star`` is where points and minimums lead; ``star`` is the same, but None while a new
    round is needed or when a gate ended the evaluation, so it can be acted upon.
    """

    edition: str
    set_number: int
    outcome: Outcome
    sheets: tuple[CountedSheet, ...]
    gates: tuple[GateVote, ...]
    total_sum: Decimal | None
    mean: Fraction | None
    displayed_mean: Decimal | None
    least: Decimal | None
    most: Decimal | None
    band: Band | None
    spread_limit: Decimal | None
    spread_exceeded: bool
    criteria: tuple[CriterionComparison, ...]
    parts: tuple[PartMean, ...]
    stars: tuple[StarVote, ...]
    indicated_star: int | None
    star: int | None
    recognised_from: int

    @property
    def counted(self) -> int:
        """The number of sheets brought together."""
        return len(self.sheets)

    @property
    def unscored(self) -> tuple[str, ...]:
        """The members whose sheet stopped at a gate unfinished."""
        return tuple(sheet.member for sheet in self.sheets if sheet.total is None)

    @property
    def spread(self) -> Decimal | None:
        """The difference between the highest and the lowest total."""
        return None if self.most is None or self.least is None else self.most - self.least

    @property
    def new_round_needed(self) -> bool:
        """Whether the sheets go back for discussion: they differ too much, or some are unfinished."""
        return self.outcome is Outcome.INCOMPLETE

    @property
    def recognisable(self) -> bool:
        """Whether the final star earns a recognition decision."""
        return self.star is not None and self.star >= self.recognised_from


def consolidate(
    sheets: Mapping[str, Scoresheet], rules: CouncilRules = DEFAULT_COUNCIL_RULES
) -> Consolidation:
    """Bring the sheets, by member, together; recused members' sheets must not be among them.

    Raises:
        RuleViolation: ``rubric.no_sheets``, ``rubric.sheets_of_different_sets``, or
            ``rubric.sheet_incomplete`` (a sheet neither finished nor stopped at a gate).
    """
    criteria_set = _common_set(sheets)
    edition = load_edition(criteria_set.edition)
    gates = _gate_votes(criteria_set, sheets, rules)
    carried = [vote for vote in gates if vote.carried]
    skipped = [
        code for vote in carried if vote.gate.effect is GateEffect.SKIP_CRITERION for code in vote.criteria
    ]
    counted = tuple(
        _counted(member, evaluate(sheet, rules.stars, skipped_criteria=skipped))
        for member, sheet in sheets.items()
    )
    scored = {sheet.member: sheet.evaluation for sheet in counted if sheet.total is not None}
    totals = [evaluation.total for evaluation in scored.values()]
    mean = _mean(totals) if totals else None
    band = None if mean is None else band_of(mean, edition.bands)
    stars = _star_votes(list(scored.values()), mean, rules)
    missed = {vote.star: bool(vote.missed) for vote in stars}
    indicated = None if band is None else decide_star(band.star, missed.__getitem__, edition, rules.stars)
    exceeded = bool(totals) and rules.is_spread_too_wide(min(totals), max(totals))
    outcome = _outcome(carried, again=exceeded or len(scored) < len(counted))
    return Consolidation(
        edition=edition.code,
        set_number=criteria_set.number,
        outcome=outcome,
        sheets=counted,
        gates=gates,
        total_sum=sum(totals, _ZERO) if totals else None,
        mean=mean,
        displayed_mean=None if mean is None else rules.displayed(mean),
        least=min(totals, default=None),
        most=max(totals, default=None),
        band=band,
        spread_limit=rules.spread_limit,
        spread_exceeded=exceeded,
        criteria=_comparisons(scored),
        parts=_part_means(list(scored.values())),
        stars=stars,
        indicated_star=indicated if outcome in {Outcome.RATED, Outcome.INCOMPLETE} else None,
        star=indicated if outcome is Outcome.RATED else None,
        recognised_from=edition.recognised_from,
    )


def _common_set(sheets: Mapping[str, Scoresheet]) -> CriteriaSet:
    if not sheets:
        raise RuleViolation("rubric.no_sheets")
    sets = {(sheet.edition, sheet.set_number) for sheet in sheets.values()}
    if len(sets) > 1:
        raise RuleViolation("rubric.sheets_of_different_sets", sets=sorted(sets))
    return next(iter(sheets.values())).criteria_set


def _gate_votes(
    criteria_set: CriteriaSet, sheets: Mapping[str, Scoresheet], rules: CouncilRules
) -> tuple[GateVote, ...]:
    reasons: dict[str, dict[str, str]] = {}
    for member, sheet in sheets.items():
        for recorded in sheet.gates:
            reasons.setdefault(recorded.gate, {})[member] = recorded.reason
    return tuple(
        GateVote(
            gate=gate,
            criteria=criteria_set.gate_criteria[id_],
            reasons=MappingProxyType(reasons[id_]),
            counted=len(sheets),
            carried=rules.is_majority(len(reasons[id_]), len(sheets)),
        )
        for id_, gate in criteria_set.gates.items()
        if id_ in reasons
    )


def _counted(member: str, evaluation: Evaluation) -> CountedSheet:
    if evaluation.complete:
        return CountedSheet(member, evaluation, evaluation.total)
    if evaluation.outcome is Outcome.INCOMPLETE:
        raise RuleViolation("rubric.sheet_incomplete", member=member, missing=list(evaluation.missing))
    return CountedSheet(member, evaluation, None)


def _outcome(carried: Iterable[GateVote], *, again: bool) -> Outcome:
    effects = {vote.gate.effect for vote in carried}
    if GateEffect.DISQUALIFY_DOSSIER in effects:
        return Outcome.DISQUALIFIED
    if GateEffect.STOP_EVALUATION in effects:
        return Outcome.STOPPED
    return Outcome.INCOMPLETE if again else Outcome.RATED


def _star_votes(
    evaluations: list[Evaluation], mean: Fraction | None, rules: CouncilRules
) -> tuple[StarVote, ...]:
    if mean is None:
        return ()
    counted = len(evaluations)
    carries = [rules.is_majority(reached, counted) for reached in range(counted + 1)]
    places = {score.code: place for place, score in enumerate(evaluations[0].criteria)}
    votes: list[StarVote] = []
    for checks in zip(*(evaluation.checks for evaluation in evaluations), strict=True):
        # Members who chose another case of a criterion may be asked less there, or nothing at all. The
        # strictest minimum asked of anybody is shown, so that the order of the sheets does not matter.
        asked: dict[str, MinimumCheck] = {}
        missing_it: Counter[str] = Counter()
        for minimum in (minimum for check in checks for minimum in check.minimums):
            code = minimum.criterion
            if code not in asked or minimum.required_level > asked[code].required_level:
                asked[code] = minimum
            if not minimum.met:
                missing_it[code] += 1
        minimums = [
            MinimumVote(
                star=minimum.star,
                criterion=code,
                criterion_text=minimum.criterion_text,
                required_level=minimum.required_level,
                required_text=minimum.required_text,
                reached=counted - missing_it[code],
                counted=counted,
                met=carries[counted - missing_it[code]],
            )
            for code, minimum in sorted(asked.items(), key=lambda item: places[item[0]])
        ]
        floor_of_star = checks[0].points_from
        votes.append(
            StarVote(checks[0].star, floor_of_star, mean >= Fraction(floor_of_star), tuple(minimums))
        )
    return tuple(votes)


def _comparisons(scored: Mapping[str, Evaluation]) -> tuple[CriterionComparison, ...]:
    rows = zip(*(evaluation.criteria for evaluation in scored.values()), strict=True)
    return tuple(
        CriterionComparison(
            code=row[0].code,
            points=MappingProxyType(dict(zip(scored, points, strict=True))),
            mean=_mean(points),
            least=min(points),
            most=max(points),
        )
        for row, points in ((row, [score.points for score in row]) for row in rows)
    )


def _part_means(evaluations: list[Evaluation]) -> tuple[PartMean, ...]:
    rows = zip(*(evaluation.parts for evaluation in evaluations), strict=True)
    return tuple(PartMean(row[0].code, _mean([part.points for part in row]), row[0].max) for row in rows)


def _mean(points: Sequence[Decimal]) -> Fraction:
    numerator, denominator = sum(points, _ZERO).as_integer_ratio()
    return Fraction(numerator, denominator * len(points))
