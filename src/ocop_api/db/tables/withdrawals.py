"""Cases of withdrawal: their steps, evidence, reminders and signed decisions.

All but ``withdrawal_case`` are records: a trigger of the database refuses to change or remove a row.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Stamped, Versioned

_STATES = "'verifying', 'concluded', 'submitted', 'withdrawn', 'dismissed', 'lapsed'"
_OPEN = "'verifying', 'concluded', 'submitted'"
_GROUNDS = (
    "'dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', 'production_stopped', "
    "'other_conclusion'"
)
_SOURCES = "'inspection', 'commune_report', 'complaint', 'own_finding', 'other_authority'"


class WithdrawalCase(Stamped, Versioned, Base):
    """What leads to taking a certificate back, or not to (*thu hồi*, Decision 26/2026, Art. 8)."""

    __tablename__ = "withdrawal_case"

    id: Mapped[Identity]
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), index=True)
    inspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection.id"))
    """The inspection that led to it, where one did."""
    state: Mapped[str]
    ground: Mapped[str]
    further_grounds: Mapped[list[str]]
    source: Mapped[str]
    found: Mapped[str]
    """What was found, as the producer is told."""
    note: Mapped[str | None]
    """For the offices alone."""
    answer_due_on: Mapped[date]
    """Until when the producer is asked for an answer; nothing waits for it."""
    opened_by: Mapped[UUID | None]
    concluded_on: Mapped[date | None]
    """Day of the authority's conclusion or of the commune's confirmation."""
    due_on: Mapped[date | None]
    """Last day for the decision."""
    conclusion_authority: Mapped[str | None]
    conclusion_number: Mapped[str | None]
    conclusion_summary: Mapped[str | None]
    conclusion_document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    recipients: Mapped[list[str]]
    """Whom the decision is sent to, as printed."""
    decision_number: Mapped[str | None]
    decided_on: Mapped[date | None]
    signer_title: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was dismissed or lapsed."""

    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint(f"ground in ({_GROUNDS})", name="ground"),
        CheckConstraint(f"further_grounds <@ array[{_GROUNDS}]", name="further_grounds"),
        CheckConstraint(f"source in ({_SOURCES})", name="source"),
        CheckConstraint(
            "(concluded_on is null) = (due_on is null) "
            "and (concluded_on is not null or state in ('verifying', 'dismissed', 'lapsed'))",
            name="conclusion",
        ),
        CheckConstraint(
            "(state = 'withdrawn') = (decided_on is not null) "
            "and (decided_on is null or decided_on >= concluded_on)",
            name="decision",
        ),
        CheckConstraint("(state in ('dismissed', 'lapsed')) = (reason is not null)", name="reason"),
        Index(
            "uq_withdrawal_case__open",
            "certificate_id",
            unique=True,
            postgresql_where=text(f"state in ({_OPEN})"),
            info={"code": "withdrawal.already_open"},
        ),
        Index("ix_withdrawal_case__due_on", "due_on", "id"),
        Index("ix_withdrawal_case__created_at", "created_at", "id"),
        Index("ix_withdrawal_case__inspection_id", "inspection_id"),
    )


class WithdrawalStep(Base):
    """One step: what was done, by whom in which capacity, and the data it was done with."""

    __tablename__ = "withdrawal_step"

    id: Mapped[Identity]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("withdrawal_case.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    party: Mapped[str]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    data: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("case_id", "ordinal", info={"code": "withdrawal.changed_meanwhile"}),)


class WithdrawalEvidence(Base):
    """A document a case relies on; such a document cannot be withdrawn."""

    __tablename__ = "withdrawal_evidence"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("withdrawal_case.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    """What it belongs to: the ``finding``, the ``conclusion`` or the producer's ``answer``."""

    __table_args__ = (CheckConstraint("part in ('finding', 'conclusion', 'answer')", name="part"),)


class WithdrawalNotice(Base):
    """What the office has been told about a term, each thing once."""

    __tablename__ = "withdrawal_notice"

    id: Mapped[Identity]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("withdrawal_case.id"))
    due_on: Mapped[date]
    mark: Mapped[str]
    told_on: Mapped[date]
    """Vietnamese calendar day on which it was written into the ledger."""

    __table_args__ = (
        UniqueConstraint("case_id", "due_on", "mark", name="uq_withdrawal_notice__told"),
        CheckConstraint("mark in ('due_soon', 'overdue')", name="mark"),
    )


class SignedWithdrawal(Base):
    """The decision as it was signed; of several the one that no other replaces counts."""

    __tablename__ = "signed_withdrawal"

    id: Mapped[Identity]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("withdrawal_case.id"))
    sha256: Mapped[str]
    """Of the PDF; it is kept in the object store under this name."""
    size: Mapped[int] = mapped_column(BigInteger)
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("signed_withdrawal.id"))
    reason: Mapped[str | None]
    """Why an earlier upload was replaced."""
    uploaded_by: Mapped[UUID | None]
    uploaded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(replaces_id is null) = (reason is null)", name="reason"),
        UniqueConstraint("replaces_id", info={"code": "withdrawal.signed_replaced"}),
        Index(
            "uq_signed_withdrawal__first",
            "case_id",
            unique=True,
            postgresql_where=text("replaces_id is null"),
            info={"code": "withdrawal.signed_already"},
        ),
    )
