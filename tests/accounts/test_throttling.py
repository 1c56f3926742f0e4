"""Guessing gets slow; the one whose account it is gets in."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ocop_api import worker
from ocop_api.accounts import sign_in_jobs
from ocop_api.accounts.throttling import ACCOUNT, NETWORK, PAIR, SECOND_FACTOR_ACCOUNT, Purpose, Throttle
from ocop_api.db.session import Database
from ocop_api.domain.errors import TooManyAttempts
from ocop_api.jobs.queue import JobContext
from ocop_api.settings import Settings, WebSettings
from ocop_api.web.client_network import network_of

from .conftest import PASSWORD, MovingClock, Provision

WRONG = "a wrong password"
From = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def at(app: FastAPI) -> AsyncIterator[From]:
    """Clients at addresses of their own."""
    async with AsyncExitStack() as stack:
        made: dict[str, httpx.AsyncClient] = {}
        for address in ("203.0.113.5", "203.0.113.77", "198.51.100.9", "192.0.2.20"):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1234))
            client = httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")
            made[address] = await stack.enter_async_context(client)
        yield made.__getitem__


async def attempt(client: httpx.AsyncClient, name: str, password: str = WRONG) -> httpx.Response:
    body = {"email": f"{name}@example.vn", "password": password}
    return await client.post("/v1/auth/sign-in", json=body)


async def test_a_guessing_network_has_to_pause_and_the_owner_elsewhere_gets_in(
    at: From, provision: Provision, clock: MovingClock
) -> None:
    await provision("lan", [])
    attacker, neighbour, owner = at("203.0.113.5"), at("203.0.113.77"), at("198.51.100.9")
    tries = [await attempt(attacker, "lan") for _ in range(PAIR.free + 1)]
    assert {answer.status_code for answer in tries} == {401}
    refused = await attempt(attacker, "lan", PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "accounts.too_many_attempts")
    assert refused.headers["retry-after"] == "2"
    # Another address of the same network does not help.
    assert (await attempt(neighbour, "lan")).status_code == 429
    assert (await attempt(owner, "lan", PASSWORD)).status_code == 200
    # Other accounts can be opened from the network of the attack.
    await provision("binh", [])
    assert (await attempt(neighbour, "binh", PASSWORD)).status_code == 200
    # The pause doubles with each failure and ends with the time.
    clock.move(seconds=2)
    assert (await attempt(attacker, "lan")).status_code == 401
    assert (await attempt(attacker, "lan")).headers["retry-after"] == "4"
    clock.move(seconds=4)
    assert (await attempt(attacker, "lan", PASSWORD)).status_code == 200
    assert (await attempt(attacker, "lan")).status_code == 401


async def test_a_burst_of_guesses_counts_like_a_slow_row(at: From, provision: Provision) -> None:
    await provision("lan", [])
    answers = await asyncio.gather(*(attempt(at("203.0.113.5"), "lan") for _ in range(PAIR.free + 10)))
    assert sum(answer.status_code == 401 for answer in answers) == PAIR.free + 1


async def test_an_unknown_email_pauses_alike(at: From, provision: Provision) -> None:
    await provision("lan", [])
    seen = []
    for name in ("lan", "nobody"):
        answers = [await attempt(at("203.0.113.5"), name) for _ in range(PAIR.free + 2)]
        seen.append([(a.status_code, a.json()["code"], a.headers.get("retry-after")) for a in answers])
    assert seen[0] == seen[1]


async def test_an_attack_from_everywhere_leaves_the_owner_a_way_in(
    at: From, provision: Provision, database: Database, settings: Settings, clock: MovingClock
) -> None:
    await provision("lan", [])
    known, fresh, attacker = at("198.51.100.9"), at("192.0.2.20"), at("203.0.113.5")
    assert (await attempt(known, "lan", PASSWORD)).status_code == 200
    for n in range(ACCOUNT.free + 5):
        guess = Throttle(database, settings.security, f"10.0.{n}.0/24", clock())
        await guess.count(Purpose.PASSWORD, "lan@example.vn")
    # A network that is not known has one guess before it pauses; the known one has as many as ever.
    statuses = [(await attempt(attacker, "lan")).status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert [(await attempt(known, "lan")).status_code for _ in range(4)] == [401] * 4
    assert (await attempt(known, "lan", PASSWORD)).status_code == 200
    assert (await attempt(fresh, "lan", PASSWORD)).status_code == 200


async def test_codes_cannot_be_guessed_by_many_machines_together(
    database: Database, settings: Settings, clock: MovingClock
) -> None:
    owner = Throttle(database, settings.security, "198.51.100.0/24", clock())
    async with database.transaction() as session:
        await owner.remember(session, "lan@example.vn")
    for n in range(SECOND_FACTOR_ACCOUNT.free + 1):
        guess = Throttle(database, settings.security, f"10.0.{n}.0/24", clock())
        await guess.count(Purpose.SECOND_FACTOR, "lan@example.vn")
    late = Throttle(database, settings.security, "10.1.0.0/24", clock())
    with pytest.raises(TooManyAttempts):
        await late.count(Purpose.SECOND_FACTOR, "lan@example.vn")
    await owner.count(Purpose.SECOND_FACTOR, "lan@example.vn")


async def test_own_successes_do_not_wash_a_networks_count(
    database: Database, settings: Settings, clock: MovingClock
) -> None:
    throttle = Throttle(database, settings.security, "203.0.113.0/24", clock())
    for n in range(NETWORK.free):
        if n % 10 == 0:
            own = await throttle.count(Purpose.PASSWORD, "attacker@example.vn")
            async with database.transaction() as session:
                await throttle.succeeded(session, own)
        await throttle.count(Purpose.PASSWORD, f"victim{n}@example.vn")
    await throttle.count(Purpose.PASSWORD, "one-more@example.vn")
    with pytest.raises(TooManyAttempts):
        await throttle.count(Purpose.PASSWORD, "attacker@example.vn")


async def test_the_table_names_nobody_and_is_emptied(
    at: From, provision: Provision, database: Database, settings: Settings, clock: MovingClock
) -> None:
    await provision("lan", [])
    await attempt(at("203.0.113.5"), "lan")
    await attempt(at("203.0.113.5"), "lan", PASSWORD)

    async def kept() -> tuple[int, str]:
        async with database.read() as session:
            counters = (await session.execute(text("select * from sign_in_counter"))).all()
            networks = (await session.execute(text("select * from known_network"))).all()
        return len(counters) + len(networks), f"{counters}{networks}"

    number, content = await kept()
    assert number == 4
    assert "203.0" not in content
    assert "lan@" not in content
    assert "accounts.forget_sign_in_traces" in worker.SCHEDULES
    context = JobContext(database, settings, clock, {})
    clock.move(days=1)
    await sign_in_jobs.JOBS["accounts.forget_sign_in_traces"](context, {})
    assert (await kept())[0] == 1  # the known network
    clock.move(days=90)
    await sign_in_jobs.JOBS["accounts.forget_sign_in_traces"](context, {})
    assert (await kept())[0] == 0


@given(st.floats(0, 10_000), st.sampled_from([PAIR, NETWORK, ACCOUNT, SECOND_FACTOR_ACCOUNT]))
def test_pauses_grow_and_end(level: float, rule: object) -> None:
    assert isinstance(rule, type(PAIR))
    pause = rule.pause_after(level)
    assert timedelta() <= pause <= rule.longest
    assert rule.pause_after(level + 1) >= pause
    assert pause == timedelta() or math.ceil(level) > rule.free


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("203.0.113.5", [], "203.0.113.0/24"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.0/24"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.0/24"),
        ("127.0.0.1", ["10.9.9.9, 198.51.100.1"], "198.51.100.0/24"),
        ("127.0.0.1", ["10.9.9.9", "198.51.100.1, 127.0.0.1"], "198.51.100.0/24"),
        ("127.0.0.1", ["nonsense"], "127.0.0.0/24"),
        ("2001:db8:1:2345::7", [], "2001:db8:1:2300::/56"),
        ("::ffff:203.0.113.5", [], "203.0.113.0/24"),
        (None, [], "unknown"),
    ],
)
def test_the_network_is_the_clients_and_not_the_one_it_claims(
    peer: str | None, forwarded: list[str], network: str
) -> None:
    assert network_of(peer, forwarded, WebSettings()) == network
