"""HTTP of what belongs to the caller: name, permissions and keys of machines."""

from datetime import timedelta
from uuid import UUID

from fastapi import Response

from ocop_api.accounts.api_keys import ApiKeyService
from ocop_api.accounts.credential_schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyRead,
    ApiKeyRotate,
    ApiKeys,
)
from ocop_api.accounts.router.signing_in import NO_STORE, SECRET
from ocop_api.accounts.schemas import Me, MeUpdate, Permissions
from ocop_api.accounts.service import AccountService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession

own = feature_router("/v1/me", "accounts")


@own.patch("")
async def update_me(body: MeUpdate, expected: IfMatch, session: WriteSession, caller: Caller, now: Now) -> Me:
    """Change the caller's own name. E-mail and home are changed by an administrator."""
    return await AccountService(session, caller, now()).rename_self(body.display_name, expected.check)


@own.get("/permissions")
async def read_my_permissions(session: ReadSession, caller: Caller, now: Now) -> Permissions:
    """What the caller may do now, where, and which grant each permission comes from.

    With an API key it is what the key may do: its scopes, as far as its user still holds them.
    """
    return await AccountService(session, caller, now()).own_permissions()


@own.post("/api-keys", status_code=201, openapi_extra=SECRET)
async def create_api_key(
    body: ApiKeyCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> ApiKeyCreated:
    """Make a key for a machine. The answer is the only one that shows it.

    The key acts for the caller: with its scopes, as far as the caller still holds them when it is used. It
    cannot make keys, change the password, or touch sign-ins and second factors (403 `auth.person_needed`).
    """
    made = await ApiKeyService(session, caller, now()).create(body)
    response.headers.update(NO_STORE)
    response.headers["Location"] = f"/v1/me/api-keys/{made.id}"
    return made


@own.get("/api-keys")
async def list_api_keys(session: ReadSession, caller: Caller, now: Now) -> ApiKeys:
    """The caller's keys that are not revoked, newest first; those that have run out too."""
    return ApiKeys(items=await ApiKeyService(session, caller, now()).own())


@own.get("/api-keys/{key_id}")
async def read_api_key(key_id: UUID, session: ReadSession, caller: Caller, now: Now) -> ApiKeyRead:
    """One of the caller's keys, also after it has been revoked."""
    return await ApiKeyService(session, caller, now()).get_own(key_id)


@own.post("/api-keys/{key_id}/rotate", status_code=201, openapi_extra=SECRET)
async def rotate_api_key(
    key_id: UUID, body: ApiKeyRotate, *, session: WriteSession, caller: Caller, now: Now, response: Response
) -> ApiKeyCreated:
    """Put a new key with the same scopes and life in the place of this one, which goes on for the overlap."""
    overlap = timedelta(hours=body.overlap_hours)
    made = await ApiKeyService(session, caller, now()).rotate(key_id, overlap)
    response.headers.update(NO_STORE)
    response.headers["Location"] = f"/v1/me/api-keys/{made.id}"
    return made


@own.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(
    key_id: UUID, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """End a key at once. Repeating it changes nothing; `If-Match: *` ends it whatever its state."""
    await ApiKeyService(session, caller, now()).revoke_own(key_id, expected.check)
