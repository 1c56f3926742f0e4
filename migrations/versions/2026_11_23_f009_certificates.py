"""Certificates."""

revision = "f009"
down_revision = "f008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
