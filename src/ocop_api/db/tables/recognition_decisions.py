"""Decisions of recognition, what was signed of them, and confirmations of recorded certificates.

All of them are records: triggers of the database refuse to change or remove a row.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity


class RecognitionDecision(Base):
    """One decision (*quyết định công nhận*); the certificates of its annex point to it."""

    __tablename__ = "recognition_decision"

    id: Mapped[Identity]
    number: Mapped[str]
    decided_on: Mapped[date]
    level: Mapped[str]
    """Level of the authority as the dossiers have it: a district's is finished by the province today."""
    place_id: Mapped[str | None]
    """The province or district; None for the ministry."""
    issuing_authority: Mapped[str]
    signer_title: Mapped[str]
    place: Mapped[str]
    """Where it was signed, as printed before the date."""
    area_path: Mapped[AreaPath]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint(
            "level",
            "place_id",
            "number",
            "decided_on",
            name="uq_recognition_decision__issuer_number_day",
            postgresql_nulls_not_distinct=True,
            info={"code": "decision.exists"},
        ),
        CheckConstraint("level in ('district', 'province', 'central')", name="level"),
        CheckConstraint("(place_id is null) = (level = 'central')", name="place"),
        Index("ix_recognition_decision__decided_on", "decided_on", "id"),
        Index("ix_recognition_decision__area_path", "area_path", postgresql_using="gin"),
    )


class SignedDecision(Base):
    """The signed paper of a decision as it was uploaded; a wrong one is replaced, with the reason."""

    __tablename__ = "signed_decision"

    id: Mapped[Identity]
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("recognition_decision.id"))
    sha256: Mapped[str]
    """It is kept in the object store under this name."""
    size: Mapped[int]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("signed_decision.id"))
    reason: Mapped[str | None]
    uploaded_by: Mapped[UUID | None]
    uploaded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(replaces_id is null) = (reason is null)", name="reason"),
        # Each is replaced once and each decision has one beginning: so there is one that counts.
        UniqueConstraint("replaces_id", info={"code": "decision.signed_replaced"}),
        Index(
            "uq_signed_decision__first",
            "decision_id",
            unique=True,
            postgresql_where=text("replaces_id is null"),
            info={"code": "decision.signed_already"},
        ),
        Index("ix_signed_decision__decision_id", "decision_id", "uploaded_at"),
    )


class CertificateConfirmation(Base):
    """An officer has seen the decision or paper behind a recorded certificate; said once."""

    __tablename__ = "certificate_confirmation"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    basis: Mapped[str]
    """What was seen: a word of ``ConfirmationBasis``."""
    note: Mapped[str | None]
    confirmed_on: Mapped[date]
    level: Mapped[str]
    """Of the officer's office."""
    confirmed_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("basis in ('decision', 'certificate', 'register', 'issuer_statement')", name="basis"),
        CheckConstraint("level in ('province', 'central')", name="level"),
    )
