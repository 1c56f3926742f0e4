"""Listings."""

revision = "f011"
down_revision = "f010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
