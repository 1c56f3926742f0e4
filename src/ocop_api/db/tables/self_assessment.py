"""Saved self-assessments of products: what a producer would choose, before and between dossiers."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Stamped, Versioned


class SelfAssessment(Stamped, Versioned, Base):
    """One self-assessment of a product under one set of an edition; frozen once it is finished.

    Who may see it follows from the product, so a product that moves or is merged takes it along. The
    columns from ``outcome`` to ``star`` repeat what the choices come to, so that lists need not evaluate.
    """

    __tablename__ = "self_assessment"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    edition: Mapped[str]
    set_number: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str | None]
    notes: Mapped[str | None]
    target_star: Mapped[int | None] = mapped_column(SmallInteger)
    choices: Mapped[dict[str, Any]]
    """By criterion: level, case, remark, ids of documents, version and instant of the last change."""
    gates: Mapped[list[dict[str, Any]]]
    state: Mapped[str]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]
    criteria: Mapped[int] = mapped_column(SmallInteger)
    scored: Mapped[int] = mapped_column(SmallInteger)
    total: Mapped[Decimal] = mapped_column(Numeric)
    most_total: Mapped[Decimal] = mapped_column(Numeric)
    star: Mapped[int | None] = mapped_column(SmallInteger)
    copied_from_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("self_assessment.id", ondelete="SET NULL"), index=True
    )
    created_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("state in ('draft', 'finished')", name="state"),
        CheckConstraint("(state = 'finished') = (finished_at is not null)", name="finished"),
        CheckConstraint("set_number > 0", name="set_number"),
        CheckConstraint("target_star between 1 and 5", name="target_star"),
        CheckConstraint("star between 1 and 5", name="star"),
        CheckConstraint("scored between 0 and criteria", name="scored"),
        Index("ix_self_assessment__product_id", "product_id", "created_at", "id"),
        # An edition that assessments rest on may not change.
        Index("ix_self_assessment__edition", "edition"),
    )
