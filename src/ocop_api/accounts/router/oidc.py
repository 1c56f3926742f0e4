"""HTTP of signing in through an issuer, and of the identities linked by it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from ocop_api.accounts.oidc import OidcSignIn, OwnIdentities
from ocop_api.accounts.router.signing_in import (
    NO_STORE,
    SIGNS_IN,
    TOO_MANY,
    Sessions,
    Throttling,
    no_other_credential,
    security_of,
    sign_in_result,
)
from ocop_api.accounts.sign_in_schemas import (
    IdentityList,
    IdentityRead,
    OidcFinish,
    OidcProviderList,
    OidcProviderRead,
    OidcStart,
    OidcStarted,
    SignInResult,
)
from ocop_api.adapters.oidc import Issuers
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession, database_of


def _issuers(request: Request) -> Issuers:
    issuers: Issuers = request.app.state.issuers
    return issuers


def _oidc(
    session: WriteSession, request: Request, throttle: Throttling, sessions: Sessions, now: Now
) -> OidcSignIn:
    return OidcSignIn(
        session,
        database_of(request),
        _issuers(request),
        security_of(request),
        now(),
        throttle=throttle,
        sessions=sessions,
    )


Oidc = Annotated[OidcSignIn, Depends(_oidc, scope="function")]

oidc = feature_router("/v1/auth/oidc", "accounts")
identities = feature_router("/v1/me/identities", "accounts")


@oidc.get("/providers")
async def list_oidc_providers(request: Request) -> OidcProviderList:
    """The issuers people may sign in with, for the buttons of a sign-in page."""
    found = [issuer.provider for issuer in _issuers(request).all()]
    return OidcProviderList(
        items=[OidcProviderRead(name=one.name, label=one.label or one.name) for one in found]
    )


@oidc.post(
    "/{provider}/start",
    openapi_extra=SIGNS_IN,
    dependencies=[Depends(no_other_credential)],
    responses=TOO_MANY,
)
async def start_oidc_sign_in(
    provider: str, body: OidcStart, flow: Oidc, request: Request, response: Response
) -> OidcStarted:
    """Begin a sign-in with an issuer: where to send the person.

    Keep `state` in the tab and go on only if the person comes back with the same; that ties the sign-in
    to the browser it was begun in.
    """
    started = await flow.start(provider, body.redirect_uri, request.app.state.settings.web)
    response.headers.update(NO_STORE)
    return OidcStarted.model_validate(started)


@oidc.post(
    "/{provider}/finish",
    openapi_extra=SIGNS_IN,
    dependencies=[Depends(no_other_credential)],
    responses={
        **TOO_MANY,
        **refusal(403, "The issuer knows the person, but no account here takes them in"),
    },
)
async def finish_oidc_sign_in(
    provider: str, body: OidcFinish, flow: Oidc, response: Response
) -> SignInResult:
    """Finish it with what the issuer has added to the redirect URI.

    Accounts are invited: without one in use that has the verified e-mail, 403 `accounts.oidc_no_account`.
    The first time links the identity to the account. The answer is that of `POST /v1/auth/sign-in`.
    """
    outcome = await flow.finish(provider, body.code, body.state)
    response.headers.update(NO_STORE)
    return sign_in_result(outcome)


@identities.get("")
async def list_identities(session: ReadSession, caller: Caller, now: Now) -> IdentityList:
    """The accounts with issuers that are linked to the caller's, removed ones too."""
    rows = await OwnIdentities(session, caller, now()).list()
    return IdentityList(items=[IdentityRead.model_validate(row) for row in rows])


@identities.delete("/{identity_id}", status_code=204)
async def remove_identity(
    identity_id: UUID, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Let an identity open the account no longer. Sign-ins that are open go on."""
    await OwnIdentities(session, caller, now()).remove(identity_id, expected.check)


@identities.post("/{identity_id}/restore")
async def restore_identity(
    identity_id: UUID, session: WriteSession, caller: Caller, now: Now
) -> IdentityRead:
    """Let a removed identity open the account again."""
    return IdentityRead.model_validate(await OwnIdentities(session, caller, now()).restore(identity_id))
