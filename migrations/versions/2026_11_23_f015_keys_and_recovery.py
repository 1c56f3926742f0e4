"""Keys and recovery."""

revision = "f015"
down_revision = "f014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
