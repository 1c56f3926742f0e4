"""Channels and the listings of products on them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned


class Channel(Base):
    """A place where products are sold; reference data."""

    __tablename__ = "channel"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    host: Mapped[str | None]
    """Host name that addresses on this channel end with; None where any address will do."""

    __table_args__ = (CheckConstraint("kind in ('ecommerce', 'social', 'website', 'store')", name="kind"),)


class Listing(Stamped, Versioned, Base):
    """One product on one channel."""

    __tablename__ = "listing"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    channel_code: Mapped[str] = mapped_column(ForeignKey("channel.code"))
    area_path: Mapped[AreaPath]
    url: Mapped[str | None]
    external_id: Mapped[str | None]
    price_vnd: Mapped[Decimal | None] = mapped_column(Numeric(14, 0))
    state: Mapped[str]
    source: Mapped[str]
    last_verified_at: Mapped[datetime | None]
    last_verified_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    """Why it was rejected or delisted."""

    __table_args__ = (
        CheckConstraint(
            "state in ('draft', 'submitted', 'under_review', 'live', 'rejected', 'delisted')", name="state"
        ),
        CheckConstraint("source in ('api', 'import', 'declared')", name="source"),
        CheckConstraint("price_vnd >= 0", name="price_vnd"),
        Index(
            "uq_listing__product_id_channel_code",
            "product_id",
            "channel_code",
            unique=True,
            info={"code": "listings.duplicate"},
        ),
        Index("ix_listing__channel_code", "channel_code"),
        Index("ix_listing__area_path", "area_path", postgresql_using="gin"),
    )
