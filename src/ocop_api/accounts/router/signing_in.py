"""HTTP of signing in and staying signed in."""

from typing import Annotated

from fastapi import Depends, Request, Response

from ocop_api.accounts.challenges import Challenge, ChallengePurpose
from ocop_api.accounts.schemas import Me, PasswordChange, SignIn, TokenPair, TokenRefresh
from ocop_api.accounts.service import AccountService
from ocop_api.accounts.sessions import FamilyRevoked, IssuedTokens, SessionService
from ocop_api.accounts.sign_in_schemas import (
    EnrolmentChallenge,
    SecondFactorChallenge,
    SignedIn,
    SignInResult,
)
from ocop_api.accounts.throttling import Throttle
from ocop_api.accounts.user_agents import short_agent
from ocop_api.settings import SecuritySettings
from ocop_api.web.caller import Caller, Now
from ocop_api.web.client_network import ClientNetwork
from ocop_api.web.problems import HTTPProblem, problem_response, refusal
from ocop_api.web.routing import NO_CREDENTIAL, NO_IDEMPOTENCY, feature_router
from ocop_api.web.session import ReadSession, WriteSession, database_of

# Answers with tokens are never kept, and a body with a password leaves no digest to guess it from.
SECRET = {NO_IDEMPOTENCY: True}
SIGNS_IN = {NO_IDEMPOTENCY: True, NO_CREDENTIAL: True}
NO_STORE = {"Cache-Control": "no-store"}
TOO_MANY = refusal(429, "Too many attempts (`accounts.too_many_attempts`); see Retry-After")


def no_other_credential(request: Request) -> None:
    """Refuse a request whose body is the credential when it sends another one.

    Said before the header is read, or a client that still sends its expired access token would only
    learn that it has expired.
    """
    if "authorization" in request.headers:
        raise HTTPProblem(400, "accounts.credential_in_body_only")


def security_of(request: Request) -> SecuritySettings:
    """The sign-in settings of this process."""
    settings: SecuritySettings = request.app.state.settings.security
    return settings


def _throttle(request: Request, network: ClientNetwork, now: Now) -> Throttle:
    return Throttle(database_of(request), security_of(request), network, now())


Throttling = Annotated[Throttle, Depends(_throttle)]


def _sessions(session: WriteSession, request: Request, throttle: Throttling, now: Now) -> SessionService:
    return SessionService(
        session,
        database_of(request).fast,
        security_of(request),
        now(),
        throttle=throttle,
        user_agent=short_agent(request.headers.get("user-agent")),
    )


Sessions = Annotated[SessionService, Depends(_sessions, scope="function")]


def sign_in_result(outcome: IssuedTokens | Challenge) -> SignInResult:
    """The outcome of a first step as the API gives it."""
    if isinstance(outcome, IssuedTokens):
        return SignInResult(SignedIn.model_validate(outcome))
    shape = SecondFactorChallenge if outcome.purpose is ChallengePurpose.ANSWER else EnrolmentChallenge
    return SignInResult(shape(challenge=outcome.challenge, expires_in=outcome.expires_in))


auth = feature_router("/v1/auth", "accounts")
me = feature_router("/v1/me", "accounts")


@auth.post(
    "/sign-in",
    openapi_extra=SIGNS_IN,
    dependencies=[Depends(no_other_credential)],
    responses=TOO_MANY,
)
async def sign_in(body: SignIn, sessions: Sessions, response: Response) -> SignInResult:
    """Sign in with e-mail and password.

    `kind` says how it went on: `tokens` is a complete sign-in, `second_factor` asks for a code
    (`POST /v1/auth/second-factor`), `second_factor_enrolment_required` for setting a second factor up.
    An unknown e-mail, a wrong password and a disabled account get the same answer (401
    `accounts.invalid_credentials`). After many failures from one network, attempts from there have to
    pause (429); the owner elsewhere gets in. Send no `Authorization` header here.
    """
    outcome = await sessions.sign_in(body.email, body.password)
    response.headers.update(NO_STORE)
    return sign_in_result(outcome)


@auth.post(
    "/refresh",
    openapi_extra=SIGNS_IN,
    dependencies=[Depends(no_other_credential)],
    response_model=TokenPair,
)
async def refresh_tokens(
    body: TokenRefresh, sessions: Sessions, request: Request, response: Response
) -> TokenPair | Response:
    """Exchange the refresh token for a new pair.

    Each refresh token is good once. If the answer was lost on the way, the same token may be sent again
    within a short grace. Later it counts as stolen: the whole sign-in ends (401
    `accounts.refresh_reused`) and everybody who holds one of its tokens has to sign in again.
    """
    outcome = await sessions.refresh(body.refresh_token)
    if isinstance(outcome, FamilyRevoked):
        # Returned, not raised: raising would roll the revocation back.
        return problem_response(request, 401, "accounts.refresh_reused")
    response.headers.update(NO_STORE)
    return TokenPair.model_validate(outcome)


@auth.post("/sign-out", status_code=204, openapi_extra=SECRET)
async def sign_out(sessions: Sessions, caller: Caller) -> None:
    """End this sign-in: its access and refresh tokens are refused from now on."""
    await sessions.sign_out(caller)


@me.get("")
async def read_me(session: ReadSession, caller: Caller, now: Now) -> Me:
    """Who the caller is, the roles granted, and what they may do where."""
    return await AccountService(session, caller, now()).whoami()


@me.post("/password", status_code=204, openapi_extra=SECRET, responses=TOO_MANY)
async def change_password(body: PasswordChange, sessions: Sessions, caller: Caller) -> None:
    """Change the caller's password. All other sign-ins of the account end; this one goes on."""
    await sessions.change_password(caller, body.current_password, body.new_password)
