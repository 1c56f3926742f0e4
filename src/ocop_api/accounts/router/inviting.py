"""HTTP of invitations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.accounts.credential_schemas import (
    InvitationAccept,
    InvitationAnswer,
    InvitationCreate,
    InvitationFilter,
    InvitationRead,
)
from ocop_api.accounts.invitations import AcceptanceService, InvitationService
from ocop_api.accounts.router.recovering import BODY_IS_CREDENTIAL, only_the_body
from ocop_api.accounts.router.signing_in import SECRET, security_of
from ocop_api.accounts.schemas import Me, UserRead
from ocop_api.accounts.service import AccountService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession, database_of

invitations = feature_router("/v1/invitations", "accounts")
own_invitations = feature_router("/v1/me/invitations", "accounts")


@invitations.post("", status_code=201)
async def create_invitation(
    body: InvitationCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> InvitationRead:
    """Ask somebody by e-mail to take an account, with a home and roles the caller may grant.

    The link in the letter holds for 14 days. It is not told whether the e-mail has an account already; if
    it has, its owner accepts after signing in.
    """
    made = await InvitationService(session, caller, now()).create(body)
    response.headers["Location"] = f"/v1/invitations/{made.id}"
    return made


@invitations.get("")
async def list_invitations(
    wanted: Annotated[InvitationFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[InvitationRead]:
    """Invitations into the areas the caller administers, newest first."""
    rows, items = await InvitationService(session, caller, now()).page(wanted)
    return Page[InvitationRead].of(rows, items)


@invitations.post(
    "/accept",
    status_code=201,
    openapi_extra=BODY_IS_CREDENTIAL,
    dependencies=[Depends(only_the_body)],
)
async def accept_invitation(
    body: InvitationAccept, *, session: WriteSession, now: Now, request: Request, response: Response
) -> UserRead:
    """Accept an invitation by making the account; sign in with it afterwards.

    An e-mail that has an account gets 409 `accounts.invitation_needs_sign_in`: sign in and use
    `POST /v1/me/invitations/accept`. Roles the inviter may not grant any more make the invitation void.
    """
    made = await AcceptanceService(session, now()).accept_new(
        body, pool=database_of(request).fast, security=security_of(request)
    )
    response.headers["Location"] = f"/v1/users/{made.id}"
    return made


@invitations.get("/{invitation_id}")
async def read_invitation(
    invitation_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> InvitationRead:
    """One invitation."""
    return await InvitationService(session, caller, now()).get(invitation_id)


@invitations.post("/{invitation_id}/resend")
async def resend_invitation(
    invitation_id: UUID, session: WriteSession, caller: Caller, now: Now
) -> InvitationRead:
    """Send a new letter and count the 14 days anew; the link of the old letter stops working."""
    return await InvitationService(session, caller, now()).resend(invitation_id)


@invitations.delete("/{invitation_id}", status_code=204)
async def withdraw_invitation(
    invitation_id: UUID, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Withdraw an invitation; its link stops working at once."""
    await InvitationService(session, caller, now()).withdraw(invitation_id, expected.check)


@own_invitations.post("/accept", openapi_extra=SECRET)
async def accept_my_invitation(body: InvitationAnswer, session: WriteSession, caller: Caller, now: Now) -> Me:
    """Add the roles of an invitation, sent to the caller's own e-mail, to the caller's account."""
    await AcceptanceService(session, now()).accept_signed_in(body.token, caller)
    return await AccountService(session, caller, now()).whoami()
