"""What agencies report of a plan's targets. Rows are only ever added; a trigger refuses anything else."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from ocop_api.db.base import Base, Identity


class TargetReport(Base):
    """One report on one target (*báo cáo kết quả thực hiện*); the one of the latest day holds."""

    __tablename__ = "target_report"

    id: Mapped[Identity]
    plan_code: Mapped[str]
    target_code: Mapped[str]
    value: Mapped[int | None]
    """The number reached so far in the plan year, for a target that counts."""
    done: Mapped[bool | None]
    """Whether it was carried out, for a target that is a statement."""
    note: Mapped[str | None]
    reported_on: Mapped[date]
    """Vietnamese calendar day the report speaks of."""
    reported_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(value is null) <> (done is null)", name="one_figure"),
        CheckConstraint("value >= 0", name="value"),
        Index("ix_target_report__latest", "plan_code", "target_code", "reported_on", "recorded_at", "id"),
    )
