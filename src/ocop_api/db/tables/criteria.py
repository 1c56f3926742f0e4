"""Criteria editions that an administrator added beside the shipped ones."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Stamped, Versioned


class CriteriaEdition(Stamped, Versioned, Base):
    """One added edition as its document; what files cite of it may not change any more.

    The shipped editions are not here: they come with the package and never change.
    """

    __tablename__ = "criteria_edition"

    code: Mapped[str] = mapped_column(primary_key=True)
    in_force_from: Mapped[date]
    in_force_to: Mapped[date | None]
    """Last day, inclusive; None while it is not known."""
    document: Mapped[dict[str, Any]]
    """As ``domain.rubric.admitting`` reads it."""
    digest: Mapped[str]
    """SHA-256 of the canonical JSON of ``document``, by which processes know whether they hold it."""
    created_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("in_force_to >= in_force_from", name="period"),
        UniqueConstraint("in_force_from", info={"code": "rubric.edition_day_taken"}),
    )
