"""Users, their sign-in sessions and tokens, and the roles granted to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned
from ocop_api.domain.actor import ROLE_BOUNDS, Bound, Level


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class AccountUser(Base, Versioned, Stamped):
    """A person (or machine) who can sign in. ``area_path`` is where the account is administered.

    E-mail and name are personal data: they stand here only, never in the ledger.
    """

    __tablename__ = "account_user"

    id: Mapped[Identity]
    email: Mapped[str]
    """As written by whoever made the account."""
    email_folded: Mapped[str]
    """Without difference of case; two accounts never share it."""
    display_name: Mapped[str]
    name_sort: Mapped[str] = mapped_column(Text(collation="C"))
    """Vietnamese sort key of the name."""
    search: Mapped[str]
    """Name and e-mail without case and accents."""
    password_hash: Mapped[str]
    """argon2id, with its own salt and cost."""
    place_id: Mapped[str | None]
    """Home area of the account; without one only an administrator of everything keeps it."""
    level: Mapped[str | None]
    area_path: Mapped[AreaPath]
    disabled_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_account_user__email_folded",
            "email_folded",
            unique=True,
            info={"code": "accounts.email_taken"},
        ),
        Index("ix_account_user__area_path", "area_path", postgresql_using="gin"),
        Index("ix_account_user__name_sort", "name_sort", "id"),
        CheckConstraint(_one_of("level", [str(level) for level in Level]), name="level"),
        CheckConstraint("(place_id is null) = (level is null)", name="place_with_level"),
    )


class AccountSession(Base):
    """One sign-in and all tokens that follow from it (a token family).

    ``generation`` counts rotations; a refresh token carries the generation it was made for.
    """

    __tablename__ = "account_session"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When its newest refresh token ends."""
    generation: Mapped[int] = mapped_column(default=0)
    rotated_at: Mapped[datetime]
    """When the present generation began; the grace for a lost answer counts from here."""
    revoked_at: Mapped[datetime | None]
    revoked_for: Mapped[str | None]
    method: Mapped[str] = mapped_column(default="password")
    """How the person showed who they are."""
    user_agent: Mapped[str | None]
    """Program and system in a few words, so that the owner recognises the sign-in."""

    __table_args__ = (
        CheckConstraint(
            "revoked_for in ('signed_out', 'refresh_reused', 'password_changed', 'user_disabled', "
            "'ended_by_owner', 'ended_by_administrator')",
            name="revoked_for",
        ),
        CheckConstraint("method in ('password', 'oidc')", name="method"),
        CheckConstraint("(revoked_at is null) = (revoked_for is null)", name="revoked_with_reason"),
    )


class AccountToken(Base):
    """A token as its sha256 digest; the token itself is known to its holder only."""

    __tablename__ = "account_token"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("account_session.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    generation: Mapped[int]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind in ('access', 'refresh')", name="kind"),
        CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
    )


_ROLE_FITS_BOUND = " or ".join(
    f"(role = '{role}' and {_one_of('bound', sorted(str(bound) for bound in bounds))})"
    for role, bounds in ROLE_BOUNDS.items()
)
_TARGETS = {
    Bound.AREA: "place_id is not null and level is not null and council_id is null and producer_id is null",
    Bound.COUNCIL: "place_id is null and level is null and council_id is not null and producer_id is null",
    Bound.PRODUCER: "place_id is null and level is null and council_id is null and producer_id is not null",
    Bound.EVERYWHERE: "place_id is null and level is null and council_id is null and producer_id is null",
}
_BOUND_FITS_TARGET = " or ".join(f"(bound = '{bound}' and {rule})" for bound, rule in _TARGETS.items())


class RoleGrant(Base, Versioned):
    """One role of one user within one bound. Revoked, never deleted: who could do what stays known."""

    __tablename__ = "role_grant"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    role: Mapped[str]
    bound: Mapped[str]
    level: Mapped[str | None]
    place_id: Mapped[str | None]
    council_id: Mapped[UUID | None]
    producer_id: Mapped[UUID | None]
    area_path: Mapped[AreaPath]
    """Area of the place, council or producer when the grant was made; empty for everywhere."""
    valid_from: Mapped[datetime]
    granted_at: Mapped[datetime]
    granted_by: Mapped[UUID | None]
    """None when the system granted it (seeding, command line)."""
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint(_ROLE_FITS_BOUND, name="role_fits_bound"),
        CheckConstraint(_BOUND_FITS_TARGET, name="bound_fits_target"),
        CheckConstraint(_one_of("level", [str(level) for level in Level]), name="level"),
        Index(
            "uq_role_grant__live",
            "user_id",
            "role",
            "bound",
            "place_id",
            "council_id",
            "producer_id",
            unique=True,
            postgresql_where=text("revoked_at is null"),
            postgresql_nulls_not_distinct=True,
            info={"code": "accounts.grant_exists"},
        ),
        Index("ix_role_grant__area_path", "area_path", postgresql_using="gin"),
    )
