"""Saved self-assessments of products."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f021"
down_revision = "f020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "self_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("set_number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("target_star", sa.SmallInteger(), nullable=True),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("gates", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("criteria", sa.SmallInteger(), nullable=False),
        sa.Column("scored", sa.SmallInteger(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False),
        sa.Column("most_total", sa.Numeric(), nullable=False),
        sa.Column("star", sa.SmallInteger(), nullable=True),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state in ('draft', 'finished')", name=op.f("ck_self_assessment__state")),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at is not null)", name=op.f("ck_self_assessment__finished")
        ),
        sa.CheckConstraint("set_number > 0", name=op.f("ck_self_assessment__set_number")),
        sa.CheckConstraint("target_star between 1 and 5", name=op.f("ck_self_assessment__target_star")),
        sa.CheckConstraint("star between 1 and 5", name=op.f("ck_self_assessment__star")),
        sa.CheckConstraint("scored between 0 and criteria", name=op.f("ck_self_assessment__scored")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_self_assessment__product_id"),
        sa.ForeignKeyConstraint(
            ["copied_from_id"],
            ["self_assessment.id"],
            name="fk_self_assessment__copied_from_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_self_assessment"),
    )
    op.create_index("ix_self_assessment__product_id", "self_assessment", ["product_id", "created_at", "id"])
    op.create_index("ix_self_assessment__copied_from_id", "self_assessment", ["copied_from_id"])
    op.create_index("ix_self_assessment__edition", "self_assessment", ["edition"])


def downgrade() -> None:
    op.drop_table("self_assessment")
