"""One form of bytes for every event, so that anybody can compute the chain and the tree again.

``hash = sha256(previous hash || canonical event)``, starting from 32 zero bytes. The canonical event is
the JSON object below in the form of RFC 8785 (sorted keys, no spaces, UTF-8). The leaf of the Merkle tree
is the same object without ``actor_id``, and with the chain's hash in ``chain``, which stands for it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import rfc8785

GENESIS = bytes(32)
"""What stands before the first event."""
_LARGEST_EXACT = 2**53 - 1


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it is stored; ``data_text`` is PostgreSQL's own text of the JSONB column."""

    id: UUID
    ordinal: int
    at: datetime
    kind: str
    subject_type: str
    subject_id: str
    actor_id: UUID | None
    area_path: list[str]
    data_text: str


class _InexactNumberError(ValueError):
    """A number that an IEEE double cannot hold, and so RFC 8785 cannot write."""


def _whole(lexeme: str) -> int:
    value = int(lexeme)
    if abs(value) > _LARGEST_EXACT:
        raise _InexactNumberError(lexeme)
    return value


def _fraction(lexeme: str) -> float:
    value = float(lexeme)
    if Decimal(repr(value)) != Decimal(lexeme):
        raise _InexactNumberError(lexeme)
    return value


def instant_text(value: datetime) -> str:
    """An aware instant in UTC with six decimals and a final Z."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """An event at its place: each member of the object in its canonical bytes."""

    members: Mapping[str, bytes]

    def chained(self) -> bytes:
        """The bytes that go into the chain."""
        return _object(self.members)

    def leaf(self, digest: bytes) -> bytes:
        """The bytes that go into the tree, with the chain's hash at this place: they name nobody."""
        public = {name: value for name, value in self.members.items() if name != "actor_id"}
        return _object({**public, "chain": b'"%s"' % digest.hex().encode()})


def _object(members: Mapping[str, bytes]) -> bytes:
    # All names are ASCII letters, so the order of RFC 8785 (UTF-16 code units) is that of the strings.
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), members[name]) for name in sorted(members)) + b"}"


def canonical_event(event: EventRow, *, seq: int, sealed_at: datetime) -> CanonicalEvent:
    """The event at place ``seq`` in its canonical form.

    The data go in as JSON. Where a number in them is beyond an IEEE double (or the nesting is too
    deep), ``data_text`` with PostgreSQL's text stands instead of ``data``: an odd event must neither
    stop the sealer nor hide a changed digit.
    """
    body: dict[str, Any] = {
        "seq": seq,
        "sealed_at": instant_text(sealed_at),
        "id": str(event.id),
        "ordinal": event.ordinal,
        "at": instant_text(event.at),
        "kind": event.kind,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "actor_id": None if event.actor_id is None else str(event.actor_id),
        "area_path": list(event.area_path),
    }
    members = {name: rfc8785.dumps(value) for name, value in body.items()}
    try:
        data = json.loads(event.data_text, parse_int=_whole, parse_float=_fraction)
        members["data"] = rfc8785.dumps(data)
    except (_InexactNumberError, OverflowError, RecursionError, rfc8785.CanonicalizationError):
        members["data_text"] = rfc8785.dumps(event.data_text)
    return CanonicalEvent(members)


def chain_hash(previous: bytes, event: bytes) -> bytes:
    """The next hash of the chain."""
    return hashlib.sha256(previous + event).digest()
