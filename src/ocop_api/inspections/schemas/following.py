"""What follows from a conclusion: improvements, signed minutes, a proposal to withdraw."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ocop_api.domain.inspection_findings import ImprovementState, ImprovementVerdict
from ocop_api.web.schemas import Code, Input, Instant, LongText, Output, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_MOST_DOCUMENTS = 20
_MOST_ITEMS = 200
Said = Annotated[LongText, Field(min_length=1)]


class ImprovementRequired(Input):
    """What has to be mended."""

    what: Said = Field(examples=["Thay toàn bộ bao bì in sai số sao."])
    items: list[Code] = Field(
        default_factory=list,
        max_length=_MOST_ITEMS,
        description="codes of the items it is about",
        examples=[["mark.stars"]],
    )
    due_on: date = Field(description="after today", examples=["2026-08-15"])


class ImprovementReport(Input):
    """What the producer has done about an improvement."""

    ordinal: int = Field(ge=1, le=1000, description="which improvement", examples=[1])
    text: Said = Field(examples=["Đã in bao bì mới từ ngày 01/08/2026, hủy 2.000 túi cũ."])
    document_ids: list[UUID] = Field(
        default_factory=list, max_length=_MOST_DOCUMENTS, description="documents of the producer"
    )


class ImprovementCheck(Input):
    """What the inspectors say about it."""

    ordinal: int = Field(ge=1, le=1000, description="which improvement", examples=[1])
    verdict: ImprovementVerdict = Field(examples=["accepted"])
    text: Said = Field(examples=["Đã kiểm tra lô bao bì mới, in đúng 4 sao."])
    due_on: date | None = Field(None, description="the new day after `not_accepted`, needed for it")


class ImprovementEvidenceRead(Output):
    """A document of the producer's report."""

    document_id: UUID
    kind: str = Field(examples=["other"])
    title: str = Field(examples=["Ảnh bao bì mới"])
    content: str = Field(
        description="where to `GET` the file", examples=[f"/v1/inspections/{_ID}/evidence/{_ID}/content"]
    )


class ImprovementStepRead(Output):
    """A report, or what was said to it."""

    action: str = Field(description="`reported`, `accepted` or `not_accepted`", examples=["reported"])
    text: str
    due_on: date | None
    evidence: list[ImprovementEvidenceRead]
    at: Instant


class ImprovementRead(Output):
    """What has to be mended, and how far it is."""

    ordinal: int = Field(examples=[1])
    what: str
    items: list[str] = Field(examples=[["mark.stars"]])
    due_on: date
    state: ImprovementState
    overdue: bool
    steps: list[ImprovementStepRead]


class SignedMinutesFacts(Input):
    """What signed minutes say of themselves."""

    signed_on: date = Field(description="day of signing in Vietnam", examples=["2026-07-15"])
    document_number: Code = Field(description="number they were given", examples=["15/BB-KT"])
    signatories: ShortText = Field(
        description="who signed, in the order of the paper", examples=["Trần Thị Lan; Nguyễn Văn Bình"]
    )
    replaces_id: UUID | None = Field(None, description="the wrong upload that this one replaces")
    reason: ShortText | None = Field(None, description="why it is replaced")


class WithdrawalProposal(Input):
    """What the case of withdrawal begins with."""

    reason: Said = Field(
        description="for the record; not shown to the public",
        examples=["Cơ sở dùng nhãn 5 sao cho sản phẩm 4 sao, không khắc phục."],
    )
