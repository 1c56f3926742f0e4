"""Addresses of other systems, the messages for them, and every attempt at delivering one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Stamped, Versioned


class WebhookEndpoint(Base, Versioned, Stamped):
    """An address that a user had messages pushed to; the user's rights decide which."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[Identity]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    description: Mapped[str]
    kinds: Mapped[list[str]]
    disabled_reason: Mapped[str | None]
    """Why nothing is sent; None while messages are."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed with the installation's secret."""
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None]
    after_seq: Mapped[int] = mapped_column(BigInteger)
    """Events behind this place of the ledger are told."""
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    unreachable: Mapped[int] = mapped_column(SmallInteger)
    """Times in a row that the address did not answer at all."""

    __table_args__ = (
        CheckConstraint(
            "disabled_reason in ('by_owner', 'gone', 'failing', 'secret_unreadable')",
            name="disabled_reason",
        ),
        CheckConstraint("(former_secret is null) = (former_until is null)", name="former_secret"),
    )


class WebhookDelivery(Base):
    """A message for one endpoint; the bytes are kept, so that every attempt sends the same."""

    __tablename__ = "webhook_delivery"

    id: Mapped[Identity]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_event.id"))
    """None for a trial message."""
    kind: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    tried: Mapped[int] = mapped_column(SmallInteger)
    """Attempts since it was last asked for; its schedule starts again with a replay."""
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'delivered', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (settled_at is null)", name="settled_at"),
        Index("uq_webhook_delivery__endpoint_id_event_id", "endpoint_id", "event_id", unique=True),
        Index("ix_webhook_delivery__endpoint_id_created_at", "endpoint_id", "created_at", "id"),
        Index(
            "ix_webhook_delivery__due_at",
            "endpoint_id",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_delivery__settled_at", "settled_at"),
    )


class WebhookAttempt(Base):
    """One attempt at delivering a message, and what came of it."""

    __tablename__ = "webhook_attempt"

    delivery_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None]
    milliseconds: Mapped[int]


class WebhookCursor(Base):
    """How far the ledger has been told; one row."""

    __tablename__ = "webhook_cursor"

    name: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
