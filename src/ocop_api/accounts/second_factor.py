"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes."""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pyotp
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.administering import hold_administered
from ocop_api.accounts.challenges import ChallengePurpose, SignInMethod, challenge_digest
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.sealing import key_for, keyed_digest, seal, unseal
from ocop_api.accounts.sessions import IssuedTokens, SessionService
from ocop_api.accounts.sign_in_repository import Person, SignInRepository, email_of_challenge, person_of
from ocop_api.accounts.throttling import Attempt, Purpose, Throttle
from ocop_api.db.session import Database
from ocop_api.db.tables.account_sign_in import AccountSecondFactor
from ocop_api.db.tables.accounts import AccountSession, AccountUser
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Conflict, Invalid, NotFound, RuleViolation, Unauthenticated
from ocop_api.ledger.recording import record
from ocop_api.settings import SecuritySettings

STEP_SECONDS = 30
_DRIFT = 1
"""Steps a phone's clock may be off in either direction (RFC 6238, section 5.2)."""
_ANSWERS = 5
_RECOVERY_CODES = 10
_RECENT = timedelta(minutes=10)
_ISSUER = "OCOP"
# No letters and digits that look alike: the codes are written on paper.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_HALF = 5
_APP_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What an authenticator app needs: the secret (base32) and the same as an ``otpauth`` URI."""

    secret: str
    otpauth_uri: str


@dataclass(frozen=True, slots=True)
class FactorStatus:
    """Where a user's second factor stands."""

    enrolled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int
    required: bool


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A factor set up during a sign-in: its recovery codes, and the session that is now open."""

    recovery_codes: list[str]
    tokens: IssuedTokens


class SecondFactorService:
    """Sets up, asks for and takes away second factors."""

    def __init__(
        self,
        session: AsyncSession,
        database: Database,
        security: SecuritySettings,
        now: datetime,
        *,
        throttle: Throttle,
        sessions: SessionService,
    ) -> None:
        self._session = session
        self._found = SignInRepository(session)
        self._database = database
        self._pool: asyncpg.Pool[asyncpg.Record] = database.fast
        self._security = security
        self._now = now
        self._throttle = throttle
        self._sessions = sessions

    async def answer(self, challenge: str, code: str) -> IssuedTokens:
        """Finish a sign-in with a code of the app or a recovery code.

        Raises:
            Unauthenticated: ``accounts.challenge_invalid`` for an unknown, old, used or spent challenge
                (five answers); ``accounts.second_factor_wrong`` for a wrong or used code.
            TooManyAttempts: ``accounts.too_many_attempts``.
        """
        digest = challenge_digest(challenge)
        email = None if digest is None else await email_of_challenge(self._pool, digest, self._now)
        if digest is None or email is None:
            raise Unauthenticated("accounts.challenge_invalid")
        attempt = await self._throttle.count(Purpose.SECOND_FACTOR, email)
        # Counted and committed before the code is looked at, so that parallel answers count as well.
        async with self._database.transaction() as counting:
            counted = await SignInRepository(counting).count_answer(digest, self._now, _ANSWERS)
        if not counted:
            raise Unauthenticated("accounts.challenge_invalid")
        user, method = await self._take_challenge(digest, ChallengePurpose.ANSWER)
        if not await self._accepts(user, code):
            raise Unauthenticated("accounts.second_factor_wrong")
        await self._throttle.succeeded(self._session, attempt)
        return await self._sessions.open(user, method)

    async def begin_in_sign_in(self, challenge: str) -> NewSecret:
        """A secret for somebody whose role may not sign in without a second factor.

        Raises:
            Unauthenticated: ``accounts.challenge_invalid``.
            Conflict: ``accounts.second_factor_exists``.
        """
        digest = challenge_digest(challenge)
        found = None
        if digest is not None:
            found = await self._found.challenge(digest, ChallengePurpose.ENROLMENT, self._now)
        user = None if found is None else await self._found.hold_user(found.user_id)
        if user is None:
            raise Unauthenticated("accounts.challenge_invalid")
        return await self._begin(user)

    async def confirm_in_sign_in(self, challenge: str, code: str) -> Enrolled:
        """Confirm that secret with a code; the sign-in is complete.

        Raises:
            Unauthenticated: ``accounts.challenge_invalid`` or ``accounts.second_factor_wrong``.
            NotFound: ``accounts.second_factor_not_begun``.
            Conflict: ``accounts.second_factor_exists``.
        """
        digest = challenge_digest(challenge)
        if digest is None:
            raise Unauthenticated("accounts.challenge_invalid")
        user, method = await self._take_challenge(digest, ChallengePurpose.ENROLMENT)
        codes = await self._confirm(user, code, Actor(user_id=user.id))
        return Enrolled(codes, await self._sessions.open(user, method))

    async def status(self, actor: Actor) -> FactorStatus:
        """Where the caller's own second factor stands."""
        user_id = _own_id(actor)
        factor = await self._found.factor_of(user_id)
        confirmed_at = None if factor is None else factor.confirmed_at
        return FactorStatus(
            enrolled=confirmed_at is not None,
            confirmed_at=confirmed_at,
            recovery_codes_left=0 if confirmed_at is None else await self._found.recovery_codes_left(user_id),
            required=await self._required(user_id),
        )

    async def begin(self, actor: Actor, password: str | None) -> NewSecret:
        """A secret for the caller's app; it counts for nothing until it is confirmed.

        Raises:
            Invalid: ``accounts.wrong_password``, or ``accounts.password_needed`` when none is given and
                the session was not opened through an issuer within ten minutes.
            Conflict: ``accounts.second_factor_exists``.
            TooManyAttempts: ``accounts.too_many_attempts``.
        """
        user = await self._confirmed_person(actor, password)
        return await self._begin(user)

    async def confirm(self, actor: Actor, code: str) -> list[str]:
        """Confirm the caller's secret with a code of the app; gives the recovery codes, this once.

        Raises:
            Invalid: ``accounts.code_wrong``.
            NotFound: ``accounts.second_factor_not_begun``.
            Conflict: ``accounts.second_factor_exists``.
        """
        user = await self._hold_own(actor)
        try:
            return await self._confirm(user, code, actor)
        except Unauthenticated as error:
            raise Invalid("accounts.code_wrong") from error

    async def renew_recovery_codes(self, actor: Actor, password: str | None, code: str) -> list[str]:
        """Ten new recovery codes in the place of all earlier ones. Raises as ``disable``."""
        user = await self._both_confirmed(actor, password, code)
        codes = await self._new_recovery_codes(user)
        await self._record("user.recovery_codes_renewed", user, actor)
        return codes

    async def disable(self, actor: Actor, password: str | None, code: str) -> None:
        """Take the caller's second factor away.

        Raises:
            Invalid: ``accounts.wrong_password``, ``accounts.password_needed`` or ``accounts.code_wrong``.
            NotFound: ``accounts.no_second_factor``.
            RuleViolation: ``accounts.second_factor_required`` when the caller's role asks for one.
            TooManyAttempts: ``accounts.too_many_attempts``.
        """
        user = await self._both_confirmed(actor, password, code)
        if await self._required(user.id):
            raise RuleViolation("accounts.second_factor_required")
        await self._found.drop_factor(user.id)
        await self._record("user.second_factor_disabled", user, actor)

    async def reset(self, actor: Actor, user_id: UUID, check_version: Callable[[int], None]) -> None:
        """Take another user's factor away, for somebody who has lost both phone and recovery codes.

        Raises:
            NotFound: ``accounts.unknown_user`` or ``accounts.no_second_factor``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``accounts.own_second_factor``: one's own is disabled with password and code.
        """
        if user_id == actor.user_id:
            raise RuleViolation("accounts.own_second_factor")
        user = await hold_administered(self._session, actor, user_id, check_version)
        if await self._found.factor_of(user.id) is None:
            raise NotFound("accounts.no_second_factor")
        await self._found.drop_factor(user.id)
        await self._record("user.second_factor_reset", user, actor)

    async def _take_challenge(
        self, digest: bytes, purpose: ChallengePurpose
    ) -> tuple[AccountUser, SignInMethod]:
        """Use a challenge up. A refusal later in the transaction gives it back."""
        seen = await self._found.challenge(digest, purpose, self._now)
        # The user first: whoever ends all sessions holds the user and then deletes the challenges.
        user = None if seen is None else await self._found.hold_user(seen.user_id)
        held = None
        if user is not None:
            held = await self._found.challenge(digest, purpose, self._now, lock=True)
        if user is None or held is None:
            raise Unauthenticated("accounts.challenge_invalid")
        method = SignInMethod(held.method)
        await self._session.delete(held)
        return user, method

    async def _begin(self, user: AccountUser) -> NewSecret:
        factor = await self._found.factor_of(user.id)
        if factor is not None and factor.confirmed_at is not None:
            raise Conflict("accounts.second_factor_exists")
        secret = pyotp.random_base32()
        if factor is None:
            factor = AccountSecondFactor(user_id=user.id, confirmed_at=None, last_step=None, version=1)
            self._session.add(factor)
        factor.sealed_secret = seal(self._sealing_key(), secret.encode("ascii"), user.id.bytes)
        factor.created_at = self._now
        await self._session.flush()  # a refusal by the database belongs to this use case
        return NewSecret(secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER))

    async def _confirm(self, user: AccountUser, code: str, actor: Actor) -> list[str]:
        factor = await self._found.factor_of(user.id)
        if factor is None:
            raise NotFound("accounts.second_factor_not_begun")
        if factor.confirmed_at is not None:
            raise Conflict("accounts.second_factor_exists")
        if not self._accepts_app_code(factor, user, code.strip()):
            raise Unauthenticated("accounts.second_factor_wrong")
        factor.confirmed_at = self._now
        factor.touch()
        codes = await self._new_recovery_codes(user)
        await self._record("user.second_factor_enabled", user, actor)
        return codes

    async def _accepts(self, user: AccountUser, code: str) -> bool:
        """Whether a code of the app or an unused recovery code; either is used up by it."""
        factor = await self._found.factor_of(user.id)
        if factor is None or factor.confirmed_at is None:
            return False
        given = code.strip()
        if _APP_CODE.fullmatch(given):
            return self._accepts_app_code(factor, user, given)
        if not await self._found.use_recovery_code(user.id, self._recovery_digest(user.id, given), self._now):
            return False
        await self._record("user.recovery_code_used", user, Actor(user_id=user.id))
        return True

    def _accepts_app_code(self, factor: AccountSecondFactor, user: AccountUser, code: str) -> bool:
        secret = unseal(self._sealing_key(), factor.sealed_secret, user.id.bytes).decode("ascii")
        totp = pyotp.TOTP(secret)
        present = int(self._now.timestamp()) // STEP_SECONDS
        for step in range(present - _DRIFT, present + _DRIFT + 1):
            fresh = factor.last_step is None or step > factor.last_step
            if fresh and hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
                factor.last_step = step
                return True
        return False

    async def _new_recovery_codes(self, user: AccountUser) -> list[str]:
        codes = [_new_recovery_code() for _ in range(_RECOVERY_CODES)]
        await self._session.flush()  # the codes refer to the factor
        await self._found.replace_recovery_codes(
            user.id, [self._recovery_digest(user.id, code) for code in codes]
        )
        return codes

    def _recovery_digest(self, user_id: UUID, code: str) -> bytes:
        plain = code.lower().replace("-", "").replace(" ", "")
        # A keyed digest and not a slow hash: without the key fifty random bits cannot be tried out.
        return keyed_digest(key_for(self._security, "recovery-codes"), str(user_id), plain)

    def _sealing_key(self) -> bytes:
        return key_for(self._security, "second-factor")

    async def _both_confirmed(self, actor: Actor, password: str | None, code: str) -> AccountUser:
        person = await self._person(actor)
        guess = await self._throttle.count(Purpose.SECOND_FACTOR, person.email_folded)
        user = await self._confirmed_person(actor, password)
        factor = await self._found.factor_of(user.id)
        if factor is None or factor.confirmed_at is None:
            raise NotFound("accounts.no_second_factor")
        if not await self._accepts(user, code):
            raise Invalid("accounts.code_wrong")
        await self._throttle.succeeded(self._session, guess)
        return user

    async def _confirmed_person(self, actor: Actor, password: str | None) -> AccountUser:
        """The caller's account, locked, after the password has been checked again."""
        if password is None:
            return await self._recently_identified(actor)
        person = await self._person(actor)
        attempt: Attempt = await self._throttle.count(Purpose.PASSWORD, person.email_folded)
        verdict = await passwords_for(self._security).verify(password, person.password_hash)
        if not verdict.right:
            raise Invalid("accounts.wrong_password")
        user = await self._hold_own(actor)
        if user.password_hash != person.password_hash:
            raise Invalid("accounts.wrong_password")
        await self._throttle.succeeded(self._session, attempt)
        return user

    async def _recently_identified(self, actor: Actor) -> AccountUser:
        # Whoever signs in through an issuer may have no password; a fresh sign-in stands for it.
        opened = None
        if actor.session_id is not None:
            opened = await self._session.get(AccountSession, actor.session_id)
        fresh = opened is not None and self._now - opened.started_at <= _RECENT
        if opened is None or opened.method != SignInMethod.OIDC or not fresh:
            raise Invalid("accounts.password_needed")
        return await self._hold_own(actor)

    async def _person(self, actor: Actor) -> Person:
        person = await person_of(self._pool, _own_id(actor))
        if person is None:
            raise Unauthenticated("auth.invalid_token")
        return person

    async def _hold_own(self, actor: Actor) -> AccountUser:
        user = await self._found.hold_user(_own_id(actor))
        if user is None:
            raise Unauthenticated("auth.invalid_token")
        return user

    async def _required(self, user_id: UUID) -> bool:
        return self._security.second_factor_required and await self._found.holds_office(user_id, self._now)

    async def _record(self, kind: str, user: AccountUser, actor: Actor) -> None:
        await self._session.flush()  # a refusal by the database belongs to this use case
        await record(
            self._session,
            kind=kind,
            subject_type="user",
            subject_id=user.id,
            actor=actor,
            at=self._now,
            area_path=user.area_path,
        )


def _own_id(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated("auth.required")
    return actor.user_id


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(2 * _HALF))
    return f"{letters[:_HALF]}-{letters[_HALF:]}"
