"""Producers products in full."""

revision = "f016"
down_revision = "f015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
