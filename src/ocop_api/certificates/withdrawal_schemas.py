"""What goes in and out about cases of withdrawal."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.withdrawal import (
    WithdrawalSource,
)
from ocop_api.web.schemas import Code, Input, LongText, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_MOST_EVIDENCE = 50
_MOST_RECIPIENTS = 20

Reason = Annotated[LongText, Field(min_length=1)]
Recipients = Annotated[list[ShortText], Field(max_length=_MOST_RECIPIENTS)]


class WithdrawalCaseOpen(Input):
    """What was found about a certified product, and which ground of withdrawal it may come to."""

    ground: WithdrawalGround = Field(
        description="main ground (Decision 26/2026, Art. 8.1)", examples=["criteria_not_kept"]
    )
    further_grounds: list[WithdrawalGround] = Field(
        default_factory=list, max_length=5, description="others that it may come to as well", examples=[[]]
    )
    source: WithdrawalSource = Field(description="where it comes from", examples=["own_finding"])
    found: Reason = Field(
        description="what was found; the producer is told",
        examples=["Kiểm tra ngày 02/06/2026: cơ sở không còn vùng nguyên liệu tại địa phương."],
    )
    note: LongText | None = Field(
        None, description="for the offices alone, such as who complained", examples=[None]
    )
    evidence: list[UUID] = Field(
        default_factory=list,
        max_length=_MOST_EVIDENCE,
        description="documents of the producer; what an office was given it uploads there first",
    )
    answer_due_on: date | None = Field(
        None,
        description="until when the producer is asked for an answer; ten days unless given",
        examples=["2026-06-25"],
    )


class WithdrawalAnswer(Input):
    """What the producer says to it."""

    statement: Reason = Field(examples=["Vùng nguyên liệu được chuyển sang thôn 3, có hợp đồng kèm theo."])
    evidence: list[UUID] = Field(
        default_factory=list, max_length=_MOST_EVIDENCE, description="own documents of the producer"
    )


class WithdrawalConclude(Input):
    """The conclusion of the competent authority or, for production that stopped, the commune's confirmation."""

    authority: ShortText = Field(
        description="who concluded or confirmed",
        examples=["Sở Nông nghiệp và Môi trường tỉnh Lâm Đồng"],
    )
    number: Code | None = Field(None, description="of the document", examples=["45/KL-SNNMT"])
    concluded_on: date = Field(
        description="day of the conclusion or confirmation; not before the certificate, not after today",
        examples=["2026-06-10"],
    )
    summary: Reason = Field(
        examples=["Sản phẩm không còn đạt điểm tối thiểu của tiêu chí nguồn nguyên liệu."]
    )
    document_id: UUID | None = Field(None, description="the document itself, among the producer's")
    ground: WithdrawalGround | None = Field(
        None, description="main ground, where it came to another than the case was opened for"
    )
    reason: LongText | None = Field(
        None, min_length=1, description="why an earlier conclusion is replaced; needed for that only"
    )


class WithdrawalSubmit(Input):
    """Put the case before whoever decides."""

    recipients: Recipients | None = Field(
        None,
        description="whom the decision goes to beside the producer and the commune; the usual bodies unless given",
        examples=[["Sở Nông nghiệp và Môi trường", "Chi cục Quản lý thị trường"]],
    )
    signer_title: ShortText | None = Field(
        None, description="title above the signature in the draft", examples=["Chủ tịch"]
    )
    note: LongText | None = Field(
        None, description="to whoever decides; not for the producer", examples=["Đề nghị thu hồi."]
    )


class WithdrawalReturn(Input):
    """Send the case back to the office."""

    reason: Reason = Field(examples=["Bổ sung kết quả kiểm nghiệm mẫu thứ hai."])


class WithdrawalDismiss(Input):
    """Close the case; the certificate stands."""

    reason: Reason = Field(
        description="told to the producer", examples=["Chủ thể đã khắc phục, kiểm tra lại đạt yêu cầu."]
    )


class WithdrawalDecide(Input):
    """The decision that takes the certificate back."""

    decision_number: Code = Field(examples=["1300/QĐ-UBND"])
    decided_on: date = Field(
        description="day of the decision, from which the certificate is withdrawn; not before the conclusion, "
        "not after today",
        examples=["2026-06-15"],
    )
    signer_title: ShortText = Field(
        description="title above the signature, not a name", examples=["Chủ tịch"]
    )
    recipients: Recipients | None = Field(
        None, description="as in the submission unless given", examples=[["Chi cục Quản lý thị trường"]]
    )
