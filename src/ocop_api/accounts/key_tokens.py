"""Keys of machines as text: ``ocop_key_<public prefix>_<secret><check>``.

The prefix names the key to people, in lists and in logs. The secret is 256 random bits. The check is a
CRC-32 of all before it: a mistyped key is refused without asking the database, and a secret scanner can
tell a key from a look-alike without asking us.
"""

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass

MARK = "ocop_key_"
"""What every key begins with."""

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PREFIX_DIGITS = string.digits + string.ascii_lowercase
_PREFIX_LENGTH = 10
_SECRET_LENGTH = 43  # 62 ** 43 is a little more than 2 ** 256
_CHECK_LENGTH = 6
_SHAPE = re.compile(
    rf"{MARK}([0-9a-z]{{{_PREFIX_LENGTH}}})_([0-9A-Za-z]{{{_SECRET_LENGTH + _CHECK_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: ``text`` for its holder, the rest for the database."""

    text: str
    prefix: str
    digest: bytes


def new_key() -> NewKey:
    """A fresh key of 69 characters, all of which a double click selects."""
    prefix = "".join(secrets.choice(_PREFIX_DIGITS) for _ in range(_PREFIX_LENGTH))
    secret = "".join(secrets.choice(_DIGITS) for _ in range(_SECRET_LENGTH))
    body = f"{MARK}{prefix}_{secret}"
    text = body + _check(body)
    return NewKey(text, prefix, _digest(text))


def digest_of_key(text: str) -> bytes | None:
    """The stored form of a key (32 bytes), or None when it cannot be one: wrong shape or wrong check."""
    if not _SHAPE.fullmatch(text) or text[-_CHECK_LENGTH:] != _check(text[:-_CHECK_LENGTH]):
        return None
    return _digest(text)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


def _check(body: str) -> str:
    rest = zlib.crc32(body.encode("ascii"))
    written = ""
    for _ in range(_CHECK_LENGTH):
        rest, digit = divmod(rest, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written
