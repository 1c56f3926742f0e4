"""Invitations, notice and attendance of sessions; registered interests and questions answered about them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f030"
down_revision = "f029"
branch_labels = None
depends_on = None

_STATE = "ck_council_session__state"


def upgrade() -> None:
    for column in (
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("venue", sa.Text(), nullable=True),
        sa.Column("opinions_due_on", sa.Date(), nullable=True),
        sa.Column("invited_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("short_notice_reason", sa.Text(), nullable=True),
    ):
        op.add_column("council_session", column)
    op.create_check_constraint(
        op.f("ck_council_session__opinions_due_on"),
        "council_session",
        "opinions_due_on is null or form = 'written_opinions'",
    )
    op.drop_constraint(op.f(_STATE), "council_session")
    # Until now a session opened and began to score in one.
    op.execute("update council_session set state = 'scoring' where state = 'open'")
    op.create_check_constraint(
        op.f(_STATE), "council_session", "state in ('planned', 'open', 'scoring', 'closed')"
    )
    for column in ("arrived_at", "left_at"):
        op.add_column("session_seat", sa.Column(column, postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_table(
        "session_invitation",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("answer in ('accepted', 'declined')", name=op.f("ck_session_invitation__answer")),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null)", name=op.f("ck_session_invitation__answered")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["council_session.id"], name=op.f("fk_session_invitation__session_id")
        ),
        sa.PrimaryKeyConstraint("session_id", "user_id", name=op.f("pk_session_invitation")),
    )
    op.create_table(
        "cleared_tie",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cleared_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("cleared_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id", "dossier_id"],
            ["session_dossier.session_id", "session_dossier.dossier_id"],
            name=op.f("fk_cleared_tie__session_id_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("session_id", "dossier_id", "user_id", name=op.f("pk_cleared_tie")),
    )
    op.create_table(
        "member_interest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        sa.Column("relative_name", sa.Text(), nullable=True),
        sa.Column("relative_phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("registered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "relation in ('owner', 'relative', 'employee', 'adviser', 'other_interest')",
            name=op.f("ck_member_interest__relation"),
        ),
        sa.CheckConstraint(
            "(producer_id is null) <> (relative_name is null)", name=op.f("ck_member_interest__tie")
        ),
        sa.CheckConstraint(
            "relative_name is null or relation = 'relative'", name=op.f("ck_member_interest__relative")
        ),
        sa.CheckConstraint(
            "relative_phone is null or relative_name is not null", name=op.f("ck_member_interest__phone")
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_member_interest__period")),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name=op.f("fk_member_interest__user_id")),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_member_interest__producer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_interest")),
    )
    for column in ("user_id", "producer_id"):
        op.create_index(op.f(f"ix_member_interest__{column}"), "member_interest", [column])


def downgrade() -> None:
    for table in ("member_interest", "cleared_tie", "session_invitation"):
        op.drop_table(table)
    for column in ("left_at", "arrived_at"):
        op.drop_column("session_seat", column)
    op.drop_constraint(op.f(_STATE), "council_session")
    # A session that has opened and does not score yet can be opened again.
    op.execute(
        "delete from session_seat t using council_session s where s.id = t.session_id and s.state = 'open'"
    )
    op.execute(
        "update council_session set state = 'planned', opened_at = null, rules = null where state = 'open'"
    )
    op.execute("update council_session set state = 'open' where state = 'scoring'")
    op.create_check_constraint(op.f(_STATE), "council_session", "state in ('planned', 'open', 'closed')")
    op.drop_constraint(op.f("ck_council_session__opinions_due_on"), "council_session")
    for column in ("short_notice_reason", "invited_at", "opinions_due_on", "venue", "starts_at"):
        op.drop_column("council_session", column)
