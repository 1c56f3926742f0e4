"""HTTP of the second factor: answering with it, setting it up, taking it away."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from ocop_api.accounts.router.signing_in import (
    NO_STORE,
    SECRET,
    SIGNS_IN,
    TOO_MANY,
    Sessions,
    Throttling,
    no_other_credential,
    security_of,
)
from ocop_api.accounts.schemas import TokenPair
from ocop_api.accounts.second_factor import NewSecret, SecondFactorService
from ocop_api.accounts.sessions import SessionService
from ocop_api.accounts.sign_in_schemas import (
    EnrolledSignIn,
    EnrolmentConfirmation,
    EnrolmentStart,
    RecoveryCodes,
    SecondFactorAnswer,
    SecondFactorConfirmation,
    SecondFactorProof,
    SecondFactorSecret,
    SecondFactorSetup,
    SecondFactorStatus,
)
from ocop_api.adapters.qr import qr_svg
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession, database_of


def _factors(
    session: WriteSession, request: Request, throttle: Throttling, sessions: Sessions, now: Now
) -> SecondFactorService:
    return SecondFactorService(
        session, database_of(request), security_of(request), now(), throttle=throttle, sessions=sessions
    )


Factors = Annotated[SecondFactorService, Depends(_factors, scope="function")]

second_step = feature_router("/v1/auth/second-factor", "accounts")
own_factor = feature_router("/v1/me/second-factor", "accounts")
users_factor = feature_router("/v1/users", "accounts")


def _shown(made: NewSecret, response: Response) -> SecondFactorSecret:
    response.headers.update(NO_STORE)
    return SecondFactorSecret(
        secret=made.secret, otpauth_uri=made.otpauth_uri, qr_svg=qr_svg(made.otpauth_uri)
    )


@second_step.post("", openapi_extra=SIGNS_IN, dependencies=[Depends(no_other_credential)], responses=TOO_MANY)
async def answer_second_factor(body: SecondFactorAnswer, factors: Factors, response: Response) -> TokenPair:
    """Finish a sign-in with a code of the app or a recovery code.

    A wrong or used code is 401 `accounts.second_factor_wrong`; the challenge takes five answers. When it
    has ended (401 `accounts.challenge_invalid`), sign in again from the start.
    """
    issued = await factors.answer(body.challenge, body.code)
    response.headers.update(NO_STORE)
    return TokenPair.model_validate(issued)


@second_step.post("/enrolment", openapi_extra=SIGNS_IN, dependencies=[Depends(no_other_credential)])
async def begin_required_enrolment(
    body: EnrolmentStart, factors: Factors, response: Response
) -> SecondFactorSecret:
    """Give a secret to somebody whose role may not sign in without a second factor."""
    return _shown(await factors.begin_in_sign_in(body.challenge), response)


@second_step.post("/enrolment/confirm", openapi_extra=SIGNS_IN, dependencies=[Depends(no_other_credential)])
async def confirm_required_enrolment(
    body: EnrolmentConfirmation, factors: Factors, response: Response
) -> EnrolledSignIn:
    """Confirm that secret with a code: the recovery codes, shown once, and the complete sign-in."""
    done = await factors.confirm_in_sign_in(body.challenge, body.code)
    response.headers.update(NO_STORE)
    tokens = TokenPair.model_validate(done.tokens)
    return EnrolledSignIn(recovery_codes=done.recovery_codes, tokens=tokens)


def _readable(session: ReadSession, request: Request, throttle: Throttling, now: Now) -> SecondFactorService:
    security, pools = security_of(request), database_of(request)
    sessions = SessionService(session, pools.fast, security, now(), throttle=throttle)
    return SecondFactorService(session, pools, security, now(), throttle=throttle, sessions=sessions)


@own_factor.get("")
async def read_second_factor(
    factors: Annotated[SecondFactorService, Depends(_readable, scope="function")], caller: Caller
) -> SecondFactorStatus:
    """Whether the caller has a second factor, and how many recovery codes are left."""
    return SecondFactorStatus.model_validate(await factors.status(caller))


@own_factor.post("", openapi_extra=SECRET, responses=TOO_MANY)
async def begin_second_factor(
    body: SecondFactorSetup, factors: Factors, caller: Caller, response: Response
) -> SecondFactorSecret:
    """Give a secret for an authenticator app. Asking again replaces it until it is confirmed."""
    return _shown(await factors.begin(caller, body.password), response)


@own_factor.post("/confirm", openapi_extra=SECRET)
async def confirm_second_factor(
    body: SecondFactorConfirmation, factors: Factors, caller: Caller, response: Response
) -> RecoveryCodes:
    """Confirm the secret with a code of the app; from now on sign-ins ask for one. Shows recovery codes."""
    codes = await factors.confirm(caller, body.code)
    response.headers.update(NO_STORE)
    return RecoveryCodes(recovery_codes=codes)


@own_factor.post("/recovery-codes", openapi_extra=SECRET, responses=TOO_MANY)
async def renew_recovery_codes(
    body: SecondFactorProof, factors: Factors, caller: Caller, response: Response
) -> RecoveryCodes:
    """Ten new recovery codes; all earlier ones end."""
    codes = await factors.renew_recovery_codes(caller, body.password, body.code)
    response.headers.update(NO_STORE)
    return RecoveryCodes(recovery_codes=codes)


@own_factor.post("/disable", status_code=204, openapi_extra=SECRET, responses=TOO_MANY)
async def disable_second_factor(body: SecondFactorProof, factors: Factors, caller: Caller) -> None:
    """Take the caller's second factor away, with its recovery codes."""
    await factors.disable(caller, body.password, body.code)


@users_factor.delete("/{user_id}/second-factor", status_code=204)
async def reset_second_factor(user_id: UUID, *, expected: IfMatch, factors: Factors, caller: Caller) -> None:
    """Take somebody's second factor away who has lost phone and recovery codes.

    `If-Match` is the account's (`GET /v1/users/{user_id}`). One's own is disabled at
    `/v1/me/second-factor/disable`.
    """
    await factors.reset(caller, user_id, expected.check)
