"""The keys of an issuer: one that signs, and those it followed, which are still believed for a time.

A ring is written as JSON: ``{"keys": [{"public_key": "z6Mk…", "seed": "<base64>", "valid_from": "…Z",
"retired_at": null, "valid_until": null}]}``. A key that signs no more has no seed: what nobody needs cannot
be stolen.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ocop_api.adapters.credentials.integrity import instant
from ocop_api.adapters.credentials.multibase import from_multikey, multikey

SEED_BYTES = 32
BELIEVED_FOR = timedelta(days=4 * 366)
"""How long a key is believed after it has been followed by another: longer than any certificate runs (36
months, and 180 days of prolongation by Decision 26/2026, Art. 12.3)."""


class KeyRingError(RuntimeError):
    """Keys are missing where they were named, or cannot be used. The text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """One Ed25519 key.

    Attributes:
        valid_from: from when it may sign.
        retired_at: from when it signs no more; None for the one that signs.
        valid_until: from when nothing it signed is believed; None while it signs.
        seed: its secret, only with the one that signs.
    """

    public_key: bytes
    valid_from: datetime
    retired_at: datetime | None = None
    valid_until: datetime | None = None
    seed: bytes | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The key as Multikey, by which it is also named."""
        return multikey(self.public_key)

    @property
    def signs(self) -> bool:
        """Whether it is the one that signs."""
        return self.seed is not None

    def believed(self, at: datetime) -> bool:
        """Whether what it has signed counts at this moment."""
        return self.valid_until is None or at < self.valid_until

    def might_sign(self, at: datetime) -> bool:
        """Whether a signature of that moment can be its own. Counted in whole seconds, as proofs are."""
        moment = at.replace(microsecond=0)
        return self.valid_from <= moment and (self.retired_at is None or moment <= self.retired_at)

    def private(self) -> Ed25519PrivateKey:
        """The key to sign with.

        Raises:
            KeyRingError: it signs no more.
        """
        if self.seed is None:
            raise KeyRingError(f"{self.id} signs no more.")
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of the issuer, the one that signs first, then the latest before the earlier."""

    keys: tuple[IssuerKey, ...]

    @property
    def active(self) -> IssuerKey:
        """The key that signs."""
        return self.keys[0]

    def find(self, key_id: str) -> IssuerKey | None:
        """The key of this name."""
        return next((key for key in self.keys if key.id == key_id), None)

    def followed_by(self, seed: bytes, at: datetime, *, stolen: bool = False) -> "KeyRing":
        """The ring in which a key of this seed signs from now on, and the present one no more.

        With ``stolen`` nothing that the present one has signed is believed any more.

        Raises:
            KeyRingError: the key is on the ring already.
        """
        moment = at.replace(microsecond=0)
        present = self.active
        until = moment if stolen else moment + BELIEVED_FOR
        retired = replace(present, seed=None, retired_at=moment, valid_until=until)
        return _ring([key_of_seed(seed, moment), retired, *self.keys[1:]])

    def joined_by(self, key: IssuerKey) -> "KeyRing":
        """The ring with a key that signs no more.

        Raises:
            KeyRingError: the key is on the ring already.
        """
        return _ring([*self.keys, key])

    def written(self) -> str:
        """The ring as ``read_ring`` reads it."""
        return json.dumps({"keys": [_written(key) for key in self.keys]}, indent=1) + "\n"


def new_seed() -> bytes:
    """The secret of a new key."""
    return secrets.token_bytes(SEED_BYTES)


def key_of_seed(seed: bytes, valid_from: datetime) -> IssuerKey:
    """The key that signs with this seed from then on."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return IssuerKey(public_key=public, valid_from=valid_from.replace(microsecond=0), seed=seed)


def first_ring(at: datetime, seed: bytes | None = None) -> KeyRing:
    """A ring with one key: a new one, or that of the seed."""
    return _ring([key_of_seed(seed or new_seed(), at)])


def read_seed(text: str) -> bytes:
    """The seed behind its base64.

    Raises:
        KeyRingError: it is none.
    """
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyRingError("This is not a base64 Ed25519 seed.") from error
    if len(seed) != SEED_BYTES:
        raise KeyRingError(f"This holds {len(seed)} bytes, an Ed25519 seed has {SEED_BYTES}.")
    return seed


def read_public(text: str) -> bytes:
    """The public key behind its Multikey.

    Raises:
        KeyRingError: it is none.
    """
    try:
        return from_multikey(text.strip())
    except ValueError as error:
        raise KeyRingError(f"{text.strip()[:80]} is not an Ed25519 Multikey (z6Mk…).") from error


def read_ring(text: str) -> KeyRing:
    """The ring out of its JSON.

    Raises:
        KeyRingError: it is not a ring with exactly one key that signs.
    """
    try:
        keys = [_read(entry) for entry in json.loads(text)["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyRingError(f"The issuer's keys cannot be read ({type(error).__name__}).") from error
    return _ring(keys)


def _ring(keys: list[IssuerKey]) -> KeyRing:
    if len({key.public_key for key in keys}) != len(keys):
        raise KeyRingError("A key stands twice among the issuer's keys.")
    if sum(key.signs for key in keys) != 1:
        raise KeyRingError("Exactly one of the issuer's keys must have its seed: the one that signs.")
    if any((key.retired_at is None) != key.signs or (key.valid_until is None) != key.signs for key in keys):
        raise KeyRingError("All of the issuer's keys but the one that signs need retired_at and valid_until.")
    return KeyRing(tuple(sorted(keys, key=lambda key: (key.signs, key.valid_from), reverse=True)))


def _written(key: IssuerKey) -> dict[str, str | None]:
    return {
        "public_key": key.id,
        "seed": None if key.seed is None else base64.b64encode(key.seed).decode("ascii"),
        "valid_from": instant(key.valid_from),
        "retired_at": None if key.retired_at is None else instant(key.retired_at),
        "valid_until": None if key.valid_until is None else instant(key.valid_until),
    }


def _read(entry: Mapping[str, Any]) -> IssuerKey:
    seed = None if entry.get("seed") is None else read_seed(entry["seed"])
    key = IssuerKey(
        public_key=read_public(entry["public_key"]),
        valid_from=_moment(entry["valid_from"]),
        retired_at=None if entry.get("retired_at") is None else _moment(entry["retired_at"]),
        valid_until=None if entry.get("valid_until") is None else _moment(entry["valid_until"]),
        seed=seed,
    )
    if seed is not None and key_of_seed(seed, key.valid_from).public_key != key.public_key:
        raise KeyRingError(f"The seed beside {key.id} is that of another key.")
    return key


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise KeyRingError(f"{text} needs a time zone, such as a final Z.")
    return moment.replace(microsecond=0)
