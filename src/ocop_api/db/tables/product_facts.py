"""What a product carries beside its registration: codes of its packs, standards, rights, and more facts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Stamped, Versioned
from ocop_api.domain.product_facts import ContentUnit, PackLevel, RightKind, StandardKind


def _one_of(column: str, values: type[ContentUnit | PackLevel | RightKind | StandardKind]) -> str:
    return f"{column} in ({', '.join(repr(value.value) for value in values)})"


class ProductFactColumns:
    """Columns of ``product`` that describe what is sold; their checks are ``FACT_CHECKS``."""

    story_video_url: Mapped[str | None]
    ingredients: Mapped[str | None]
    usage: Mapped[str | None]
    storage: Mapped[str | None]
    """How to keep it."""
    shelf_life_days: Mapped[int | None]
    net_content: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    net_content_unit: Mapped[str | None]
    price_as_of: Mapped[date | None]
    sales_channels: Mapped[str | None]
    """Markets and ways of selling, in words."""
    yearly_capacity: Mapped[Decimal | None] = mapped_column(Numeric(15, 3))
    yearly_capacity_unit: Mapped[str | None]


FACT_CHECKS = (
    CheckConstraint("shelf_life_days > 0", name="shelf_life_days"),
    CheckConstraint("net_content > 0", name="net_content"),
    CheckConstraint(_one_of("net_content_unit", ContentUnit), name="net_content_unit"),
    CheckConstraint("yearly_capacity >= 0", name="yearly_capacity"),
)


class ProductGtin(Stamped, Versioned, Base):
    """A GTIN of one pack of a product; ``product.gtin`` repeats the primary one."""

    __tablename__ = "product_gtin"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    gtin: Mapped[str]
    """In 14 digits."""
    level: Mapped[str]
    pack: Mapped[str | None]
    """What the code stands on: "gói 250g", "thùng 24 gói"."""
    units: Mapped[int | None]
    """Consumer units in the pack."""
    is_primary: Mapped[bool]

    __table_args__ = (
        CheckConstraint(_one_of("level", PackLevel), name="level"),
        CheckConstraint("units > 0", name="units"),
        Index("uq_product_gtin__gtin", "gtin", unique=True, info={"code": "products.gtin_taken"}),
        Index(
            "uq_product_gtin__primary",
            "product_id",
            unique=True,
            postgresql_where=text("is_primary"),
            info={"code": "products.primary_gtin_exists"},
        ),
        Index("ix_product_gtin__product_id", "product_id"),
    )


class ProductStandard(Stamped, Versioned, Base):
    """A standard a product is declared to meet, or a certificate it holds (*tiêu chuẩn, chứng nhận*)."""

    __tablename__ = "product_standard"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    kind: Mapped[str]
    name: Mapped[str | None]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))

    __table_args__ = (
        CheckConstraint(_one_of("kind", StandardKind), name="kind"),
        CheckConstraint("expires_on >= issued_on", name="dates"),
        Index(
            "uq_product_standard__product_id_kind_number",
            "product_id",
            "kind",
            "number",
            unique=True,
            info={"code": "products.standard_exists"},
        ),
        Index("ix_product_standard__document_id", "document_id"),
        Index("ix_product_standard__expires_on", "expires_on"),
    )


class ProductRight(Stamped, Versioned, Base):
    """An intellectual property right in a product (*sở hữu trí tuệ*)."""

    __tablename__ = "product_right"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    kind: Mapped[str]
    name: Mapped[str | None]
    number: Mapped[str | None]
    holder: Mapped[str | None]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))

    __table_args__ = (
        CheckConstraint(_one_of("kind", RightKind), name="kind"),
        CheckConstraint("expires_on >= issued_on", name="dates"),
        Index(
            "uq_product_right__product_id_kind_number",
            "product_id",
            "kind",
            "number",
            unique=True,
            info={"code": "products.right_exists"},
        ),
        Index("ix_product_right__document_id", "document_id"),
    )
