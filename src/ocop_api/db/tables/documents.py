"""Documents that producers hand in as evidence, uploads under way, and who relies on which document."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned

_LIVE = text("withdrawn_at is null")


class Document(Stamped, Versioned, Base):
    """One piece of evidence. The content never changes; a newer version names the one it replaces.

    Versions share ``series_id``, the id of the first; the newest that is not withdrawn is ``current``.
    """

    __tablename__ = "document"

    id: Mapped[Identity]
    series_id: Mapped[UUID]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    area_path: Mapped[AreaPath]
    kind: Mapped[str]
    title: Mapped[str]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    original_name: Mapped[str | None]
    """What the sender's file was called, cleaned; shown to people and never used as a path."""
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    pages: Mapped[int | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    current: Mapped[bool]
    uploaded_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    processing: Mapped[str]
    """Preview and text: ``pending``, ``done`` or ``failed``."""
    processing_code: Mapped[str | None]
    has_preview: Mapped[bool]
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)
    """The last term before expiry the producer was reminded of, in days."""
    search_text: Mapped[str]
    """Folded words of title, number, issuer and file name."""
    content_words: Mapped[str] = mapped_column(deferred=True, deferred_raiseload=True)
    """Folded words of the text in the file."""
    # Words go into the vector as they are: the text parser would cut some differently from a query.
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "array_to_tsvector(string_to_array(btrim(search_text || ' ' || content_words), ' '))",
            persisted=True,
        ),
        deferred=True,
        deferred_raiseload=True,
    )

    __table_args__ = (
        CheckConstraint("expires_on is null or issued_on is null or expires_on >= issued_on", name="dates"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("processing in ('pending', 'done', 'failed')", name="processing"),
        CheckConstraint("withdrawn_at is null or not current", name="withdrawn"),
        Index(
            "uq_document__producer_id_kind_sha256",
            "producer_id",
            "kind",
            "sha256",
            unique=True,
            postgresql_where=_LIVE,
            info={"code": "documents.duplicate"},
        ),
        Index(
            "uq_document__current",
            "series_id",
            unique=True,
            postgresql_where=text("current"),
            info={"code": "documents.replaced_already"},
        ),
        Index("ix_document__series_id", "series_id"),
        Index("ix_document__product_id", "product_id"),
        Index("ix_document__area_path", "area_path", postgresql_using="gin"),
        Index("ix_document__search", "search", postgresql_using="gin"),
        Index("ix_document__expires_on", "expires_on"),
    )


class DocumentUpload(Base):
    """A file announced and not yet a document: what it must be, and until when it may come."""

    __tablename__ = "document_upload"

    id: Mapped[Identity]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    facts: Mapped[dict[str, Any]]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    """What it became."""

    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        Index("ix_document_upload__expires_at", "expires_at"),
        Index("ix_document_upload__document_id", "document_id"),
    )


class DocumentCitation(Base):
    """A frozen version of a dossier relies on a document; such a document cannot be withdrawn."""

    __tablename__ = "document_citation"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Number of the dossier's version."""

    __table_args__ = (Index("ix_document_citation__dossier_id", "dossier_id"),)
