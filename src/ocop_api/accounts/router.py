"""HTTP of accounts: signing in, the caller, users and their roles."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.accounts.grants import GrantService
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.schemas import (
    GrantCreate,
    GrantRead,
    Me,
    PasswordChange,
    SignIn,
    TokenPair,
    TokenRefresh,
    UserCreate,
    UserDetail,
    UserFilter,
    UserRead,
    UserUpdate,
)
from ocop_api.accounts.service import AccountService
from ocop_api.accounts.sessions import FamilyRevoked, SessionService
from ocop_api.settings import SecuritySettings
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.problems import HTTPProblem, problem_response
from ocop_api.web.routing import NO_CREDENTIAL, NO_IDEMPOTENCY, feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession, database_of

# Answers with tokens are never kept, and a body with a password leaves no digest to guess it from.
_SECRET = {NO_IDEMPOTENCY: True}
_SIGNS_IN = {NO_IDEMPOTENCY: True, NO_CREDENTIAL: True}
_NO_STORE = {"Cache-Control": "no-store"}


def _no_other_credential(request: Request) -> None:
    # The password or refresh token in the body is the one credential. Said before the header is read,
    # or a client that still sends its expired access token would only learn that it has expired.
    if "authorization" in request.headers:
        raise HTTPProblem(400, "accounts.credential_in_body_only")


def _security(request: Request) -> SecuritySettings:
    settings: SecuritySettings = request.app.state.settings.security
    return settings


def _sessions(session: WriteSession, request: Request, now: Now) -> SessionService:
    return SessionService(session, database_of(request).fast, _security(request), now())


Sessions = Annotated[SessionService, Depends(_sessions, scope="function")]

auth = feature_router("/v1/auth", "accounts")
me = feature_router("/v1/me", "accounts")
users = feature_router("/v1/users", "accounts")


@auth.post("/sign-in", openapi_extra=_SIGNS_IN, dependencies=[Depends(_no_other_credential)])
async def sign_in(body: SignIn, sessions: Sessions, response: Response) -> TokenPair:
    """Sign in with e-mail and password.

    An unknown e-mail, a wrong password and a disabled account get the same answer (401
    `accounts.invalid_credentials`). Send no `Authorization` header here.
    """
    issued = await sessions.sign_in(body.email, body.password)
    response.headers.update(_NO_STORE)
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
    response.headers.update(_NO_STORE)
    return TokenPair.model_validate(outcome)


@auth.post("/sign-out", status_code=204, openapi_extra=_SECRET)
async def sign_out(sessions: Sessions, caller: Caller) -> None:
    """End this sign-in: its access and refresh tokens are refused from now on."""
    await sessions.sign_out(caller)


@me.get("")
async def read_me(session: ReadSession, caller: Caller, now: Now) -> Me:
    """Who the caller is, the roles granted, and what they may do where."""
    return await AccountService(session, caller, now()).whoami()


@me.post("/password", status_code=204, openapi_extra=_SECRET)
async def change_password(body: PasswordChange, sessions: Sessions, caller: Caller) -> None:
    """Change the caller's password. All other sign-ins of the account end; this one goes on."""
    await sessions.change_password(caller, body.current_password, body.new_password)


@users.post("", status_code=201, openapi_extra=_SECRET)
async def create_user(
    body: UserCreate, *, session: WriteSession, caller: Caller, now: Now, request: Request, response: Response
) -> UserRead:
    """Make an account in an area the caller administers. Repeating it is refused by the e-mail."""
    # Hashed first: the transaction takes its connection with the first statement.
    hashed = await passwords_for(_security(request)).hash(body.password)
    created = await AccountService(session, caller, now()).create(
        email=body.email,
        display_name=body.display_name,
        password_hash=hashed,
        place_id=body.place_id,
    )
    response.headers["Location"] = f"/v1/users/{created.id}"
    return created


@users.get("")
async def list_users(
    wanted: Annotated[UserFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[UserRead]:
    """Accounts in the areas the caller administers."""
    rows, items = await AccountService(session, caller, now()).page(wanted)
    return Page[UserRead].of(rows, items)


@users.get("/{user_id}")
async def read_user(user_id: UUID, session: ReadSession, caller: Caller, now: Now) -> UserDetail:
    """One account with its roles."""
    return await AccountService(session, caller, now()).get(user_id)


@users.patch("/{user_id}")
async def update_user(
    user_id: UUID, body: UserUpdate, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> UserDetail:
    """Rename an account, disable it or put it back to use. Disabling ends all its sign-ins at once."""
    return await AccountService(session, caller, now()).change(
        user_id,
        display_name=body.display_name,
        disabled=body.disabled,
        check_version=expected.check,
    )


@users.post("/{user_id}/grants", status_code=201)
async def assign_grant(
    user_id: UUID, body: GrantCreate, *, session: WriteSession, caller: Caller, now: Now, response: Response
) -> GrantRead:
    """Grant a role inside the caller's own area and not above the caller's level."""
    granted = await GrantService(session, caller, now()).assign(user_id, body)
    response.headers["Location"] = f"/v1/users/{user_id}/grants/{granted.id}"
    return granted


@users.get("/{user_id}/grants/{grant_id}")
async def read_grant(
    user_id: UUID, grant_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> GrantRead:
    """One grant, also after it has been revoked."""
    return await GrantService(session, caller, now()).get(user_id, grant_id)


@users.delete("/{user_id}/grants/{grant_id}", status_code=204)
async def revoke_grant(
    user_id: UUID, grant_id: UUID, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take a role back; it stops counting at once. The last administrator of everything stays."""
    await GrantService(session, caller, now()).revoke(user_id, grant_id, expected.check)


routers = (auth, me, users)
