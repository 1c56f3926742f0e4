"""What goes in and out about certificates."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from ocop_api.adapters.pdf.label_mark import MarkColor, MarkLayout
from ocop_api.certificates.standing import Standing
from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.ledger.schemas import HeadRead, InclusionProofRead
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
    """The decision that takes a certificate back, where no case was kept before."""

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
    authority: ShortText | None = Field(
        None, description="who concluded or confirmed", examples=["Ủy ban nhân dân phường Bắc Gia Nghĩa"]
    )
    decision_number: Code | None = Field(None, examples=["1300/QĐ-UBND"])
    decided_on: date | None = Field(
        None,
        description="day of the decision, from which the certificate is withdrawn; today unless given",
        examples=["2026-06-15"],
    )
    signer_title: ShortText | None = Field(
        None, description="title above the signature, not a name", examples=["Chủ tịch"]
    )
    recipients: list[ShortText] | None = Field(
        None,
        max_length=20,
        description="whom the decision goes to beside producer and commune; the usual bodies unless given",
        examples=[["Chi cục Quản lý thị trường"]],
    )


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


class LabelMarkQuery(Input):
    """How a mark for a label is to be drawn."""

    width_mm: float | None = Field(
        None,
        ge=12,
        le=200,
        multiple_of=0.5,
        description="width of the printed mark, its white rim included; the height follows from the layout. "
        "50 beside, 25 stacked unless given; the least possible depends on the length of the address",
        examples=[40],
    )
    color: MarkColor = Field(MarkColor.FULL, description="`black` for printers with one ink")
    layout: MarkLayout = Field(
        MarkLayout.HORIZONTAL, description="QR symbol beside the stars, or `stacked` below them"
    )

    @property
    def usual_width_mm(self) -> float:
        """A width that suits most packages."""
        return 50 if self.layout is MarkLayout.HORIZONTAL else 25


class LabelMarkPicture(LabelMarkQuery):
    """How a mark for a label is to be drawn as a picture."""

    dpi: Literal["300", "600"] = Field("300", description="dots per inch of the printer")


class WithdrawalRead(Output):
    """What the public learns of a withdrawal; ``reason`` only those who may read the dossier."""

    withdrawn_on: date
    ground: WithdrawalGround
    point: str = Field(description="point of Art. 8.1 of Decision 26/2026", examples=["đ"])
    decision_number: str | None
    concluded_on: date
    due_on: date = Field(description="last day for the decision (Art. 8.4)")
    reason: str | None = Field(None, description="null for the public")
    case_id: UUID | None = Field(
        None, description="the case that led to it; null for the public and where there was none"
    )


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
    proofs_url: str = Field(description="proofs that what happened to it lies in the signed ledger")
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


class VerificationRegime(Output):
    """The period of law a certificate lives by."""

    code: str = Field(examples=["qd26-2026"])
    decision_numbers: list[str] = Field(examples=[["26/2026/QĐ-TTg"]])


class VerificationEdition(Output):
    """The criteria (*bộ tiêu chí*) a product was rated by."""

    code: str = Field(examples=["qd26-2026"])
    decision_number: str | None = Field(
        description="decision the criteria are from; null for an edition this process has not read yet",
        examples=["26/2026/QĐ-TTg"],
    )
    set_number: int | None = Field(examples=[13])
    set_name: str | None = Field(description="in the answer's language", examples=["Cà phê, ca cao"])


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
    stars_meaning: str = Field(
        description="what the rank says of a product, in the answer's language (Decision 26/2026, Art. 3.3)",
        examples=["4 sao: sản phẩm đặc trưng đang xây dựng thương hiệu."],
    )
    product_name: str
    producer_name: str
    decision_number: str | None
    decided_on: date | None
    issuing_authority: str | None
    regime: VerificationRegime | None = Field(description="null when only reported")
    edition: VerificationEdition | None = Field(
        description="null for recognitions recorded without their dossier"
    )
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
    proofs_url: str = Field(description="proofs that what happened to it lies in the signed ledger")
    product_id: UUID
    certificate_id: UUID


class CertificateProofsRead(Output):
    """That what happened to a certificate lies in the ledger, for anybody to check without asking again.

    Compare `checkpoint` with a head kept before: `/v1/ledger/proofs/consistency` proves that the ledger only
    grew in between.
    """

    certificate_id: UUID = Field(examples=[_ID])
    checkpoint: HeadRead | None = Field(
        description="the signed head all proofs are for; null as long as no head with a root was signed"
    )
    tree_size: int = Field(description="events covered by the checkpoint", examples=[412])
    pending: int = Field(
        description="events of this certificate the checkpoint does not cover; new ones are within minutes",
        examples=[0],
    )
    events: list[InclusionProofRead] = Field(description="in the order of the ledger")
