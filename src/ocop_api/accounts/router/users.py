"""HTTP of accounts and the roles granted to them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.accounts.api_keys import ApiKeyService
from ocop_api.accounts.credential_schemas import ApiKeyRead, ApiKeys
from ocop_api.accounts.grants import GrantService
from ocop_api.accounts.password_rules import check_new_password
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.router.signing_in import SECRET, security_of
from ocop_api.accounts.schemas import (
    GrantCreate,
    GrantRead,
    Permissions,
    UserCreate,
    UserDetail,
    UserFilter,
    UserRead,
    UserUpdate,
)
from ocop_api.accounts.service import AccountService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

users = feature_router("/v1/users", "accounts")


@users.post("", status_code=201, openapi_extra=SECRET)
async def create_user(
    body: UserCreate, *, session: WriteSession, caller: Caller, now: Now, request: Request, response: Response
) -> UserRead:
    """Make an account in an area the caller administers. Repeating it is refused by the e-mail."""
    check_new_password(body.password, body.email)
    # Hashed first: the transaction takes its connection with the first statement.
    hashed = await passwords_for(security_of(request)).hash(body.password)
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


@users.get("/{user_id}/permissions")
async def read_permissions(user_id: UUID, session: ReadSession, caller: Caller, now: Now) -> Permissions:
    """What an account may do now, where, and which grant each permission comes from."""
    return await AccountService(session, caller, now()).permissions_of(user_id)


@users.get("/{user_id}/api-keys")
async def list_user_api_keys(user_id: UUID, session: ReadSession, caller: Caller, now: Now) -> ApiKeys:
    """Keys of machines that act for an account and are not revoked, newest first."""
    return ApiKeys(items=await ApiKeyService(session, caller, now()).of_user(user_id))


@users.get("/{user_id}/api-keys/{key_id}")
async def read_user_api_key(
    user_id: UUID, key_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> ApiKeyRead:
    """One key of an account, also after it has been revoked."""
    return await ApiKeyService(session, caller, now()).get_of(user_id, key_id)


@users.delete("/{user_id}/api-keys/{key_id}", status_code=204)
async def revoke_user_api_key(
    user_id: UUID, key_id: UUID, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """End a key of an account at once. Repeating it changes nothing."""
    await ApiKeyService(session, caller, now()).revoke_of(user_id, key_id, expected.check)
