"""Accounts: users, sign-in sessions, tokens, role grants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f003"
down_revision = "f002"
branch_labels = None
depends_on = None

LEVELS = "level in ('commune', 'district', 'province', 'central')"


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _area_path() -> sa.Column[object]:
    return sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "account_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("name_sort", sa.Text(collation="C"), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        _area_path(),
        _moment("disabled_at", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint(LEVELS, name=op.f("ck_account_user__level")),
        sa.CheckConstraint(
            "(place_id is null) = (level is null)", name=op.f("ck_account_user__place_with_level")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_user"),
    )
    op.create_index("uq_account_user__email_folded", "account_user", ["email_folded"], unique=True)
    op.create_index("ix_account_user__area_path", "account_user", ["area_path"], postgresql_using="gin")
    op.create_index("ix_account_user__name_sort", "account_user", ["name_sort", "id"])
    op.create_table(
        "account_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("started_at"),
        _moment("expires_at"),
        sa.Column("generation", sa.Integer(), nullable=False),
        _moment("rotated_at"),
        _moment("revoked_at", nullable=True),
        sa.Column("revoked_for", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "revoked_for in ('signed_out', 'refresh_reused', 'password_changed', 'user_disabled')",
            name=op.f("ck_account_session__revoked_for"),
        ),
        sa.CheckConstraint(
            "(revoked_at is null) = (revoked_for is null)",
            name=op.f("ck_account_session__revoked_with_reason"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name="fk_account_session__user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
    )
    op.create_index("ix_account_session__user_id", "account_session", ["user_id"])
    op.create_table(
        "account_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        _moment("expires_at"),
        sa.CheckConstraint("kind in ('access', 'refresh')", name=op.f("ck_account_token__kind")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_account_token__digest_is_sha256")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["account_session.id"],
            name="fk_account_token__session_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_account_token"),
    )
    op.create_index("ix_account_token__session_id", "account_token", ["session_id"])
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("council_id", sa.Uuid(), nullable=True),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        _area_path(),
        _moment("valid_from"),
        _moment("granted_at"),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        _moment("revoked_at", nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(role in ('admin', 'officer', 'leader', 'inspector') and bound in ('area', 'everywhere'))"
            " or (role in ('council_member', 'council_secretary') and bound in ('council'))"
            " or (role in ('producer') and bound in ('producer'))",
            name=op.f("ck_role_grant__role_fits_bound"),
        ),
        sa.CheckConstraint(
            "(bound = 'area' and place_id is not null and level is not null"
            " and council_id is null and producer_id is null)"
            " or (bound = 'council' and place_id is null and level is null"
            " and council_id is not null and producer_id is null)"
            " or (bound = 'producer' and place_id is null and level is null"
            " and council_id is null and producer_id is not null)"
            " or (bound = 'everywhere' and place_id is null and level is null"
            " and council_id is null and producer_id is null)",
            name=op.f("ck_role_grant__bound_fits_target"),
        ),
        sa.CheckConstraint(LEVELS, name=op.f("ck_role_grant__level")),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name="fk_role_grant__user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
    )
    op.create_index(
        "uq_role_grant__live",
        "role_grant",
        ["user_id", "role", "bound", "place_id", "council_id", "producer_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_role_grant__user_id", "role_grant", ["user_id"])
    op.create_index("ix_role_grant__area_path", "role_grant", ["area_path"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("role_grant")
    op.drop_table("account_token")
    op.drop_table("account_session")
    op.drop_table("account_user")
