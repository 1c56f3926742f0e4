"""Advisory groups of councils, recusal of who advised, and examinations of dossiers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f033"
down_revision = "f032"
branch_labels = None
depends_on = None

_AREA = "(role in ('admin', 'officer', 'leader', 'inspector') and bound in ('area', 'everywhere'))"
_PRODUCER = "(role in ('producer') and bound in ('producer'))"
EARLIER_ROLES = (
    f"{_AREA} or (role in ('council_member', 'council_secretary') and bound in ('council')) or {_PRODUCER}"
)
ROLES = (
    f"{_AREA} or (role in ('council_member', 'council_secretary', 'council_adviser')"
    f" and bound in ('council')) or {_PRODUCER}"
)
EARLIER_REASONS = (
    "reason in ('owner', 'relative', 'employee', 'adviser', 'evaluated_below', 'rated_before', "
    "'other_interest')"
)
REASONS = (
    "reason in ('owner', 'relative', 'employee', 'adviser', 'evaluated_below', 'rated_before', 'advised', "
    "'other_interest')"
)
LEVELS = "'commune', 'district', 'province', 'central'"
ENDS = (
    "ended_at",
    "ended_by",
    "ended_by_name",
    "state",
    "done_on",
    "conclusion",
    "findings",
    "participants",
    "document_ids",
    "criterion_findings",
    "cancel_reason",
)


def _check(table: str, name: str, rule: str) -> None:
    op.drop_constraint(op.f(name), table)
    op.create_check_constraint(op.f(name), table, rule)


def upgrade() -> None:
    _check("role_grant", "ck_role_grant__role_fits_bound", ROLES)
    _check("session_recusal", "ck_session_recusal__reason", REASONS)
    op.create_table(
        "council_adviser",
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("office in ('leader', 'member')", name=op.f("ck_council_adviser__office")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_council_adviser__council_id")),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name=op.f("fk_council_adviser__user_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_council_adviser__grant_id")),
        sa.PrimaryKeyConstraint("council_id", "user_id", name=op.f("pk_council_adviser")),
    )
    op.create_index("ix_council_adviser__user_id", "council_adviser", ["user_id"])
    op.create_index(
        "uq_council_adviser__leader",
        "council_adviser",
        ["council_id"],
        unique=True,
        postgresql_where=sa.text("office = 'leader'"),
    )
    op.create_table(
        "dossier_examination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by_name", sa.Text(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("participants", postgresql.JSONB(), nullable=True),
        sa.Column("document_ids", postgresql.JSONB(), nullable=True),
        sa.Column("criterion_findings", postgresql.JSONB(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('site_survey', 'extra_test')", name=op.f("ck_dossier_examination__kind")
        ),
        sa.CheckConstraint(f"level in ({LEVELS})", name=op.f("ck_dossier_examination__level")),
        sa.CheckConstraint(
            "party in ('office', 'advisory_group', 'council')", name=op.f("ck_dossier_examination__party")
        ),
        sa.CheckConstraint(
            "state in ('requested', 'done', 'cancelled')", name=op.f("ck_dossier_examination__state")
        ),
        sa.CheckConstraint(
            "(state = 'requested') = (ended_at is null)", name=op.f("ck_dossier_examination__ended")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (conclusion is not null and findings is not null and done_on is not null)",
            name=op.f("ck_dossier_examination__result"),
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancel_reason is not null)",
            name=op.f("ck_dossier_examination__cancelled"),
        ),
        sa.CheckConstraint(
            "conclusion in ('met', 'not_met', 'inconclusive')",
            name=op.f("ck_dossier_examination__conclusion"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_examination__dossier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_examination")),
    )
    op.create_index(
        "ix_dossier_examination__dossier_id", "dossier_examination", ["dossier_id", "created_at", "id"]
    )
    arguments = ", ".join(f"'{column}'" for column in ENDS)
    op.execute(
        "create trigger dossier_examination_is_kept before update or delete on dossier_examination "
        f"for each row execute function dossier_remark_is_kept({arguments})"
    )


def downgrade() -> None:
    op.drop_table("dossier_examination")
    op.drop_table("council_adviser")
    op.execute("update session_recusal set reason = 'other_interest' where reason = 'advised'")
    _check("session_recusal", "ck_session_recusal__reason", EARLIER_REASONS)
    # That somebody held a role in the council stays known; nobody may score because of an earlier version.
    op.execute(
        "update role_grant set role = 'council_member', revoked_at = coalesce(revoked_at, now()) "
        "where role = 'council_adviser'"
    )
    _check("role_grant", "ck_role_grant__role_fits_bound", EARLIER_ROLES)
