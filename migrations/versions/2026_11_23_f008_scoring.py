"""Scoring: councils, sessions, score sheets and results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f008"
down_revision = "f007"
branch_labels = None
depends_on = None

RECORDS = ("score_sheet", "council_result")


def upgrade() -> None:
    op.create_table(
        "council",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("decision_number", sa.Text(), nullable=False),
        sa.Column("decision_date", sa.Date(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(level = 'central') = (place_id is null)", name=op.f("ck_council__place")),
        sa.CheckConstraint("level in ('district', 'province', 'central')", name=op.f("ck_council__level")),
        sa.PrimaryKeyConstraint("id", name="pk_council"),
        sa.UniqueConstraint(
            "level",
            "place_id",
            "decision_number",
            name="uq_council__level_place_id_decision_number",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_council__area_path", "council", ["area_path"], postgresql_using="gin")
    op.create_table(
        "council_member",
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "office in ('chair', 'deputy', 'member', 'expert', 'secretary')",
            name=op.f("ck_council_member__office"),
        ),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name="fk_council_member__council_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name="fk_council_member__grant_id"),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name="fk_council_member__user_id"),
        sa.PrimaryKeyConstraint("council_id", "user_id", name="pk_council_member"),
    )
    op.create_index("ix_council_member__user_id", "council_member", ["user_id"])
    op.create_table(
        "council_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('planned', 'open', 'closed')", name=op.f("ck_council_session__state")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name="fk_council_session__council_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_session"),
    )
    op.create_index("ix_council_session__council_id", "council_session", ["council_id"])
    op.create_table(
        "session_seat",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "office in ('chair', 'deputy', 'member', 'expert', 'secretary')",
            name=op.f("ck_session_seat__office"),
        ),
        sa.ForeignKeyConstraint(["session_id"], ["council_session.id"], name="fk_session_seat__session_id"),
        sa.PrimaryKeyConstraint("session_id", "user_id", name="pk_session_seat"),
    )
    op.create_table(
        "session_dossier",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dropped_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'scoring', 'concluded', 'dropped')", name=op.f("ck_session_dossier__state")
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_session_dossier__dossier_id"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["council_session.id"], name="fk_session_dossier__session_id"
        ),
        sa.PrimaryKeyConstraint("session_id", "dossier_id", name="pk_session_dossier"),
    )
    op.create_index(
        "uq_session_dossier__live",
        "session_dossier",
        ["dossier_id"],
        unique=True,
        postgresql_where=sa.text("state in ('waiting', 'scoring')"),
    )
    op.create_table(
        "session_recusal",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "origin in ('self_declared', 'detected')", name=op.f("ck_session_recusal__origin")
        ),
        sa.CheckConstraint(
            "reason in ('owner', 'relative', 'employee', 'adviser', 'other_interest')",
            name=op.f("ck_session_recusal__reason"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "dossier_id"],
            ["session_dossier.session_id", "session_dossier.dossier_id"],
            name="fk_session_recusal__session_id_dossier_id",
        ),
        sa.PrimaryKeyConstraint("session_id", "dossier_id", "user_id", name="pk_session_recusal"),
    )
    op.create_table(
        "scoring_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("comparison", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (comparison is not null)", name=op.f("ck_scoring_round__comparison")
        ),
        sa.CheckConstraint(
            "reason in ('spread_exceeded', 'sheets_unfinished')", name=op.f("ck_scoring_round__reason")
        ),
        sa.CheckConstraint("state in ('open', 'closed')", name=op.f("ck_scoring_round__state")),
        sa.ForeignKeyConstraint(
            ["session_id", "dossier_id"],
            ["session_dossier.session_id", "session_dossier.dossier_id"],
            name="fk_scoring_round__session_id_dossier_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scoring_round"),
        sa.UniqueConstraint(
            "session_id", "dossier_id", "number", name="uq_scoring_round__session_id_dossier_id_number"
        ),
    )
    op.create_table(
        "sheet_draft",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("gates", postgresql.JSONB(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["scoring_round.id"], name="fk_sheet_draft__round_id"),
        sa.PrimaryKeyConstraint("round_id", "member_id", name="pk_sheet_draft"),
    )
    op.create_table(
        "score_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("round_number", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("set_number", sa.SmallInteger(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("gates", postgresql.JSONB(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("evaluation", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["scoring_round.id"], name="fk_score_sheet__round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_score_sheet"),
        sa.UniqueConstraint("round_id", "member_id", name="uq_score_sheet__round_id_member_id"),
    )
    op.create_index("ix_score_sheet__dossier_id", "score_sheet", ["dossier_id"])
    op.create_table(
        "council_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("mean", sa.Text(), nullable=True),
        sa.Column("displayed_mean", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("star", sa.SmallInteger(), nullable=True),
        sa.Column("consolidation", postgresql.JSONB(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("concluded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome in ('rated', 'stopped', 'disqualified')", name=op.f("ck_council_result__outcome")
        ),
        sa.CheckConstraint("star between 1 and 5", name=op.f("ck_council_result__star")),
        sa.ForeignKeyConstraint(["round_id"], ["scoring_round.id"], name="fk_council_result__round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_result"),
        sa.UniqueConstraint("session_id", "dossier_id", name="uq_council_result__session_id_dossier_id"),
    )
    op.create_index("ix_council_result__dossier_id", "council_result", ["dossier_id"])
    # Records are never edited; the database itself keeps to it, whoever is connected.
    op.execute(
        """
        create function refuse_change_of_record() returns trigger language plpgsql as $$
        begin
            raise exception 'a row of % is a record and cannot be changed', tg_table_name
                using errcode = 'restrict_violation';
        end $$
        """
    )
    for table in RECORDS:
        op.execute(
            f"create trigger {table}_is_a_record before update or delete on {table} "
            "for each row execute function refuse_change_of_record()"
        )


def downgrade() -> None:
    op.drop_table("council_result")
    op.drop_table("score_sheet")
    op.drop_table("sheet_draft")
    op.drop_table("scoring_round")
    op.drop_table("session_recusal")
    op.drop_table("session_dossier")
    op.drop_table("session_seat")
    op.drop_table("council_session")
    op.drop_table("council_member")
    op.drop_table("council")
    op.execute("drop function refuse_change_of_record()")
