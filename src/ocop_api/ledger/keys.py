r"""The key that signs heads of the chain, and what exactly it signs.

A signature covers ``b"ocop-ledger-head/2\n" || seq (8 bytes, big-endian) || hash (32 bytes) ||
root (32 bytes) || signed_at (ASCII, UTC, six decimals, Z)`` with Ed25519 (RFC 8032). Heads from before there
was a tree, and those signed while it is still growing over old events, have no root:
``b"ocop-ledger-head/1\n" || seq || hash || signed_at``.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ocop_api.ledger.canonical import instant_text
from ocop_api.settings import Settings

CONTEXTS = ("ocop-ledger-head/1", "ocop-ledger-head/2")
"""First line of what is signed, without and with a root."""
_SEED_BYTES = 32


class LedgerKeyError(RuntimeError):
    """The key file is missing where one was named, or does not hold a key. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: all events up to ``seq`` lie behind ``hash``, and in the tree behind ``root``."""

    seq: int
    hash: bytes
    signed_at: datetime
    public_key: bytes
    signature: bytes
    root: bytes | None = None

    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return _message(self.seq, self.hash, self.root, self.signed_at)

    def holds(self) -> bool:
        """Whether the signature fits the head and its own public key (not whether the key is trusted)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, self.signed_bytes())
        except (InvalidSignature, ValueError):
            return False
        return True


def _message(seq: int, digest: bytes, root: bytes | None, signed_at: datetime) -> bytes:
    context = CONTEXTS[root is not None].encode("ascii") + b"\n"
    return context + seq.to_bytes(8, "big") + digest + (root or b"") + instant_text(signed_at).encode("ascii")


class Signer:
    """Signs heads with one Ed25519 key, made of a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, seq: int, digest: bytes, signed_at: datetime, root: bytes | None = None) -> Head:
        """A signed head; with ``root`` in the form that covers it."""
        signature = self._key.sign(_message(seq, digest, root, signed_at))
        return Head(seq, digest, signed_at, self.public_key, signature, root)


def base64url(value: bytes) -> str:
    """Base64url without padding, as JOSE writes it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_base64url(value: str) -> bytes:
    """The bytes behind ``base64url``. Raises ``ValueError`` on anything else."""
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


def key_id_of(public_key: bytes) -> str:
    """The JWK thumbprint of an Ed25519 key (RFC 7638, RFC 8037)."""
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url(public_key)}"}}'
    return base64url(hashlib.sha256(jwk.encode("ascii")).digest())


def key_file(settings: Settings) -> Path:
    """Where the signing key lies."""
    return settings.security.ledger_key_file or settings.data_dir / "keys" / "ledger.key"


def load_signer(settings: Settings) -> Signer:
    """The signer of this installation.

    The key of a first run is made below the data folder. A key file that the settings name must be
    there: a secret that failed to mount must not be replaced by a new key without anybody noticing.

    Raises:
        LedgerKeyError: the named file is missing, or a file holds no key.
    """
    path = key_file(settings)
    if settings.security.ledger_key_file is None:
        create_key(path)
    return Signer(_read_seed(path))


def create_key(path: Path) -> bool:
    """Make a key file (base64 seed, mode 0600) unless there is one; True when this call made it.

    Whoever reads the path sees no file or a whole one, and of two processes that race, one wins.
    """
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_SEED_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, fails when the name is taken.
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return True


def _read_seed(path: Path) -> bytes:
    try:
        seed = base64.b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError as error:
        raise LedgerKeyError(
            f"There is no ledger key at {path}. Restore it from the backup, or make a new one: "
            "head -c 32 /dev/urandom | base64 > the file, readable by this account only."
        ) from error
    except binascii.Error as error:
        raise LedgerKeyError(f"{path} does not hold a base64 Ed25519 seed.") from error
    if len(seed) != _SEED_BYTES:
        raise LedgerKeyError(f"{path} holds {len(seed)} bytes, an Ed25519 seed has {_SEED_BYTES}.")
    return seed


def trusted_keys(settings: Settings) -> frozenset[bytes]:
    """Public keys whose signatures count; empty when this machine knows none. Nothing is made here.

    They are the present key and the keys it followed: base64url, one a line, in ``<key file>.retired``.

    Raises:
        LedgerKeyError: a file holds something else.
    """
    path = key_file(settings)
    found: set[bytes] = set()
    if path.exists():
        found.add(Signer(_read_seed(path)).public_key)
    retired = path.with_name(path.name + ".retired")
    if retired.exists():
        found.update(parse_keys(retired.read_text("ascii").split()))
    return frozenset(found)


def parse_keys(texts: Iterable[str]) -> frozenset[bytes]:
    """Public keys out of their base64url texts.

    Raises:
        LedgerKeyError: a text is not an Ed25519 public key.
    """
    found: set[bytes] = set()
    for text in texts:
        try:
            key = from_base64url(text)
        except ValueError as error:
            raise LedgerKeyError(f"{text} is not base64url.") from error
        if len(key) != _SEED_BYTES:
            raise LedgerKeyError(f"{text} is not an Ed25519 public key.")
        found.add(key)
    return frozenset(found)
