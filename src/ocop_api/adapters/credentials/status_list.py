"""Bitstring Status List 1.0 (W3C): one bit for each credential, in a list that many share.

The first index is the left-most bit. Lists are never shorter than 131,072 bits, so that asking for one does
not tell whose credential is being looked at.
"""

import gzip
import zlib
from collections.abc import Iterable
from enum import StrEnum

from ocop_api.adapters.credentials.multibase import base64url, from_base64url

SIZE = 131_072
"""Bits of a list; also the least that the standard allows (16 KB)."""
_BYTES = SIZE // 8


class Purpose(StrEnum):
    """What a set bit says."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"


def encode(indexes: Iterable[int]) -> str:
    """A list in which exactly these bits are set, as ``encodedList``: gzip, base64url, ``u`` in front.

    The same indexes always give the same text.

    Raises:
        IndexError: an index lies outside of the list.
    """
    bits = bytearray(_BYTES)
    for index in indexes:
        if not 0 <= index < SIZE:
            raise IndexError(index)
        bits[index // 8] |= 0x80 >> index % 8
    # Without a time in its head the file depends on the bits alone.
    return "u" + base64url(gzip.compress(bytes(bits), compresslevel=9, mtime=0))


def decode(encoded: str) -> frozenset[int]:
    """The set bits of an ``encodedList`` of our size.

    Raises:
        ValueError: it is none. What it would inflate to beyond that size is never made.
    """
    if not encoded.startswith("u"):
        raise ValueError("not multibase base64url")
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        bits = inflater.decompress(from_base64url(encoded[1:]), _BYTES + 1)
    except zlib.error as error:
        raise ValueError("not gzip") from error
    if len(bits) != _BYTES or not inflater.eof:
        raise ValueError("not a list of our size")
    return frozenset(
        byte * 8 + bit for byte, value in enumerate(bits) if value for bit in range(8) if value & 0x80 >> bit
    )
