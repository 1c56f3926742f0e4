"""Days on which offices work or are closed otherwise than the holidays of the law say."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Stamped, Versioned


class OfficeDay(Stamped, Versioned, Base):
    """One day that a decision of the government or the province swapped; it wins over everything else."""

    __tablename__ = "office_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    """True for a day worked in exchange (*ngày làm bù*), false for a day off."""
    vi: Mapped[str]
    en: Mapped[str]
    source: Mapped[str]
    """The decision or notice that says so."""
    created_by: Mapped[UUID | None]
