"""Imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f013"
down_revision = "f012"
branch_labels = None
depends_on = None


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("header", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("actor", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _count("total"),
        _count("done_through"),
        _count("created"),
        _count("updated"),
        _count("unchanged"),
        _count("rejected"),
        _count("stored_with_remarks"),
        _count("attempts"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('products')", name=op.f("ck_import_job__kind")),
        sa.CheckConstraint(
            "state in ('open', 'running', 'completed', 'failed', 'aborted')",
            name=op.f("ck_import_job__state"),
        ),
        sa.CheckConstraint(
            "created + updated + unchanged + rejected <= total", name=op.f("ck_import_job__counts")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_job"),
    )
    op.create_index("ix_import_job__created_by", "import_job", ["created_by"])
    op.create_index("ix_import_job__created_at", "import_job", ["created_at", "id"])
    op.create_table(
        "import_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_job.id"], name="fk_import_file__import_id"),
        sa.PrimaryKeyConstraint("import_id", name="pk_import_file"),
    )
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("producer_key", sa.Text(), nullable=True),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "outcome in ('created', 'updated', 'unchanged', 'rejected')", name=op.f("ck_import_row__outcome")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["import_job.id"], name="fk_import_row__import_id"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_import_row__producer_id"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_import_row__product_id"),
        sa.PrimaryKeyConstraint("import_id", "row_number", name="pk_import_row"),
    )
    op.create_index("ix_import_row__producer_key", "import_row", ["import_id", "producer_key"])
    op.create_index("ix_import_row__product_key", "import_row", ["import_id", "product_key"])
    op.create_index("ix_import_row__producer_id", "import_row", ["producer_id"])
    op.create_index("ix_import_row__product_id", "import_row", ["product_id"])


def downgrade() -> None:
    for table in ("import_row", "import_file", "import_job"):
        op.drop_table(table)
