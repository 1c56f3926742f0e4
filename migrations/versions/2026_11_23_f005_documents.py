"""Documents."""

revision = "f005"
down_revision = "f004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
