"""Shapes of the report to the council: what its advisory group found in each criterion."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.rubric.scoresheet import Choice, RecordedGate
from ocop_api.web.schemas import Code, Exact, Input, LongText, Output

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
MOST_CRITERIA = 200
"""More than any set has criteria."""
Remark = Annotated[LongText, Field(min_length=1)]


class FoundChoice(Input):
    """The option that the group finds the product to reach in one criterion, and why."""

    level: StrictInt = Field(
        ge=0, le=99, description="level of an option; 0 when none is reached", examples=[2]
    )
    case: StrictInt | None = Field(None, ge=1, le=99, description="where the criterion has cases")
    remark: Remark | None = Field(None, examples=["Hợp đồng thu mua chỉ chứng minh 60% nguyên liệu."])


class NoticedGate(Input):
    """A gate that the group noticed."""

    gate: Code = Field(examples=["no_product_story"])
    reason: LongText = Field(examples=["Sản phẩm chưa có câu chuyện."])


class AssessmentOrder(Input):
    """What the group finds by criterion; criteria it says nothing about are left out."""

    criteria: dict[Code, FoundChoice] = Field(
        min_length=1,
        max_length=MOST_CRITERIA,
        examples=[{"1.1": {"level": 2, "remark": "Chỉ chứng minh được 60% nguyên liệu."}}],
    )
    gates: list[NoticedGate] = Field(default=[], max_length=50)

    def choices(self) -> dict[str, Choice]:
        """The choices as the rubric takes them."""
        return {code: Choice(found.level, found.case) for code, found in self.criteria.items()}

    def recorded_gates(self) -> tuple[RecordedGate, ...]:
        """The gates as the rubric takes them."""
        return tuple(RecordedGate(found.gate, found.reason) for found in self.gates)


class FoundCriterion(Output):
    """What the group found in one criterion."""

    level: int = Field(examples=[2])
    case: int | None
    points: Exact = Field(examples=["3"])
    remark: str | None = Field(examples=["Hợp đồng thu mua chỉ chứng minh 60% nguyên liệu."])


class NoticedGateRead(Output):
    """A gate that the group noticed."""

    gate: str = Field(examples=["no_product_story"])
    reason: str = Field(examples=["Sản phẩm chưa có câu chuyện."])


class AssessmentFound(Output):
    """The group's assessment by criterion and what it comes to, as the step keeps it."""

    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    criteria: dict[str, FoundCriterion] = Field(description="in the order of the set")
    gates: list[NoticedGateRead]
    outcome: Outcome
    complete: bool = Field(description="whether every criterion was assessed")
    missing: list[str] = Field(description="criteria that were not assessed")
    total: Exact = Field(examples=["72"])
    maximum: Exact = Field(examples=["100"])
    star: int | None = Field(description="null unless the outcome is `rated`")


class OpenExamination(Output):
    """A survey or test whose result is still awaited."""

    id: UUID = Field(examples=[_ID])
    kind: str = Field(description="`site_survey` or `extra_test`", examples=["extra_test"])
    what: str = Field(examples=["Kiểm nghiệm hàm lượng cafein."])
    due_on: date | None


class CouncilReport(Output):
    """The report to the council as it was filed."""

    report: str = Field(examples=["Hồ sơ đầy đủ, sản phẩm đúng mô tả, cơ sở đạt điều kiện."])
    recommendation: str
    surveyed_on: date | None = None
    document_id: UUID | None = None
    assessment: AssessmentFound | None = Field(None, description="by criterion, where the group gave one")
    open_examinations: list[OpenExamination] = Field(
        default=[], description="surveys and tests whose results were awaited when it was filed"
    )
