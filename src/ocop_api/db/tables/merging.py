"""Records that were found to be one with another: what they were, and where they went."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base


class MergedRecord(Base):
    """An absorbed producer or product. ``new_id`` is where it is found today, however often merged since."""

    __tablename__ = "merged_record"

    old_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    new_id: Mapped[UUID]
    merged_into: Mapped[UUID]
    """The survivor of the merger itself; it may have been absorbed later."""
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    snapshot: Mapped[dict[str, Any]]
    """Columns of the absorbed row and of what was dropped with it."""

    __table_args__ = (
        CheckConstraint("kind in ('producer', 'product')", name="kind"),
        CheckConstraint("old_id <> new_id", name="other"),
        Index("ix_merged_record__new_id", "new_id"),
    )
