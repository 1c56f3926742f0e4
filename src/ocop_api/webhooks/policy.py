"""What of the ledger the public may follow, and the token of a place in it."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

import orjson

from ocop_api.domain.actor import Actor, Permission, Scope
from ocop_api.domain.errors import Gone

PUBLIC_PREFIXES = ("certificate.", "product.")
"""Kinds whose mere fact is public: the catalogue and recognitions. Everything else needs an area."""

_GONE = frozenset({"deleted", "erased", "removed"})
_VERSION = 1
_MARK_BYTES = 8


def is_tombstone(kind: str) -> bool:
    """Whether after this kind of change there is nothing left to fetch."""
    return kind.rpartition(".")[2] in _GONE


def scope_of(actor: Actor) -> Scope | None:
    """Where the actor sees changes of every kind; None for nowhere."""
    scope = actor.scope(Permission.LEDGER_READ)
    return None if scope.empty else scope


def audience(scope: Scope | None) -> str:
    """A short name of what a caller sees.

    It stands in the token: after a change of grants a caller must start again, or rows hidden before
    would stay missing without anybody noticing.
    """
    if scope is None:
        return "public"
    if scope.everywhere:
        return "all"
    return hashlib.sha256("\n".join(sorted(scope.place_ids)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the ledger; ``mark`` is the beginning of its hash there (empty before the first)."""

    seq: int
    mark: str
    audience: str

    @classmethod
    def at(cls, seq: int, digest: bytes | None, seen_by: str) -> "Place":
        """The place behind the event ``seq`` with this hash."""
        return cls(seq, "" if digest is None else digest[:_MARK_BYTES].hex(), seen_by)

    def token(self) -> str:
        """The opaque form clients keep."""
        packed = orjson.dumps([_VERSION, self.seq, self.mark, self.audience])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")

    @classmethod
    def of(cls, token: str) -> "Place":
        """The place a token stands for.

        Raises:
            Gone: ``webhooks.token_expired`` for anything this version did not give out.
        """
        try:
            unpacked = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            version, seq, mark, seen_by = unpacked
        except (ValueError, TypeError, binascii.Error) as error:
            raise Gone("webhooks.token_expired") from error
        right = type(seq) is int and 0 <= seq < 2**63 and isinstance(mark, str) and isinstance(seen_by, str)
        if version != _VERSION or not right:
            raise Gone("webhooks.token_expired")
        return cls(seq, mark, seen_by)
