"""Criteria editions added by an administrator.

"""

revision = "f021"
down_revision = "f020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
