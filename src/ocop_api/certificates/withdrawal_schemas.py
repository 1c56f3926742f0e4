"""What goes in and out about cases of withdrawal."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from ocop_api.certificates.standing import Standing
from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.withdrawal import (
    WithdrawalAction,
    WithdrawalBasis,
    WithdrawalGuard,
    WithdrawalParty,
    WithdrawalSource,
    WithdrawalState,
)
from ocop_api.web.schemas import Code, Input, Instant, LongText, Output, PageQuery, ShortText

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
    """The conclusion of the competent authority; for production that stopped the commune's confirmation."""

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
        description="whom the decision goes to beside producer and commune; the usual bodies unless given",
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
        description="day of the decision, from which the certificate is withdrawn; not before the "
        "conclusion, not after today",
        examples=["2026-06-15"],
    )
    signer_title: ShortText = Field(
        description="title above the signature, not a name", examples=["Chủ tịch"]
    )
    recipients: Recipients | None = Field(
        None, description="as in the submission unless given", examples=[["Chi cục Quản lý thị trường"]]
    )


class WithdrawalFilter(PageQuery):
    """Which cases to list. Sorts: `due_on` (default; without a term last), `created_at`, `-created_at`."""

    state: WithdrawalState | None = None
    ground: WithdrawalGround | None = Field(None, description="main ground")
    place_id: str | None = Field(
        None, max_length=20, description="an administrative unit with all below it", examples=["34:68"]
    )
    due_before: date | None = Field(None, description="open, and the last day is before this one")
    overdue: bool | None = Field(None, description="open, and the last day has passed")
    certificate_id: UUID | None = None
    producer_id: UUID | None = None


class WithdrawalCaseSummary(Output):
    """A case in a list."""

    id: UUID = Field(examples=[_ID])
    certificate_id: UUID
    certificate_number: str | None = Field(examples=["68-01-2026"])
    product_id: UUID
    product_name: str = Field(description="as printed on the certificate", examples=["Cà phê Đắk Nông"])
    producer_id: UUID
    producer_name: str = Field(description="as printed on the certificate")
    stars: int = Field(examples=[4])
    level: Level = Field(description="level that decides on this rank today (Art. 8.2)")
    state: WithdrawalState
    ground: WithdrawalGround
    point: str = Field(description="point of Art. 8.1 of Decision 26/2026", examples=["b"])
    further_grounds: list[WithdrawalGround]
    source: WithdrawalSource
    inspection_id: UUID | None = Field(description="the inspection that led to it, where one did")
    answer_due_on: date = Field(description="until when the producer is asked; nothing waits for it")
    concluded_on: date | None = Field(description="day of the conclusion or confirmation")
    due_on: date | None = Field(description="last day for the decision: 15 days from then (Art. 8.4)")
    days_left: int | None = Field(
        description="until the last day, negative when it has passed; null without one and when closed",
        examples=[12],
    )
    overdue: bool = Field(description="open, and the last day has passed")
    decided_on: date | None
    version: int
    created_at: Instant
    updated_at: Instant


class WithdrawalEvidenceRead(Output):
    """A document the case relies on; its file is at `content`."""

    document_id: UUID
    part: Literal["finding", "conclusion", "answer"] = Field(description="what it belongs to")
    kind: str = Field(examples=["test_report"])
    title: str = Field(examples=["Phiếu kết quả thử nghiệm"])
    content: str = Field(
        description="where to `GET` the file", examples=[f"/v1/withdrawal-cases/{_ID}/evidence/{_ID}"]
    )


class WithdrawalAnswerRead(Output):
    """What the producer said to it."""

    at: Instant
    statement: str = Field(examples=["Vùng nguyên liệu được chuyển sang thôn 3, có hợp đồng kèm theo."])
    evidence: list[UUID]
    late: bool = Field(description="after the day until which it was asked for; it is read all the same")


class WithdrawalBasisRead(Output):
    """What the ground rests on."""

    kind: WithdrawalBasis
    source: str = Field(examples=["26/2026/QĐ-TTg, Art. 8.1b, 8.4"])


class WithdrawalConclusionRead(Output):
    """The conclusion or confirmation from which the 15 days are counted."""

    authority: str | None = Field(
        description="null where a decision alone was entered",
        examples=["Sở Nông nghiệp và Môi trường tỉnh Lâm Đồng"],
    )
    number: str | None
    concluded_on: date
    summary: str
    document_id: UUID | None


class WithdrawalDecisionRead(Output):
    """The decision that took the certificate back."""

    decision_number: str | None = Field(examples=["1300/QĐ-UBND"])
    decided_on: date = Field(description="from this day on the certificate is withdrawn")
    signer_title: str | None = Field(examples=["Chủ tịch"])
    late: bool = Field(description="after the 15 days; it holds all the same")


class SignedWithdrawalRead(Output):
    """The decision as it was signed."""

    id: UUID
    case_id: UUID
    sha256: str
    size: int = Field(description="bytes", examples=[48213])
    replaces_id: UUID | None
    reason: str | None = Field(description="why an earlier one was replaced")
    uploaded_at: Instant
    content: str = Field(
        description="where to `GET` the file", examples=[f"/v1/withdrawal-cases/{_ID}/signed-decision"]
    )


class SignedDecisionFacts(Input):
    """What a handed in decision replaces, if anything."""

    replaces_id: UUID | None = Field(None, description="the signed decision that was wrong")
    reason: ShortText | None = Field(None, description="why, when one is replaced")


class WithdrawalStepRead(Output):
    """One step of a case."""

    ordinal: int = Field(examples=[1])
    action: str = Field(examples=["open"])
    from_state: WithdrawalState | None
    to_state: WithdrawalState
    party: WithdrawalParty
    actor_id: UUID | None
    at: Instant
    reason: str | None = Field(description="null to the producer where it is for the offices alone")
    data: dict[str, Any] = Field(description="what the step was taken with")


class WithdrawalAllowedAction(Output):
    """What the caller may do now."""

    action: WithdrawalAction
    guards: list[WithdrawalGuard] = Field(description="conditions of the step")
    path: str = Field(description="where to `POST`", examples=[f"/v1/withdrawal-cases/{_ID}/conclude"])


class WithdrawalCaseRead(WithdrawalCaseSummary):
    """A case in full."""

    certificate_status: Standing = Field(description="of the certificate today")
    found: str
    note: str | None = Field(description="for the offices alone: null to the producer")
    basis: WithdrawalBasisRead
    evidence: list[WithdrawalEvidenceRead]
    answers: list[WithdrawalAnswerRead]
    conclusion: WithdrawalConclusionRead | None
    recipients: list[str] = Field(
        description="whom the decision is sent to (Art. 8.3c); empty before it is submitted"
    )
    decision: WithdrawalDecisionRead | None
    reason: str | None = Field(description="why it was dismissed, or how the certificate ended otherwise")
    signed_decision: SignedWithdrawalRead | None
    papers: list[str] = Field(
        description="papers that the caller may `GET` now",
        examples=[[f"/v1/withdrawal-cases/{_ID}/papers/decision.pdf"]],
    )
    steps: list[WithdrawalStepRead]
    allowed_actions: list[WithdrawalAllowedAction]
