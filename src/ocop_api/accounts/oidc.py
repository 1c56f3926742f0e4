"""Signing in through an issuer of OpenID Connect, and the identities linked by it.

Accounts are invited, never made here: an identity is linked to the account with the same e-mail, when
the issuer says that it has verified it.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.challenges import Challenge, SignInMethod
from ocop_api.accounts.sealing import key_for, keyed_digest
from ocop_api.accounts.sessions import IssuedTokens, SessionService
from ocop_api.accounts.sign_in_repository import SignInRepository
from ocop_api.accounts.throttling import Attempt, Purpose, Throttle
from ocop_api.adapters.oidc import Claims, Issuer, Issuers
from ocop_api.db.session import Database
from ocop_api.db.tables.account_sign_in import AccountIdentity, OidcState
from ocop_api.db.tables.accounts import AccountUser
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from ocop_api.ledger.recording import record
from ocop_api.settings import SecuritySettings, WebSettings

_STATE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the person, and the state that comes back with them."""

    authorization_url: str
    state: str
    expires_in: int


class OidcSignIn:
    """Sends people to an issuer and takes them back."""

    def __init__(
        self,
        session: AsyncSession,
        database: Database,
        issuers: Issuers,
        security: SecuritySettings,
        now: datetime,
        *,
        throttle: Throttle,
        sessions: SessionService,
    ) -> None:
        self._session = session
        self._found = SignInRepository(session)
        self._database = database
        self._issuers = issuers
        self._key = key_for(security, "oidc-state")
        self._now = now
        self._throttle = throttle
        self._sessions = sessions

    async def start(self, provider: str, redirect_uri: str, web: WebSettings) -> Started:
        """Begin a sign-in that will come back to ``redirect_uri``.

        Raises:
            NotFound: ``accounts.unknown_provider``.
            Invalid: ``accounts.redirect_not_allowed`` unless it is under the public URL or one of the
                origins of the browser apps.
            TooManyAttempts: ``accounts.too_many_attempts``.
            Unavailable: ``accounts.oidc_unavailable``.
        """
        issuer = self._issuer(provider)
        if not redirect_allowed(redirect_uri, web):
            raise Invalid("accounts.redirect_not_allowed")
        # Not taken back: it bounds how many states one network can have written.
        await self._throttle.count(Purpose.OIDC_START)
        state = secrets.token_urlsafe(32)
        url = await issuer.authorization_url(
            redirect_uri=redirect_uri,
            state=state,
            nonce=self._derived("nonce", state),
            challenge=_unpadded(hashlib.sha256(self._derived("verifier", state).encode()).digest()),
            now=self._now,
        )
        self._session.add(
            OidcState(
                digest=_digest(state),
                provider=provider,
                redirect_uri=redirect_uri,
                expires_at=self._now + _STATE_LIFE,
            )
        )
        await self._session.flush()  # it exists before it is handed out
        return Started(url, state, int(_STATE_LIFE.total_seconds()))

    async def finish(self, provider: str, code: str, state: str) -> IssuedTokens | Challenge:
        """Take a person back whom the issuer has sent with ``code`` and ``state``.

        The state is used up and the issuer asked before this transaction takes its connection.

        Raises:
            NotFound: ``accounts.unknown_provider``.
            Unauthenticated: ``accounts.oidc_state_invalid`` for an unknown, used or old state;
                ``accounts.oidc_refused`` when the code or the id token does not hold.
            Forbidden: ``accounts.oidc_no_account`` without an account in use with this e-mail,
                ``accounts.oidc_email_unverified``, or ``accounts.oidc_identity_removed``.
            TooManyAttempts: ``accounts.too_many_attempts``.
            Unavailable: ``accounts.oidc_unavailable``.
        """
        issuer = self._issuer(provider)
        attempt = await self._throttle.count(Purpose.OIDC)
        async with self._database.transaction() as before:
            redirect_uri = await SignInRepository(before).take_state(_digest(state), provider, self._now)
        if redirect_uri is None:
            raise Unauthenticated("accounts.oidc_state_invalid")
        claims = await self._identified(issuer, attempt, code=code, state=state, redirect_uri=redirect_uri)
        user = await self._user_behind(issuer, claims)
        await self._throttle.succeeded(self._session, attempt)
        return await self._sessions.after_first_step(user, SignInMethod.OIDC)

    def _issuer(self, provider: str) -> Issuer:
        issuer = self._issuers.find(provider)
        if issuer is None:
            raise NotFound("accounts.unknown_provider")
        return issuer

    async def _identified(
        self, issuer: Issuer, attempt: Attempt, *, code: str, state: str, redirect_uri: str
    ) -> Claims:
        try:
            return await issuer.identify(
                code=code,
                redirect_uri=redirect_uri,
                nonce=self._derived("nonce", state),
                verifier=self._derived("verifier", state),
                now=self._now,
            )
        except Unavailable:
            # The issuer's failure is not the caller's.
            async with self._database.transaction() as forgiving:
                await self._throttle.succeeded(forgiving, attempt)
            raise

    async def _user_behind(self, issuer: Issuer, claims: Claims) -> AccountUser:
        """The account, locked; linked by its verified e-mail the first time."""
        known = await self._found.identity(issuer.provider.issuer, claims.subject)
        if known is None:
            return await self._link(issuer, claims)
        user = await self._found.hold_user(known.user_id)
        if user is None:
            raise Forbidden("accounts.oidc_no_account")
        if known.removed_at is not None:
            raise Forbidden("accounts.oidc_identity_removed")
        known.last_used_at = self._now
        return user

    async def _link(self, issuer: Issuer, claims: Claims) -> AccountUser:
        if claims.email is None or not claims.email_verified:
            raise Forbidden("accounts.oidc_email_unverified")
        user = await self._found.hold_user_by_email(fold_email(claims.email))
        if user is None:
            raise Forbidden("accounts.oidc_no_account")
        name, url = issuer.provider.name, issuer.provider.issuer
        if await self._found.link_once(user.id, name, url, claims.subject, self._now):
            actor = Actor(user_id=user.id)
            await _record(self._session, "user.identity_linked", user, actor, name, self._now)
            return user
        # Somebody else has linked it in this very moment; the row now says to whom.
        return await self._user_behind(issuer, claims)

    def _derived(self, what: str, state: str) -> str:
        """Nonce or PKCE verifier of a state: nobody can compute it from what is stored."""
        return _unpadded(keyed_digest(self._key, what, state))


