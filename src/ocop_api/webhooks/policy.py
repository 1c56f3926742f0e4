"""What of the ledger a caller may follow, the token of a place in it, and the rules of pushing messages."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from ocop_api.adapters.webhook_posting import is_allowed_network, may_reach
from ocop_api.domain.actor import Actor, Permission, Scope
from ocop_api.domain.errors import Gone, Invalid
from ocop_api.settings import WebhookSettings

PUBLIC_PREFIXES = ("certificate.", "product.", "recognition_decision.")
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


RETRIES = tuple(
    timedelta(minutes=minutes)
    for minutes in (0, 1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60)
)
"""Pause before each attempt, counted from the one before (Standard Webhooks, "Deliverability")."""
FORMER_SECRET_HOLDS = timedelta(hours=24)
"""How long messages are signed with the old secret too, after a new one was made."""
MOST_ENDPOINTS = 10
"""Endpoints of one user."""
KEPT = timedelta(days=30)
"""How long a settled delivery can be looked at and replayed."""
_GIVEN_UP_AFTER = timedelta(days=5)
_LONGEST_PAUSE = timedelta(hours=1)
_SECRET_MARK = "whsec_"  # noqa: S105 - the mark, not a secret
_MOST_URL = 2000


def checked_url(url: str, settings: WebhookSettings) -> str:
    """The URL, if messages may be sent there as far as can be told without asking the network.

    Raises:
        Invalid: ``webhooks.url_refused`` with the ``reason``: ``malformed``, ``scheme``, ``credentials``,
            ``fragment``, ``internal_address``.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("webhooks.url_refused", reason="malformed") from error
    if not host or len(url) > _MOST_URL or not url.isascii() or any(c.isspace() or c == "\\" for c in url):
        raise Invalid("webhooks.url_refused", reason="malformed")
    # Plain http is for networks of one's own; which one it leads to is looked up when a message is sent.
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.allowed_networks):
        raise Invalid("webhooks.url_refused", reason="scheme")
    if parts.username is not None:
        raise Invalid("webhooks.url_refused", reason="credentials")
    if parts.fragment:
        raise Invalid("webhooks.url_refused", reason="fragment")
    try:
        address = ip_address(host)
    except ValueError:
        return url
    if not may_reach(address, settings) or (
        parts.scheme == "http" and not is_allowed_network(address, settings)
    ):
        raise Invalid("webhooks.url_refused", reason="internal_address")
    return url


def wants(kinds: Iterable[str], kind: str) -> bool:
    """Whether patterns such as ``dossier.*``, ``certificate.issued`` or ``*`` ask for the kind."""
    return any(
        pattern in ("*", kind) or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))
        for pattern in kinds
    )


def may_see(actor: Actor, kind: str, area_path: Sequence[str]) -> bool:
    """Whether ``/v1/changes`` would show the actor this event."""
    scope = scope_of(actor)
    return kind.startswith(PUBLIC_PREFIXES) or (scope is not None and scope.covers(area_path=area_path))


def written_secret(key: bytes) -> str:
    """A signing key as receivers are given it."""
    return _SECRET_MARK + base64.b64encode(key).decode("ascii")


def signed_headers(message_id: UUID, at: datetime, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """The headers of a message: its id, the time of the attempt and a signature with each key.

    Source: Standard Webhooks 1.0, HMAC-SHA256 over ``id.timestamp.body``.
    """
    stamp = str(int(at.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
        for key in keys
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "ocop-api-webhooks",
        "webhook-id": str(message_id),
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def next_attempt(tried: int, now: datetime) -> datetime | None:
    """When a message that failed ``tried`` times is sent again; None when it is given up."""
    return now + RETRIES[tried] if tried < len(RETRIES) else None


def pause_after(unreachable: int) -> timedelta:
    """How long an address is left alone that did not answer so many times in a row."""
    return min(timedelta(seconds=30 * (1 << min(unreachable - 1, 10))), _LONGEST_PAUSE)


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint that has taken nothing since then is switched off."""
    return failing_since is not None and now - failing_since >= _GIVEN_UP_AFTER


def zulu(at: datetime) -> str:
    """An instant as messages write it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
