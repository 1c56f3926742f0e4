"""Who is calling. Exactly one credential per request; none is the public."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from ocop_api.domain.actor import PUBLIC, Actor
from ocop_api.domain.errors import Forbidden, Unauthenticated
from ocop_api.settings import Clock
from ocop_api.web.problems import HTTPProblem

Authenticator = Callable[[str], Awaitable[Actor]]
"""Turns a bearer token into an actor, or raises ``Unauthenticated``; wired by the app."""

BEARER = "HTTPBearer"
OPTIONAL_BEARER = "OptionalHTTPBearer"
_DESCRIPTION = "Access token from `POST /v1/auth/sign-in`, or a key from `POST /v1/me/api-keys`"
# The schemes only document the header; the parsing below is ours and stricter. OpenAPI has no optional
# scheme, so the contract writes the second one as "none, or the first" (ocop_api.web.openapi).
_required = HTTPBearer(scheme_name=BEARER, auto_error=False, description=_DESCRIPTION)
_optional = HTTPBearer(scheme_name=OPTIONAL_BEARER, auto_error=False, description=_DESCRIPTION)


# What belongs to the person and not to a machine acting for them. It is a rule about paths and not a mark
# at each route, so that whatever is added below them is closed to keys until it is named here.
_IN_PERSON = ("/v1/auth/", "/v1/me/", "/v1/notifications", "/v1/webhooks")
_ALSO_FOR_KEYS = {"/v1/me/permissions"}


def _needs_person(request: Request) -> bool:
    path = request.url.path
    changes_account = path == "/v1/me" and request.method not in {"GET", "HEAD"}
    return changes_account or (path.startswith(_IN_PERSON) and path not in _ALSO_FOR_KEYS)


async def _anyone(request: Request, _documented: Annotated[object, Depends(_optional)] = None) -> Actor:
    values = request.headers.getlist("authorization")
    if len(values) > 1 or (values and "," in values[0]):
        raise HTTPProblem(400, "auth.one_credential")
    if not values:
        return PUBLIC
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("auth.invalid_token")
    authenticate: Authenticator = request.app.state.authenticate
    actor = await authenticate(token.strip())
    if actor.by_key and _needs_person(request):
        raise Forbidden("auth.person_needed")
    request.scope["ocop.actor"] = actor
    return actor


async def _signed_in(
    actor: Annotated[Actor, Depends(_anyone)], _documented: Annotated[object, Depends(_required)] = None
) -> Actor:
    if actor.user_id is None:
        raise Unauthenticated("auth.required")
    return actor


Visitor = Annotated[Actor, Depends(_anyone)]
"""The caller, who may be the public."""

Caller = Annotated[Actor, Depends(_signed_in)]
"""The caller, signed in; otherwise 401."""


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


Now = Annotated[Clock, Depends(_clock)]
"""The clock of the request; call it for the present."""
