"""Posting a message to an address that a stranger gave: short, bounded, and never into our own network."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Protocol

import httpx

from ocop_api.settings import WebhookSettings

Address = IPv4Address | IPv6Address

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv6 addresses that a gateway turns into any IPv4 address (RFC 6052, RFC 8215)."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of one message: the answer's ``status``, or why there is none in ``error``.

    ``error`` is one of ``internal_address``, ``name_not_found``, ``connection``, ``certificate``,
    ``timeout``, ``protocol``.
    """

    status: int | None
    error: str | None
    milliseconds: int

    @property
    def taken(self) -> bool:
        """Whether the receiver has the message."""
        return self.status is not None and httpx.codes.is_success(self.status)


class Poster(Protocol):
    """What posts messages."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Post one message; never raises for what the receiver or the network do."""


class Refused(Exception):  # noqa: N818 - a verdict on an address, not a fault
    """The address may not be posted to, or leads nowhere; the argument is the ``error``."""


def may_reach(address: Address, settings: WebhookSettings) -> bool:
    """Whether messages may go to the address: everything public, and networks allowed by the settings."""
    plain: Address = address
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            plain = address.ipv4_mapped
        elif address.sixtofour or address.teredo or any(address in network for network in _TRANSLATED):
            return False
    if any(plain in network for network in settings.allowed_networks if network.version == plain.version):
        return True
    return plain.is_global and not plain.is_multicast


def is_allowed_network(address: Address, settings: WebhookSettings) -> bool:
    """Whether the address lies in a network that the settings name."""
    return any(address in network for network in settings.allowed_networks)


@dataclass(slots=True)
class HttpPoster:
    """Posts over the network. The name is looked up here and the address found is the one connected to.

    Otherwise a name could answer with a public address when it is checked and with ours when it is used.
    """

    settings: WebhookSettings
    _context: ssl.SSLContext | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """As the port says. Redirects are not followed, and the answer's body is not read."""
        started = time.monotonic()
        status: int | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self.settings.timeout):
                status = await self._post(url, headers, body)
        except Refused as refused:
            error = str(refused)
        except (httpx.TimeoutException, TimeoutError):
            error = "timeout"
        except httpx.ConnectError as failed:
            error = "certificate" if "CERTIFICATE" in str(failed).upper() else "connection"
        except (httpx.NetworkError, OSError):
            error = "connection"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            error = "protocol"
        return Posted(status, error, round((time.monotonic() - started) * 1000))

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        address = httpx.URL(url)
        found = await self._looked_up(address)
        if self._context is None:
            # Reading the system's certificates takes tens of milliseconds, so not on the event loop.
            self._context = await asyncio.to_thread(ssl.create_default_context)
        async with httpx.AsyncClient(
            verify=self._context, follow_redirects=False, trust_env=False, timeout=self.settings.timeout
        ) as client:
            # The name goes into Host and into the handshake, so the certificate is checked against it.
            request = client.build_request(
                "POST",
                address.copy_with(host=str(found[0])),
                content=body,
                headers={**headers, "Host": address.netloc.decode("ascii")},
                extensions={"sni_hostname": address.raw_host.decode("ascii")},
            )
            answer = await client.send(request, stream=True)
            await answer.aclose()
            return answer.status_code

    async def _looked_up(self, url: httpx.URL) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        host = url.raw_host.decode("ascii")
        try:
            answers = await loop.getaddrinfo(
                host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
            )
        except (socket.gaierror, UnicodeError) as failed:
            raise Refused("name_not_found") from failed
        found = [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
        # One internal address among public ones is a trap, so all of them have to be allowed.
        if not found or not all(may_reach(address, self.settings) for address in found):
            raise Refused("internal_address")
        if url.scheme != "https" and not all(is_allowed_network(address, self.settings) for address in found):
            raise Refused("internal_address")
        # A machine without IPv6 is told of IPv6 addresses too; IPv4 is what every receiver has.
        return sorted(found, key=lambda address: address.version)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message as the twin kept it."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class MemoryPoster:
    """Keeps messages and answers as told, for tests."""

    answer: Callable[[SentMessage], Posted] = field(default=lambda _message: Posted(204, None, 1))
    sent: list[SentMessage] = field(default_factory=list)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """As the port says."""
        message = SentMessage(url, dict(headers), body)
        self.sent.append(message)
        return self.answer(message)
