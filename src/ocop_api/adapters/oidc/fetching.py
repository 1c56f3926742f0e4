"""Asking an issuer: short, bounded, and never to where it was not meant to go."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import structlog

from ocop_api.domain.errors import Unavailable

log = structlog.get_logger()

TIMEOUT = 5.0
"""Seconds for one whole question, connecting included."""
MAX_BYTES = 256 * 1024
"""Longest answer that is read."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class IssuerFailed(Unavailable):
    """The issuer cannot be reached, answers with a failure, or not as the standard has it."""

    def __init__(self, reason: str) -> None:
        super().__init__("accounts.oidc_unavailable")
        self.reason = reason


class CodeRefused(Exception):  # noqa: N818 - an answer of the issuer, not a fault
    """The issuer answered the code with a refusal (RFC 6749, section 5.2)."""


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this very machine; the only place plain http is taken for."""
    return urlsplit(url).hostname in _LOOPBACK


def checked_url(url: object, *, loopback: bool) -> str:
    """The URL, if it may be asked: https, or http on this machine for an issuer on this machine.

    Raises:
        IssuerFailed: otherwise.
    """
    if not isinstance(url, str):
        raise IssuerFailed("an address is missing")
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise IssuerFailed("an address is malformed")
    if parts.scheme == "https" or (parts.scheme == "http" and loopback and is_loopback(url)):
        return url
    raise IssuerFailed("an address is not https")


class Fetcher:
    """A lazily made HTTP client for one issuer; it follows no redirects."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()

    async def _ready(self) -> httpx.AsyncClient:
        async with self._making:
            if self._client is None:
                # Reading the system's certificates takes tens of milliseconds, so not on the event loop.
                context = await asyncio.to_thread(ssl.create_default_context)
                self._client = httpx.AsyncClient(
                    verify=context,
                    timeout=TIMEOUT,
                    follow_redirects=False,
                    limits=httpx.Limits(max_connections=10, max_keepalive_connections=2),
                    # A proxy of the data centre leads outside; this very machine is asked directly.
                    trust_env=not self._loopback,
                )
            return self._client

    async def close(self) -> None:
        """Close connections; the fetcher may be used again."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(self, url: object, *, bearer: str | None = None) -> dict[str, Any]:
        """A JSON object by GET.

        Raises:
            IssuerFailed: no, another, or too long an answer.
        """
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        status, content = await self._ask("GET", url, headers)
        if status != httpx.codes.OK:
            raise IssuerFailed(f"status {status}")
        return _object(content)

    async def exchange(
        self, url: object, form: Mapping[str, str], authorization: str | None
    ) -> dict[str, Any]:
        """The token endpoint's answer to a form.

        Raises:
            CodeRefused: the issuer refuses what was sent.
            IssuerFailed: no, another, or too long an answer.
        """
        headers = {} if authorization is None else {"Authorization": authorization}
        status, content = await self._ask("POST", url, headers, form)
        if status == httpx.codes.BAD_REQUEST:
            if _object(content).get("error") == "invalid_grant":
                raise CodeRefused
            # Everything else (an unknown client, say) is for the operator to mend, not for the person.
            raise IssuerFailed("the token endpoint refuses this client")
        if status != httpx.codes.OK:
            raise IssuerFailed(f"status {status}")
        return _object(content)

    async def _ask(
        self, method: str, url: object, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        address = checked_url(url, loopback=self._loopback)
        client = await self._ready()
        content = bytearray()
        try:
            # The client's own timeout starts again with every byte; this one does not.
            async with (
                asyncio.timeout(TIMEOUT),
                client.stream(
                    method, address, headers={"Accept": "application/json", **headers}, data=form
                ) as answer,
            ):
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_BYTES:
                        raise IssuerFailed("the answer is too long")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            log.warning("oidc issuer unavailable", error=type(error).__name__)
            raise IssuerFailed(type(error).__name__) from error
        return answer.status_code, bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise IssuerFailed("the answer is not JSON") from error
    if not isinstance(decoded, dict):
        raise IssuerFailed("the answer is not an object")
    return decoded
