"""Dossiers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f007"
down_revision = "f006"
branch_labels = None
depends_on = None

LEVELS = "'commune', 'district', 'province', 'central'"
STATES = (
    "'draft', 'lodged', 'commune_review', 'forwarded', 'office_check', 'supplement_requested', "
    "'under_assessment', 'in_council', 'awaiting_decision', 'remanded', 'recognised', 'not_reached', "
    "'rejected', 'withdrawn'"
)
FINAL = "'recognised', 'not_reached', 'rejected', 'withdrawn'"
RECORDS = ("dossier_step", "dossier_version")


def upgrade() -> None:
    op.create_table(
        "dossier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("set_number", sa.SmallInteger(), nullable=False),
        sa.Column("lodged_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("product_code", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("council_id", sa.Uuid(), nullable=True),
        sa.Column("contents", postgresql.JSONB(), nullable=False),
        sa.Column("samples", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(), nullable=True),
        sa.Column("points", sa.Numeric(), nullable=True),
        sa.Column("star", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('first', 'upgrade', 'rerating')", name=op.f("ck_dossier__kind")),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("ck_dossier__state")),
        sa.CheckConstraint(f"level in ({LEVELS})", name=op.f("ck_dossier__level")),
        sa.CheckConstraint("set_number between 1 and 26", name=op.f("ck_dossier__set_number")),
        sa.CheckConstraint("samples >= 0", name=op.f("ck_dossier__samples")),
        sa.CheckConstraint("points between 0 and 100", name=op.f("ck_dossier__points")),
        sa.CheckConstraint("star between 1 and 5", name=op.f("ck_dossier__star")),
        sa.CheckConstraint(
            "state in ('draft', 'withdrawn') or (lodged_on is not null and product_code is not null)",
            name=op.f("ck_dossier__lodged"),
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_dossier__product_id"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_dossier__producer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dossier"),
        sa.UniqueConstraint("product_code", name="uq_dossier__product_code"),
    )
    op.create_index(
        "uq_dossier__open_product",
        "dossier",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text(f"state not in ({FINAL})"),
    )
    op.create_index("ix_dossier__product_id", "dossier", ["product_id"])
    op.create_index("ix_dossier__producer_id", "dossier", ["producer_id"])
    op.create_index("ix_dossier__area_path", "dossier", ["area_path"], postgresql_using="gin")
    op.create_index("ix_dossier__state", "dossier", ["state", "level"])
    op.create_index("ix_dossier__created_at", "dossier", ["created_at", "id"])
    op.create_table(
        "dossier_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("from_level", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("to_level", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_dossier_step__dossier_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dossier_step"),
        sa.UniqueConstraint("dossier_id", "ordinal", name="uq_dossier_step__dossier_id_ordinal"),
    )
    op.create_table(
        "dossier_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("contents", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_dossier_version__dossier_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dossier_version"),
        sa.UniqueConstraint("dossier_id", "number", name="uq_dossier_version__dossier_id_number"),
    )
    op.create_table(
        "product_code_serial",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_id", "year", name="pk_product_code_serial"),
    )
    op.execute(
        """
        create function dossier_record_is_final() returns trigger language plpgsql as $$
        begin
            raise exception 'rows of % are records and cannot be changed', tg_table_name;
        end $$
        """
    )
    for table in RECORDS:
        op.execute(
            f"create trigger {table}_is_final before update or delete on {table} "
            "for each row execute function dossier_record_is_final()"
        )


def downgrade() -> None:
    op.drop_table("product_code_serial")
    for table in RECORDS:
        op.drop_table(table)
    op.execute("drop function dossier_record_is_final()")
    op.drop_table("dossier")
