"""Shapes of site surveys (*khảo sát thực tế*) and further tests (*kiểm nghiệm bổ sung*)."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.domain.dossier import Level, Party
from ocop_api.web.schemas import Code, Input, Instant, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_MOST_CRITERIA = 60
_MOST_NAMED = 50
Remark = Annotated[LongText, StringConstraints(min_length=1, max_length=2000)]
Findings = Annotated[LongText, StringConstraints(min_length=1)]


class ExaminationKind(StrEnum):
    """How a file is looked into beyond its papers."""

    SITE_SURVEY = "site_survey"
    """Khảo sát thực tế."""
    EXTRA_TEST = "extra_test"
    """Kiểm nghiệm bổ sung."""


class ExaminationState(StrEnum):
    """Where an examination stands."""

    REQUESTED = "requested"
    DONE = "done"
    CANCELLED = "cancelled"


class Conclusion(StrEnum):
    """What an examination came to."""

    MET = "met"
    """Đạt."""
    NOT_MET = "not_met"
    """Không đạt."""
    INCONCLUSIVE = "inconclusive"
    """Chưa kết luận được."""


class ExaminationCreate(Input):
    """What is to be looked into."""

    kind: ExaminationKind
    what: Remark = Field(
        description="what is to be looked at", examples=["Vùng nguyên liệu và xưởng rang tại thôn 3."]
    )
    criteria: list[Code] = Field(
        default=[],
        max_length=_MOST_CRITERIA,
        description="criteria of the dossier's set that it concerns",
        examples=[["1.1"]],
    )
    due_on: date | None = Field(None, description="day by which it is to be done", examples=["2026-07-01"])
    place: ShortText | None = Field(
        None, description="where the survey is held, or the laboratory", examples=["Thôn 3, xã Đắk Wil"]
    )


class CriterionFinding(Input):
    """What was found about one criterion."""

    conclusion: Conclusion
    finding: Remark = Field(examples=["35 hộ trong xã cung cấp toàn bộ cà phê nhân."])


class ExaminationResult(Input):
    """What the examination came to; recorded once and never changed."""

    done_on: date = Field(description="not after today", examples=["2026-06-28"])
    conclusion: Conclusion
    findings: Findings = Field(examples=["Xưởng rang đúng mô tả, vùng nguyên liệu nằm trong xã."])
    participants: list[ShortText] = Field(
        default=[],
        max_length=_MOST_NAMED,
        description="who took part in the survey",
        examples=[["Lê Thị Mai"]],
    )
    document_ids: list[UUID] = Field(
        default=[],
        max_length=_MOST_NAMED,
        description="minutes of the survey or test reports, among the producer's documents",
    )
    criteria: dict[Code, CriterionFinding] = Field(
        default_factory=dict, max_length=_MOST_CRITERIA, description="findings by criterion"
    )


class ExaminationCancellation(Input):
    """Why an examination is not held."""

    reason: Remark = Field(examples=["Phiếu kiểm nghiệm mới đã đủ căn cứ."])


class ExaminationFilter(PageQuery):
    """Filters of the list. Sorts: `created_at` (default), `-created_at`."""

    kind: ExaminationKind | None = None
    state: ExaminationState | None = None


class CriterionFindingRead(Output):
    """What was found about one criterion."""

    conclusion: Conclusion
    finding: str = Field(examples=["35 hộ trong xã cung cấp toàn bộ cà phê nhân."])


class ExaminationResultRead(Output):
    """What an examination came to."""

    done_on: date
    conclusion: Conclusion
    findings: str = Field(examples=["Xưởng rang đúng mô tả, vùng nguyên liệu nằm trong xã."])
    participants: list[str]
    document_ids: list[UUID]
    criteria: dict[str, CriterionFindingRead] = Field(description="findings by criterion")


class ExaminationRecord(Output):
    """A survey or test with its result once there is one."""

    id: UUID = Field(examples=[_ID])
    dossier_id: UUID
    kind: ExaminationKind
    state: ExaminationState
    level: Level = Field(description="level at which it was asked for")
    party: Party = Field(description="capacity in which it was asked for", examples=["advisory_group"])
    what: str = Field(examples=["Vùng nguyên liệu và xưởng rang tại thôn 3."])
    criteria: list[str] = Field(description="criteria that it concerns", examples=[["1.1"]])
    due_on: date | None
    place: str | None = Field(examples=["Thôn 3, xã Đắk Wil"])
    requested_by: UUID | None
    requested_by_name: str = Field(examples=["Nguyễn Văn Sơn"])
    created_at: Instant
    result: ExaminationResultRead | None = Field(description="null until it is done")
    ended_at: Instant | None = Field(description="when the result was recorded, or it was cancelled")
    ended_by: UUID | None
    ended_by_name: str | None
    cancel_reason: str | None


class ExaminationRead(ExaminationRecord):
    """A survey or test as somebody sees it."""

    allowed_actions: list[str] = Field(
        description="what the caller may do with it", examples=[["record_result", "cancel"]]
    )
