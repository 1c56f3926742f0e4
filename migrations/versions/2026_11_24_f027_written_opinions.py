"""Whether a council meets on its files or is asked for written opinions."""

import sqlalchemy as sa
from alembic import op

revision = "f027"
down_revision = "f026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every session until now was held as a meeting.
    op.add_column("council_session", sa.Column("form", sa.Text(), server_default="meeting", nullable=False))
    op.alter_column("council_session", "form", server_default=None)
    op.add_column("council_session", sa.Column("meeting_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_council_session__form"), "council_session", "form in ('meeting', 'written_opinions')"
    )
    op.create_check_constraint(
        op.f("ck_council_session__meeting_reason"),
        "council_session",
        "meeting_reason is null or form = 'meeting'",
    )


def downgrade() -> None:
    op.drop_column("council_session", "meeting_reason")
    op.drop_column("council_session", "form")
