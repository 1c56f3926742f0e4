"""Keys of machines, password resets, invitations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f015"
down_revision = "f014"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _area_path() -> sa.Column[object]:
    return sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def _digest(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("octet_length(digest) = 32", name=op.f(f"ck_{table}__digest_is_sha256"))


def _place_with_level(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        "(place_id is null) = (level is null)", name=op.f(f"ck_{table}__place_with_level")
    )


def _refers(table: str, column: str, target: str = "account_user.id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}__{column}")


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        _area_path(),
        _moment("expires_at"),
        _moment("last_used_at", nullable=True),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        _moment("revoked_at", nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        _digest("api_key"),
        sa.CheckConstraint("cardinality(scopes) > 0", name=op.f("ck_api_key__has_scopes")),
        _place_with_level("api_key"),
        _refers("api_key", "user_id"),
        _refers("api_key", "replaced_by", "api_key.id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_index("ix_api_key__user_id", "api_key", ["user_id"])
    op.create_index("uq_api_key__prefix", "api_key", ["prefix"], unique=True)
    op.create_index("uq_api_key__digest", "api_key", ["digest"], unique=True)
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _moment("requested_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _digest("password_reset"),
        _refers("password_reset", "user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_password_reset"),
    )
    op.create_index("ix_password_reset__user_id", "password_reset", ["user_id"])
    op.create_index("uq_password_reset__digest", "password_reset", ["digest"], unique=True)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        _area_path(),
        sa.Column("grants", postgresql.JSONB(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        _moment("sent_at", nullable=True),
        _moment("expires_at"),
        _moment("accepted_at", nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        _moment("withdrawn_at", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        _digest("invitation"),
        _place_with_level("invitation"),
        sa.CheckConstraint(
            "(accepted_at is null) = (accepted_by is null)", name=op.f("ck_invitation__accepted_by_somebody")
        ),
        sa.CheckConstraint(
            "accepted_at is null or withdrawn_at is null", name=op.f("ck_invitation__one_end")
        ),
        _refers("invitation", "invited_by"),
        _refers("invitation", "accepted_by"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
    )
    op.create_index("ix_invitation__invited_by", "invitation", ["invited_by"])
    op.create_index(
        "uq_invitation__open",
        "invitation",
        ["email_folded", "place_id"],
        unique=True,
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("uq_invitation__digest", "invitation", ["digest"], unique=True)
    op.create_index("ix_invitation__area_path", "invitation", ["area_path"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("password_reset")
    op.drop_table("api_key")
