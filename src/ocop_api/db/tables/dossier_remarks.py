"""What is said about dossiers and handed in with them: comments (*ý kiến*) and samples (*mẫu sản phẩm*).

Both are records. A trigger of the database refuses to remove a row, and to change more of it than the end
it may come to once: a comment is resolved, a sample is cancelled.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity

_LEVELS = "'commune', 'district', 'province', 'central'"
_SECTIONS = (
    "'registration', 'report', 'self_assessment', 'evidence', 'changes', 'updates', 'form_03', 'general'"
)
_PARTIES = "'producer', 'office', 'advisory_group', 'council', 'authority'"


class DossierComment(Base):
    """One remark on a section of a dossier, of its producer or of a reviewer."""

    __tablename__ = "dossier_comment"

    id: Mapped[Identity]
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"))
    version_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The frozen version it is about; None: the draft, which officials do not see."""
    section: Mapped[str]
    pointer: Mapped[str | None]
    """JSON Pointer below the section."""
    criterion: Mapped[str | None]
    text: Mapped[str]
    internal: Mapped[bool]
    """For officials alone; nothing of it reaches the producer."""
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    author_party: Mapped[str]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]
    reply_to: Mapped[UUID | None] = mapped_column(ForeignKey("dossier_comment.id"))

    __table_args__ = (
        CheckConstraint(f"section in ({_SECTIONS})", name="section"),
        CheckConstraint(f"author_party in ({_PARTIES})", name="author_party"),
        CheckConstraint("not (internal and author_party = 'producer')", name="internal"),
        ForeignKeyConstraint(
            ["dossier_id", "version_number"], ["dossier_version.dossier_id", "dossier_version.number"]
        ),
        Index("ix_dossier_comment__dossier_id", "dossier_id", "created_at", "id"),
        Index("ix_dossier_comment__reply_to", "reply_to"),
    )


class DossierSample(Base):
    """Units of the product handed in at one time; ``dossier.samples`` is the sum of those that count."""

    __tablename__ = "dossier_sample"

    id: Mapped[Identity]
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"))
    level: Mapped[str]
    """Level whose office took them in."""
    for_level: Mapped[str]
    """Level whose council they are for: a commune takes them in for the province."""
    arrival: Mapped[int] = mapped_column(SmallInteger)
    """How often a lower council had sent the file up to ``for_level``; every council gets its own samples."""
    received_on: Mapped[date]
    units: Mapped[int] = mapped_column(SmallInteger)
    received_at_place: Mapped[str | None]
    """Name of the office; None where a step of the procedure told the number alone."""
    received_by: Mapped[UUID | None]
    received_by_name: Mapped[str]
    handed_in_by: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    cancel_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(f"level in ({_LEVELS})", name="level"),
        CheckConstraint(f"for_level in ({_LEVELS})", name="for_level"),
        CheckConstraint("arrival >= 0", name="arrival"),
        CheckConstraint("units between 1 and 1000", name="units"),
        CheckConstraint("(cancelled_at is null) = (cancel_reason is null)", name="cancelled"),
        Index("ix_dossier_sample__dossier_id", "dossier_id", "created_at", "id"),
    )
