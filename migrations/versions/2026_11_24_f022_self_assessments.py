"""Saved self-assessments of products.

"""

revision = "f022"
down_revision = "f021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
