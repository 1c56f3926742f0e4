"""Scoring."""

revision = "f008"
down_revision = "f007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
