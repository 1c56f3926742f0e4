"""Sheets that came after their round had closed: refused, kept, reported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f029"
down_revision = "f028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["scoring_round.id"], name=op.f("fk_late_sheet__round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_sheet")),
        sa.UniqueConstraint(
            "round_id", "member_id", "sha256", name=op.f("uq_late_sheet__round_id_member_id_sha256")
        ),
    )
    op.create_index(op.f("ix_late_sheet__session_id"), "late_sheet", ["session_id"])
    op.execute(
        "create trigger late_sheet_is_a_record before update or delete on late_sheet "
        "for each row execute function refuse_change_of_record()"
    )


def downgrade() -> None:
    op.drop_table("late_sheet")
