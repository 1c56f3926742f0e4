"""What a score sheet comes to, and how it explains itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ocop_api.domain.rubric.criteria import Band, Gate, GateEffect, Text
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.rubric.statements import Statement, statement


class CriterionState(StrEnum):
    """Whether a criterion has its points."""

    SCORED = "scored"
    MISSING = "missing"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """The points of one criterion. ``level`` and ``case`` are those chosen, None while missing.

    A skipped criterion has 0 points whatever was chosen in it.
    """

    code: str
    state: CriterionState
    points: Decimal
    max: Decimal
    level: int | None
    case: int | None


@dataclass(frozen=True, slots=True)
class Subtotal:
    """The points of a group or part; ``complete`` when none of its criteria is missing."""

    code: str
    points: Decimal
    max: Decimal
    complete: bool


@dataclass(frozen=True, slots=True)
class MinimumCheck:
    """One criterion's minimum for a star: the level, points and label to be reached.

    ``met`` is None while the criterion is missing on a partial sheet.
    """

    star: int
    criterion: str
    criterion_text: Text
    required_level: int
    required_points: Decimal
    required_text: Text
    met: bool | None


@dataclass(frozen=True, slots=True)
class StarCheck:
    """What a recognised star asks for and what the sheet gives.

    ``band_met``: the points reach the star's band; None while a partial sheet leaves it open.
    """

    star: int
    points_from: Decimal
    band_met: bool | None
    minimums: tuple[MinimumCheck, ...]

    @property
    def missed(self) -> tuple[MinimumCheck, ...]:
        """The minimums that are definitely not reached."""
        return tuple(check for check in self.minimums if check.met is False)

    @property
    def undecided(self) -> tuple[MinimumCheck, ...]:
        """The minimums of criteria not scored yet."""
        return tuple(check for check in self.minimums if check.met is None)

    @property
    def minimums_met(self) -> bool | None:
        """Whether every minimum is reached; None while that is open."""
        return False if self.missed else None if self.undecided else True


@dataclass(frozen=True, slots=True)
class TriggeredGate:
    """A gate recorded on the sheet, its reason and the criteria it stands at (none: the whole dossier)."""

    gate: Gate
    reason: str
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A score sheet's points, minimums, gates and star.

    ``total`` is what the scored criteria give; ``least_total`` and ``most_total`` bound the finished
    sheet and equal it when the sheet is complete. ``maximum`` is the nominal total of the edition
    (100). ``band`` is that of ``total``. ``star`` is the final star, None unless ``outcome`` is
    ``rated``. ``stars_in_reach`` are exactly the stars some completion of the sheet ends with,
    ascending: one when complete, none when a gate ended the evaluation. ``checks`` has one entry
    for each recognised star, ascending.
    """

    edition: str
    set_number: int
    outcome: Outcome
    criteria: tuple[CriterionScore, ...]
    groups: tuple[Subtotal, ...]
    parts: tuple[Subtotal, ...]
    total: Decimal
    least_total: Decimal
    most_total: Decimal
    maximum: Decimal
    missing: tuple[str, ...]
    gates: tuple[TriggeredGate, ...]
    band: Band
    checks: tuple[StarCheck, ...]
    star: int | None
    stars_in_reach: tuple[int, ...]
    recognised_from: int

    @property
    def complete(self) -> bool:
        """Whether every criterion is scored or skipped."""
        return not self.missing

    @property
    def recognisable(self) -> bool:
        """Whether the star earns a recognition decision (26/2026, Art. 4.1a)."""
        return self.star is not None and self.star >= self.recognised_from

    @property
    def explanation(self) -> tuple[Statement, ...]:
        """The result step by step: gates, points, minimums met and missed, final star."""
        return tuple(_explain(self))


def _explain(evaluation: Evaluation) -> Iterator[Statement]:
    yield from (_gate_statement(triggered) for triggered in evaluation.gates)
    if evaluation.complete:
        yield statement(
            "points",
            total=evaluation.total,
            max=evaluation.maximum,
            star=evaluation.band.star,
            **{"from": evaluation.band.points_from},
        )
    else:
        yield statement(
            "points_partial",
            scored=len(evaluation.criteria) - len(evaluation.missing),
            criteria=len(evaluation.criteria),
            total=evaluation.total,
            least=evaluation.least_total,
            most=evaluation.most_total,
        )
        yield statement("missing_criteria", missing=evaluation.missing)
    if evaluation.outcome in {Outcome.RATED, Outcome.INCOMPLETE}:
        yield from _explain_stars(evaluation)
    if evaluation.outcome is Outcome.INCOMPLETE:
        yield statement("stars_in_reach", stars=evaluation.stars_in_reach)
    yield verdict(evaluation.outcome, evaluation.star, evaluation.recognised_from)


def _explain_stars(evaluation: Evaluation) -> Iterator[Statement]:
    # Stars the points cannot reach need one word only; their minimums would bury the ones that decide.
    for check in reversed(evaluation.checks):
        if check.band_met is False:
            if not evaluation.complete:
                yield statement(
                    "star_out_of_reach",
                    star=check.star,
                    most=evaluation.most_total,
                    **{"from": check.points_from},
                )
            continue
        if evaluation.star is not None and check.star < evaluation.star:
            continue
        yield from (_missed_statement(missed) for missed in check.missed)
        if check.minimums_met:
            yield statement("minimums_met", star=check.star, count=len(check.minimums))
    if evaluation.star is not None and evaluation.star != evaluation.band.star:
        yield statement("star_lowered", band_star=evaluation.band.star, star=evaluation.star)


def verdict(outcome: Outcome, star: int | None, recognised_from: int) -> Statement:
    """Return the closing statement of an explanation."""
    if star is None:
        if outcome is Outcome.DISQUALIFIED:
            return statement("result_disqualified")
        if outcome is Outcome.STOPPED:
            return statement("result_stopped")
        return statement("result_incomplete")
    if star >= recognised_from:
        return statement("result_recognisable", star=star)
    return statement("result_not_recognisable", star=star, **{"from": recognised_from})


def _gate_statement(triggered: TriggeredGate) -> Statement:
    gate = triggered.gate
    if gate.effect is GateEffect.SKIP_CRITERION:
        return statement(
            "gate_skip_criterion",
            gate=gate.id,
            label=gate.text,
            reason=triggered.reason,
            criteria=triggered.criteria,
        )
    return statement(f"gate_{gate.effect}", gate=gate.id, label=gate.text, reason=triggered.reason)


def _missed_statement(check: MinimumCheck) -> Statement:
    return statement(
        "minimum_missed",
        star=check.star,
        criterion=check.criterion,
        label=check.criterion_text,
        required=check.required_text,
        level=check.required_level,
        points=check.required_points,
    )
