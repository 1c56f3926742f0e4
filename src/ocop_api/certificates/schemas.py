"""What goes in and out about certificates."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from ocop_api.certificates.standing import Standing
from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.web.schemas import Code, Input, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_CODE = "k3v7m2qz5t4xw6y7abcdefghij"


class CertificateIssue(Input):
    """The decision that recognises a rated dossier."""

    dossier_id: UUID = Field(examples=[_ID])
    decision_number: Code = Field(examples=["1234/QĐ-UBND"])
    decided_on: date = Field(
        description="date of the decision and of issue; not before lodging, not after today",
        examples=["2026-06-15"],
    )
    signed_by_title: ShortText = Field(
        description="title above the signature, not a name", examples=["Chủ tịch"]
    )
    issuing_authority: ShortText | None = Field(
        None,
        description="as printed; the committee or ministry of the level unless given",
        examples=["Ủy ban nhân dân tỉnh Lâm Đồng"],
    )


class CertificateWithdraw(Input):
    """The decision that takes a certificate back."""

    ground: WithdrawalGround = Field(
        description="Decision 26/2026, Art. 8.1", examples=["production_stopped"]
    )
    reason: LongText = Field(
        min_length=1,
        description="for the record; not shown to the public",
        examples=["Cơ sở đã giải thể, xã xác nhận ngày 10/06/2026."],
    )
    concluded_on: date = Field(
        description="day of the authority's conclusion or the commune's confirmation", examples=["2026-06-10"]
    )
    decision_number: Code | None = Field(None, examples=["1300/QĐ-UBND"])


class CertificateFilter(PageQuery):
    """Filters of the public register."""

    status: Standing | None = Field(None, description="on the day of the request")
    stars: int | None = Field(None, ge=3, le=5)
    product_id: UUID | None = None
    producer_id: UUID | None = None
    place_id: str | None = Field(
        None,
        max_length=20,
        description="an administrative unit, old or new, with all below it",
        examples=["34:68"],
    )
    expiring_before: date | None = Field(None, description="in force now, last day before this one")
    recognition_decision_id: UUID | None = Field(None, description="issued by this decision")
    confirmed: bool | None = Field(
        None, description="recorded ones only: confirmed by an officer, or waiting for it"
    )


class WithdrawalRead(Output):
    """What the public learns of a withdrawal; ``reason`` only those who may read the dossier."""

    withdrawn_on: date
    ground: WithdrawalGround
    point: str = Field(description="point of Art. 8.1 of Decision 26/2026", examples=["đ"])
    decision_number: str | None
    concluded_on: date
    due_on: date = Field(description="last day for the decision (Art. 8.4)")
    reason: str | None = Field(None, description="null for the public")


class ConfirmationBasis(StrEnum):
    """What an officer has seen of a recorded certificate."""

    DECISION = "decision"
    CERTIFICATE = "certificate"
    REGISTER = "register"
    ISSUER_STATEMENT = "issuer_statement"


class CertificateConfirm(Input):
    """What an officer has seen behind a certificate that was recorded."""

    basis: ConfirmationBasis = Field(
        description="`decision`: the decision was read; `certificate`: the paper certificate was seen; "
        "`register`: it stands in the issuer's register; `issuer_statement`: the issuer says so in writing",
        examples=["decision"],
    )
    note: LongText | None = Field(
        None, min_length=1, description="for the record", examples=["Bản sao quyết định lưu tại hồ sơ 12."]
    )
    decision_number: Code | None = Field(
        None, description="needed for what is only reported", examples=["1887/QĐ-UBND"]
    )
    decided_on: date | None = Field(
        None, description="needed for what is only reported; the term runs from it", examples=["2025-06-16"]
    )


class CertificateRecorded(Output):
    """Where a certificate that was not issued here comes from, and who has seen the paper behind it."""

    source: str = Field(description="where it was read", examples=["Sổ theo dõi OCOP của huyện"])
    confidence: Literal["decision", "press"]
    confirmed_on: date | None = Field(description="null while nobody has confirmed it")
    confirmed_by_level: Level | None = Field(description="of the office whose officer confirmed it")
    basis: ConfirmationBasis | None = Field(description="what was seen")


class CertificateRead(Output):
    """One certificate as issued, and what it is worth on the day of the request."""

    id: UUID = Field(examples=[_ID])
    number: str | None = Field(examples=["68-24611-01-2026"])
    status: Standing
    in_force: bool = Field(description="the product may carry these stars today")
    product_id: UUID
    producer_id: UUID
    dossier_id: UUID | None
    appeal_id: UUID | None = Field(description="the appeal that led to it, where one did")
    product_name: str = Field(description="as printed", examples=["Cà phê Đắk Nông"])
    producer_name: str = Field(description="as printed")
    producer_address: str = Field(description="business address as printed")
    stars: int = Field(examples=[4])
    regime: str | None = Field(examples=["qd26-2026"])
    level: Level | None = Field(description="of the deciding authority")
    decision_number: str | None
    decided_on: date | None
    issued_on: date | None
    valid_until: date | None = Field(description="last day of the term; null when only reported")
    extended_until: date | None = Field(
        description="last day, at the latest, of a prolongation under the transition of 2026; null otherwise"
    )
    rerating: bool = Field(description="a re-rating of the product has been lodged and is not decided yet")
    issuing_authority: str | None
    place: str | None = Field(description="where it was issued", examples=["Lâm Đồng"])
    recognition_decision_id: UUID | None = Field(description="the decision it was issued by")
    annex_place: int | None = Field(description="its place in the annex of that decision", examples=[1])
    source: str = Field(description="`issued` here, or where a recorded recognition was read")
    confidence: Literal["decision", "press"]
    recorded: CertificateRecorded | None = Field(description="null for what was issued here")
    verification_code: str = Field(examples=[_CODE])
    verification_url: str = Field(description="what the QR symbol opens")
    credential_url: str | None = Field(
        description="the electronic form, signed; null when only reported. 409 there for what was withdrawn "
        "before anybody asked for it"
    )
    withdrawal: WithdrawalRead | None
    superseded_on: date | None
    superseded_by: UUID | None
    version: int


class VerificationWithdrawal(Output):
    """Why and when a certificate was taken back."""

    withdrawn_on: date = Field(examples=["2027-03-01"])
    ground: WithdrawalGround
    text: str = Field(
        description="the ground in the answer's language",
        examples=["Sản phẩm không còn đạt tiêu chuẩn an toàn thực phẩm."],
    )


class VerificationRead(Output):
    """The answer to "is this certificate good today?"."""

    status: Standing
    in_force: bool = Field(description="the product may carry these stars today")
    meaning: str = Field(
        description="one sentence for a person, in the answer's language",
        examples=["Giấy chứng nhận còn hiệu lực đến hết ngày 15/06/2029."],
    )
    checked_on: date = Field(description="calendar day in Vietnam the answer is about")
    certificate_number: str | None
    stars: int
    product_name: str
    producer_name: str
    decision_number: str | None
    decided_on: date | None
    issuing_authority: str | None
    issued_on: date | None
    valid_until: date | None
    extended_until: date | None = Field(
        description="last day, at the latest, of a prolongation under the transition of 2026; null otherwise"
    )
    recorded_from: str | None = Field(
        description="where a certificate that was not issued here was read; null for what was issued here",
        examples=["Sổ theo dõi OCOP của huyện"],
    )
    confirmed_on: date | None = Field(
        description="day an officer confirmed a recorded one by the paper behind it"
    )
    withdrawal: VerificationWithdrawal | None
    superseded_on: date | None
    successor_url: str | None = Field(description="page of the certificate that took its place")
    url: str = Field(description="page of this certificate")
    credential_url: str | None = Field(
        description="the electronic form, signed; null when only reported. 409 there for what was withdrawn "
        "before anybody asked for it"
    )
    product_id: UUID
    certificate_id: UUID
