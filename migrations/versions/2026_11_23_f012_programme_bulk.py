"""Programme bulk."""

revision = "f012"
down_revision = "f011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
