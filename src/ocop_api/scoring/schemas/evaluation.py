"""What an examiner chooses, and what the choices come to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictInt

from ocop_api.domain.rubric.criteria import GateEffect, Language
from ocop_api.domain.rubric.evaluation import CriterionState, Evaluation, MinimumCheck
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.rubric.scoresheet import Choice, RecordedGate
from ocop_api.scoring.schemas.editions import BandRead
from ocop_api.scoring.schemas.texts import StatementRead, StatementRecord, TextRead, recorded, told
from ocop_api.web.schemas import Code, Exact, Input, LongText, Output

MOST_CHOICES = 200
"""More than any set has criteria; a larger body is a mistake, not a sheet."""


class SheetChoice(Input):
    """The level chosen in a criterion and, where it has cases, the case that fits the product."""

    level: StrictInt = Field(
        ge=0, le=99, description="level of an option; 0 when none is reached", examples=[2]
    )
    case: StrictInt | None = Field(None, ge=1, le=99)


def _level_alone(value: Any) -> Any:
    return {"level": value} if isinstance(value, int) and not isinstance(value, bool) else value


ChoiceField = Annotated[SheetChoice, BeforeValidator(_level_alone, json_schema_input_type=int | SheetChoice)]
"""A choice, or just its level."""


class GateInput(Input):
    """A gate that the examiner found."""

    gate: Code = Field(examples=["no_product_story"])
    reason: LongText = Field(examples=["Sản phẩm chưa có câu chuyện."])


class SheetContent(Input):
    """An examiner's choices by criterion code; criteria not scored yet are left out."""

    choices: dict[Code, ChoiceField] = Field(
        default_factory=dict, max_length=MOST_CHOICES, examples=[{"1.1": 2, "8": {"case": 1, "level": 3}}]
    )
    gates: list[GateInput] = Field(default_factory=list, max_length=50)

    def domain_choices(self) -> dict[str, Choice]:
        """The choices as the rubric takes them."""
        return {code: Choice(chosen.level, chosen.case) for code, chosen in self.choices.items()}

    def domain_gates(self) -> tuple[RecordedGate, ...]:
        """The gates as the rubric takes them."""
        return tuple(RecordedGate(gate.gate, gate.reason) for gate in self.gates)


class ChoiceRead(Output):
    """A choice as the sheet holds it."""

    level: int = Field(examples=[2])
    case: int | None


class RecordedGateRead(Output):
    """A gate as the sheet records it."""

    gate: str = Field(examples=["no_product_story"])
    reason: str = Field(examples=["Sản phẩm chưa có câu chuyện."])


class CriterionScoreRead(Output):
    """The points of one criterion."""

    code: str = Field(examples=["1.1"])
    state: CriterionState
    points: Exact = Field(examples=["3"])
    max: Exact
    level: int | None
    case: int | None


class SubtotalRead(Output):
    """The points of a group or part."""

    code: str = Field(examples=["A"])
    points: Exact
    max: Exact
    complete: bool


class TriggeredGateRead(Output):
    """A gate on the sheet, with what follows from it."""

    gate: str = Field(examples=["no_product_story"])
    effect: GateEffect
    text: TextRead
    reason: str = Field(examples=["Sản phẩm chưa có câu chuyện."])
    criteria: list[str]


class MinimumRead(Output):
    """A criterion's minimum for a star."""

    criterion: str = Field(examples=["1.1"])
    criterion_text: TextRead
    required_level: int = Field(examples=[2])
    required_points: Exact = Field(examples=["3"])
    required_text: TextRead


class StarCheckRead(Output):
    """What a star asks for and what the sheet gives."""

    star: int = Field(examples=[4])
    points_from: Exact = Field(examples=["70"])
    band_met: bool | None = Field(description="null while a partial sheet leaves it open")
    minimums: int = Field(description="number of criteria with a minimum for this star")
    minimums_met: bool | None = Field(description="null while a partial sheet leaves it open")
    missed: list[MinimumRead]
    undecided: list[MinimumRead] = Field(description="minimums of criteria that are not scored yet")


