"""What the steps of signing in take and give."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, RootModel, StringConstraints

from ocop_api.accounts.challenges import SignInMethod
from ocop_api.accounts.schemas import TokenPair
from ocop_api.web.schemas import Input, Instant, Output

_UNSEEN = Field(repr=False)
_ID = ["0197f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]
_AT = ["2026-06-15T02:00:00Z"]
_CHALLENGE = ["ocop_sc_Zk3m0gJcV3y0S8m7eXhYQv1v1b0l2m3n4o5p6q7r8s9"]
_CODES = [["k7m2p-x9qtw", "4hbnc-rz8ue"]]
_PASSWORD = ["một câu dài dễ nhớ"]
_REDIRECT = ["https://app.ocop.example.vn/signed-in"]

GivenChallenge = Annotated[str, StringConstraints(min_length=1, max_length=200), _UNSEEN]
GivenCode = Annotated[str, StringConstraints(min_length=1, max_length=40), _UNSEEN]
AppCode = Annotated[str, StringConstraints(min_length=6, max_length=6, pattern=r"^[0-9]{6}$"), _UNSEEN]


class SignedIn(TokenPair):
    """A complete sign-in: the two tokens."""

    kind: Literal["tokens"] = "tokens"


class SecondFactorChallenge(Output):
    """The first step was right; the account has a second factor. Ask for a code and answer."""

    kind: Literal["second_factor"] = "second_factor"
    challenge: str = Field(
        description="send it with the code to `POST /v1/auth/second-factor`; five answers at most",
        examples=_CHALLENGE,
    )
    expires_in: int = Field(description="seconds the challenge holds", examples=[300])


class EnrolmentChallenge(Output):
    """The first step was right, but the role asks for a second factor and there is none yet.

    The challenge is good for `POST /v1/auth/second-factor/enrolment` and `…/enrolment/confirm` only.
    """

    kind: Literal["second_factor_enrolment_required"] = "second_factor_enrolment_required"
    challenge: str = Field(examples=_CHALLENGE)
    expires_in: int = Field(description="seconds the challenge holds", examples=[900])


class SignInResult(
    RootModel[Annotated[SignedIn | SecondFactorChallenge | EnrolmentChallenge, Field(discriminator="kind")]]
):
    """Look at `kind`: `tokens` is a complete sign-in; the two others ask for one more step.

    An account without a second factor gets `tokens`, unless its role asks for one.
    """


class SecondFactorAnswer(Input):
    """The challenge of a sign-in and a code."""

    challenge: GivenChallenge = Field(examples=_CHALLENGE)
    code: GivenCode = Field(
        description="six digits of the app, or one of the recovery codes", examples=["492039"]
    )


class EnrolmentStart(Input):
    """The challenge of a sign-in that asks for enrolment."""

    challenge: GivenChallenge = Field(examples=_CHALLENGE)


class EnrolmentConfirmation(Input):
    """The same challenge and the first code of the app."""

    challenge: GivenChallenge = Field(examples=_CHALLENGE)
    code: AppCode = Field(description="six digits of the app", examples=["492039"])


class SecondFactorSetup(Input):
    """Confirmation by the one who is signed in."""

    password: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None,
        repr=False,
        description="may be left out within ten minutes of a sign-in through an issuer",
        examples=_PASSWORD,
    )


class SecondFactorConfirmation(Input):
    """The first code of the app."""

    code: AppCode = Field(description="six digits of the app", examples=["492039"])


class SecondFactorProof(SecondFactorSetup):
    """Both factors, for what would weaken the account."""

    code: GivenCode = Field(
        description="six digits of the app, or one of the recovery codes", examples=["492039"]
    )


class SecondFactorSecret(Output):
    """What the authenticator app needs. It is shown once and counts after a code has confirmed it."""

    secret: str = Field(description="base32, for typing in", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    otpauth_uri: str = Field(
        description="the same for the app: SHA-1, 6 digits, 30 seconds",
        examples=["otpauth://totp/OCOP:lan%40example.vn?secret=JBSWY3DPEHPK3PXP&issuer=OCOP"],
    )
    qr_svg: str = Field(description="the URI as a QR symbol: a whole SVG document", examples=["<svg>…</svg>"])


class RecoveryCodes(Output):
    """Ten codes to write down, each good for one sign-in. They cannot be fetched again."""

    recovery_codes: list[str] = Field(examples=_CODES)


class EnrolledSignIn(RecoveryCodes):
    """A second factor set up during a sign-in: the recovery codes, and the sign-in, now complete."""

    tokens: TokenPair


class SecondFactorStatus(Output):
    """Where the caller's second factor stands."""

    enrolled: bool = Field(examples=[True])
    confirmed_at: Instant | None = Field(examples=_AT)
    recovery_codes_left: int = Field(examples=[9])
    required: bool = Field(description="a role of the caller asks for one", examples=[False])


