"""Sign in: sessions that can be told apart, second factors, outside identities, counters."""

import sqlalchemy as sa
from alembic import op

revision = "f014"
down_revision = "f013"
branch_labels = None
depends_on = None

REASONS_BEFORE = "revoked_for in ('signed_out', 'refresh_reused', 'password_changed', 'user_disabled')"
REASONS = (
    "revoked_for in ('signed_out', 'refresh_reused', 'password_changed', 'user_disabled',"
    " 'ended_by_owner', 'ended_by_administrator')"
)
METHODS = "method in ('password', 'oidc')"


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reasons(condition: str) -> None:
    name = op.f("ck_account_session__revoked_for")
    op.drop_constraint(name, "account_session", type_="check")
    op.create_check_constraint(name, "account_session", condition)


def upgrade() -> None:
    # All sessions so far were opened with a password; the default is only for them.
    op.add_column(
        "account_session", sa.Column("method", sa.Text(), nullable=False, server_default="password")
    )
    op.alter_column("account_session", "method", server_default=None)
    op.add_column("account_session", sa.Column("user_agent", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_account_session__method"), "account_session", METHODS)
    _reasons(REASONS)
    op.create_table(
        "account_second_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
        _moment("confirmed_at", nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name="fk_account_second_factor__user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_account_second_factor"),
    )
    op.create_table(
        "account_recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _moment("used_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["account_second_factor.user_id"],
            name="fk_account_recovery_code__user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_recovery_code"),
    )
    op.create_index("ix_account_recovery_code__user_id", "account_recovery_code", ["user_id"])
    op.create_table(
        "account_challenge",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("expires_at"),
        sa.CheckConstraint("purpose in ('answer', 'enrolment')", name=op.f("ck_account_challenge__purpose")),
        sa.CheckConstraint(METHODS, name=op.f("ck_account_challenge__method")),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name="fk_account_challenge__user_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_account_challenge"),
    )
    op.create_index("ix_account_challenge__user_id", "account_challenge", ["user_id"])
    op.create_index("ix_account_challenge__expires_at", "account_challenge", ["expires_at"])
    op.create_table(
        "account_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        _moment("linked_at"),
        _moment("last_used_at"),
        _moment("removed_at", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["account_user.id"], name="fk_account_identity__user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_identity"),
    )
    op.create_index("ix_account_identity__user_id", "account_identity", ["user_id"])
    op.create_index(
        "uq_account_identity__issuer_subject", "account_identity", ["issuer", "subject"], unique=True
    )
    op.create_table(
        "oidc_state",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_oidc_state"),
    )
    op.create_index("ix_oidc_state__expires_at", "oidc_state", ["expires_at"])
    op.create_table(
        "sign_in_counter",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        _moment("counted_at"),
        _moment("blocked_until", nullable=True),
        _moment("expires_at"),
        sa.CheckConstraint("octet_length(key) = 16", name=op.f("ck_sign_in_counter__key_is_hash")),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_counter"),
    )
    op.create_index("ix_sign_in_counter__expires_at", "sign_in_counter", ["expires_at"])
    op.create_table(
        "known_network",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        _moment("expires_at"),
        sa.CheckConstraint("octet_length(key) = 16", name=op.f("ck_known_network__key_is_hash")),
        sa.PrimaryKeyConstraint("key", name="pk_known_network"),
    )
    op.create_index("ix_known_network__expires_at", "known_network", ["expires_at"])


def downgrade() -> None:
    for table in (
        "known_network",
        "sign_in_counter",
        "oidc_state",
        "account_identity",
        "account_challenge",
        "account_recovery_code",
        "account_second_factor",
    ):
        op.drop_table(table)
    # The sessions stay ended; only the finer reason is not known below.
    op.execute(
        "update account_session set revoked_for = 'signed_out'"
        " where revoked_for in ('ended_by_owner', 'ended_by_administrator')"
    )
    _reasons(REASONS_BEFORE)
    op.drop_constraint(op.f("ck_account_session__method"), "account_session", type_="check")
    op.drop_column("account_session", "user_agent")
    op.drop_column("account_session", "method")
