"""Certificates, their withdrawals and supersessions, serials of numbers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f009"
down_revision = "f008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("regime", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("decision_number", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("notice_from", sa.Date(), nullable=True),
        sa.Column("issuing_authority", sa.Text(), nullable=True),
        sa.Column("signer_title", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("producer_address", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("stars between 3 and 5", name="stars"),
        sa.CheckConstraint("confidence in ('decision', 'press')", name="confidence"),
        sa.CheckConstraint(
            "level is null or level in ('commune', 'district', 'province', 'central')", name="level"
        ),
        sa.CheckConstraint(
            "(valid_until is null) = (issued_on is null) and (valid_until is null) = (notice_from is null) "
            "and (valid_until is null or (decided_on is not null and regime is not null "
            "and confidence = 'decision' and valid_until >= issued_on and notice_from <= valid_until))",
            name="term",
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_certificate__product_id"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_certificate__producer_id"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_certificate__dossier_id"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.UniqueConstraint("number", name="uq_certificate__number"),
        sa.UniqueConstraint("code", name="uq_certificate__code"),
        sa.UniqueConstraint("dossier_id", name="uq_certificate__dossier_id"),
        sa.UniqueConstraint(
            "product_id",
            "decision_number",
            "decided_on",
            "stars",
            name="uq_certificate__recognition",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_certificate__producer_id", "certificate", ["producer_id"])
    op.create_index("ix_certificate__valid_until", "certificate", ["valid_until", "id"])
    op.create_index("ix_certificate__area_path", "certificate", ["area_path"], postgresql_using="gin")
    op.create_table(
        "certificate_withdrawal",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("concluded_on", sa.Date(), nullable=False),
        sa.Column("decision_number", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "ground in ('dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', "
            "'production_stopped', 'other_conclusion')",
            name="ground",
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_certificate_withdrawal__certificate_id"
        ),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_certificate_withdrawal"),
    )
    op.create_table(
        "certificate_supersession",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("superseded_on", sa.Date(), nullable=False),
        sa.CheckConstraint("certificate_id <> successor_id", name="other_certificate"),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_certificate_supersession__certificate_id"
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["certificate.id"], name="fk_certificate_supersession__successor_id"
        ),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_certificate_supersession"),
    )
    op.create_index("ix_certificate_supersession__successor_id", "certificate_supersession", ["successor_id"])
    op.create_table(
        "certificate_serial",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "year", name="pk_certificate_serial"),
    )


def downgrade() -> None:
    op.drop_table("certificate_serial")
    op.drop_table("certificate_supersession")
    op.drop_table("certificate_withdrawal")
    op.drop_table("certificate")
