"""Photos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f019"
down_revision = "f018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("alt_text", sa.Text(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("renditions", postgresql.JSONB(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role in ('product', 'packaging', 'production', 'story', 'label')",
            name=op.f("ck_product_photo__role"),
        ),
        sa.CheckConstraint("state in ('pending', 'ready', 'failed')", name=op.f("ck_product_photo__state")),
        sa.CheckConstraint(
            "(state = 'failed') = (failure is not null)", name=op.f("ck_product_photo__failure")
        ),
        sa.CheckConstraint("size > 0 and width > 0 and height > 0", name=op.f("ck_product_photo__size")),
        sa.CheckConstraint("position > 0", name=op.f("ck_product_photo__position")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name="fk_product_photo__product_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_product_photo"),
    )
    op.create_index(
        "uq_product_photo__product_id_sha256", "product_photo", ["product_id", "sha256"], unique=True
    )
    op.create_index(
        "uq_product_photo__main",
        "product_photo",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("is_main"),
    )
    op.create_index("ix_product_photo__product_id", "product_photo", ["product_id", "position"])
    op.create_index("ix_product_photo__sha256", "product_photo", ["sha256"])


def downgrade() -> None:
    op.drop_table("product_photo")
