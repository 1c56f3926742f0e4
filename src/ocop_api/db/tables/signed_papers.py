"""Signed papers of councils. They are records: a trigger refuses to change or remove a row."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity


class SignedPaper(Base):
    """A paper of a session as it was signed: a signed PDF, or a signature of the generated one.

    Of several for the same paper the one that no other replaces counts.
    """

    __tablename__ = "signed_paper"

    id: Mapped[Identity]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("council_session.id"))
    paper: Mapped[str]
    dossier_id: Mapped[UUID | None] = mapped_column(ForeignKey("dossier.id"))
    round_number: Mapped[int | None] = mapped_column(SmallInteger)
    proposal: Mapped[str | None]
    form: Mapped[str]
    sha256: Mapped[str]
    """Of what was uploaded; it is kept in the object store under this name."""
    size: Mapped[int]
    generated_sha256: Mapped[str]
    """Of the PDF as the system gave it then, kept likewise: what a detached signature signs."""
    generated_size: Mapped[int]
    signed_on: Mapped[date]
    document_number: Mapped[str]
    signatories: Mapped[str]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("signed_paper.id"))
    reason: Mapped[str | None]
    """Why an earlier upload was replaced."""
    uploaded_by: Mapped[UUID | None]
    uploaded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "paper in ('minutes', 'submission', 'decision', 'consolidated', 'score_sheets')", name="paper"
        ),
        CheckConstraint("form in ('pdf', 'cms')", name="form"),
        CheckConstraint(
            "(paper in ('consolidated', 'score_sheets')) = (dossier_id is not null)"
            " and (dossier_id is null) = (round_number is null)",
            name="dossier",
        ),
        CheckConstraint("(paper = 'submission') = (proposal is not null)", name="proposal"),
        CheckConstraint("(replaces_id is null) = (reason is null)", name="reason"),
        # Each is replaced once, and each paper has one beginning: so there is one that counts.
        UniqueConstraint("replaces_id", info={"code": "scoring.signed_paper_replaced"}),
        Index(
            "uq_signed_paper__first",
            "session_id",
            "paper",
            "dossier_id",
            "round_number",
            "proposal",
            unique=True,
            postgresql_where=text("replaces_id is null"),
            postgresql_nulls_not_distinct=True,
            info={"code": "scoring.paper_signed_already"},
        ),
        Index("ix_signed_paper__session_id", "session_id", "uploaded_at"),
    )
