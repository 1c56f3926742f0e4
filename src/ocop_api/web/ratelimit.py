"""How often one network may ask what anybody may ask.

For public answers that cost the database or the processor something. Sign-in has counters of its own in
the database, because there a guess must not get another chance at the next process; here each process
counts for itself, in memory, which costs microseconds and nothing on the network.

A quota is kept as one instant per network (the generic cell rate algorithm, a leaky bucket): so many
requests may come at once, and then as many as the quota's rate gives back.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from ocop_api.settings import WebSettings
from ocop_api.web.client_network import UNKNOWN_NETWORK, client_network
from ocop_api.web.problems import HTTPProblem, refusal

VERIFICATION: Final = "verification"
"""Looking certificates up: data and pages together."""
CREDENTIAL_CHECK: Final = "credential-check"
"""Checking signatures, which takes the processor."""
HEADERS: Final = "ocop.headers"
"""Where a request's scope holds headers for whatever answer it gets (``web.middleware`` sends them)."""
DOCUMENT_CHECK: Final = "document-check"
"""Looking into files that somebody sends, each in a process of its own."""
_MINUTE = 60
_CAPACITY = 20_000


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in so many seconds, under a name that clients are told."""

    name: str
    requests: int
    seconds: int = _MINUTE


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one request: how many more may follow at once, and in how many seconds it changes.

    ``wait`` is 0 when the request may go on, otherwise the seconds after which the next one may.
    """

    remaining: int
    reset: int
    wait: int


class Limiter:
    """Counts the requests of each network against one quota.

    At most ``capacity`` networks are remembered, the least recent ones forgotten first; so memory is
    bounded, whoever asks from however many addresses. Networks are kept in memory only.
    """

    def __init__(self, quota: Quota, capacity: int = _CAPACITY) -> None:
        self.quota = quota
        self._capacity = capacity
        self._interval = quota.seconds / quota.requests
        self._policy = f'"{quota.name}";q={quota.requests};w={quota.seconds}'
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        """How many networks are remembered."""
        return len(self._full_at)

    def take(self, network: str, now: float) -> Taken:
        """Count one request at ``now`` (seconds). A refused one is not counted, so that waiting helps."""
        window = self.quota.seconds
        # Taken out and put back, the dictionary keeps the order of last use.
        full_at = self._full_at.pop(network, now)
        # Nobody is ever that far ahead: the clock was set back, and what was counted by it means nothing now.
        full_at = now if full_at > now + window else max(full_at, now)
        after = full_at + self._interval
        over = after - now - window
        # Sums of fractions of a second; a thousandth over is not over.
        if over > self._interval / 1000:
            self._full_at[network] = full_at
            wait = math.ceil(over)
            return Taken(remaining=0, reset=wait, wait=wait)
        self._full_at[network] = after
        if len(self._full_at) > self._capacity:
            del self._full_at[next(iter(self._full_at))]
        remaining = math.floor((window - (after - now)) / self._interval + 0.001)
        return Taken(remaining=remaining, reset=math.ceil(after - now), wait=0)

    def headers(self, taken: Taken) -> dict[str, str]:
        """What the client is told (RateLimit header fields for HTTP, draft of the IETF)."""
        return {
            "RateLimit-Policy": self._policy,
            "RateLimit": f'"{self.quota.name}";r={taken.remaining};t={taken.reset}',
        }


def limiters_for(settings: WebSettings) -> Mapping[str, Limiter]:
    """The limiters of one process by name; what is set to 0 has none."""
    quotas = (
        Quota(VERIFICATION, settings.verifications_per_minute),
        Quota(CREDENTIAL_CHECK, settings.credential_checks_per_minute),
        Quota(DOCUMENT_CHECK, settings.document_checks_per_minute),
    )
    return {quota.name: Limiter(quota) for quota in quotas if quota.requests}


def pace(request: Request, name: str) -> int:
    """Count the request; 0 when it may go on, otherwise the seconds to wait.

    Callers whose address is not known are not counted: they would all be one.
    """
    limiter: Limiter | None = request.app.state.limiters.get(name)
    if limiter is None:
        return 0
    network = client_network(request)
    if network == UNKNOWN_NETWORK:
        return 0
    taken = limiter.take(network, request.app.state.clock().timestamp())
    request.scope[HEADERS] = limiter.headers(taken)
    return taken.wait


def limited(name: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses with 429 ``request.rate_limited`` what is over the quota."""

    # Asynchronous although it waits for nothing: other functions would be run in a thread each.
    async def check(request: Request) -> None:
        wait = pace(request, name)
        if wait:
            raise HTTPProblem(
                429, "request.rate_limited", headers={"Retry-After": str(wait)}, retry_after=wait
            )

    return check


_TOLD: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": "Quota of the caller's network: `q` requests in `w` seconds",
        "schema": {"type": "string", "examples": ['"verification";q=300;w=60']},
    },
    "RateLimit": {
        "description": "`r` requests may follow at once; in `t` seconds the quota is whole again, or after "
        "429 the next request may come",
        "schema": {"type": "string", "examples": ['"verification";r=299;t=1']},
    },
}


def documented(media_type: str | None = None) -> dict[int | str, dict[str, Any]]:
    """Answers of a limited route for the contract; ``media_type`` is what 429 is told in, if no problem."""
    told = {"headers": dict(_TOLD)}
    busy = "Too many requests from the caller's network (`request.rate_limited`); see Retry-After"
    refused = (
        refusal(429, busy)
        if media_type is None
        else {429: {"description": busy, "content": {media_type: {}}}}
    )
    return {200: dict(told), 429: {**refused[429], "headers": dict(_TOLD)}}
