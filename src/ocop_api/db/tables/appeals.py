"""Appeals against ratings, their steps and their evidence.

``appeal_step`` and ``appeal_evidence`` are records: a trigger of the database refuses to change or remove a
row of theirs.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Stamped, Versioned

_STATES = "'lodged', 'refused', 'under_review', 'reported', 'upheld', 'dismissed', 'withdrawn'"
_OPEN = "'lodged', 'under_review', 'reported'"
_DECIDED = "'upheld', 'dismissed'"


class Appeal(Stamped, Versioned, Base):
    """An appeal (*kiến nghị*) of a producer against the outcome of their dossier."""

    __tablename__ = "appeal"

    id: Mapped[Identity]
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    level: Mapped[str]
    """Level that decided on the dossier, and decides on the appeal."""
    state: Mapped[str]
    grounds: Mapped[str]
    requested_star: Mapped[int | None] = mapped_column(SmallInteger)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Contested criteria, each with ``code`` and ``reason``."""
    outcome: Mapped[str]
    """State of the dossier that is contested; what follows is how it stood then."""
    star: Mapped[int | None] = mapped_column(SmallInteger)
    points: Mapped[Decimal | None] = mapped_column(Numeric)
    outcome_decision: Mapped[str | None]
    """Number of the contested decision, where one is known."""
    council_result_id: Mapped[UUID | None] = mapped_column(ForeignKey("council_result.id"))
    told_on: Mapped[date]
    """Vietnamese calendar day of the outcome, from which the term is counted."""
    last_day: Mapped[date]
    """Last day of the term."""
    lodged_by: Mapped[UUID | None]
    panel_id: Mapped[UUID | None] = mapped_column(ForeignKey("council.id"), index=True)
    report_due_on: Mapped[date | None]
    finding: Mapped[str | None]
    recommendation: Mapped[str | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """``summary`` of the panel and its answers to the contested ``criteria``."""
    decision_number: Mapped[str | None]
    decided_on: Mapped[date | None]
    rescore: Mapped[bool | None]
    """Whether the decision has the dossier rated again."""
    reason: Mapped[str | None]
    """Why it was refused, upheld or dismissed."""

    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint("level in ('district', 'province', 'central')", name="level"),
        CheckConstraint("outcome in ('recognised', 'not_reached', 'rejected')", name="outcome"),
        CheckConstraint("requested_star between 3 and 5", name="requested_star"),
        CheckConstraint("finding in ('founded', 'partly_founded', 'unfounded')", name="finding"),
        CheckConstraint("recommendation in ('rescore', 'none')", name="recommendation"),
        CheckConstraint(
            "(finding is null) = (report is null) and (finding is null) = (recommendation is null)",
            name="report",
        ),
        CheckConstraint("(panel_id is null) = (report_due_on is null)", name="panel"),
        CheckConstraint(
            f"(state in ({_DECIDED})) = (decided_on is not null) "
            "and (decided_on is null) = (decision_number is null) "
            "and (decided_on is null) = (rescore is null)",
            name="decision",
        ),
        Index(
            "uq_appeal__open",
            "dossier_id",
            unique=True,
            postgresql_where=text(f"state in ({_OPEN})"),
            info={"code": "appeal.already_open"},
        ),
        # What was decided is not taken up again, nor is the outcome that came of it.
        Index(
            "uq_appeal__decided",
            "dossier_id",
            unique=True,
            postgresql_where=text(f"state in ({_DECIDED})"),
            info={"code": "appeal.already_decided"},
        ),
        Index("ix_appeal__created_at", "created_at", "id"),
    )


class AppealStep(Base):
    """One step: what was done, by whom in which capacity, and the data it was done with."""

    __tablename__ = "appeal_step"

    id: Mapped[Identity]
    appeal_id: Mapped[UUID] = mapped_column(ForeignKey("appeal.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    party: Mapped[str]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    data: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("appeal_id", "ordinal", info={"code": "appeal.changed_meanwhile"}),)


class AppealEvidence(Base):
    """A document an appeal relies on; such a document cannot be withdrawn."""

    __tablename__ = "appeal_evidence"

    appeal_id: Mapped[UUID] = mapped_column(ForeignKey("appeal.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)
