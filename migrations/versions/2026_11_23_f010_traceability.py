"""Traceability."""

revision = "f010"
down_revision = "f009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
