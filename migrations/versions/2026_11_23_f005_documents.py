"""Documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f005"
down_revision = "f004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "expires_on is null or issued_on is null or expires_on >= issued_on",
            name=op.f("ck_document__dates"),
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_document__size")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_document__producer_id"),
        sa.ForeignKeyConstraint(["replaces_id"], ["document.id"], name="fk_document__replaces_id"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
    )
    op.create_index(
        "uq_document__producer_id_kind_sha256", "document", ["producer_id", "kind", "sha256"], unique=True
    )
    op.create_index("uq_document__replaces_id", "document", ["replaces_id"], unique=True)
    op.create_index("ix_document__area_path", "document", ["area_path"], postgresql_using="gin")
    op.create_index("ix_document__expires_on", "document", ["expires_on"])


def downgrade() -> None:
    op.drop_table("document")
