"""Places: administrative units of both structures and their succession."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f002"
down_revision = "f001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists pg_trgm")
    op.create_table(
        "place",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("structure", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("place_key", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("path", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_place"),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name="fk_place__parent_id"),
        sa.CheckConstraint("level in ('province', 'district', 'commune')", name=op.f("ck_place__level")),
    )
    op.create_index("ix_place__code", "place", ["code"])
    op.create_index("ix_place__place_key", "place", ["place_key"])
    op.create_index(
        "ix_place__place_key_trigrams",
        "place",
        ["place_key"],
        postgresql_using="gin",
        postgresql_ops={"place_key": "gin_trgm_ops"},
    )
    op.create_index("ix_place__path", "place", ["path"], postgresql_using="gin")
    op.create_table(
        "place_succession",
        sa.Column("old_id", sa.Text(), nullable=False),
        sa.Column("new_id", sa.Text(), nullable=False),
        sa.Column("extent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old_id", "new_id", name="pk_place_succession"),
        sa.ForeignKeyConstraint(["old_id"], ["place.id"], name="fk_place_succession__old_id"),
        sa.ForeignKeyConstraint(["new_id"], ["place.id"], name="fk_place_succession__new_id"),
        sa.CheckConstraint("extent in ('whole', 'part')", name=op.f("ck_place_succession__extent")),
    )
    op.create_index("ix_place_succession__new_id", "place_succession", ["new_id"])


def downgrade() -> None:
    # The extension stays: it belongs to the database, and somebody else may use it by now.
    op.drop_table("place_succession")
    op.drop_table("place")
