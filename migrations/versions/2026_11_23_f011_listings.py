"""Listings: channels and listings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f011"
down_revision = "f010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('ecommerce', 'social', 'website', 'store')", name=op.f("ck_channel__kind")
        ),
        sa.PrimaryKeyConstraint("code", name="pk_channel"),
    )
    op.create_table(
        "listing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("channel_code", sa.Text(), nullable=False),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("price_vnd", sa.Numeric(14, 0), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("last_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_verified_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('draft', 'submitted', 'under_review', 'live', 'rejected', 'delisted')",
            name=op.f("ck_listing__state"),
        ),
        sa.CheckConstraint("source in ('api', 'import', 'declared')", name=op.f("ck_listing__source")),
        sa.CheckConstraint("price_vnd >= 0", name=op.f("ck_listing__price_vnd")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_listing__product_id"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_listing__producer_id"),
        sa.ForeignKeyConstraint(["channel_code"], ["channel.code"], name="fk_listing__channel_code"),
        sa.PrimaryKeyConstraint("id", name="pk_listing"),
    )
    op.create_index(
        "uq_listing__product_id_channel_code", "listing", ["product_id", "channel_code"], unique=True
    )
    op.create_index("ix_listing__channel_code", "listing", ["channel_code"])
    op.create_index("ix_listing__area_path", "listing", ["area_path"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("listing")
    op.drop_table("channel")
