"""A forgotten password: a letter with a link that sets a new one, once and soon."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.authentication import reset_is_open
from ocop_api.accounts.key_repository import InvitationRepository, PasswordResetRepository
from ocop_api.accounts.password_rules import check_new_password
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.repository import SessionRepository, UserRepository
from ocop_api.accounts.tokens import TokenKind, digest_of, new_token
from ocop_api.db.base import uuid7
from ocop_api.db.tables.account_keys import PasswordReset
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.errors import Unauthenticated
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.settings import SecuritySettings

RESET_LIFE = timedelta(minutes=30)
_MOST_LETTERS = 3
_LETTERS_PERIOD = timedelta(hours=1)


_RESETS_KEPT = timedelta(days=7)
_INVITATIONS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ResetLetter:
    """A letter to be sent: to whom, with which token, for which request."""

    reset_id: UUID
    email: str
    token: str


async def request_reset(session: AsyncSession, email: str) -> None:
    """Ask for a letter to this e-mail, whether it has an account or not.

    Whether it has is found out by the job, so neither the answer nor its time tells. While one request of
    an e-mail waits, another one changes nothing.
    """
    folded = fold_email(email)
    payload = {"email": folded}
    await enqueue(session, "accounts.send_password_reset", payload, dedupe_key=f"password_reset:{folded}")


async def forget_ended(session: AsyncSession, now: datetime) -> None:
    """Drop password resets a week after their end, and invitations 90 days after theirs."""
    await PasswordResetRepository(session).forget_outdated(now - _RESETS_KEPT)
    await InvitationRepository(session).forget_ended(now - _INVITATIONS_KEPT)


async def address_of(session: AsyncSession, user_id: UUID) -> str | None:
    """Where to write to a user; None when the account is not in use."""
    user = await UserRepository(session).find_any(user_id)
    return None if user is None or user.disabled_at is not None else user.email


class RecoveryService:
    """Password resets, for nobody in particular: whoever holds the token is the caller."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._resets = PasswordResetRepository(session)
        self._now = now

    async def prepare(self, email_folded: str) -> ResetLetter | None:
        """The letter to send, or None: no account in use, or it has had enough letters of late."""
        user = await self._resets.hold_account(email_folded)
        if user is None:
            return None
        since = self._now - _LETTERS_PERIOD
        if await self._resets.requests_since(user.id, since) >= _MOST_LETTERS:
            return None
        token = new_token(TokenKind.PASSWORD_RESET)
        row = PasswordReset(
            id=uuid7(),
            user_id=user.id,
            digest=digest_of(token, TokenKind.PASSWORD_RESET),
            requested_at=self._now,
            expires_at=self._now + RESET_LIFE,
        )
        self._session.add(row)
        await record(
            self._session,
            kind="user.password_reset_requested",
            subject_type="user",
            subject_id=user.id,
            actor=SYSTEM,  # whoever asked is not known to be the user
            at=self._now,
            area_path=user.area_path,
        )
        await self._session.flush()  # the request exists before its letter
        return ResetLetter(row.id, user.email, token)

    async def take_back(self, reset_id: UUID) -> None:
        """Forget a request whose letter could not be handed over."""
        await self._resets.take_back(reset_id)

    async def confirm(
        self,
        token: str,
        new_password: str,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        security: SecuritySettings,
    ) -> None:
        """Set the password, end every session of the account, and tell its owner by e-mail.

        Raises:
            Unauthenticated: ``accounts.invalid_reset_token`` for a token that is unknown, has run out or
                been used, or whose account is disabled; the answer does not tell which.
            Invalid: ``accounts.password_too_common`` or ``accounts.password_is_email``; the token stays
                good.
        """
        digest = digest_of(token, TokenKind.PASSWORD_RESET)
        # Asked on the hot pool first: a made-up token costs no hashing, and no connection is held meanwhile.
        if digest is None or not await reset_is_open(pool, digest, self._now):
            raise Unauthenticated("accounts.invalid_reset_token")
        new_hash = await passwords_for(security).hash(new_password)
        held = await self._resets.hold(digest, self._now)
        if held is None:
            raise Unauthenticated("accounts.invalid_reset_token")
        _, user = held
        check_new_password(new_password, user.email)
        user.password_hash = new_hash
        user.updated_at = self._now
        user.touch()
        await self._session.flush()  # the password is set before its sessions end
        await self._resets.close_all(user.id, self._now)
        await SessionRepository(self._session).revoke_all(user.id, self._now, "password_changed")
        await record(
            self._session,
            kind="user.password_reset",
            subject_type="user",
            subject_id=user.id,
            actor=SYSTEM,
            at=self._now,
            area_path=user.area_path,
        )
        await enqueue(self._session, "accounts.tell_password_reset", {"user_id": str(user.id)})
