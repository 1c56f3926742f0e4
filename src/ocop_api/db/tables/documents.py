"""Documents that producers hand in as evidence."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned


class Document(Stamped, Versioned, Base):
    """One piece of evidence. The content never changes; a newer one names the one it replaces."""

    __tablename__ = "document"

    id: Mapped[Identity]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    area_path: Mapped[AreaPath]
    kind: Mapped[str]
    title: Mapped[str]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    uploaded_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("expires_on is null or issued_on is null or expires_on >= issued_on", name="dates"),
        CheckConstraint("size > 0", name="size"),
        Index(
            "uq_document__producer_id_kind_sha256",
            "producer_id",
            "kind",
            "sha256",
            unique=True,
            info={"code": "documents.duplicate"},
        ),
        Index(
            "uq_document__replaces_id",
            "replaces_id",
            unique=True,
            info={"code": "documents.replaced_already"},
        ),
        Index("ix_document__area_path", "area_path", postgresql_using="gin"),
        Index("ix_document__expires_on", "expires_on"),
    )
