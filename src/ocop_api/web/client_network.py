"""The network a request comes from, as coarse as telling attackers from victims needs."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request

from ocop_api.settings import WebSettings

UNKNOWN_NETWORK = "unknown"
"""What all callers share whose address is not known (a Unix socket without a proxy's header)."""

_Address = IPv4Address | IPv6Address


def network_of(peer: str | None, forwarded: list[str], settings: WebSettings) -> str:
    """The client's network: /24 of an IPv4 address, /56 of an IPv6 one, as text.

    ``forwarded`` holds the X-Forwarded-For headers. They count only when ``peer`` is a trusted proxy,
    and are read from the end: what stands before the first untrusted address, the client made up.
    """
    hops = [part.strip() for header in forwarded for part in header.split(",")]
    address = _parse(peer)
    while address is not None and hops and any(address in trusted for trusted in settings.trusted_proxies):
        nearer = _parse(hops.pop())
        if nearer is None:
            break
        address = nearer
    if address is None:
        return UNKNOWN_NETWORK
    # One household or office usually holds a /56, and its single addresses change every day.
    prefix = 24 if isinstance(address, IPv4Address) else 56
    return str(ip_network((address, prefix), strict=False))


def _parse(text: str | None) -> _Address | None:
    try:
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def client_network(request: Request) -> str:
    """The network of the caller of this request; ``UNKNOWN_NETWORK`` when it cannot be told."""
    settings: WebSettings = request.app.state.settings.web
    peer = None if request.client is None else request.client.host
    return network_of(peer, request.headers.getlist("x-forwarded-for"), settings)


ClientNetwork = Annotated[str, Depends(client_network)]
"""The network of the caller; never stored or logged as it is."""
