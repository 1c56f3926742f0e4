"""Shapes of saved self-assessments (Form 02, part III): what is chosen, what it comes to, what changed."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt, StringConstraints

from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.rubric.evaluation import CriterionState
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.web.schemas import Code, Exact, Input, Instant, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
MOST_CHOICES = 200
"""More than any set has criteria."""
Remark = Annotated[LongText, StringConstraints(max_length=2000)]
Star = Annotated[StrictInt, Field(ge=1, le=5)]


class AssessmentState(StrEnum):
    """Whether the choices may still change."""

    DRAFT = "draft"
    FINISHED = "finished"


class EvidenceState(StrEnum):
    """What a document is worth as evidence today."""

    VALID = "valid"
    EXPIRING = "expiring"
    """It ends within sixty days."""
    EXPIRED = "expired"
    REPLACED = "replaced"
    """A newer version has taken its place."""
    WITHDRAWN = "withdrawn"
    """It was taken back; a dossier may not rely on it."""
    FOREIGN = "foreign"
    """It belongs to another producer than the product does now; a dossier may not rely on it."""


class ComparisonBasis(StrEnum):
    """What two self-assessments have in common."""

    SAME_CRITERIA = "same_criteria"
    """Same edition and set: every criterion is compared, by level and points."""
    SAME_SET_OTHER_EDITION = "same_set_other_edition"
    """The set of the same kind of product in two editions: compared by criterion code and points alone."""
    DIFFERENT_SETS = "different_sets"
    """Sets of different kinds of products: only totals and stars are shown, no criteria."""


class ChangeKind(StrEnum):
    """What became of a criterion."""

    ADDED = "added"
    REMOVED = "removed"
    RAISED = "raised"
    LOWERED = "lowered"
    OTHER_OPTION = "other_option"
    """Another option of the same points."""
    EVIDENCE = "evidence"
    """The same option with other documents."""


class AssessedChoice(Input):
    """What is chosen in one criterion, with what proves it. What is left out is emptied."""

    level: Annotated[StrictInt, Field(ge=0, le=99)] | None = Field(
        None, description="level of an option, 0 when none is reached; null while undecided", examples=[2]
    )
    case: Annotated[StrictInt, Field(ge=1, le=99)] | None = Field(
        None, description="in a criterion with cases, the one that fits the product"
    )
    remark: Remark | None = Field(None, examples=["Còn chờ kết quả kiểm nghiệm tháng 7."])
    evidence: list[UUID] = Field(
        default=[], max_length=20, description="documents of the producer", examples=[[_ID]]
    )


class AssessedGate(Input):
    """A gate that the product would meet, and why."""

    gate: Code = Field(examples=["no_product_story"])
    reason: Annotated[Remark, Field(min_length=1)] = Field(examples=["Sản phẩm chưa có câu chuyện."])


class AssessmentCreate(Input):
    """A new self-assessment."""

    title: ShortText | None = Field(None, examples=["Tự đánh giá trước mùa vụ 2026"])
    edition: Code | None = Field(
        None, description="criteria edition; the one in force today, or the copy's", examples=["qd26-2026"]
    )
    set_number: Annotated[StrictInt, Field(ge=1, le=999)] | None = Field(
        None, description="criteria set; the product's, or the copy's", examples=[13]
    )
    target_star: Star | None = Field(None, description="the star that is wanted", examples=[4])
    copy_of: UUID | None = Field(
        None, description="an earlier self-assessment of the product under the same edition and set"
    )


class AssessmentUpdate(Input):
    """Changes to what stands around the choices; a field that is left out stays."""

    title: ShortText | None = Field(None, examples=["Tự đánh giá sau khi đổi bao bì"])
    notes: LongText | None = Field(None, examples=["Hỏi lại phòng thử nghiệm về chỉ tiêu độ ẩm."])
    target_star: Star | None = Field(None, examples=[5])
    gates: list[AssessedGate] | None = Field(None, max_length=50, description="replaces those recorded")


class AssessedChoices(Input):
    """All choices at once; a criterion that is left out is emptied."""

    choices: dict[Code, AssessedChoice] = Field(
        max_length=MOST_CHOICES, examples=[{"1.1": {"level": 2}, "8": {"case": 1, "level": 3}}]
    )
    gates: list[AssessedGate] | None = Field(None, max_length=50, description="as before if left out")


class AssessmentFilter(PageQuery):
    """Filters of the list. Sorts: `-created_at` (default), `created_at`."""

    state: AssessmentState | None = None


class ComparisonQuery(Input):
    """What to compare with."""

    since: UUID = Field(description="an earlier self-assessment of the same product", examples=[_ID])


class CitedDocument(Output):
    """A document named as evidence; its facts are null for those who may not see the document."""

    document_id: UUID = Field(examples=[_ID])
    state: EvidenceState
    kind: EvidenceKind | None
    title: str | None = Field(examples=["Phiếu kiểm nghiệm cà phê bột"])
    expires_on: date | None = Field(description="last day of validity", examples=["2026-12-31"])


class AssessedCriterion(Output):
    """One criterion of the set and what is chosen in it."""

    criterion: str = Field(examples=["1.1"])
    version: int = Field(
        description="of this choice, for `If-Match` when it is changed; 0 while there is none", examples=[7]
    )
    level: int | None = Field(examples=[2])
    case: int | None
    state: CriterionState
    points: Exact = Field(examples=["3"])
    max: Exact = Field(examples=["5"])
    remark: str | None
    evidence: list[CitedDocument]
    evidence_kinds: list[EvidenceKind] = Field(
        description="kinds that prove the criterion; empty where samples or a visit do"
    )
    changed_at: Instant | None


class PartProgress(Output):
    """How far a part of the set has come."""

    code: str = Field(examples=["A"])
    criteria: int = Field(examples=[14])
    scored: int = Field(examples=[9])
    missing: list[str] = Field(description="criteria not scored yet", examples=[["1.2", "3.1"]])
    points: Exact = Field(examples=["22"])
    max: Exact = Field(examples=["40"])


class AssessmentProgress(Output):
    """What the choices come to so far, and what is still open. Points are decimal strings."""

    criteria: int = Field(examples=[34])
    scored: int = Field(examples=[20])
    missing: list[str] = Field(description="criteria not scored yet", examples=[["1.2", "3.1"]])
    parts: list[PartProgress]
    outcome: Outcome
    total: Exact = Field(examples=["52"])
    least_total: Exact = Field(description="least total of the finished sheet", examples=["52"])
    most_total: Exact = Field(description="most total of the finished sheet", examples=["91"])
    maximum: Exact = Field(examples=["100"])
    star: int | None = Field(description="null while criteria are missing or a gate ends the evaluation")
    stars_in_reach: list[int] = Field(
        description="exactly the stars that some completion ends with", examples=[[3, 4]]
    )
    target_star: int | None = Field(examples=[4])
    target_in_reach: bool | None = Field(
        description="whether some completion ends with the target or more; null without a target"
    )
    evidence_missing: list[str] = Field(
        description="criteria that claim points, could be proven by documents, and name none",
        examples=[["8"]],
    )


class AssessmentFinding(Output):
    """One thing to put right before a dossier relies on this."""

    code: str = Field(examples=["evidence_expired"])
    criterion: str = Field(examples=["8"])
    document_id: UUID | None
    vi: str = Field(examples=["Minh chứng đã hết hiệu lực."])
    en: str = Field(examples=["The evidence has expired."])


class AssessmentSummary(Output):
    """A self-assessment in the list of its product."""

    id: UUID
    product_id: UUID
    title: str | None = Field(examples=["Tự đánh giá trước mùa vụ 2026"])
    edition: str = Field(description="criteria edition", examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    state: AssessmentState
    outcome: Outcome
    criteria: int = Field(examples=[34])
    scored: int = Field(examples=[20])
    total: Exact = Field(examples=["52"])
    most_total: Exact = Field(description="most total of the finished sheet", examples=["91"])
    star: int | None
    target_star: int | None = Field(examples=[4])
    copied_from_id: UUID | None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None
    version: int


class AssessmentRead(AssessmentSummary):
    """A self-assessment in full: every criterion of the set, in its order."""

    notes: str | None
    choices: list[AssessedCriterion]
    gates: list[AssessedGate]
    progress: AssessmentProgress
    findings: list[AssessmentFinding] = Field(description="of today")


class SavedChoice(AssessedCriterion):
    """A criterion after its change, with what the whole comes to now."""

    assessment_version: int = Field(description="of the whole, for `If-Match` when that is changed")
    progress: AssessmentProgress


class ComparedPoints(Output):
    """Points before and after."""

    before: Exact = Field(examples=["52"])
    after: Exact = Field(examples=["61"])
    difference: Exact = Field(examples=["9"])


class ComparedPart(ComparedPoints):
    """Points of a part before and after."""

    code: str = Field(examples=["A"])


class CriterionChange(Output):
    """What became of one criterion; `before` and `after` are null while it is not scored."""

    criterion: str = Field(examples=["1.1"])
    change: ChangeKind
    level_before: int | None = Field(examples=[1])
    level_after: int | None = Field(examples=[2])
    points_before: Exact | None = Field(examples=["1"])
    points_after: Exact | None = Field(examples=["3"])
    evidence_added: list[UUID]
    evidence_removed: list[UUID]


class AssessmentComparison(Output):
    """What changed between two self-assessments of one product."""

    since: AssessmentSummary
    now: AssessmentSummary
    basis: ComparisonBasis
    total: ComparedPoints
    parts: list[ComparedPart] = Field(description="none between different sets")
    star_before: int | None
    star_after: int | None
    raised: int = Field(description="number of criteria", examples=[3])
    lowered: int = Field(examples=[0])
    added: int = Field(examples=[5])
    removed: int = Field(examples=[0])
    changes: list[CriterionChange] = Field(description="criteria that differ; none between different sets")
