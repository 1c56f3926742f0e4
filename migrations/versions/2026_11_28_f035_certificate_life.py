"""What has been told of the end of a certificate, each thing once."""

import sqlalchemy as sa
from alembic import op

revision = "f035"
down_revision = "f034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "mark in ('180', '150', '120', '30', 'extended', 'expired')",
            name=op.f("ck_certificate_notice__mark"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_notice__certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_notice")),
        sa.UniqueConstraint(
            "certificate_id", "mark", name=op.f("uq_certificate_notice__certificate_id_mark")
        ),
    )
    op.execute(
        "create trigger certificate_notice_is_a_record before update or delete on certificate_notice "
        "for each row execute function refuse_change_of_record()"
    )


def downgrade() -> None:
    # What was told stands in the ledger too, but without a mark: after going down and up again the mark a
    # certificate stands at is told once more.
    op.drop_table("certificate_notice")
