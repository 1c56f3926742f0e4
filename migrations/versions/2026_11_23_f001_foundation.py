"""Foundation: ledger, job queue, idempotent answers."""

import sqlalchemy as sa
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from sqlalchemy.dialects import postgresql

revision = "f001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotent_answer",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_idempotent_answer"),
    )
    op.create_index("ix_idempotent_answer__expires_at", "idempotent_answer", ["expires_at"])
    op.create_table(
        "ledger_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_event"),
        sa.UniqueConstraint("ordinal", name="uq_ledger_event__ordinal"),
    )
    op.create_index("ix_ledger_event__subject", "ledger_event", ["subject_type", "subject_id"])
    op.create_index("ix_ledger_event__area_path", "ledger_event", ["area_path"], postgresql_using="gin")
    op.create_table(
        "ledger_pending",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name="fk_ledger_pending__event_id"),
        sa.PrimaryKeyConstraint("event_id", name="pk_ledger_pending"),
    )
    op.create_index("ix_ledger_pending__xid", "ledger_pending", ["xid"])
    op.create_table(
        "ledger_seal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name="fk_ledger_seal__event_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_seal"),
        sa.UniqueConstraint("event_id", name="uq_ledger_seal__event_id"),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_checkpoint"),
    )
    # The queue's tables are its library's; it writes and removes its own schema.
    for statement in _statements(QueryBuilderEnvironment().build_install_query()):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in _statements(QueryBuilderEnvironment().build_uninstall_query()):
        op.get_bind().exec_driver_sql(statement)
    op.drop_table("ledger_checkpoint")
    op.drop_table("ledger_seal")
    op.drop_table("ledger_pending")
    op.drop_table("ledger_event")
    op.drop_table("idempotent_answer")


def _statements(script: str) -> list[str]:
    """The script cut at semicolons outside of $$ bodies; asyncpg takes one statement at a time."""
    found: list[str] = []
    current: list[str] = []
    quoted = False
    for line in script.splitlines():
        current.append(line)
        if line.count("$$") % 2:
            quoted = not quoted
        if not quoted and line.rstrip().endswith(";"):
            found.append("\n".join(current))
            current = []
    rest = "\n".join(current).strip()
    return [*found, rest] if rest else found
