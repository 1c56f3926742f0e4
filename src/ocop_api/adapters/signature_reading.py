"""Detached signatures (CMS, RFC 5652, as .p7s and .sig files): their shape, and which digests they sign.

Whether a signer's certificate is trusted is not decided here: that is for whoever relies on the signature,
with the lists of the authority they trust.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SEQUENCE, _SET, _OID, _OCTETS, _INTEGER = 0x30, 0x31, 0x06, 0x04, 0x02
_FIRST, _SECOND = 0xA0, 0xA1
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_MESSAGE_DIGEST: Final = bytes.fromhex("2a864886f70d010904")
_HASHES: Final = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_PEM: Final = re.compile(
    rb"\s*-----BEGIN (PKCS7|CMS)-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1-----\s*", re.ASCII
)
_LONG_FORM: Final = 0x80
_LENGTH_BYTES: Final = 4
_VERSION_AND_SIGNER: Final = 3


class NotASignatureError(Exception):
    """The bytes are no detached CMS signature; ``code`` is ``damaged`` or ``attached``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class SignedDigest:
    """The digest of the content that one signer signed, as far as it is told in a known algorithm."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class DetachedSignature:
    """A detached signature: how many signed, and the digests they name."""

    signers: int
    digests: tuple[SignedDigest, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    tag: int
    content: bytes


def detached_signature(content: bytes) -> DetachedSignature:
    """Read a signature file, DER or PEM.

    Raises:
        NotASignatureError: ``damaged``, or ``attached`` when it carries the content it signs.
    """
    pem = _PEM.fullmatch(content)
    if pem is not None:
        try:
            content = base64.b64decode(b"".join(pem[2].split()), validate=True)
        except binascii.Error as error:
            raise NotASignatureError("damaged") from error
    kind, wrapped = _exactly(_only(content, _SEQUENCE), _OID, _FIRST)
    if kind.content != _SIGNED_DATA:
        raise NotASignatureError("damaged")
    parts = list(_parts(_only(wrapped.content, _SEQUENCE)))
    tags = [part.tag for part in parts]
    optional = [tag for tag in (_FIRST, _SECOND) if tag in tags]
    if tags != [_INTEGER, _SET, _SEQUENCE, *optional, _SET]:
        raise NotASignatureError("damaged")
    # A second part of the encapsulated content would be the content itself.
    if [part.tag for part in _parts(parts[2].content)] != [_OID]:
        raise NotASignatureError("attached")
    signers = list(_parts(parts[-1].content))
    if not signers or any(one.tag != _SEQUENCE for one in signers):
        raise NotASignatureError("damaged")
    return DetachedSignature(
        len(signers), tuple(digest for one in signers for digest in _digests(one.content))
    )


def _digests(signer: bytes) -> Iterator[SignedDigest]:
    parts = list(_parts(signer))
    if len(parts) <= _VERSION_AND_SIGNER or parts[0].tag != _INTEGER or parts[2].tag != _SEQUENCE:
        raise NotASignatureError("damaged")
    algorithm = _HASHES.get(next(_parts(parts[2].content), _Part(0, b"")).content)
    if algorithm is None or parts[3].tag != _FIRST:
        return
    for attribute in _parts(parts[3].content):
        name, values = _exactly(attribute.content, _OID, _SET)
        if name.content == _MESSAGE_DIGEST:
            yield SignedDigest(algorithm, _only(values.content, _OCTETS))


def _only(content: bytes, tag: int) -> bytes:
    (part,) = _exactly(content, tag)
    return part.content


def _exactly(content: bytes, *tags: int) -> tuple[_Part, ...]:
    parts = tuple(_parts(content))
    if tuple(part.tag for part in parts) != tags:
        raise NotASignatureError("damaged")
    return parts


def _parts(content: bytes) -> Iterator[_Part]:
    """The values inside of a DER value, one after the other, with definite lengths only."""
    at = 0
    while at < len(content):
        if at + 2 > len(content):
            raise NotASignatureError("damaged")
        tag, length = content[at], content[at + 1]
        at += 2
        if length >= _LONG_FORM:
            count = length - _LONG_FORM
            if not 0 < count <= _LENGTH_BYTES:
                raise NotASignatureError("damaged")
            length = int.from_bytes(content[at : at + count])
            at += count
        if at + length > len(content):
            raise NotASignatureError("damaged")
        yield _Part(tag, content[at : at + length])
        at += length
