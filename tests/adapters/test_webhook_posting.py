"""Posting over real sockets: what arrives, what counts as taken, and where it is never sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from ipaddress import IPv4Network, IPv6Network, ip_address

import pytest

from ocop_api.adapters.webhook_posting import HttpPoster, may_reach
from ocop_api.settings import WebhookSettings

LOOPBACK = WebhookSettings(allowed_networks=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")), timeout=2.0)


class Receiver:
    """A server that keeps what it gets and answers with given bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.got: list[bytes] = []
        self.port = 0
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ended.clear()
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        self.got.append(head + await reader.readexactly(length))
        try:
            if self.answer:
                writer.write(self.answer)
                await writer.drain()
            else:
                await reader.read()
        finally:
            writer.close()
            # The other side may have gone first; either way the socket is closed before the test ends.
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self.ended.set()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver(b"HTTP/1.1 204 No Content\r\n\r\n")
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    if made.got:
        await made.ended.wait()


async def test_the_bytes_arrive_with_headers_and_the_name_asked_for(receiver: Receiver) -> None:
    posted = await HttpPoster(LOOPBACK).post(
        f"http://localhost:{receiver.port}/x?y=1", {"webhook-id": "m1"}, "được".encode()
    )
    assert (posted.taken, posted.status, posted.error) == (True, 204, None)
    (got,) = receiver.got
    assert got.startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert f"host: localhost:{receiver.port}".encode() in got.lower()
    assert b"webhook-id: m1" in got
    assert got.endswith("\r\n\r\nđược".encode())


@pytest.mark.parametrize("url", ["http://localhost:{}/", "http://127.0.0.1:{}/", "http://127.1:{}/"])
async def test_our_own_network_is_never_reached_by_whatever_name(receiver: Receiver, url: str) -> None:
    posted = await HttpPoster(WebhookSettings(timeout=2.0)).post(url.format(receiver.port), {}, b"{}")
    assert (posted.taken, posted.error) == (False, "internal_address")
    assert receiver.got == []


async def test_a_redirect_is_not_followed_and_counts_as_not_taken(receiver: Receiver) -> None:
    receiver.answer = f"HTTP/1.1 307 Other\r\nLocation: http://localhost:{receiver.port}/\r\n\r\n".encode()
    posted = await HttpPoster(LOOPBACK).post(f"http://localhost:{receiver.port}/", {}, b"{}")
    assert (posted.taken, posted.status) == (False, 307)
    assert len(receiver.got) == 1


async def test_an_endless_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + b"x" * 100_000
    posted = await HttpPoster(LOOPBACK).post(f"http://localhost:{receiver.port}/", {}, b"{}")
    assert posted.taken


async def test_silence_nonsense_and_nobody_there_are_told_apart(receiver: Receiver) -> None:
    poster = HttpPoster(WebhookSettings(allowed_networks=LOOPBACK.allowed_networks, timeout=0.3))
    receiver.answer = b""
    assert (await poster.post(f"http://localhost:{receiver.port}/", {}, b"{}")).error == "timeout"
    receiver.answer = b"what?\r\n\r\n"
    assert (await poster.post(f"http://localhost:{receiver.port}/", {}, b"{}")).error == "protocol"
    assert (await poster.post("http://localhost:1/", {}, b"{}")).error == "connection"
    assert (await poster.post("https://nobody.invalid/", {}, b"{}")).error == "name_not_found"


def test_networks_of_ones_own_are_opened_by_name_only() -> None:
    own = WebhookSettings(allowed_networks=(IPv4Network("10.20.0.0/16"),))
    assert may_reach(ip_address("10.20.3.4"), own)
    assert may_reach(ip_address("::ffff:10.20.3.4"), own)
    assert not may_reach(ip_address("10.21.3.4"), own)
    assert may_reach(ip_address("8.8.8.8"), own)
