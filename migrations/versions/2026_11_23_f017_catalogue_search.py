"""Catalogue search."""

revision = "f017"
down_revision = "f016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
