"""The application on a real socket, for clients that speak HTTP themselves."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import uvicorn
from fastapi import FastAPI
from tests.conftest import MovableClock, make_settings, run_statement, url_of

from ocop_api.app import create_app
from ocop_api.domain.actor import ROLE_BOUNDS, Actor, Bound, Grant, Level, Role

POWERFUL = Actor(
    user_id=uuid4(),
    name="Everything",
    grants=tuple(
        Grant(role=role, bound=Bound.EVERYWHERE, level=Level.CENTRAL)
        for role in Role
        if Bound.EVERYWHERE in ROLE_BOUNDS[role]
    ),
)


@pytest.fixture(scope="session")
def live_url(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the application served by uvicorn in a thread; the token ``powerful`` holds every area role."""
    name = f"ocop_live_{os.getpid()}"
    asyncio.run(run_statement(f'create database "{name}" template "{os.environ["OCOP_TEST_TEMPLATE"]}"'))
    clock = MovableClock(datetime(2026, 6, 15, 2, 0, tzinfo=UTC))
    app: FastAPI = create_app(make_settings(url_of(name), tmp_path_factory.mktemp("live")), clock)
    real = app.state.authenticate

    async def authenticate(token: str) -> Actor:
        if token == "powerful":
            return POWERFUL
        actor: Actor = await real(token)
        return actor

    app.state.authenticate = authenticate
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(15)
    asyncio.run(run_statement(f'drop database if exists "{name}" with (force)'))
