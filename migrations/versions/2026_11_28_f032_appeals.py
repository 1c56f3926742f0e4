"""Appeals against ratings: their steps and evidence, panels, files reopened, certificates that follow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f032"
down_revision = "f031"
branch_labels = None
depends_on = None

STATES = "'lodged', 'refused', 'under_review', 'reported', 'upheld', 'dismissed', 'withdrawn'"
OPEN = "'lodged', 'under_review', 'reported'"
DECIDED = "'upheld', 'dismissed'"
EARLIER = "reason in ('owner', 'relative', 'employee', 'adviser', 'evaluated_below', 'other_interest')"
REASONS = (
    "reason in ('owner', 'relative', 'employee', 'adviser', 'evaluated_below', 'rated_before', "
    "'other_interest')"
)


def upgrade() -> None:
    op.create_table(
        "appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("requested_star", sa.SmallInteger(), nullable=True),
        sa.Column("criteria", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("star", sa.SmallInteger(), nullable=True),
        sa.Column("points", sa.Numeric(), nullable=True),
        sa.Column("outcome_decision", sa.Text(), nullable=True),
        sa.Column("council_result_id", sa.Uuid(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("lodged_by", sa.Uuid(), nullable=True),
        sa.Column("panel_id", sa.Uuid(), nullable=True),
        sa.Column("report_due_on", sa.Date(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("recommendation", sa.Text(), nullable=True),
        sa.Column("report", postgresql.JSONB(), nullable=True),
        sa.Column("decision_number", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("rescore", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("ck_appeal__state")),
        sa.CheckConstraint("level in ('district', 'province', 'central')", name=op.f("ck_appeal__level")),
        sa.CheckConstraint(
            "outcome in ('recognised', 'not_reached', 'rejected')", name=op.f("ck_appeal__outcome")
        ),
        sa.CheckConstraint("requested_star between 3 and 5", name=op.f("ck_appeal__requested_star")),
        sa.CheckConstraint(
            "finding in ('founded', 'partly_founded', 'unfounded')", name=op.f("ck_appeal__finding")
        ),
        sa.CheckConstraint("recommendation in ('rescore', 'none')", name=op.f("ck_appeal__recommendation")),
        sa.CheckConstraint(
            "(finding is null) = (report is null) and (finding is null) = (recommendation is null)",
            name=op.f("ck_appeal__report"),
        ),
        sa.CheckConstraint("(panel_id is null) = (report_due_on is null)", name=op.f("ck_appeal__panel")),
        sa.CheckConstraint(
            f"(state in ({DECIDED})) = (decided_on is not null) "
            "and (decided_on is null) = (decision_number is null) "
            "and (decided_on is null) = (rescore is null)",
            name=op.f("ck_appeal__decision"),
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_appeal__dossier_id")),
        sa.ForeignKeyConstraint(
            ["council_result_id"], ["council_result.id"], name=op.f("fk_appeal__council_result_id")
        ),
        sa.ForeignKeyConstraint(["panel_id"], ["council.id"], name=op.f("fk_appeal__panel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index(op.f("ix_appeal__dossier_id"), "appeal", ["dossier_id"])
    op.create_index(op.f("ix_appeal__panel_id"), "appeal", ["panel_id"])
    op.create_index("ix_appeal__created_at", "appeal", ["created_at", "id"])
    for name, states in (("uq_appeal__open", OPEN), ("uq_appeal__decided", DECIDED)):
        where = sa.text(f"state in ({states})")
        op.create_index(name, "appeal", ["dossier_id"], unique=True, postgresql_where=where)
    op.create_table(
        "appeal_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_step__appeal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_step")),
        sa.UniqueConstraint("appeal_id", "ordinal", name=op.f("uq_appeal_step__appeal_id_ordinal")),
    )
    op.create_table(
        "appeal_evidence",
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_evidence__appeal_id")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_appeal_evidence__document_id")
        ),
        sa.PrimaryKeyConstraint("appeal_id", "document_id", name=op.f("pk_appeal_evidence")),
    )
    op.create_index(op.f("ix_appeal_evidence__document_id"), "appeal_evidence", ["document_id"])
    for table in ("appeal_step", "appeal_evidence"):
        op.execute(
            f"create trigger {table}_is_a_record before update or delete on {table} "
            f"for each row execute function refuse_change_of_record()"
        )
    op.add_column("dossier", sa.Column("panel_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_dossier__panel_id"), "dossier", "council", ["panel_id"], ["id"])
    op.add_column("dossier", sa.Column("standing", postgresql.JSONB(), nullable=True))
    op.add_column("certificate", sa.Column("appeal_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_certificate__appeal_id"), "certificate", "appeal", ["appeal_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_certificate__appeal"), "certificate", "appeal_id is null or dossier_id is not null"
    )
    op.drop_constraint(op.f("uq_certificate__dossier_id"), "certificate")
    op.create_index(
        "uq_certificate__dossier_id_appeal_id",
        "certificate",
        ["dossier_id", "appeal_id"],
        unique=True,
        postgresql_where=sa.text("dossier_id is not null"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_constraint(op.f("ck_session_recusal__reason"), "session_recusal")
    op.create_check_constraint(op.f("ck_session_recusal__reason"), "session_recusal", REASONS)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_session_recusal__reason"), "session_recusal")
    op.execute("update session_recusal set reason = 'other_interest' where reason = 'rated_before'")
    op.create_check_constraint(op.f("ck_session_recusal__reason"), "session_recusal", EARLIER)
    op.execute("update council set rules = rules - 'appeal_days'")
    op.execute("update council_session set rules = rules - 'appeal_days' where rules is not null")
    # A dossier has one certificate again: the one that followed from the appeal. The one it replaced stays
    # in the register, as those recorded from earlier decisions stand there.
    op.execute(
        "update certificate c set dossier_id = null where c.appeal_id is null and exists "
        "(select 1 from certificate n where n.dossier_id = c.dossier_id and n.appeal_id is not null)"
    )
    op.drop_index("uq_certificate__dossier_id_appeal_id", "certificate")
    op.create_unique_constraint(op.f("uq_certificate__dossier_id"), "certificate", ["dossier_id"])
    op.drop_constraint(op.f("ck_certificate__appeal"), "certificate")
    op.drop_column("certificate", "appeal_id")
    # What is being rated again has no way back to its recognition in the older table; it is put there now.
    op.execute(
        """
        update dossier d set state = 'recognised', level = r.from_level,
            star = (d.standing ->> 'star')::smallint,
            points = (d.standing ->> 'points')::numeric,
            outcome = nullif(d.standing -> 'outcome', 'null'),
            due_on = null, due_basis = null, assignee_id = null
        from (
            select distinct on (dossier_id) dossier_id, from_level from dossier_step
            where action = 'reopen' order by dossier_id, ordinal desc
        ) r
        where r.dossier_id = d.id and d.standing is not null
        """
    )
    op.drop_column("dossier", "standing")
    op.drop_column("dossier", "panel_id")
    # The history is a record; only the words that the older table does not know are put into its own.
    op.execute("alter table dossier_step disable trigger dossier_step_is_final")
    op.execute(
        """
        update dossier_step set data = data || jsonb_build_object('action', action),
            action = case action when 'reopen' then 'return_to_council' else 'recognise' end
        where action in ('reopen', 'confirm')
        """
    )
    op.execute("alter table dossier_step enable trigger dossier_step_is_final")
    op.drop_table("appeal_evidence")
    op.drop_table("appeal_step")
    op.drop_table("appeal")
