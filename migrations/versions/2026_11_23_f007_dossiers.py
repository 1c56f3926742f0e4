"""Dossiers."""

revision = "f007"
down_revision = "f006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
