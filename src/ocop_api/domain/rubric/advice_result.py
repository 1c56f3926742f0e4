"""What advice consists of, and the sentences it is given in."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.rubric.criteria import NONE_REACHED, Case, Criterion, Option, Text
from ocop_api.domain.rubric.evidence_of import evidence_for
from ocop_api.domain.rubric.statements import Statement, statement


class Prospect(StrEnum):
    """How a sheet stands to a target star."""

    REACHED = "reached"
    WITHIN_REACH = "within_reach"
    OUT_OF_REACH = "out_of_reach"


class ObstacleKind(StrEnum):
    """Why lifts alone cannot bring a star."""

    GATE_RECORDED = "gate_recorded"
    """A recorded gate ends the evaluation."""
    CRITERION_SKIPPED = "criterion_skipped"
    """A criterion with a minimum is not scored because of a recorded gate."""
    TOO_FEW_POINTS = "too_few_points"
    """Even the highest levels do not give the points of the band."""
    BAND_PASSED = "band_passed"
    """The points exceed the band, and the rules ask for the minimums of the band they are in."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What bars ``star``: told in ``reason``, with the gate and the criterion concerned, if any."""

    kind: ObstacleKind
    star: int
    reason: Statement
    gate: str | None = None
    criterion: str | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """One criterion scored higher.

    ``from_level`` is None while the criterion is not scored, ``case`` the case in which it is lifted
    (None without cases). ``gain`` is in points, ``steps`` in levels. ``compulsory``: the star cannot
    be had without it; ``minimum`` is the option it asks for at least. ``samples``: whether the product
    comes with samples (a tourism service does not).
    """

    criterion: Criterion
    from_level: int | None
    to_level: int
    case: int | None
    gain: Decimal
    steps: int
    compulsory: bool
    minimum: Option | None
    samples: bool

    @property
    def from_option(self) -> Option | None:
        """The option held now; None when the criterion is not scored or no option is reached."""
        return self.criterion.by_level.get(NONE_REACHED if self.from_level is None else self.from_level)

    @property
    def to_option(self) -> Option | None:
        """The option to be reached; None in the odd case that only the case has to be chosen."""
        return self.criterion.by_level.get(self.to_level)

    @property
    def chosen_case(self) -> Case | None:
        """The case in which the criterion is lifted, None without cases."""
        return next((case for case in self.criterion.cases if case.number == self.case), None)

    @property
    def evidence(self) -> tuple[EvidenceKind, ...]:
        """Kinds of evidence that prove the criterion; empty where samples or a visit do."""
        return evidence_for(self.criterion)

    @property
    def call(self) -> Statement:
        """What the producer has to do."""
        data: dict[str, object] = {"criterion": self.criterion.code, "label": self.criterion.text}
        if self.to_option is None:
            case = self.chosen_case
            return statement("advice_choose_case", **data, case=None if case is None else case.text)
        data |= {"to": self.to_option.text, "points": self.to_option.points, "gain": self.gain}
        code = "advice_lift"
        if self.from_option is None:
            code = "advice_reach"
        else:
            data["from"] = self.from_option.text
        if self.minimum is None:
            return statement(code, **data)
        data |= {"star": self.minimum.min_star, "level": self.minimum.level}
        if self.minimum.level == self.to_level:
            return statement(f"{code}_minimum", **data)
        return statement(f"{code}_beyond_minimum", **data, required=self.minimum.text)

    @property
    def proof(self) -> Statement:
        """What the council will look at."""
        data: dict[str, object] = {"criterion": self.criterion.code}
        if self.evidence:
            # The names hold commas themselves, so they are joined by semicolons.
            facts = [KINDS[kind] for kind in self.evidence]
            names = Text(vi="; ".join(kind.vi for kind in facts), en="; ".join(kind.en for kind in facts))
            return statement("advice_evidence", **data, kinds=self.evidence, names=names)
        return statement("advice_by_samples" if self.samples else "advice_on_site", **data)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A smallest set of lifts, in the order of the criteria, and what the sheet comes to with it.

    ``total`` and ``star`` are those of the sheet once every criterion that is still missing and not
    lifted has earned nothing; scoring them may only add.
    """

    lifts: tuple[Lift, ...]
    total: Decimal
    star: int

    @property
    def steps(self) -> int:
        """Levels climbed in all."""
        return sum(lift.steps for lift in self.lifts)

    @property
    def gain(self) -> Decimal:
        """Points gained in all."""
        return sum((lift.gain for lift in self.lifts), Decimal(0))

    @property
    def summary(self) -> Statement:
        """The alternative in one sentence."""
        return statement(
            "advice_alternative",
            criteria=tuple(lift.criterion.code for lift in self.lifts),
            count=len(self.lifts),
            steps=self.steps,
            total=self.total,
            star=self.star,
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What is missing for ``target_star``, and the least that would bring it.

    ``total`` is what the sheet earns now, ``star`` its star (None while it is not finished or a gate
    ended it), ``points_from`` the least points of the target, ``missing`` the criteria not scored yet.
    ``minimums`` are the lifts the target's own minimums demand, each to the least level that does;
    ``alternatives`` contain them already, possibly higher. ``obstacles`` say why the target is
    out of reach.
    """

    edition: str
    set_number: int
    target_star: int
    prospect: Prospect
    total: Decimal
    star: int | None
    points_from: Decimal
    missing: tuple[str, ...]
    minimums: tuple[Lift, ...]
    alternatives: tuple[Alternative, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def points_short(self) -> Decimal:
        """Points still lacking to the target's band."""
        return max(self.points_from - self.total, Decimal(0))

    @property
    def explanation(self) -> tuple[Statement, ...]:
        """The advice in short, step by step."""
        return tuple(_explain(self))


def _explain(advice: Advice) -> Iterator[Statement]:
    star = advice.target_star
    if advice.prospect is Prospect.REACHED:
        if advice.missing:
            yield statement("advice_reached_early", star=star, missing=advice.missing)
        else:
            yield statement("advice_reached", star=star)
        return
    points = {"total": advice.total, "star": star, "from": advice.points_from}
    if advice.points_short:
        yield statement("advice_points_short", **points, short=advice.points_short)
    else:
        yield statement("advice_points_enough", **points)
    if advice.missing:
        yield statement("advice_unscored", missing=advice.missing)
    yield from (obstacle.reason for obstacle in advice.obstacles)
    if advice.minimums:
        codes = tuple(lift.criterion.code for lift in advice.minimums)
        yield statement("advice_minimums", star=star, criteria=codes)
    if advice.alternatives:
        yield statement("advice_choices", count=len(advice.alternatives))
        yield advice.alternatives[0].summary
