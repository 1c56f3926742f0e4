"""Notices of users, and how far the ledger has been read for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity


class Notification(Base):
    """One event, told to one user. Its text is made from kind and data when it is read."""

    __tablename__ = "notification"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id", ondelete="CASCADE"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_event.id"))
    kind: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    """When the event happened."""
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    """When the letter about it went out, for kinds that are also written by e-mail."""

    __table_args__ = (
        UniqueConstraint("user_id", "event_id"),
        Index("ix_notification__user_id", "user_id", "created_at", "id"),
    )


class NotificationCursor(Base):
    """The last place of the ledger that a reader has dealt with."""

    __tablename__ = "notification_cursor"

    name: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
