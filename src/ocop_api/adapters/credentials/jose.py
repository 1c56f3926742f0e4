"""Credentials as signed tokens (W3C vc-jose-cose): the credential itself is the payload, typ ``vc+jwt``."""

import warnings
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from ocop_api.adapters.credentials.integrity import canonical
from ocop_api.adapters.credentials.multibase import base64url, from_base64url
from ocop_api.adapters.credentials.strict_json import read

ALGORITHM = "EdDSA"
TYPE = "vc+jwt"
_PARTS = 3


class TokenBroken(Exception):  # noqa: N818 - a verdict
    """The token does not hold or is none; the text says why, in a word or two."""


def public_jwk(public_key: bytes) -> dict[str, str]:
    """An Ed25519 public key as a JWK (RFC 8037)."""
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(public_key)}


def token_of(document: Mapping[str, Any], key: Ed25519PrivateKey, *, key_id: str) -> str:
    """The document without any proof as a compact token. The same arguments always give the same token."""
    header = {"alg": ALGORITHM, "typ": TYPE, "cty": "vc", "kid": key_id}
    private = OKPKey.import_key(key)
    with _old_name_of_the_algorithm():
        return jws.serialize_compact(header, canonical(dict(document)), private, algorithms=[ALGORITHM])


def unverified(token: str) -> tuple[dict[str, Any], bytes]:
    """The header and the payload of a token, before anything is believed.

    Raises:
        TokenBroken: it is no compact token of ours by its form.
    """
    parts = token.split(".", _PARTS)
    if len(parts) != _PARTS:
        raise TokenBroken("not three parts")
    try:
        # The signature is read too: a second spelling of it would be a second token.
        encoded, payload, _ = (from_base64url(part) for part in parts)
        header = read(encoded)
    except ValueError as error:
        raise TokenBroken("no compact token") from error
    if not isinstance(header, dict) or header.get("alg") != ALGORITHM or header.get("typ") != TYPE:
        raise TokenBroken("another kind of token")
    return header, payload


def check_token(token: str, public_key: bytes) -> None:
    """Return when the token was signed with this key.

    Raises:
        TokenBroken: otherwise.
    """
    try:
        with _old_name_of_the_algorithm():
            jws.deserialize_compact(
                token,
                OKPKey.import_key(Ed25519PublicKey.from_public_bytes(public_key)),
                algorithms=[ALGORITHM],
            )
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenBroken("the signature does not fit") from error


class _old_name_of_the_algorithm(warnings.catch_warnings):  # noqa: N801 - used as a phrase
    """RFC 9864 renames EdDSA to Ed25519; verifiers of credentials still ask for the old name."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore", SecurityWarning)
