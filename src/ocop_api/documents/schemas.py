"""Shapes of documents."""

from datetime import date
from uuid import UUID

from pydantic import Field

from ocop_api.db.tables.documents import Document
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery, ShortText


class DocumentFacts(Input):
    """What a person says about the file; multipart fields beside `file`."""

    kind: EvidenceKind
    title: ShortText
    number: Code | None = None
    issuer: ShortText | None = None
    issued_on: date | None = None
    expires_on: date | None = None
    replaces_id: UUID | None = None


class DocumentRead(Output):
    """One piece of evidence; the file itself is at `/content`."""

    id: UUID
    producer_id: UUID
    kind: EvidenceKind
    title: str = Field(examples=["Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm"])
    number: str | None = Field(examples=["12/2026/ATTP-CN"])
    issuer: str | None = Field(examples=["Sở Nông nghiệp và Môi trường"])
    issued_on: date | None
    expires_on: date | None
    expired: bool = Field(description="whether it has expired by today's date in Vietnam")
    media_type: str = Field(examples=["application/pdf"], description="by the file's bytes")
    size: int = Field(description="bytes")
    sha256: str = Field(description="of the content, hexadecimal")
    replaces_id: UUID | None = Field(description="the document this one takes the place of")
    created_at: Instant
    version: int


class DocumentFilter(PageQuery):
    """Filters of the list of documents."""

    producer_id: UUID | None = None
    kind: EvidenceKind | None = None
    expiring_before: date | None = Field(None, description="only those that expire before this day")


def present(row: Document, today: date) -> DocumentRead:
    """The resource of a row on a day."""
    shown = {name: getattr(row, name) for name in DocumentRead.model_fields if name != "expired"}
    return DocumentRead.model_validate({**shown, "expired": bool(row.expires_on and row.expires_on < today)})
