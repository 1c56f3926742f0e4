"""Credentials beside passwords and sign-ins: keys of machines, password resets, invitations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned

_SHA256 = "octet_length(digest) = 32"
_PLACE_WITH_LEVEL = "(place_id is null) = (level is null)"


class ApiKey(Base, Versioned, Stamped):
    """A key with which a machine acts for its user, within scopes and until a day.

    The key is known to its holder only; ``digest`` recognises it, ``prefix`` names it to people.
    """

    __tablename__ = "api_key"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Permissions; those the user no longer holds do not count while they are not held."""
    place_id: Mapped[str | None]
    """The only area the key acts in; None for wherever its user may."""
    level: Mapped[str | None]
    area_path: Mapped[AreaPath]
    """Of the place; empty without one."""
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    """To the minute, written after the answer; not part of the version."""
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    """The key that took its place; this one holds until the overlap has passed."""
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]

    __table_args__ = (
        Index("uq_api_key__prefix", "prefix", unique=True),
        Index("uq_api_key__digest", "digest", unique=True),
        CheckConstraint(_SHA256, name="digest_is_sha256"),
        CheckConstraint("cardinality(scopes) > 0", name="has_scopes"),
        CheckConstraint(_PLACE_WITH_LEVEL, name="place_with_level"),
    )


class PasswordReset(Base):
    """A request for a new password; the token went out by e-mail and is kept as its digest."""

    __tablename__ = "password_reset"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When it set a password, or another one of the account did."""

    __table_args__ = (
        Index("uq_password_reset__digest", "digest", unique=True),
        CheckConstraint(_SHA256, name="digest_is_sha256"),
    )


class Invitation(Base, Versioned, Stamped):
    """Somebody asked by e-mail to take an account with a home and roles.

    The e-mail is personal data of a person who may never answer: ended invitations are forgotten.
    """

    __tablename__ = "invitation"

    id: Mapped[Identity]
    email: Mapped[str]
    email_folded: Mapped[str]
    place_id: Mapped[str | None]
    """Home of the account, where the invitation is administered too."""
    level: Mapped[str | None]
    area_path: Mapped[AreaPath]
    grants: Mapped[list[dict[str, Any]]]
    """Roles to be granted on acceptance, as the API takes them."""
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the token in the newest letter; None until the first letter is written."""
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("account_user.id"))
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_invitation__open",
            "email_folded",
            "place_id",
            unique=True,
            postgresql_where=text("accepted_at is null and withdrawn_at is null"),
            postgresql_nulls_not_distinct=True,
            info={"code": "accounts.already_invited"},
        ),
        Index("uq_invitation__digest", "digest", unique=True),
        Index("ix_invitation__area_path", "area_path", postgresql_using="gin"),
        CheckConstraint(_SHA256, name="digest_is_sha256"),
        CheckConstraint(_PLACE_WITH_LEVEL, name="place_with_level"),
        CheckConstraint("(accepted_at is null) = (accepted_by is null)", name="accepted_by_somebody"),
        CheckConstraint("accepted_at is null or withdrawn_at is null", name="one_end"),
    )
