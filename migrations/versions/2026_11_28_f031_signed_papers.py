"""Signed papers of councils, and sessions whose minutes are signed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f031"
down_revision = "f030"
branch_labels = None
depends_on = None

EARLIER = "state in ('planned', 'open', 'scoring', 'closed')"
STATES = "state in ('planned', 'open', 'scoring', 'closed', 'minutes_signed')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_council_session__state"), "council_session")
    op.create_check_constraint(op.f("ck_council_session__state"), "council_session", STATES)
    op.create_table(
        "signed_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("round_number", sa.SmallInteger(), nullable=True),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("generated_sha256", sa.Text(), nullable=False),
        sa.Column("generated_size", sa.Integer(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("signatories", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "paper in ('minutes', 'submission', 'decision', 'consolidated', 'score_sheets')",
            name=op.f("ck_signed_paper__paper"),
        ),
        sa.CheckConstraint("form in ('pdf', 'cms')", name=op.f("ck_signed_paper__form")),
        sa.CheckConstraint(
            "(paper in ('consolidated', 'score_sheets')) = (dossier_id is not null)"
            " and (dossier_id is null) = (round_number is null)",
            name=op.f("ck_signed_paper__dossier"),
        ),
        sa.CheckConstraint(
            "(paper = 'submission') = (proposal is not null)", name=op.f("ck_signed_paper__proposal")
        ),
        sa.CheckConstraint("(replaces_id is null) = (reason is null)", name=op.f("ck_signed_paper__reason")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["council_session.id"], name=op.f("fk_signed_paper__session_id")
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_signed_paper__dossier_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["signed_paper.id"], name=op.f("fk_signed_paper__replaces_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_paper")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_signed_paper__replaces_id")),
    )
    op.create_index(
        "uq_signed_paper__first",
        "signed_paper",
        ["session_id", "paper", "dossier_id", "round_number", "proposal"],
        unique=True,
        postgresql_where=sa.text("replaces_id is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_signed_paper__session_id", "signed_paper", ["session_id", "uploaded_at"])
    op.execute(
        "create trigger signed_paper_is_a_record before update or delete on signed_paper "
        "for each row execute function refuse_change_of_record()"
    )


def downgrade() -> None:
    op.drop_table("signed_paper")
    op.drop_constraint(op.f("ck_council_session__state"), "council_session")
    op.execute("update council_session set state = 'closed' where state = 'minutes_signed'")
    op.create_check_constraint(op.f("ck_council_session__state"), "council_session", EARLIER)