class OwnIdentities:
    """The caller's identities with issuers."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._found = SignInRepository(session)
        self._actor = actor
        self._now = now

    async def list(self) -> Sequence[AccountIdentity]:
        """All of them, removed ones too, in the order of linking."""
        return [] if self._actor.user_id is None else await self._found.identities_of(self._actor.user_id)

    async def remove(self, identity_id: UUID, check_version: Callable[[int], None]) -> None:
        """Let an identity open the account no longer; it is kept, or its e-mail would link it again.

        Raises:
            NotFound: ``accounts.unknown_identity``, also when it is removed already.
        """
        user, row = await self._hold(identity_id)
        if row.removed_at is not None:
            raise NotFound("accounts.unknown_identity")
        check_version(row.version)
        row.removed_at = self._now
        row.touch()
        await self._record("user.identity_removed", user, row)

    async def restore(self, identity_id: UUID) -> AccountIdentity:
        """Let a removed identity open the account again. Repeating it changes nothing.

        Raises:
            NotFound: ``accounts.unknown_identity``.
        """
        user, row = await self._hold(identity_id)
        if row.removed_at is not None:
            row.removed_at = None
            row.touch()
            await self._record("user.identity_restored", user, row)
        return row

    async def _hold(self, identity_id: UUID) -> tuple[AccountUser, AccountIdentity]:
        user_id = self._actor.user_id
        user = None if user_id is None else await self._found.hold_user(user_id)
        row = None if user is None else await self._found.hold_identity(user.id, identity_id)
        if user is None or row is None:
            raise NotFound("accounts.unknown_identity")
        return user, row

    async def _record(self, kind: str, user: AccountUser, row: AccountIdentity) -> None:
        await self._session.flush()  # a refusal by the database belongs to this use case
        await _record(self._session, kind, user, self._actor, row.provider, self._now)


async def _record(
    session: AsyncSession, kind: str, user: AccountUser, actor: Actor, provider: str, now: datetime
) -> None:
    await record(
        session,
        kind=kind,
        subject_type="user",
        subject_id=user.id,
        actor=actor,
        at=now,
        data={"provider": provider},
        area_path=user.area_path,
    )


def redirect_allowed(redirect_uri: str, web: WebSettings) -> bool:
    """Whether the address is below the public URL, or anywhere on an origin of the browser apps."""
    if not redirect_uri.isascii() or not redirect_uri.isprintable() or "\\" in redirect_uri:
        return False
    try:
        wanted, home = urlsplit(redirect_uri), urlsplit(web.public_url)
        origins = {_origin(urlsplit(origin)) for origin in web.cors_origins}
        odd = wanted.username is not None or bool(wanted.fragment) or "#" in redirect_uri
        if odd or ".." in wanted.path or "%" in wanted.path:
            return False
        if _origin(wanted) in origins:
            return True
        below = home.path.rstrip("/")
        return _origin(wanted) == _origin(home) and (
            wanted.path == below or wanted.path.startswith(f"{below}/")
        )
    except ValueError:
        return False  # a port that is no number


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _digest(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def _unpadded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
