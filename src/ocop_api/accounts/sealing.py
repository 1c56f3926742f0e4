"""What the installation's secret protects: sealed values and keyed digests, each with a key of its own."""

import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ocop_api.domain.errors import Unavailable
from ocop_api.settings import SecuritySettings

_NONCE = 12


@cache
def _derived(secret: str, purpose: str) -> bytes:
    # HKDF (RFC 5869): one key a purpose, so that no digest of one kind is worth anything as another.
    return HKDF(SHA256(), length=32, salt=None, info=f"ocop/{purpose}".encode()).derive(secret.encode())


def key_for(security: SecuritySettings, purpose: str) -> bytes:
    """The 32-byte key of a purpose such as ``second-factor``."""
    return _derived(security.secret.get_secret_value(), purpose)


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt with AES-256-GCM; only the same key and ``bound_to`` (whose it is) open it again."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What was sealed.

    Raises:
        Unavailable: ``accounts.secret_changed`` when it was sealed with another secret.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
    except InvalidTag as error:
        raise Unavailable("accounts.secret_changed") from error


def keyed_digest(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 (32 bytes) over the parts, which cannot run into each other."""
    material = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    return hmac.new(key, material, hashlib.sha256).digest()
