"""Notifications webhooks."""

revision = "f006"
down_revision = "f005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
