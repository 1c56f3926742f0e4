"""Password hashing: argon2id at the configured cost, in a thread, the same work whoever asks."""

import asyncio
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from ocop_api.settings import SecuritySettings


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right; ``rehashed`` is set when the stored hash has an outdated cost."""

    right: bool
    rehashed: str | None = None


class Passwords:
    """Makes and checks password hashes at one cost."""

    def __init__(self, *, time_cost: int, memory_kib: int) -> None:
        # One lane: the memory is the cost, and more lanes would only occupy more processors a sign-in.
        self._hasher = PasswordHash(
            (Argon2Hasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1),)
        )
        self._dummy: str | None = None

    async def hash(self, password: str | None) -> str:
        """A fresh hash; None gives one that no password opens (an account without a password)."""
        return await asyncio.to_thread(
            self._make, secrets.token_urlsafe(32) if password is None else password
        )

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Check a password against a stored hash.

        Without one (an unknown e-mail) a dummy hash is verified all the same, so that the time of the
        answer does not tell who has an account.
        """
        return await asyncio.to_thread(self._check, password, stored)

    def _make(self, password: str) -> str:
        return self._hasher.hash(_normalised(password))

    def _check(self, password: str, stored: str | None) -> Verdict:
        # Made before the paths part, so that even the first sign-in of a process takes one time for all.
        if self._dummy is None:
            self._dummy = self._make(secrets.token_urlsafe(32))
        right, rehashed = self._hasher.verify_and_update(_normalised(password), stored or self._dummy)
        return Verdict(right and stored is not None, rehashed)


def _normalised(password: str) -> str:
    # Vietnamese keyboards send the same letters composed or decomposed.
    return unicodedata.normalize("NFC", password)


@cache
def _at_cost(time_cost: int, memory_kib: int) -> Passwords:
    return Passwords(time_cost=time_cost, memory_kib=memory_kib)


def passwords_for(security: SecuritySettings) -> Passwords:
    """The process's hasher for these settings."""
    return _at_cost(security.argon2_time_cost, security.argon2_memory_kib)
