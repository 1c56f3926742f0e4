"""Rules kept with the session, remarks by criterion, the version on the sheet, when a recusal was told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f028"
down_revision = "f027"
branch_labels = None
depends_on = None

EARLIER = "reason in ('owner', 'relative', 'employee', 'adviser', 'other_interest')"
REASONS = "reason in ('owner', 'relative', 'employee', 'adviser', 'evaluated_below', 'other_interest')"


def upgrade() -> None:
    op.add_column("council_session", sa.Column("rules", postgresql.JSONB(), nullable=True))
    # Councils could not change their rules until now, so those of a council are those it sat under.
    op.execute(
        "update council_session s set rules = c.rules from council c "
        "where c.id = s.council_id and s.opened_at is not null"
    )
    op.create_check_constraint(
        op.f("ck_council_session__rules"), "council_session", "(opened_at is null) = (rules is null)"
    )
    for table in ("sheet_draft", "score_sheet"):
        op.add_column(
            table, sa.Column("criterion_remarks", postgresql.JSONB(), server_default="{}", nullable=False)
        )
        op.alter_column(table, "criterion_remarks", server_default=None)
    # Sheets are records: on older ones the version stands on the agenda alone.
    op.add_column("score_sheet", sa.Column("version_number", sa.SmallInteger(), nullable=True))
    op.add_column(
        "session_recusal", sa.Column("declared_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("session_recusal", sa.Column("declared_by", sa.Uuid(), nullable=True))
    op.execute(
        "update session_recusal r set declared_at = coalesce(s.opened_at, s.created_at) "
        "from council_session s where s.id = r.session_id"
    )
    op.alter_column("session_recusal", "declared_at", nullable=False)
    op.drop_constraint(op.f("ck_session_recusal__reason"), "session_recusal")
    op.create_check_constraint(op.f("ck_session_recusal__reason"), "session_recusal", REASONS)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_session_recusal__reason"), "session_recusal")
    op.execute("update session_recusal set reason = 'other_interest' where reason = 'evaluated_below'")
    op.create_check_constraint(op.f("ck_session_recusal__reason"), "session_recusal", EARLIER)
    op.drop_column("session_recusal", "declared_by")
    op.drop_column("session_recusal", "declared_at")
    op.drop_column("score_sheet", "version_number")
    for table in ("score_sheet", "sheet_draft"):
        op.drop_column(table, "criterion_remarks")
    op.drop_column("council_session", "rules")
