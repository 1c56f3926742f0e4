"""A sign-in between its first and its second step."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

_PREFIX = "ocop_sc_"
_LONGEST = 128


class SignInMethod(StrEnum):
    """How a person showed who they are in the first step."""

    PASSWORD = "password"  # noqa: S105 - a name
    OIDC = "oidc"


class ChallengePurpose(StrEnum):
    """What the second step is."""

    ANSWER = "answer"
    """A code of the second factor."""
    ENROLMENT = "enrolment"
    """Setting a second factor up, without which the role may not sign in."""


_LIVES = {ChallengePurpose.ANSWER: 5 * 60, ChallengePurpose.ENROLMENT: 15 * 60}


@dataclass(frozen=True, slots=True)
class Challenge:
    """Proof of the first step, good for the second one only, for ``expires_in`` seconds."""

    purpose: ChallengePurpose
    challenge: str
    expires_in: int


def new_challenge(purpose: ChallengePurpose) -> tuple[Challenge, bytes]:
    """A fresh challenge and the digest to store of it."""
    text = _PREFIX + secrets.token_urlsafe(32)
    return Challenge(purpose, text, _LIVES[purpose]), _digest(text)


def challenge_digest(text: str) -> bytes | None:
    """The stored form of a challenge, or None when it cannot be one."""
    if not text.startswith(_PREFIX) or len(text) > _LONGEST or not text.isascii():
        return None
    return _digest(text)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()
