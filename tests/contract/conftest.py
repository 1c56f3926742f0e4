"""The application on a real socket, filled by the play of the main job, for clients that speak HTTP."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import asyncpg
import pytest
import uvicorn
from fastapi import FastAPI
from rich.console import Console
from sqlalchemy import make_url
from tests.conftest import make_settings, run_statement, url_of

from ocop_api.app import create_app
from ocop_api.db.session import asyncpg_arguments
from ocop_api.demo.play import perform
from ocop_api.domain.actor import ROLE_BOUNDS, Actor, Bound, Grant, Level, Role
from ocop_api.settings import utc_now

# Values that requests may name, by the name of the parameter or field that holds them.
_KNOWN = {
    "product_id": "select id::text from product order by id in (select product_id from dossier) desc limit 8",
    "producer_id": "select distinct producer_id::text from product join dossier using (producer_id)",
    "dossier_id": "select id::text from dossier",
    "council_id": "select id::text from council",
    "session_id": "select id::text from council_session",
    "certificate_id": "select id::text from certificate order by dossier_id nulls last limit 5",
    "lot_id": "select id::text from lot",
    "growing_area_id": "select id::text from growing_area",
    "listing_id": "select id::text from listing",
    "event_id": "select event_id from epcis_event",
    "user_id": "select id::text from account_user",
    "grant_id": "select id::text from role_grant",
    "gtin": "select distinct gtin from lot",
    "lot": "select code from lot",
    "code": "select unnest(array['34:68', '63:24611', '34:24611']) union all select code from certificate",
    "place": "select unnest(array['34:68', '34:24611', '63:24611', '63:67'])",
    "plan_code": "select 'ke-hoach-230-2024'",
    "target_code": "select unnest(array['T01', 'T02', 'T05'])",
    "number": "select number from certificate where number is not null limit 5",
    "list_id": "select unnest(array['revocation-1', 'suspension-1', 'revocation-2'])",
    "place_id": "select unnest(array['34:68', '34:24611', '63:24611', '63:67'])",
    "edition_code": "select unnest(array['qd26-2026', 'qd148-2023'])",
    "set_number": "select unnest(array['1', '2', '12'])",
    "regime_code": "select distinct regime from dossier",
    "channel_code": "select code from channel limit 3",
}


@dataclass(frozen=True)
class Served:
    """The running application: its URL, values it knows by name, and who may call with which token."""

    url: str
    known: dict[str, list[str]]
    actors: dict[str, Actor]


async def _look(url: str) -> tuple[dict[str, list[str]], dict[str, Actor]]:
    connection = await asyncpg.connect(**asyncpg_arguments(make_url(url)))
    try:
        known = {name: [row[0] for row in await connection.fetch(sql)] for name, sql in _KNOWN.items()}
        assert all(known.values()), [name for name, values in known.items() if not values]
        found = await connection.fetch("select user_id, role, council_id, producer_id from role_grant")
    finally:
        await connection.close()
    holders = {row["role"]: row["user_id"] for row in found}
    bounds = {
        Role.COUNCIL_MEMBER: Bound.COUNCIL,
        Role.COUNCIL_SECRETARY: Bound.COUNCIL,
        Role.PRODUCER: Bound.PRODUCER,
    }
    held = {
        (row["user_id"], row["role"]): Grant(
            role=Role(row["role"]),
            bound=bounds[Role(row["role"])],
            council_id=row["council_id"],
            producer_id=row["producer_id"],
        )
        for row in found
        if row["role"] in bounds
    }
    everywhere = [
        Grant(role=role, bound=Bound.EVERYWHERE, level=Level.CENTRAL)
        for role in Role
        if Bound.EVERYWHERE in ROLE_BOUNDS[role]
    ]
    acting = [grant for (_, role), grant in held.items() if role in {Role.PRODUCER, Role.COUNCIL_SECRETARY}]

    def holder(role: Role) -> Actor:
        user_id = holders[role]
        mine = tuple(grant for (holder, _), grant in held.items() if holder == user_id)
        return Actor(user_id=user_id, name=role, grants=mine)

    return known, {
        "powerful": Actor(user_id=holders[Role.ADMIN], name="powerful", grants=(*everywhere, *acting)),
        "producer": holder(Role.PRODUCER),
        "member": holder(Role.COUNCIL_MEMBER),
    }


@pytest.fixture(scope="session")
def served(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application after the play of the main job, served by uvicorn in a thread.

    The bearer tokens are the names in ``actors``: ``powerful`` holds every area role everywhere and acts
    for the play's producer and council too.
    """
    name = f"ocop_live_{os.getpid()}"
    folder = tmp_path_factory.mktemp("live")
    asyncio.run(run_statement(f'create database "{name}" template "{os.environ["OCOP_TEST_TEMPLATE"]}"'))
    asyncio.run(perform(url_of(name), folder, Console(file=StringIO()), short=True))
    known, actors = asyncio.run(_look(url_of(name)))
    app: FastAPI = create_app(make_settings(url_of(name), folder), utc_now)
    real = app.state.authenticate

    async def authenticate(token: str) -> Actor:
        actor: Actor = actors.get(token) or await real(token)
        return actor

    app.state.authenticate = authenticate
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.02)
    yield Served(f"http://127.0.0.1:{port}", known, actors)
    server.should_exit = True
    thread.join(15)
    asyncio.run(run_statement(f'drop database if exists "{name}" with (force)'))
