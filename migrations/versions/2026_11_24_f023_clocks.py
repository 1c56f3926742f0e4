"""Clocks of dossiers: why a step is due, rounds, office days, reminders, who deals with a file."""

import sqlalchemy as sa
from alembic import op

revision = "f023"
down_revision = "f022"
branch_labels = None
depends_on = None

_OPEN = "state not in ('recognised', 'not_reached', 'rejected', 'withdrawn')"


def upgrade() -> None:
    for name, kind in (("due_basis", sa.Text()), ("requested_on", sa.Date()), ("assignee_id", sa.Uuid())):
        op.add_column("dossier", sa.Column(name, kind, nullable=True))
    op.create_index("ix_dossier__due_on", "dossier", ["due_on", "id"], postgresql_where=sa.text(_OPEN))
    op.create_index("ix_dossier__assignee_id", "dossier", ["assignee_id"])
    # The day of the last request stands in the history; the daily job reckons the terms that follow from it.
    op.execute(
        """
        update dossier set requested_on = sent.on_day
        from (
            select distinct on (dossier_id) dossier_id, to_level, to_state,
                (at at time zone 'Asia/Ho_Chi_Minh')::date as on_day
            from dossier_step where action = 'forward' order by dossier_id, ordinal desc
        ) sent
        where sent.dossier_id = dossier.id and sent.to_level = dossier.level
        """
    )
    op.create_table(
        "office_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("vi", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_office_day"),
    )
    op.create_table(
        "dossier_reminder",
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name="fk_dossier_reminder__dossier_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dossier_id", "due_on", "kind", name="pk_dossier_reminder"),
    )
    op.create_table(
        "rerating_reminder",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name="fk_rerating_reminder__product_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "valid_until", "kind", name="pk_rerating_reminder"),
    )
    op.add_column("notification", sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "rating_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("requested_before", sa.Date(), nullable=False),
        sa.Column("done_before", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "level in ('commune', 'district', 'province', 'central')", name=op.f("ck_rating_round__level")
        ),
        sa.CheckConstraint("requested_before <= done_before", name=op.f("ck_rating_round__order")),
        sa.CheckConstraint("(place_id is null) = (level = 'central')", name=op.f("ck_rating_round__place")),
        sa.PrimaryKeyConstraint("id", name="pk_rating_round"),
        sa.UniqueConstraint(
            "level",
            "place_id",
            "requested_before",
            name="uq_rating_round__level_place_id_requested_before",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_rating_round__place_id", "rating_round", ["place_id", "requested_before"])


def downgrade() -> None:
    op.drop_table("rating_round")
    op.drop_column("notification", "mailed_at")
    op.drop_table("rerating_reminder")
    op.drop_table("dossier_reminder")
    op.drop_table("office_day")
    op.drop_index("ix_dossier__assignee_id", "dossier")
    op.drop_index("ix_dossier__due_on", "dossier")
    for name in ("assignee_id", "requested_on", "due_basis"):
        op.drop_column("dossier", name)
