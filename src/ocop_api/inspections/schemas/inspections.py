"""Inspections: planning and assigning, the checklist, the conclusion, and an inspection as it is read."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.inspection import (
    Cause,
    Content,
    InspectionAction,
    InspectionGuard,
    InspectionKind,
    InspectionParty,
    InspectionState,
)
from ocop_api.domain.inspection_findings import InspectionConclusion, ItemFinding
from ocop_api.inspections.schemas.following import ImprovementRead, ImprovementRequired
from ocop_api.inspections.schemas.plans import Contents
from ocop_api.web.schemas import Code, Exact, Input, Instant, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_MOST_INSPECTORS = 20
_MOST_ITEMS = 200
_MOST_PEOPLE = 40
_MOST_IMPROVEMENTS = 50
ItemCode = Annotated[Code, Field(examples=["mark.stars"])]


class InspectorAssigned(Input):
    """Somebody to inspect."""

    user_id: UUID = Field(description="holds `inspection:conduct` in the area", examples=[_ID])
    lead: bool = Field(False, description="heads the inspection (trưởng đoàn)")


class _Team(Input):
    inspectors: list[InspectorAssigned] = Field(default_factory=list, max_length=_MOST_INSPECTORS)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        people = [one.user_id for one in self.inspectors]
        if len(set(people)) != len(people):
            raise ValueError("an inspector is named once")
        if sum(one.lead for one in self.inspectors) > 1:
            raise ValueError("one person heads an inspection")
        return self


class InspectionCreate(_Team):
    """An inspection to plan: a further one on an approved plan, or one without notice."""

    kind: InspectionKind = Field(examples=["unannounced"])
    certificate_id: UUID = Field(examples=[_ID])
    plan_id: UUID | None = Field(None, description="of a periodic one, and needed for it")
    cause: Cause | None = Field(
        None, description="of an unannounced one, and needed for it", examples=["complaint"]
    )
    cause_note: LongText | None = Field(
        None,
        description="what is known; never shown to the producer",
        examples=["Người tiêu dùng phản ánh bao bì in 5 sao."],
    )
    level: Level | None = Field(
        None, description="`province` or `central`, of an unannounced one; the province unless given"
    )
    scheduled_on: date | None = Field(None, description="not before today", examples=["2026-07-15"])
    contents: Contents | None = Field(
        None, description="of an unannounced one; everything unless given. A plan has its own"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        periodic = self.kind is InspectionKind.PERIODIC
        if periodic != (self.plan_id is not None) or periodic == (self.cause is not None):
            raise ValueError("a periodic inspection has a plan, an unannounced one a cause")
        if periodic and (self.level is not None or self.contents is not None or self.cause_note is not None):
            raise ValueError("level and contents of a periodic inspection are the plan's")
        return self


class InspectionUpdate(Input):
    """Who inspects and when (merge patch); inspectors that stay keep their declarations."""

    scheduled_on: date | None = Field(None, examples=["2026-07-15"])
    inspectors: list[InspectorAssigned] | None = Field(
        None, max_length=_MOST_INSPECTORS, description="everybody who inspects; null leaves them"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _Team(inspectors=self.inspectors or [])
        return self


class InterestDeclaration(Input):
    """What an inspector declares before the inspection begins."""

    has_interest: bool = Field(
        description="true for whoever owns, works for, advises or is related to the producer",
        examples=[False],
    )
    note: LongText | None = Field(None, examples=["Không có quan hệ với cơ sở."])


class ItemAnswerWrite(Input):
    """The answer to one item."""

    code: ItemCode
    finding: ItemFinding = Field(examples=["not_kept"])
    note: LongText = Field(
        "", description="needed for `not_kept` and `not_checked`", examples=["Bao bì vẫn in 5 sao."]
    )


class InspectionItemsWrite(Input):
    """Answers to keep; items that are not named stay as they are."""

    items: list[ItemAnswerWrite] = Field(min_length=1, max_length=_MOST_ITEMS)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [one.code for one in self.items]
        if len(set(codes)) != len(codes):
            raise ValueError("an item is answered once")
        return self


class Side(StrEnum):
    """Whom somebody present stands for."""

    INSPECTION = "inspection"
    PRODUCER = "producer"
    COMMUNE = "commune"
    OTHER = "other"


class PersonPresent(Input):
    """Somebody present, as the minutes name them."""

    name: ShortText = Field(examples=["Nguyễn Văn Bình"])
    title: ShortText = Field(examples=["Giám đốc hợp tác xã"])
    side: Side = Field(examples=["producer"])


class InspectionConclude(Input):
    """What the inspection comes to."""

    conclusion: InspectionConclusion = Field(examples=["improvements_required"])
    inspected_on: date = Field(
        description="day of the inspection; not before it began, not after today", examples=["2026-07-15"]
    )
    summary: LongText = Field(min_length=1, examples=["Cơ sở duy trì sản xuất; bao bì cũ in sai số sao."])
    venue: ShortText = Field(examples=["Xưởng chế biến, tổ dân phố 3, phường Bắc Gia Nghĩa"])
    people: list[PersonPresent] = Field(
        min_length=1, max_length=_MOST_PEOPLE, description="everybody present, as the minutes name them"
    )
    improvements: list[ImprovementRequired] = Field(
        default_factory=list,
        max_length=_MOST_IMPROVEMENTS,
        description="of `improvements_required`; every item not kept is named by one",
    )
    ground: WithdrawalGround | None = Field(
        None, description="of `withdrawal_proposed` (Decision 26/2026, Art. 8.1)"
    )


class InspectionCancel(Input):
    """Why an inspection is not carried out."""

    reason: LongText = Field(min_length=1, examples=["Cơ sở đã ngừng hoạt động trước ngày kiểm tra."])


class InspectionRemark(Input):
    """What the producer says to the minutes."""

    remark: LongText = Field(min_length=1, examples=["Lô bao bì cũ đã được tiêu hủy sau ngày kiểm tra."])


class InspectionFilter(PageQuery):
    """Which inspections to list. Sorts: `-created_at` (default), `created_at`, `scheduled_on`."""

    state: InspectionState | None = None
    kind: InspectionKind | None = None
    plan_id: UUID | None = None
    place_id: str | None = Field(
        None, max_length=20, description="an administrative unit with all below it", examples=["34:68"]
    )
    certificate_id: UUID | None = None
    product_id: UUID | None = None
    producer_id: UUID | None = None
    conclusion: InspectionConclusion | None = None
    overdue: bool | None = Field(None, description="whether an improvement is overdue")
    mine: bool | None = Field(None, description="true: where the caller inspects")


class InspectionSummary(Output):
    """An inspection in a list."""

    id: UUID = Field(examples=[_ID])
    kind: InspectionKind
    plan_id: UUID | None = Field(description="null for the producer, who sees no plan")
    certificate_id: UUID
    certificate_number: str | None = Field(examples=["68-01-2026"])
    product_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer_id: UUID
    producer_name: str
    stars: int
    level: Level = Field(description="`province` or `central`: whose office inspects")
    state: InspectionState
    scheduled_on: date | None
    inspected_on: date | None
    conclusion: InspectionConclusion | None
    improvements_open: int
    next_due_on: date | None = Field(description="the earliest day an open improvement is due")
    overdue: bool = Field(description="an improvement is overdue today")
    version: int
    created_at: Instant
    updated_at: Instant


class InspectorRead(Output):
    """Somebody who inspects."""

    user_id: UUID
    name: str = Field(examples=["Trần Thị Lan"])
    lead: bool
    declared_at: Instant | None = Field(description="null for the producer, and before a declaration")
    has_interest: bool | None = Field(description="as declared; null for the producer")
    declaration: str | None


class ExpectedLevel(Output):
    """What a council found on a criterion when the product was rated: its mean and the level reached."""

    points: Exact = Field(description="the council's mean, as shown", examples=["2.67"])
    max: Exact = Field(examples=["3"])
    level_vi: str | None
    level_en: str | None


class ExpectedDocument(Output):
    """A document of the rated file, in its newest version."""

    document_id: UUID
    kind: str = Field(examples=["test_report"])
    title: str = Field(examples=["Phiếu kiểm nghiệm"])
    number: str | None
    issuer: str | None
    issued_on: date | None
    expires_on: date | None
    expired: bool = Field(description="on the day the inspection began")
    renewed: bool = Field(description="a newer version than that of the rated file")


class InspectionItemRead(Output):
    """One line of the checklist."""

    code: str = Field(examples=["mark.stars"])
    content: Content
    kind: str = Field(description="`fixed`, `criterion`, `gate` or `document`", examples=["fixed"])
    text_vi: str
    text_en: str
    source: str = Field(examples=["26/2026/QĐ-TTg, Điều 9.3b"])
    ground: WithdrawalGround = Field(description="ground that it points to when not kept")
    rated: ExpectedLevel | None = Field(description="of a criterion the product was rated by")
    document: ExpectedDocument | None
    finding: ItemFinding
    note: str
    answered_at: Instant | None


class InspectionPhotoRead(Output):
    """A photo taken at the inspection."""

    id: UUID
    item_code: str | None = Field(examples=["mark.stars"])
    what: str = Field(examples=["Bao bì in 5 sao"])
    place: str = Field(examples=["Kho thành phẩm"])
    taken_at: Instant
    media_type: str = Field(examples=["image/jpeg"])
    size: int = Field(examples=[240000])
    width: int = Field(examples=[1600])
    height: int = Field(examples=[1200])
    sha256: str
    content: str = Field(
        description="where to `GET` the picture", examples=[f"/v1/inspections/{_ID}/photos/{_ID}/content"]
    )
    created_at: Instant


class PersonPresentRead(Output):
    """Somebody present."""

    name: str = Field(examples=["Nguyễn Văn Bình"])
    title: str
    side: Side


class InspectionConclusionRead(Output):
    """What the inspection came to."""

    conclusion: InspectionConclusion
    inspected_on: date
    concluded_at: Instant
    summary: str = Field(examples=["Cơ sở duy trì sản xuất; bao bì cũ in sai số sao."])
    venue: str
    people: list[PersonPresentRead]
    ground: WithdrawalGround | None
    ground_point: str | None = Field(description="point of Art. 8.1", examples=["d"])


class InspectionMinutesRead(Output):
    """Signed minutes."""

    id: UUID
    sha256: str
    size: int = Field(examples=[184320])
    generated_sha256: str = Field(description="of the PDF as the system gave it then; it is kept too")
    signed_on: date
    document_number: str = Field(examples=["15/BB-KT"])
    signatories: str
    current: bool = Field(description="whether it counts: no later one replaces it")
    replaces_id: UUID | None
    reason: str | None
    uploaded_at: Instant
    content: str = Field(examples=[f"/v1/inspections/{_ID}/signed-minutes/{_ID}/content"])


class InspectionStepRead(Output):
    """One step of an inspection."""

    ordinal: int = Field(examples=[1])
    action: str = Field(examples=["begin"])
    from_state: InspectionState | None
    to_state: InspectionState
    party: InspectionParty
    actor_id: UUID | None = Field(description="null for the producer")
    at: Instant
    reason: str | None
    data: dict[str, Any] = Field(description="what the step was taken with, as far as the caller may know")


class InspectionAllowedAction(Output):
    """What the caller may do now."""

    action: InspectionAction
    party: InspectionParty = Field(description="capacity in which the caller acts")
    guards: list[InspectionGuard] = Field(description="conditions of the step")
    missing: list[InspectionGuard] = Field(description="those that do not hold yet, as far as is known now")
    method: str = Field(examples=["POST"])
    path: str = Field(examples=[f"/v1/inspections/{_ID}/begin"])


class InspectionRead(InspectionSummary):
    """An inspection in full.

    While it is under way the producer is shown neither answers nor photos.
    """

    contents: list[Content]
    cause: Cause | None
    cause_note: str | None = Field(description="never shown to the producer")
    begun_at: Instant | None
    edition: str | None = Field(description="criteria the checklist was made from", examples=["qd26-2026"])
    set_number: int | None
    inspectors: list[InspectorRead]
    items: list[InspectionItemRead]
    suggested_grounds: list[WithdrawalGround] = Field(
        description="grounds of withdrawal that the items not kept point to; empty for the producer"
    )
    photos: list[InspectionPhotoRead]
    outcome: InspectionConclusionRead | None = Field(description="the conclusion in full")
    improvements: list[ImprovementRead]
    remarks: list[str] = Field(description="what the producer said to the minutes")
    signed_minutes: list[InspectionMinutesRead]
    withdrawal_case_id: UUID | None = Field(description="the case that a proposed withdrawal became")
    steps: list[InspectionStepRead]
    allowed_actions: list[InspectionAllowedAction]


class PhotoFacts(Input):
    """What a photo shows, where and when it was taken."""

    item_code: ItemCode | None = Field(None, description="the item it is about")
    what: ShortText = Field(examples=["Bao bì in 5 sao"])
    place: ShortText = Field(examples=["Kho thành phẩm"])
    taken_at: AwareDatetime = Field(examples=["2026-07-15T03:20:00Z"])
