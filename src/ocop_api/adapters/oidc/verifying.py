"""Checking an id token (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hmac
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

SignatureKey = RSAKey | ECKey | OKPKey

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA", "Ed25519")
"""Signatures with a public key only: never ``none``, and no HMAC, whose key the client would share."""
LEEWAY = timedelta(seconds=60)
"""How far the issuer's clock may be off."""
_OLDEST = timedelta(minutes=15)
_LONGEST_TOKEN = 32 * 1024
_LONGEST_TEXT = 255


class TokenRefused(Exception):  # noqa: N818 - a verdict
    """The id token does not hold; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified issuer says about who signed in. ``email`` is None when it says nothing of it."""

    subject: str
    email: str | None
    email_verified: bool


def header_of(token: str) -> dict[str, Any]:
    """The unverified header, to find the key by.

    Raises:
        TokenRefused: it is no compact JWS, or its algorithm is not among ``ALGORITHMS``.
    """
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise TokenRefused("too long or not ASCII")
    try:
        header = dict(jws.extract_compact(token.encode("ascii")).headers())
    except (JoseError, ValueError) as error:
        raise TokenRefused("no compact JWS") from error
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused("algorithm not allowed")
    return header


def verified(token: str, key: SignatureKey) -> dict[str, Any]:
    """The claims of a token whose signature holds.

    Raises:
        TokenRefused: the signature does not hold.
    """
    try:
        with warnings.catch_warnings():
            # RFC 9864 renames EdDSA; issuers will go on saying the old name for years.
            warnings.simplefilter("ignore", SecurityWarning)
            return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(type(error).__name__) from error


def check_claims(claims: dict[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime) -> Claims:
    """Who signed in, when the token was made by this issuer, for us, now, and for this very sign-in.

    Raises:
        TokenRefused: otherwise.
    """
    if claims.get("iss") != issuer:
        raise TokenRefused("iss")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or client_id not in audiences:
        raise TokenRefused("aud")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise TokenRefused("azp")
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if _number(claims, "exp") + leeway <= moment:
        raise TokenRefused("exp")
    issued = _number(claims, "iat")
    if issued > moment + leeway or issued < moment - _OLDEST.total_seconds():
        raise TokenRefused("iat")
    if "nbf" in claims and _number(claims, "nbf") > moment + leeway:
        raise TokenRefused("nbf")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise TokenRefused("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_TEXT or "\x00" in subject:
        raise TokenRefused("sub")
    return with_email(Claims(subject, None, email_verified=False), claims)


def with_email(known: Claims, said: dict[str, Any]) -> Claims:
    """The same person with the e-mail that the issuer states, if it states one."""
    email = said.get("email")
    if not isinstance(email, str) or not 1 <= len(email) <= _LONGEST_TEXT or "\x00" in email:
        return known
    # Some issuers write the flag as text.
    return Claims(known.subject, email, email_verified=said.get("email_verified") in (True, "true"))


def _number(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(name)
    return float(value)