class EvaluationCore(Output):
    """Points, minimums, gates and the star of a sheet. Points are decimal strings."""

    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    outcome: Outcome
    complete: bool
    total: Exact = Field(examples=["72"])
    least_total: Exact = Field(description="least total of the finished sheet")
    most_total: Exact = Field(description="most total of the finished sheet")
    maximum: Exact
    band: BandRead = Field(description="band of `total`")
    criteria: list[CriterionScoreRead]
    groups: list[SubtotalRead]
    parts: list[SubtotalRead]
    missing: list[str] = Field(description="criteria that are not scored yet")
    gates: list[TriggeredGateRead]
    checks: list[StarCheckRead] = Field(description="one for each recognised star, ascending")
    star: int | None = Field(description="final star; null unless the outcome is `rated`")
    stars_in_reach: list[int] = Field(description="exactly the stars that some completion ends with")
    recognisable: bool = Field(description="whether the star earns a recognition (26/2026, Art. 4.1a)")


class EvaluationRead(EvaluationCore):
    """An evaluation that explains itself in the answer's language."""

    explanation: list[StatementRead]


class EvaluationRecord(EvaluationCore):
    """An evaluation as the record of a sheet keeps it."""

    explanation: list[StatementRecord]

    def read(self, language: Language) -> EvaluationRead:
        """The evaluation with its explanation in one language."""
        return EvaluationRead.model_construct(
            **{name: getattr(self, name) for name in EvaluationCore.model_fields},
            explanation=told(self.explanation, language),
        )


def evaluation_record(evaluation: Evaluation) -> EvaluationRecord:
    """What a sheet comes to, with its explanation in both languages."""
    return EvaluationRecord(
        edition=evaluation.edition,
        set_number=evaluation.set_number,
        outcome=evaluation.outcome,
        complete=evaluation.complete,
        total=evaluation.total,
        least_total=evaluation.least_total,
        most_total=evaluation.most_total,
        maximum=evaluation.maximum,
        band=BandRead.model_validate(evaluation.band),
        criteria=[CriterionScoreRead.model_validate(score) for score in evaluation.criteria],
        groups=[SubtotalRead.model_validate(group) for group in evaluation.groups],
        parts=[SubtotalRead.model_validate(part) for part in evaluation.parts],
        missing=list(evaluation.missing),
        gates=[
            TriggeredGateRead(
                gate=found.gate.id,
                effect=found.gate.effect,
                text=TextRead.model_validate(found.gate.text),
                reason=found.reason,
                criteria=list(found.criteria),
            )
            for found in evaluation.gates
        ],
        checks=[
            StarCheckRead(
                star=check.star,
                points_from=check.points_from,
                band_met=check.band_met,
                minimums=len(check.minimums),
                minimums_met=check.minimums_met,
                missed=[_minimum(minimum) for minimum in check.missed],
                undecided=[_minimum(minimum) for minimum in check.undecided],
            )
            for check in evaluation.checks
        ],
        star=evaluation.star,
        stars_in_reach=list(evaluation.stars_in_reach),
        recognisable=evaluation.recognisable,
        explanation=recorded(evaluation.explanation),
    )


def _minimum(check: MinimumCheck) -> MinimumRead:
    return MinimumRead(
        criterion=check.criterion,
        criterion_text=TextRead.model_validate(check.criterion_text),
        required_level=check.required_level,
        required_points=check.required_points,
        required_text=TextRead.model_validate(check.required_text),
    )


def stored_choices(choices: Mapping[str, Choice]) -> dict[str, Any]:
    """Choices as JSON: ``{"8": {"level": 3, "case": 1}}``."""
    return {code: {"level": chosen.level, "case": chosen.case} for code, chosen in choices.items()}
