"""HTTP of the sign-ins that go on."""

from uuid import UUID

from ocop_api.accounts.challenges import SignInMethod
from ocop_api.accounts.own_sessions import OwnSessions
from ocop_api.accounts.router.signing_in import SECRET
from ocop_api.accounts.sign_in_schemas import SignInSession, SignInSessions
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession

own_sessions = feature_router("/v1/me", "accounts")
users_sessions = feature_router("/v1/users", "accounts")


@own_sessions.get("/sessions")
async def list_own_sessions(session: ReadSession, caller: Caller, now: Now) -> SignInSessions:
    """Where the caller is signed in, the sign-in last used first."""
    rows = await OwnSessions(session, caller, now()).list()
    return SignInSessions(
        items=[
            SignInSession(
                id=row.id,
                started_at=row.started_at,
                last_seen_at=row.rotated_at,
                expires_at=row.expires_at,
                method=SignInMethod(row.method),
                user_agent=row.user_agent,
                current=row.id == caller.session_id,
            )
            for row in rows
        ]
    )


@own_sessions.delete("/sessions/{session_id}", status_code=204)
async def end_own_session(
    session_id: UUID, *, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """End one of the caller's sign-ins at once. A sign-in is never edited, so `If-Match: *` always holds."""
    expected.check(0)
    await OwnSessions(session, caller, now()).end(session_id)


@own_sessions.post("/sign-out-everywhere", status_code=204, openapi_extra=SECRET)
async def sign_out_everywhere(session: WriteSession, caller: Caller, now: Now) -> None:
    """End all of the caller's sign-ins, this one too."""
    await OwnSessions(session, caller, now()).end_all()


@users_sessions.post("/{user_id}/sign-out-everywhere", status_code=204)
async def sign_user_out_everywhere(
    user_id: UUID, *, expected: OptionalIfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """End all sign-ins of an account the caller administers."""
    await OwnSessions(session, caller, now()).end_all_of(user_id, expected.check)
