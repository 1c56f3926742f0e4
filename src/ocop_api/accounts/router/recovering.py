"""HTTP of a forgotten password."""

from fastapi import Depends, Request

from ocop_api.accounts.credential_schemas import (
    PasswordResetAccepted,
    PasswordResetConfirm,
    PasswordResetRequest,
)
from ocop_api.accounts.recovery import RESET_LIFE, RecoveryService, request_reset
from ocop_api.accounts.router.signing_in import security_of
from ocop_api.web.caller import Now
from ocop_api.web.problems import HTTPProblem
from ocop_api.web.routing import NO_CREDENTIAL, NO_IDEMPOTENCY, feature_router
from ocop_api.web.session import WriteSession, database_of

BODY_IS_CREDENTIAL = {NO_IDEMPOTENCY: True, NO_CREDENTIAL: True}

recovery = feature_router("/v1/auth", "accounts")


def only_the_body(request: Request) -> None:
    """Refuse another credential beside the one in the body, before it is read."""
    if "authorization" in request.headers:
        raise HTTPProblem(400, "accounts.credential_in_body_only")


@recovery.post(
    "/password-reset",
    status_code=202,
    openapi_extra=BODY_IS_CREDENTIAL,
    dependencies=[Depends(only_the_body)],
)
async def request_password_reset(body: PasswordResetRequest, session: WriteSession) -> PasswordResetAccepted:
    """Ask for a letter with a link that sets a new password.

    The answer is the same, after the same work, whether the e-mail has an account or not. An account gets
    at most three letters an hour.
    """
    await request_reset(session, body.email)
    return PasswordResetAccepted(valid_minutes=int(RESET_LIFE.total_seconds() // 60))


@recovery.post(
    "/password-reset/confirm",
    status_code=204,
    openapi_extra=BODY_IS_CREDENTIAL,
    dependencies=[Depends(only_the_body)],
)
async def confirm_password_reset(
    body: PasswordResetConfirm, session: WriteSession, now: Now, request: Request
) -> None:
    """Set a new password with the token of the letter. Every sign-in of the account ends.

    A token works once and for 30 minutes (401 `accounts.invalid_reset_token`). Keys of machines go on; the
    second factor, if there is one, is asked for at the next sign-in.
    """
    await RecoveryService(session, now()).confirm(
        body.token, body.new_password, pool=database_of(request).fast, security=security_of(request)
    )
