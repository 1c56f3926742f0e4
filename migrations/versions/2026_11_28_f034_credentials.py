"""Verifiable credentials of certificates as they were signed, and the status lists beside them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f034"
down_revision = "f033"
branch_labels = None
depends_on = None

RECORDS = ("certificate_credential", "credential_status_list")


def upgrade() -> None:
    op.execute("create sequence certificate_credential_position minvalue 0 start 0")
    op.create_table(
        "certificate_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status_list >= 1 and status_index between 0 and 131071",
            name=op.f("ck_certificate_credential__status"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_credential__certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_credential")),
        sa.UniqueConstraint(
            "certificate_id",
            "address",
            "key_id",
            name=op.f("uq_certificate_credential__certificate_id_address_key_id"),
        ),
        sa.UniqueConstraint(
            "status_list", "status_index", name=op.f("uq_certificate_credential__status_list_status_index")
        ),
    )
    op.create_index(op.f("ix_certificate_credential__sha256"), "certificate_credential", ["sha256"])
    op.create_table(
        "credential_status_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose in ('revocation', 'suspension')", name=op.f("ck_credential_status_list__purpose")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_credential_status_list__number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_status_list")),
        sa.UniqueConstraint(
            "purpose",
            "number",
            "address",
            "key_id",
            "sha256",
            name=op.f("uq_credential_status_list__content"),
        ),
    )
    for table in RECORDS:
        op.execute(
            f"create trigger {table}_is_a_record before update or delete on {table} "
            "for each row execute function refuse_change_of_record()"
        )


def downgrade() -> None:
    for table in reversed(RECORDS):
        op.drop_table(table)
    op.execute("drop sequence certificate_credential_position")
