"""HTTP of signing in and of the caller's own account."""

from typing import Annotated

from fastapi import Depends, Request, Response

from ocop_api.accounts.schemas import Me, PasswordChange, SignIn, TokenPair, TokenRefresh
from ocop_api.accounts.service import AccountService
from ocop_api.accounts.sessions import FamilyRevoked, SessionService
from ocop_api.settings import SecuritySettings
from ocop_api.web.caller import Caller, Now
from ocop_api.web.problems import HTTPProblem, problem_response
from ocop_api.web.routing import NO_CREDENTIAL, NO_IDEMPOTENCY, feature_router
from ocop_api.web.session import ReadSession, WriteSession, database_of

# Answers with tokens are never kept, and a body with a password leaves no digest to guess it from.
SECRET = {NO_IDEMPOTENCY: True}
_SIGNS_IN = {NO_IDEMPOTENCY: True, NO_CREDENTIAL: True}
NO_STORE = {"Cache-Control": "no-store"}


def _no_other_credential(request: Request) -> None:
    # The password or refresh token in the body is the one credential. Said before the header is read,
    # or a client that still sends its expired access token would only learn that it has expired.
    if "authorization" in request.headers:
        raise HTTPProblem(400, "accounts.credential_in_body_only")


def security_of(request: Request) -> SecuritySettings:
    settings: SecuritySettings = request.app.state.settings.security
    return settings


def _sessions(session: WriteSession, request: Request, now: Now) -> SessionService:
    return SessionService(session, database_of(request).fast, security_of(request), now())


Sessions = Annotated[SessionService, Depends(_sessions, scope="function")]

auth = feature_router("/v1/auth", "accounts")
me = feature_router("/v1/me", "accounts")


@auth.post("/sign-in", openapi_extra=_SIGNS_IN, dependencies=[Depends(_no_other_credential)])
async def sign_in(body: SignIn, sessions: Sessions, response: Response) -> TokenPair:
    """Sign in with e-mail and password.

    An unknown e-mail, a wrong password and a disabled account get the same answer (401
    `accounts.invalid_credentials`). Send no `Authorization` header here.
    """
    issued = await sessions.sign_in(body.email, body.password)
    response.headers.update(NO_STORE)
    return TokenPair.model_validate(issued)


@auth.post(
    "/refresh",
    openapi_extra=_SIGNS_IN,
    dependencies=[Depends(_no_other_credential)],
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


@me.post("/password", status_code=204, openapi_extra=SECRET)
async def change_password(body: PasswordChange, sessions: Sessions, caller: Caller) -> None:
    """Change the caller's password. All other sign-ins of the account end; this one goes on."""
    await sessions.change_password(caller, body.current_password, body.new_password)
