"""What those who assess a dossier look into beside its papers: site surveys and further tests.

An examination is a record. A trigger of the database refuses to remove a row, and to change more of it than
the end it comes to once: its result, or that it was cancelled.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity

_LEVELS = "'commune', 'district', 'province', 'central'"


class DossierExamination(Base):
    """A site survey (*khảo sát thực tế*) or further test (*kiểm nghiệm bổ sung*) and its result."""

    __tablename__ = "dossier_examination"

    id: Mapped[Identity]
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"))
    kind: Mapped[str]
    level: Mapped[str]
    """Level at which it was asked for."""
    party: Mapped[str]
    """In what capacity it was asked for."""
    what: Mapped[str]
    """What is to be looked at."""
    criteria: Mapped[list[str]] = mapped_column(JSONB)
    """Codes of the criteria it concerns."""
    due_on: Mapped[date | None]
    place: Mapped[str | None]
    """Where the survey is held, or the laboratory."""
    requested_by: Mapped[UUID | None]
    requested_by_name: Mapped[str]
    created_at: Mapped[datetime]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_by_name: Mapped[str | None]
    done_on: Mapped[date | None]
    conclusion: Mapped[str | None]
    findings: Mapped[str | None]
    participants: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    document_ids: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    criterion_findings: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What was found, by criterion."""
    cancel_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("kind in ('site_survey', 'extra_test')", name="kind"),
        CheckConstraint(f"level in ({_LEVELS})", name="level"),
        CheckConstraint("party in ('office', 'advisory_group', 'council')", name="party"),
        CheckConstraint("state in ('requested', 'done', 'cancelled')", name="state"),
        CheckConstraint("(state = 'requested') = (ended_at is null)", name="ended"),
        CheckConstraint(
            "(state = 'done') = (conclusion is not null and findings is not null and done_on is not null)",
            name="result",
        ),
        CheckConstraint("(state = 'cancelled') = (cancel_reason is not null)", name="cancelled"),
        CheckConstraint("conclusion in ('met', 'not_met', 'inconclusive')", name="conclusion"),
        Index("ix_dossier_examination__dossier_id", "dossier_id", "created_at", "id"),
    )
