"""Notices of users. The stream of changes needs no table: it reads the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f006"
down_revision = "f005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name="fk_notification__user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name="fk_notification__event_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("user_id", "event_id", name="uq_notification__user_id_event_id"),
    )
    op.create_index("ix_notification__user_id", "notification", ["user_id", "created_at", "id"])
    op.create_table(
        "notification_cursor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notification_cursor"),
    )


def downgrade() -> None:
    op.drop_table("notification_cursor")
    op.drop_table("notification")
