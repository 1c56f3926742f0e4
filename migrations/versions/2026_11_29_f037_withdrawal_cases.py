"""Cases of withdrawal: steps, evidence, reminders, signed decisions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f037"
down_revision = "f036"
branch_labels = None
depends_on = None

STATES = "'verifying', 'concluded', 'submitted', 'withdrawn', 'dismissed', 'lapsed'"
OPEN = "'verifying', 'concluded', 'submitted'"
GROUNDS = (
    "'dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', 'production_stopped', "
    "'other_conclusion'"
)
SOURCES = "'inspection', 'commune_report', 'complaint', 'own_finding', 'other_authority'"


def upgrade() -> None:
    op.create_table(
        "withdrawal_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("further_grounds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("answer_due_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("concluded_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("conclusion_authority", sa.Text(), nullable=True),
        sa.Column("conclusion_number", sa.Text(), nullable=True),
        sa.Column("conclusion_summary", sa.Text(), nullable=True),
        sa.Column("conclusion_document_id", sa.Uuid(), nullable=True),
        sa.Column("recipients", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision_number", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("signer_title", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("ck_withdrawal_case__state")),
        sa.CheckConstraint(f"ground in ({GROUNDS})", name=op.f("ck_withdrawal_case__ground")),
        sa.CheckConstraint(
            f"further_grounds <@ array[{GROUNDS}]", name=op.f("ck_withdrawal_case__further_grounds")
        ),
        sa.CheckConstraint(f"source in ({SOURCES})", name=op.f("ck_withdrawal_case__source")),
        sa.CheckConstraint(
            "(concluded_on is null) = (due_on is null) "
            "and (concluded_on is not null or state in ('verifying', 'dismissed', 'lapsed'))",
            name=op.f("ck_withdrawal_case__conclusion"),
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (decided_on is not null) "
            "and (decided_on is null or decided_on >= concluded_on)",
            name=op.f("ck_withdrawal_case__decision"),
        ),
        sa.CheckConstraint(
            "(state in ('dismissed', 'lapsed')) = (reason is not null)",
            name=op.f("ck_withdrawal_case__reason"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_withdrawal_case__certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["conclusion_document_id"],
            ["document.id"],
            name=op.f("fk_withdrawal_case__conclusion_document_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal_case")),
    )
    op.create_index(op.f("ix_withdrawal_case__certificate_id"), "withdrawal_case", ["certificate_id"])
    op.create_index("ix_withdrawal_case__due_on", "withdrawal_case", ["due_on", "id"])
    op.create_index("ix_withdrawal_case__created_at", "withdrawal_case", ["created_at", "id"])
    op.create_index("ix_withdrawal_case__inspection_id", "withdrawal_case", ["inspection_id"])
    op.create_index(
        "uq_withdrawal_case__open",
        "withdrawal_case",
        ["certificate_id"],
        unique=True,
        postgresql_where=sa.text(f"state in ({OPEN})"),
    )
    op.create_table(
        "withdrawal_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["withdrawal_case.id"], name=op.f("fk_withdrawal_step__case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal_step")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_withdrawal_step__case_id_ordinal")),
    )
    op.create_table(
        "withdrawal_evidence",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "part in ('finding', 'conclusion', 'answer')", name=op.f("ck_withdrawal_evidence__part")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["withdrawal_case.id"], name=op.f("fk_withdrawal_evidence__case_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_withdrawal_evidence__document_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "document_id", "part", name=op.f("pk_withdrawal_evidence")),
    )
    op.create_index(op.f("ix_withdrawal_evidence__document_id"), "withdrawal_evidence", ["document_id"])
    op.create_table(
        "withdrawal_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.CheckConstraint("mark in ('due_soon', 'overdue')", name=op.f("ck_withdrawal_notice__mark")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["withdrawal_case.id"], name=op.f("fk_withdrawal_notice__case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal_notice")),
        sa.UniqueConstraint("case_id", "due_on", "mark", name="uq_withdrawal_notice__told"),
    )
    op.create_table(
        "signed_withdrawal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(replaces_id is null) = (reason is null)", name=op.f("ck_signed_withdrawal__reason")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["withdrawal_case.id"], name=op.f("fk_signed_withdrawal__case_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["signed_withdrawal.id"], name=op.f("fk_signed_withdrawal__replaces_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_withdrawal")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_signed_withdrawal__replaces_id")),
    )
    op.create_index(
        "uq_signed_withdrawal__first",
        "signed_withdrawal",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id is null"),
    )
    for table in ("withdrawal_step", "withdrawal_evidence", "withdrawal_notice", "signed_withdrawal"):
        op.execute(
            f"create trigger {table}_is_a_record before update or delete on {table} "
            f"for each row execute function refuse_change_of_record()"
        )
    op.add_column("certificate_withdrawal", sa.Column("case_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_certificate_withdrawal__case_id"),
        "certificate_withdrawal",
        "withdrawal_case",
        ["case_id"],
        ["id"],
    )
    op.create_unique_constraint(
        op.f("uq_certificate_withdrawal__case_id"), "certificate_withdrawal", ["case_id"]
    )


def downgrade() -> None:
    # What was withdrawn stays withdrawn; how it came to it stays in the ledger alone. Open cases end here.
    op.drop_constraint(op.f("uq_certificate_withdrawal__case_id"), "certificate_withdrawal")
    op.drop_constraint(op.f("fk_certificate_withdrawal__case_id"), "certificate_withdrawal")
    op.drop_column("certificate_withdrawal", "case_id")
    op.drop_table("signed_withdrawal")
    op.drop_table("withdrawal_notice")
    op.drop_table("withdrawal_evidence")
    op.drop_table("withdrawal_step")
    op.drop_table("withdrawal_case")
