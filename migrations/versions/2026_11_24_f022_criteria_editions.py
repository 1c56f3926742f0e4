"""Criteria editions added by an administrator."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f022"
down_revision = "f021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "criteria_edition",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("in_force_to", sa.Date(), nullable=True),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("in_force_to >= in_force_from", name=op.f("ck_criteria_edition__period")),
        sa.PrimaryKeyConstraint("code", name="pk_criteria_edition"),
        sa.UniqueConstraint("in_force_from", name="uq_criteria_edition__in_force_from"),
    )


def downgrade() -> None:
    op.drop_table("criteria_edition")
