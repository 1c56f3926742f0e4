"""Signing in and staying signed in: sessions, rotation of refresh tokens, detection of theft."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.authentication import password_by_email
from ocop_api.accounts.challenges import Challenge, ChallengePurpose, SignInMethod, new_challenge
from ocop_api.accounts.password_rules import check_new_password
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.repository import SessionRepository
from ocop_api.accounts.sign_in_repository import SignInRepository, person_of
from ocop_api.accounts.throttling import Purpose, Throttle
from ocop_api.accounts.tokens import TokenKind, digest_of, new_token
from ocop_api.db.base import uuid7
from ocop_api.db.tables.account_sign_in import AccountChallenge
from ocop_api.db.tables.accounts import AccountSession, AccountToken, AccountUser
from ocop_api.domain.actor import SYSTEM, Actor
from ocop_api.domain.errors import Invalid, Unauthenticated
from ocop_api.ledger.recording import record
from ocop_api.settings import SecuritySettings


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """A fresh pair of tokens and how long each holds, in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


@dataclass(frozen=True, slots=True)
class FamilyRevoked:
    """A refresh token came a second time; its whole family has been revoked in this transaction.

    It is an answer and not an error, because an error would roll the revocation back.
    """

    session_id: UUID


class SessionService:
    """Opens, continues and ends sign-in sessions.

    ``pool`` is the hot read-only pool: passwords are looked up there, so that no connection is held
    during the slow verification. ``throttle`` counts what is tried from the client's network.
    ``user_agent`` is the client's program in a few words, for the list of sessions.
    """

    def __init__(
        self,
        session: AsyncSession,
        pool: "asyncpg.Pool[asyncpg.Record]",
        security: SecuritySettings,
        now: datetime,
        *,
        throttle: Throttle,
        user_agent: str | None = None,
    ) -> None:
        self._session = session
        self._throttle = throttle
        self._user_agent = user_agent
        self._sessions = SessionRepository(session)
        self._pool = pool
        self._security = security
        self._passwords = passwords_for(security)
        self._now = now

    async def sign_in(self, email: str, password: str) -> IssuedTokens | Challenge:
        """Open a session, or ask for the second step.

        Raises:
            Unauthenticated: ``accounts.invalid_credentials``, the same after the same work for an
                unknown e-mail, a wrong password and a disabled account.
            TooManyAttempts: ``accounts.too_many_attempts``, alike whether or not there is an account.
        """
        email_folded = fold_email(email)
        attempt = await self._throttle.count(Purpose.PASSWORD, email_folded)
        stored = await password_by_email(self._pool, email_folded)
        verdict = await self._passwords.verify(password, None if stored is None else stored.password_hash)
        if stored is None or not verdict.right:
            raise Unauthenticated("accounts.invalid_credentials")
        # Between the look and the lock the account may have been disabled or its password changed.
        user = await self._sessions.hold_user(stored.user_id, stored.password_hash)
        if user is None:
            raise Unauthenticated("accounts.invalid_credentials")
        if verdict.rehashed is not None:
            user.password_hash = verdict.rehashed
        await self._throttle.succeeded(self._session, attempt)
        return await self.after_first_step(user, SignInMethod.PASSWORD)

    async def after_first_step(self, user: AccountUser, method: SignInMethod) -> IssuedTokens | Challenge:
        """Open a session for a user, locked, who has shown who they are; or ask for the second step."""
        found = SignInRepository(self._session)
        factor = await found.factor_of(user.id)
        if factor is not None and factor.confirmed_at is not None:
            return await self._challenge(user, method, ChallengePurpose.ANSWER)
        required = self._security.second_factor_required
        if required and await found.holds_office(user.id, self._now):
            return await self._challenge(user, method, ChallengePurpose.ENROLMENT)
        return await self.open(user, method)

    async def open(self, user: AccountUser, method: SignInMethod) -> IssuedTokens:
        """Open a session for a user, locked, from whom nothing more is asked."""
        await self._throttle.remember(self._session, user.email_folded)
        await self._sessions.forget_outdated(user.id, self._now)
        opened = AccountSession(
            id=uuid7(),
            user_id=user.id,
            started_at=self._now,
            expires_at=self._now,
            generation=0,
            rotated_at=self._now,
            method=method,
            user_agent=self._user_agent,
        )
        self._session.add(opened)
        await self._session.flush()  # the tokens refer to the session
        return await self._issue(opened)

    async def _challenge(
        self, user: AccountUser, method: SignInMethod, purpose: ChallengePurpose
    ) -> Challenge:
        made, digest = new_challenge(purpose)
        self._session.add(
            AccountChallenge(
                digest=digest,
                user_id=user.id,
                purpose=purpose,
                method=method,
                attempts=0,
                expires_at=self._now + timedelta(seconds=made.expires_in),
            )
        )
        await self._session.flush()  # it exists before it is handed out
        return made

    async def refresh(self, token: str) -> IssuedTokens | FamilyRevoked:
        """Give a new pair for the newest refresh token.

        The token just before the newest one is taken again within the grace: its answer was lost on
        the way (rural networks). Any other repeat means that two parties hold the token, so the family
        is revoked and both have to sign in.

        Raises:
            Unauthenticated: ``accounts.invalid_refresh`` for an unknown or expired token, or one of a
                session that has ended.
        """
        digest = digest_of(token, TokenKind.REFRESH)
        found = None if digest is None else await self._sessions.by_refresh_token(digest)
        if found is None:
            raise Unauthenticated("accounts.invalid_refresh")
        presented, family, user = found
        ended = family.revoked_at is not None or user.disabled_at is not None
        if ended or presented.expires_at <= self._now:
            raise Unauthenticated("accounts.invalid_refresh")
        if presented.generation == family.generation:
            family.generation += 1
            family.rotated_at = self._now
        elif not self._answer_was_lost(presented, family):
            await self._sessions.revoke_one(family.id, self._now, "refresh_reused")
            await record(
                self._session,
                kind="user.refresh_reused",
                subject_type="user",
                subject_id=user.id,
                actor=SYSTEM,  # whoever sent it is not known to be the user
                at=self._now,
                data={"session_id": str(family.id)},
                area_path=user.area_path,
            )
            return FamilyRevoked(family.id)
        await self._sessions.forget_outdated_tokens(family.id, self._now)
        return await self._issue(family)

    def _answer_was_lost(self, presented: AccountToken, family: AccountSession) -> bool:
        grace = timedelta(seconds=self._security.refresh_grace_seconds)
        return (
            presented.generation == family.generation - 1
            and family.rotated_at <= self._now <= family.rotated_at + grace
        )

    async def sign_out(self, actor: Actor) -> None:
        """End the session of the request; its tokens are refused from now on. Repeating it is harmless."""
        if actor.session_id is not None:
            await self._sessions.revoke_one(actor.session_id, self._now, "signed_out")

    async def change_password(self, actor: Actor, current: str, new: str) -> None:
        """Replace the caller's password and end all their other sessions.

        Raises:
            Invalid: ``accounts.wrong_password`` when ``current`` is not the present one, or a code of
                ``check_new_password``.
            Unauthenticated: ``auth.invalid_token`` when the account is gone or disabled.
            TooManyAttempts: ``accounts.too_many_attempts``; whoever has found an open screen guesses too.
        """
        if actor.user_id is None:
            raise Unauthenticated("auth.required")
        stored = await person_of(self._pool, actor.user_id)
        if stored is None:
            raise Unauthenticated("auth.invalid_token")
        attempt = await self._throttle.count(Purpose.PASSWORD, stored.email_folded)
        if not (await self._passwords.verify(current, stored.password_hash)).right:
            raise Invalid("accounts.wrong_password")
        check_new_password(new, stored.email_folded)
        new_hash = await self._passwords.hash(new)
        user = await self._sessions.hold_user(actor.user_id, stored.password_hash)
        if user is None:
            # Somebody else has changed it in the meantime, so what was checked is the old one.
            raise Invalid("accounts.wrong_password")
        await self._throttle.succeeded(self._session, attempt)
        user.password_hash = new_hash
        user.updated_at = self._now
        user.touch()
        await self._sessions.revoke_all(user.id, self._now, "password_changed", keep=actor.session_id)
        await record(
            self._session,
            kind="user.password_changed",
            subject_type="user",
            subject_id=user.id,
            actor=actor,
            at=self._now,
            area_path=user.area_path,
        )
        await self._session.flush()  # a refusal by the database belongs to this use case

    async def _issue(self, family: AccountSession) -> IssuedTokens:
        access_life = timedelta(minutes=self._security.access_minutes)
        refresh_life = timedelta(days=self._security.refresh_days)
        access = self._add_token(family, TokenKind.ACCESS, access_life)
        refresh = self._add_token(family, TokenKind.REFRESH, refresh_life)
        family.expires_at = self._now + refresh_life
        await self._session.flush()  # the pair exists before it is handed out
        return IssuedTokens(
            access_token=access,
            expires_in=int(access_life.total_seconds()),
            refresh_token=refresh,
            refresh_expires_in=int(refresh_life.total_seconds()),
        )

    def _add_token(self, family: AccountSession, kind: TokenKind, life: timedelta) -> str:
        token = new_token(kind)
        self._session.add(
            AccountToken(
                digest=digest_of(token, kind),
                session_id=family.id,
                kind=kind,
                generation=family.generation,
                expires_at=self._now + life,
            )
        )
        return token


async def end_all(session: AsyncSession, user_id: UUID, now: datetime, reason: str) -> None:
    """End every session and half-finished sign-in of a user; ``reason`` is one of the stored ones."""
    await SessionRepository(session).revoke_all(user_id, now, reason)
