"""Bulk engine."""

revision = "f020"
down_revision = "f019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
