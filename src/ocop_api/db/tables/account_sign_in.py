"""What stands around signing in: second factors, outside identities, half-finished sign-ins, counters."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity, Versioned


class AccountSecondFactor(Base, Versioned):
    """The authenticator app of one account (TOTP, RFC 6238); it counts once ``confirmed_at`` is set."""

    __tablename__ = "account_second_factor"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    """AES-GCM: 12 bytes nonce, then ciphertext and tag, bound to the user's id."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]
    """Newest time step a code was accepted for; that code and older ones are never taken again."""


class AccountRecoveryCode(Base):
    """A code for the day the phone is lost, as its keyed digest; good once."""

    __tablename__ = "account_recovery_code"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("account_second_factor.user_id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class AccountChallenge(Base):
    """A sign-in that has passed its first step and waits for the second factor or its enrolment."""

    __tablename__ = "account_challenge"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    purpose: Mapped[str]
    method: Mapped[str]
    attempts: Mapped[int]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("purpose in ('answer', 'enrolment')", name="purpose"),
        CheckConstraint("method in ('password', 'oidc')", name="method"),
        Index("ix_account_challenge__expires_at", "expires_at"),
    )


class AccountIdentity(Base, Versioned):
    """An account elsewhere (issuer and subject of OpenID Connect) that opens one of ours.

    A removed one stays, or the next sign-in would link it again by its e-mail.
    """

    __tablename__ = "account_identity"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    provider: Mapped[str]
    """Name in the settings when it was linked."""
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_account_identity__issuer_subject", "issuer", "subject", unique=True),)


class OidcState(Base):
    """A sign-in that has been sent to an issuer; taken away by the first answer that comes back.

    The nonce and the PKCE verifier are derived from the state itself, which only the client has.
    """

    __tablename__ = "oidc_state"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider: Mapped[str]
    redirect_uri: Mapped[str]
    expires_at: Mapped[datetime]

    __table_args__ = (Index("ix_oidc_state__expires_at", "expires_at"),)


class SignInCounter(Base):
    """How many attempts of late failed, for an account, a network, or both together.

    The key is a keyed hash: the table names no person and no address. ``level`` is counted up with each
    attempt, seeps away with time, and is worth nothing after ``expires_at``.
    """

    __tablename__ = "sign_in_counter"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    level: Mapped[float]
    counted_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("octet_length(key) = 16", name="key_is_hash"),
        Index("ix_sign_in_counter__expires_at", "expires_at"),
    )


class KnownNetwork(Base):
    """A network an account has been opened from, as a keyed hash of both; an attack elsewhere spares it."""

    __tablename__ = "known_network"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("octet_length(key) = 16", name="key_is_hash"),
        Index("ix_known_network__expires_at", "expires_at"),
    )
