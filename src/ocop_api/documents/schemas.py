"""Shapes of documents."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.db.tables.documents import Document
from ocop_api.domain.evidence import LARGEST, EvidenceKind
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class ProcessingState(StrEnum):
    """Whether the preview and the searchable text are there."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class MediaType(StrEnum):
    """What evidence may be."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


class VersionFacts(Input):
    """What a person says about a file that takes the place of an earlier one."""

    title: ShortText | None = Field(None, description="as before if left out")
    number: Code | None = Field(None, examples=["15/2026/ATTP-CN"])
    issuer: ShortText | None = Field(None, description="as before if left out")
    issued_on: date | None = None
    expires_on: date | None = Field(None, description="last day of validity")


class DocumentFacts(Input):
    """What a person says about a file."""

    kind: EvidenceKind
    title: ShortText = Field(examples=["Phiếu kiểm nghiệm cà phê bột"])
    number: Code | None = Field(None, examples=["12/2026/ATTP-CN"])
    issuer: ShortText | None = None
    issued_on: date | None = None
    expires_on: date | None = Field(None, description="last day of validity")
    product_id: UUID | None = Field(None, description="the product it is about, if about one")
    replaces_id: UUID | None = Field(None, description="the current version this one takes the place of")


class DocumentUpdate(Input):
    """Corrections of what was said about a file; the file itself never changes."""

    title: ShortText | None = Field(None, description="cannot be emptied")
    number: Code | None = Field(None, examples=["12/2026/ATTP-CN"])
    issuer: ShortText | None = None
    issued_on: date | None = None
    expires_on: date | None = None
    product_id: UUID | None = None


class WithdrawalOrder(Input):
    """Why a document is taken back."""

    reason: ShortText = Field(examples=["Tải nhầm tệp của sản phẩm khác."])


class UploadOrder(Input):
    """A file that is going to be put to the storage."""

    producer_id: UUID = Field(examples=[_ID])
    facts: DocumentFacts
    size: int = Field(ge=1, le=LARGEST, description="bytes", examples=[482113])
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="of the content, hexadecimal", examples=[_HASH]
    )
    media_type: MediaType | None = Field(None, description="sent along; what counts are the file's bytes")
    file_name: str | None = Field(None, max_length=1000, description="shown to people, never used as a path")


class UploadRead(Output):
    """Where and how to put the file. Send no credential of this API there."""

    id: UUID
    upload_url: str = Field(examples=[f"http://localhost:8000/v1/documents/uploads/{_ID}/content?expires=…"])
    method: str = Field(examples=["PUT"])
    headers: dict[str, str] = Field(
        description="to be sent exactly so (browsers set the length themselves)",
        examples=[{"content-length": "482113"}],
    )
    expires_at: Instant
    complete_url: str = Field(
        description="to be posted to when the file is there",
        examples=[f"/v1/documents/uploads/{_ID}/complete"],
    )


class ContentPermit(Input):
    """The permission in an upload's address."""

    expires: int = Field(ge=0, le=2**40, description="seconds since 1970")
    signature: str = Field(max_length=64, description="of the upload, by this server")


class DocumentRead(Output):
    """One piece of evidence; the file is at `/content`, a picture of its first page at `/preview`."""

    id: UUID
    series_id: UUID = Field(description="shared by all versions: the id of the first")
    producer_id: UUID
    product_id: UUID | None = Field(description="the product it is about, if about one")
    kind: EvidenceKind
    title: str = Field(examples=["Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm"])
    number: str | None = Field(examples=["12/2026/ATTP-CN"])
    issuer: str | None = Field(examples=["Sở Nông nghiệp và Môi trường"])
    issued_on: date | None
    expires_on: date | None
    expired: bool = Field(description="whether it has expired by today's date in Vietnam")
    original_name: str | None = Field(
        description="what the sender called the file", examples=["Giấy ATTP 2026.pdf"]
    )
    media_type: MediaType = Field(examples=["application/pdf"], description="by the file's bytes")
    size: int = Field(description="bytes")
    sha256: str = Field(description="of the content, hexadecimal", examples=[_HASH])
    pages: int | None = Field(description="of a PDF; null for documents of before", examples=[3])
    replaces_id: UUID | None = Field(description="the document this one takes the place of")
    current: bool = Field(description="the newest version that is not withdrawn")
    withdrawn_at: Instant | None
    withdrawn_reason: str | None
    processing: ProcessingState = Field(description="of preview and text")
    processing_code: str | None = Field(
        description="why it failed: `timeout`, `crashed`, `unreadable`, `content_lost`", examples=[None]
    )
    has_preview: bool
    created_at: Instant
    version: int


class DocumentFilter(PageQuery):
    """Filters of the list of documents."""

    producer_id: UUID | None = None
    product_id: UUID | None = None
    kind: EvidenceKind | None = None
    expiring_before: date | None = Field(None, description="only those that expire before this day")
    q: str | None = Field(
        None,
        max_length=200,
        description="words in title, number, issuer, file name or text; accents do not matter",
    )
    all_versions: bool = Field(False, description="also replaced and withdrawn ones")


class ExpiringQuery(PageQuery):
    """Which documents run out."""

    within_days: int = Field(60, ge=0, le=730, description="counted from today in Vietnam")
    producer_id: UUID | None = None


class Named(Output):
    """A thing by its name."""

    id: UUID
    name: str = Field(examples=["HTX Nông nghiệp Đắk Wil"])


class ExpiringDocument(Output):
    """A document that runs out, whose it is, and which dossiers rely on it."""

    document: DocumentRead
    days_left: int = Field(description="0 on the last day of validity", examples=[21])
    producer: Named
    product: Named | None
    dossier_ids: list[UUID] = Field(description="dossiers that were lodged with it")


class KindQuery(Input):
    """Whose criteria to name."""

    set_number: int | None = Field(None, ge=1, le=26, description="criteria set 1 to 26")


class KindRead(Output):
    """A kind of evidence: its place in the dossier, what is taken, and what it proves."""

    kind: EvidenceKind
    item: int = Field(description="number among the fifteen of Form 02", examples=[12])
    vi: str = Field(examples=["Phiếu kiểm nghiệm"])
    en: str = Field(examples=["Test report"])
    max_bytes: int = Field(examples=[20971520])
    media_types: list[MediaType]
    criteria: list[str] = Field(
        description="criteria of the asked set it usually proves; empty without `set_number`",
        examples=[["8", "9"]],
    )


class KindList(Output):
    """All kinds of evidence in the order of Form 02."""

    edition: str = Field(description="criteria edition in force today", examples=["qd26-2026"])
    items: list[KindRead]


def present(row: Document, today: date) -> DocumentRead:
    """The resource of a row on a day."""
    shown = {name: getattr(row, name) for name in DocumentRead.model_fields if name != "expired"}
    return DocumentRead.model_validate({**shown, "expired": bool(row.expires_on and row.expires_on < today)})
