"""Opaque tokens: 256 random bits for the holder, a sha256 digest for the database.

A fast digest is enough, because there is nothing to guess in 256 random bits; a password hash would
only slow down every request. See ``docs/decisions/0006-opaque-tokens.md``.
"""

import hashlib
import secrets
from enum import StrEnum

_BYTES = 32
_LONGEST = 128


class TokenKind(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    REFRESH = "refresh"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of token, not a secret
    INVITATION = "invitation"


# The prefix lets secret scanners find a leaked token and people tell the two apart.
_PREFIXES = {
    TokenKind.ACCESS: "ocop_at_",
    TokenKind.REFRESH: "ocop_rt_",
    TokenKind.PASSWORD_RESET: "ocop_pr_",
    TokenKind.INVITATION: "ocop_iv_",
}


def new_token(kind: TokenKind) -> str:
    """A fresh token of the kind: prefix and 256 random bits, URL-safe, 51 characters."""
    return _PREFIXES[kind] + secrets.token_urlsafe(_BYTES)


def digest_of(token: str, kind: TokenKind) -> bytes | None:
    """The stored form of a token (32 bytes), or None when it cannot be a token of the kind."""
    if not token.startswith(_PREFIXES[kind]) or len(token) > _LONGEST or not token.isascii():
        return None
    return hashlib.sha256(token.encode("ascii")).digest()
