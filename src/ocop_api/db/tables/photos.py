"""Photos of products; the files are in the object storage, named by their content."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Stamped, Versioned

MAIN_PHOTO = (
    "(select cast(jsonb_build_object('id', f.id, 'alt_text', f.alt_text, 'sha256', f.sha256,"
    " 'renditions', f.renditions) as text) from product_photo f"
    " where f.product_id = p.id and f.state = 'ready' order by f.is_main desc, f.position limit 1)"
)
"""The photo to show of product ``p``, as JSON text, or NULL: its main one once ready, else the first."""


class ProductPhoto(Stamped, Versioned, Base):
    """One photo. ``pending`` until its renditions are drawn; ``failed`` with the code of the reason."""

    __tablename__ = "product_photo"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    role: Mapped[str]
    caption: Mapped[str | None]
    alt_text: Mapped[str | None]
    position: Mapped[int] = mapped_column(SmallInteger)
    """Place in the product's order, from 1 and without gaps."""
    is_main: Mapped[bool]
    state: Mapped[str]
    failure: Mapped[str | None]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the kept original."""
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    """Pixels of the original upright, as a viewer sees it."""
    sha256: Mapped[str]
    """Of the original without its metadata; files are named by it."""
    renditions: Mapped[list[dict[str, Any]]]
    """Per drawn file: ``size``, ``media_type``, ``width``, ``height``; empty until ready."""
    uploaded_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("role in ('product', 'packaging', 'production', 'story', 'label')", name="role"),
        CheckConstraint("state in ('pending', 'ready', 'failed')", name="state"),
        CheckConstraint("(state = 'failed') = (failure is not null)", name="failure"),
        CheckConstraint("size > 0 and width > 0 and height > 0", name="size"),
        CheckConstraint("position > 0", name="position"),
        Index(
            "uq_product_photo__product_id_sha256",
            "product_id",
            "sha256",
            unique=True,
            info={"code": "photos.duplicate"},
        ),
        Index("uq_product_photo__main", "product_id", unique=True, postgresql_where=text("is_main")),
        Index("ix_product_photo__product_id", "product_id", "position"),
        Index("ix_product_photo__sha256", "sha256"),
    )
