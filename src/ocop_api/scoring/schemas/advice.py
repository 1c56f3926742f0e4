"""Advice as the API gives it: what to raise for the next star, and what will prove it."""

from decimal import Decimal

from pydantic import Field, StrictInt

from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.rubric.advice import (
    DEFAULT_ALTERNATIVES,
    Advice,
    Alternative,
    Lift,
    Obstacle,
    ObstacleKind,
    Prospect,
)
from ocop_api.domain.rubric.criteria import Language, Option
from ocop_api.domain.rubric.statements import Statement
from ocop_api.scoring.schemas.evaluation import SheetContent
from ocop_api.scoring.schemas.texts import StatementRead, TextRead, recorded, told
from ocop_api.web.schemas import Exact, Output

MOST_ALTERNATIVES = 10


class AdviceRequest(SheetContent):
    """A sheet, finished or not, and the star aimed at."""

    target_star: StrictInt = Field(ge=1, le=99, description="a recognised star, 3 to 5", examples=[4])
    limit: StrictInt = Field(
        DEFAULT_ALTERNATIVES,
        ge=1,
        le=MOST_ALTERNATIVES,
        description="most alternatives to return",
        examples=[3],
    )


class EvidenceRead(Output):
    """A kind of evidence of Form 02."""

    kind: EvidenceKind = Field(examples=["test_report"])
    item: int = Field(description="its place among the fifteen of the form", examples=[12])
    text: TextRead


class RungRead(Output):
    """A level of a criterion, with its option; level 0 is that none of the options is reached."""

    level: int = Field(examples=[2])
    points: Exact = Field(examples=["3"])
    text: TextRead | None = Field(description="wording of the option; null at level 0")


class LiftRead(Output):
    """One criterion to be scored higher."""

    criterion: str = Field(examples=["1.5"])
    criterion_text: TextRead
    case: int | None = Field(description="case in which it is raised; null without cases")
    case_text: TextRead | None
    held: RungRead | None = Field(description="what the sheet holds; null while it is not scored")
    reach: RungRead = Field(description="the least that suffices")
    gain: Exact = Field(description="points gained", examples=["2"])
    steps: int = Field(description="levels climbed", examples=[1])
    compulsory: bool = Field(description="whether a minimum of the star demands it")
    minimum: RungRead | None = Field(
        description="the least that the star's minimum accepts, if it binds here"
    )
    advice: StatementRead
    evidence: list[EvidenceRead] = Field(
        description="kinds that prove it; empty where samples are judged, or the service on site"
    )
    proof: StatementRead


class AlternativeRead(Output):
    """A smallest set of lifts that brings the star: none can be left out or made smaller."""

    criteria: int = Field(description="number of criteria to raise", examples=[2])
    steps: int = Field(description="levels climbed in all", examples=[3])
    gain: Exact = Field(examples=["4"])
    total: Exact = Field(description="points once it is done", examples=["91"])
    star: int = Field(description="star once it is done", examples=[5])
    summary: StatementRead
    lifts: list[LiftRead] = Field(description="in the order of the criteria")


class ObstacleRead(Output):
    """Why the star cannot be had by raising criteria."""

    kind: ObstacleKind = Field(examples=["criterion_skipped"])
    gate: str | None = Field(description="gate to be put right first, if one is the cause")
    criterion: str | None = Field(examples=["5.2"])
    reason: StatementRead


class AdviceRead(Output):
    """What is missing for a star, and the least that would bring it.

    Criteria not scored yet count as having earned nothing, so that the advice holds whatever becomes
    of those it leaves alone. `alternatives` come by fewest criteria, then fewest steps, then most
    points, then the order of the criteria; the first is the least there is.
    """

    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    target_star: int = Field(examples=[4])
    prospect: Prospect = Field(examples=["within_reach"])
    total: Exact = Field(description="points that the sheet has earned", examples=["68"])
    star: int | None = Field(
        description="star of the sheet as it is; null while it is not finished or a gate ended it",
        examples=[3],
    )
    points_from: Exact = Field(description="least points of the target", examples=["70"])
    points_short: Exact = Field(description="points still lacking", examples=["2"])
    missing: list[str] = Field(description="criteria not scored yet", examples=[["10", "11"]])
    minimums: list[LiftRead] = Field(
        description="what the star's minimums demand, each to the least level; part of every alternative"
    )
    alternatives: list[AlternativeRead]
    obstacles: list[ObstacleRead] = Field(description="why the star is out of reach; empty unless it is")
    explanation: list[StatementRead] = Field(description="the advice in short")


def advice_read(advice: Advice, language: Language) -> AdviceRead:
    """Advice in one language."""
    return AdviceRead(
        edition=advice.edition,
        set_number=advice.set_number,
        target_star=advice.target_star,
        prospect=advice.prospect,
        total=advice.total,
        star=advice.star,
        points_from=advice.points_from,
        points_short=advice.points_short,
        missing=list(advice.missing),
        minimums=[_lift(lift, language) for lift in advice.minimums],
        alternatives=[_alternative(way, language) for way in advice.alternatives],
        obstacles=[_obstacle(obstacle, language) for obstacle in advice.obstacles],
        explanation=told(recorded(advice.explanation), language),
    )


def _alternative(way: Alternative, language: Language) -> AlternativeRead:
    return AlternativeRead(
        criteria=len(way.lifts),
        steps=way.steps,
        gain=way.gain,
        total=way.total,
        star=way.star,
        summary=_told(way.summary, language),
        lifts=[_lift(lift, language) for lift in way.lifts],
    )


def _obstacle(obstacle: Obstacle, language: Language) -> ObstacleRead:
    return ObstacleRead(
        kind=obstacle.kind,
        gate=obstacle.gate,
        criterion=obstacle.criterion,
        reason=_told(obstacle.reason, language),
    )


def _lift(lift: Lift, language: Language) -> LiftRead:
    case = lift.chosen_case
    return LiftRead(
        criterion=lift.criterion.code,
        criterion_text=TextRead.model_validate(lift.criterion.text),
        case=lift.case,
        case_text=None if case is None else TextRead.model_validate(case.text),
        held=None if lift.from_level is None else _rung(lift.from_level, lift.from_option),
        reach=_rung(lift.to_level, lift.to_option),
        gain=lift.gain,
        steps=lift.steps,
        compulsory=lift.compulsory,
        minimum=None if lift.minimum is None else _rung(lift.minimum.level, lift.minimum),
        advice=_told(lift.call, language),
        evidence=[
            EvidenceRead(
                kind=kind, item=KINDS[kind].item, text=TextRead(vi=KINDS[kind].vi, en=KINDS[kind].en)
            )
            for kind in lift.evidence
        ],
        proof=_told(lift.proof, language),
    )


def _rung(level: int, option: Option | None) -> RungRead:
    if option is None:
        return RungRead(level=level, points=Decimal(0), text=None)
    return RungRead(level=level, points=option.points, text=TextRead.model_validate(option.text))


def _told(step: Statement, language: Language) -> StatementRead:
    (read,) = told(recorded([step]), language)
    return read