class OidcProviderRead(Output):
    """One issuer people may sign in with."""

    name: str = Field(description="for the path of `start` and `finish`", examples=["province"])
    label: str = Field(description="for the button", examples=["Tài khoản công vụ tỉnh"])


class OidcProviderList(Output):
    """All of them in the order to show; empty when there is none."""

    items: list[OidcProviderRead]


class OidcStart(Input):
    """Where the person shall come back to."""

    redirect_uri: str = Field(
        min_length=1,
        max_length=2000,
        description="below the API's public URL or on an origin of the browser apps; registered with the "
        "issuer",
        examples=_REDIRECT,
    )


class OidcStarted(Output):
    """Send the person to `authorization_url`. Keep `state` in the tab (sessionStorage)."""

    authorization_url: str = Field(examples=["https://id.example.vn/authorize?response_type=code&state=…"])
    state: str = Field(
        description="only go on when the `state` the person comes back with is this one",
        examples=["pGx0m2v1f9Qk3c7YtR5uWbE8nZaLhD4sJ6iOqXyTgMo"],
    )
    expires_in: int = Field(description="seconds until the sign-in must be finished", examples=[600])


class OidcFinish(Input):
    """What the issuer has added to the redirect URI."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=4000), _UNSEEN] = Field(
        examples=["SplxlOBeZQQYbYS6WxSbIA"]
    )
    state: Annotated[str, StringConstraints(min_length=1, max_length=200), _UNSEEN] = Field(
        examples=["pGx0m2v1f9Qk3c7YtR5uWbE8nZaLhD4sJ6iOqXyTgMo"]
    )


class IdentityRead(Output):
    """An account with an issuer that opens this one."""

    id: UUID = Field(examples=_ID)
    provider: str = Field(examples=["province"])
    issuer: str = Field(examples=["https://id.example.vn"])
    linked_at: Instant = Field(examples=_AT)
    last_used_at: Instant = Field(examples=_AT)
    removed_at: Instant | None = Field(
        description="since when it opens the account no longer; it can be restored", examples=[None]
    )
    version: int = Field(examples=[1])


class IdentityList(Output):
    """The caller's identities in the order of linking."""

    items: list[IdentityRead]


class SignInSession(Output):
    """One sign-in that goes on."""

    id: UUID = Field(examples=_ID)
    started_at: Instant = Field(examples=_AT)
    last_seen_at: Instant = Field(
        description="the newest refresh, so up to one life of an access token ago", examples=_AT
    )
    expires_at: Instant = Field(description="when it ends by itself", examples=_AT)
    method: SignInMethod = Field(examples=["password"])
    user_agent: str | None = Field(description="program and system", examples=["Chrome 138, Android"])
    current: bool = Field(description="the one of this request", examples=[True])


class SignInSessions(Output):
    """The caller's sign-ins, the one last used first."""

    items: list[SignInSession]
