"""What goes in and out about appeals."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from ocop_api.domain.actor import Level
from ocop_api.domain.appeal import (
    AppealAction,
    AppealGuard,
    AppealParty,
    AppealState,
    Finding,
    Recommendation,
)
from ocop_api.domain.dossier import State
from ocop_api.web.schemas import Code, Exact, Input, Instant, LongText, Output, PageQuery

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_MOST_CRITERIA = 60
_MOST_EVIDENCE = 50

Reason = Annotated[LongText, Field(min_length=1)]
CriterionCode = Annotated[Code, Field(examples=["2.4"])]


class ContestedCriterion(Input):
    """A criterion whose rating is contested, and why."""

    code: CriterionCode
    reason: Reason = Field(examples=["Hội đồng chưa tính hợp đồng bao tiêu ký ngày 02/03/2026."])


class AppealCreate(Input):
    """An appeal as the producer lodges it."""

    grounds: Reason = Field(
        examples=["Hội đồng bỏ sót chứng nhận VietGAP còn hiệu lực khi chấm phần chất lượng."]
    )
    requested_star: int | None = Field(
        None, ge=3, le=5, description="the outcome asked for; more than was recognised", examples=[4]
    )
    criteria: list[ContestedCriterion] = Field(
        default_factory=list, max_length=_MOST_CRITERIA, description="criteria of the dossier's set"
    )
    evidence: list[UUID] = Field(
        default_factory=list, max_length=_MOST_EVIDENCE, description="documents of the producer"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [one.code for one in self.criteria]
        if len(set(codes)) != len(codes):
            raise ValueError("a criterion is contested once")
        return self


class AppealAccept(Input):
    """Take an appeal up: the panel and when it reports."""

    panel_id: UUID = Field(
        description="a council of the level and area that decided, with nobody of the first rating",
        examples=[_ID],
    )
    report_due_on: date = Field(description="last day for the panel's report", examples=["2026-07-31"])


class AppealRefuse(Input):
    """Do not take an appeal up."""

    reason: Reason = Field(examples=["Kiến nghị không nêu căn cứ nào về kết quả đánh giá."])


class AppealWithdraw(Input):
    """Take an appeal back."""

    reason: LongText | None = Field(None, examples=["Chủ thể sẽ nộp hồ sơ nâng hạng."])


class CriterionAnswer(Input):
    """What the panel says about a contested criterion."""

    code: CriterionCode
    finding: Finding = Field(examples=["founded"])
    reason: Reason = Field(examples=["Hợp đồng có trong hồ sơ và đáp ứng tiêu chí."])


class AppealReport(Input):
    """What the panel found."""

    finding: Finding = Field(examples=["founded"])
    recommendation: Recommendation = Field(examples=["rescore"])
    summary: Reason = Field(examples=["Hội đồng trước chưa xem xét tài liệu số 7 của hồ sơ."])
    criteria: list[CriterionAnswer] = Field(
        default_factory=list, max_length=_MOST_CRITERIA, description="every contested criterion, no other"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [one.code for one in self.criteria]
        if len(set(codes)) != len(codes):
            raise ValueError("a criterion is answered once")
        return self


class AppealDecide(Input):
    """The decision on an appeal."""

    verdict: Literal[AppealState.UPHELD, AppealState.DISMISSED] = Field(examples=["upheld"])
    rescore: bool | None = Field(
        None, description="have the panel rate the dossier again; true for an upheld appeal unless said"
    )
    decision_number: Code = Field(examples=["1301/QĐ-UBND"])
    decided_on: date = Field(
        description="not before the appeal was lodged, not after today", examples=["2026-08-03"]
    )
    reason: Reason = Field(examples=["Chấp nhận kết luận của hội đồng xem xét kiến nghị."])

    @model_validator(mode="after")
    def _rescored_when_upheld(self) -> Self:
        if self.rescore and self.verdict is AppealState.DISMISSED:
            raise ValueError("a dismissed appeal leads to no new rating")
        return self


class AppealFilter(PageQuery):
    """Which appeals to list. Sorts: `-created_at` (default), `created_at`."""

    state: AppealState | None = None
    place_id: str | None = Field(
        None, max_length=20, description="an administrative unit with all below it", examples=["34:68"]
    )
    dossier_id: UUID | None = None
    producer_id: UUID | None = None


class AppealSummary(Output):
    """An appeal in a list."""

    id: UUID
    dossier_id: UUID
    product_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer_id: UUID
    level: Level = Field(description="level that decided on the dossier and decides on the appeal")
    state: AppealState
    outcome: State = Field(description="state of the dossier that is contested")
    star: int | None = Field(description="stars of the contested outcome")
    points: Exact | None = Field(description="points of the contested outcome")
    requested_star: int | None
    told_on: date = Field(description="day of the contested outcome, by Vietnam's calendar")
    last_day: date = Field(description="last day on which it could be appealed against")
    panel_id: UUID | None = Field(description="council that examines the appeal")
    report_due_on: date | None = Field(description="last day for the panel's report")
    decided_on: date | None
    version: int
    created_at: Instant
    updated_at: Instant


class AppealCriterionRead(Output):
    """A contested criterion."""

    code: str = Field(examples=["2.4"])
    reason: str


class AppealEvidenceRead(Output):
    """A document the appeal relies on; its file is at `content`."""

    document_id: UUID
    kind: str = Field(examples=["test_report"])
    title: str = Field(examples=["Chứng nhận VietGAP"])
    content: str = Field(
        description="where to `GET` the file", examples=[f"/v1/appeals/{_ID}/evidence/{_ID}"]
    )


class ContestedRead(Output):
    """What is contested, as it stood when the appeal was lodged."""

    outcome: State
    star: int | None
    points: Exact | None
    decision_number: str | None = Field(examples=["1234/QĐ-UBND"])
    council_result_id: UUID | None
    certificate_id: UUID | None
    certificate_number: str | None = Field(examples=["68-01-2026"])


class PanelRead(Output):
    """The council that examines the appeal."""

    council_id: UUID
    name: str = Field(examples=["Hội đồng xem xét kiến nghị tỉnh Lâm Đồng"])
    report_due_on: date


class CriterionAnswerRead(Output):
    """What the panel says about a contested criterion."""

    code: str = Field(examples=["2.4"])
    finding: Finding
    reason: str


class AppealReportRead(Output):
    """What the panel found; the producer is shown it with the decision."""

    finding: Finding
    recommendation: Recommendation
    summary: str
    criteria: list[CriterionAnswerRead]


class AppealDecisionRead(Output):
    """How the appeal was decided."""

    verdict: AppealState
    rescore: bool = Field(description="whether the dossier is rated again")
    decision_number: str = Field(examples=["1301/QĐ-UBND"])
    decided_on: date
    reason: str


class FollowUpRead(Output):
    """What came of a decision to rate the dossier again."""

    dossier_state: State
    council_result_id: UUID | None = Field(description="the new result; null while there is none")
    star: int | None = Field(description="stars of the new result")
    certificate_id: UUID | None = Field(description="null unless the new result led to one")
    certificate_number: str | None = Field(examples=["68-09-2026"])


class AppealStepRead(Output):
    """One step of an appeal."""

    ordinal: int = Field(examples=[1])
    action: str = Field(examples=["lodge"])
    from_state: AppealState | None
    to_state: AppealState
    party: AppealParty
    actor_id: UUID | None
    at: Instant
    reason: str | None
    data: dict[str, Any] = Field(description="what the step was taken with, as far as the caller may know")


class AppealAllowedAction(Output):
    """What the caller may do now."""

    action: AppealAction
    party: AppealParty = Field(description="capacity in which the caller acts")
    guards: list[AppealGuard] = Field(description="conditions of the step")
    path: str = Field(description="where to `POST`", examples=[f"/v1/appeals/{_ID}/accept"])


class AppealRead(AppealSummary):
    """An appeal in full."""

    grounds: str
    criteria: list[AppealCriterionRead]
    evidence: list[AppealEvidenceRead]
    contested: ContestedRead
    refusal: str | None = Field(description="why it was not taken up")
    panel: PanelRead | None
    report: AppealReportRead | None = Field(description="null until filed; to the producer until decided")
    decision: AppealDecisionRead | None
    follow_up: FollowUpRead | None = Field(description="null unless the dossier is rated again")
    steps: list[AppealStepRead]
    allowed_actions: list[AppealAllowedAction]
