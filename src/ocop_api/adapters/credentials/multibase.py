"""Bytes as text: base58btc and base64url with their multibase prefix, Ed25519 keys as Multikey.

Every text is read strictly: one value has one spelling, so that nobody can alter a credential's letters
and leave it valid.
"""

import base64
import re

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_ED25519_PUBLIC = b"\xed\x01"
"""Multicodec of an Ed25519 public key, as a varint."""
_KEY_BYTES = 32
_LONGEST = 128
"""Letters of base58 read at most: keys and signatures are shorter, and the reading takes quadratic time."""


def base58btc(value: bytes) -> str:
    """Base58 in Bitcoin's alphabet; a leading zero byte is a leading ``1``."""
    number = int.from_bytes(value, "big")
    letters = ""
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[rest] + letters
    zeros = len(value) - len(value.lstrip(b"\x00"))
    return _ALPHABET[0] * zeros + letters


def from_base58btc(text: str) -> bytes:
    """The bytes behind ``base58btc``. Raises ``ValueError`` on anything else."""
    if len(text) > _LONGEST:
        raise ValueError("too long")
    number = 0
    for letter in text:
        if letter not in _VALUES:
            raise ValueError("not base58btc")
        number = number * len(_ALPHABET) + _VALUES[letter]
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base64url(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The bytes behind ``base64url``. Raises ``ValueError`` on padding, other letters or stray bits."""
    if _BASE64URL.fullmatch(text) is None:
        raise ValueError("not base64url")
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(value) != text:
        raise ValueError("not the one spelling")
    return value


def multikey(public_key: bytes) -> str:
    """An Ed25519 public key as ``publicKeyMultibase``: ``z6Mk…``."""
    return "z" + base58btc(_ED25519_PUBLIC + public_key)


def from_multikey(text: str) -> bytes:
    """The 32 bytes behind ``multikey``. Raises ``ValueError`` on anything else."""
    value = from_base58btc(text[1:]) if text.startswith("z") else b""
    if not value.startswith(_ED25519_PUBLIC) or len(value) != len(_ED25519_PUBLIC) + _KEY_BYTES:
        raise ValueError("not an Ed25519 Multikey")
    return value[len(_ED25519_PUBLIC) :]
