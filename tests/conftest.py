"""The stack under test is the real one: an own PostgreSQL, a migrated template, a clone per test.

The controlling process owns the server and the template; each test that needs a database gets a clone
of it and the application on top, with real commits and real pools.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url, text

from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.app import create_app
from ocop_api.db import migrating
from ocop_api.db.session import Database, asyncpg_arguments
from ocop_api.domain.actor import Actor
from ocop_api.seeding import seed_reference
from ocop_api.settings import DatabaseSettings, SecuritySettings, Settings, StorageSettings, WebSettings
from ocop_api.web import logs

logs.configure("error")

_SERVER = "OCOP_TEST_SERVER"
_TEMPLATE = "OCOP_TEST_TEMPLATE"
_started: list[EmbeddedPostgres] = []
_folders: list[Path] = []


def url_of(name: str) -> str:
    return make_url(os.environ[_SERVER]).set(database=name).render_as_string(hide_password=False)


async def run_statement(statement: str) -> None:
    arguments = asyncpg_arguments(make_url(url_of("postgres")))
    connection = await asyncpg.connect(**arguments)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def make_settings(url: str, storage: Path) -> Settings:
    return Settings(
        mode="demo",
        data_dir=storage,
        log_level="error",
        database=DatabaseSettings(url=url, pool_size=4, read_pool_size=4, fast_pool_size=4),
        security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
        storage=StorageSettings(root=storage / "storage"),
        # All tests ask from one address; what is about limits sets its own.
        web=WebSettings(
            stream_seconds=0.2,
            verifications_per_minute=0,
            credential_checks_per_minute=0,
            document_checks_per_minute=0,
        ),
    )


def _prepare_template() -> None:
    name = f"ocop_template_{uuid4().hex[:8]}"
    asyncio.run(run_statement(f'create database "{name}"'))
    migrating.upgrade(url_of(name))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(seed_reference(make_settings(url_of(name), Path(folder))))
    os.environ[_TEMPLATE] = name


@pytest.fixture(autouse=True)
def logged_to_this_test() -> None:
    """A command under test logs to streams that end with it; what follows must not write there."""
    logs.configure("error")


@pytest.fixture(scope="session")
def postgres() -> str:
    """URL of the server's maintenance database; the template is ready."""
    if _TEMPLATE not in os.environ:
        # Reached without xdist only; with it the controller has prepared everything (pytest_configure).
        _start()
    return url_of("postgres")


def _place_for_databases() -> Path | None:
    """Memory where there is plenty of it, since every test makes a database and drops it."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is for its owner alone
    plenty = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 1024**3
    return memory if plenty else None


def _start() -> None:
    given = os.environ.get("OCOP_DATABASE_URL")
    if given:
        os.environ[_SERVER] = given
    else:
        folder = Path(tempfile.mkdtemp(prefix="ocop-test-", dir=_place_for_databases()))
        _folders.append(folder)
        server = EmbeddedPostgres(folder, durable=False, max_connections=200)
        server.start()
        _started.append(server)
        os.environ[_SERVER] = server.dsn("postgres")
    _prepare_template()


def pytest_configure(config: pytest.Config) -> None:
    # With xdist the controller has no workerinput; it outlives the workers and so owns the server.
    if not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None):
        _start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        if _TEMPLATE in os.environ and os.environ.get("OCOP_DATABASE_URL"):
            asyncio.run(run_statement(f'drop database if exists "{os.environ[_TEMPLATE]}" with (force)'))
        for server in _started:
            server.stop()
        for folder in _folders:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


_counter = itertools.count()


@pytest.fixture
async def database_url(postgres: str) -> AsyncIterator[str]:
    """A database of this test alone, cloned from the migrated template."""
    name = f"ocop_t_{os.getpid()}_{next(_counter)}"
    # Copying the files of a template this small takes half the time of writing it through the log.
    await run_statement(f'create database "{name}" template "{os.environ[_TEMPLATE]}" strategy file_copy')
    yield url_of(name)
    await run_statement(f'drop database if exists "{name}" with (force)')


class MovableClock:
    """A clock that a test sets; it stands still otherwise."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@pytest.fixture
def clock() -> MovableClock:
    """Starts on 2026-06-15, under Decision 26/2026."""
    return MovableClock(datetime(2026, 6, 15, 2, 0, tzinfo=UTC))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path)


@pytest.fixture
async def app(settings: Settings, clock: MovableClock) -> AsyncIterator[FastAPI]:
    """The whole application, started."""
    application = create_app(settings, clock)
    real = getattr(application.state, "authenticate", None)
    application.state.test_actors = {}

    async def authenticate(token: str) -> Actor:
        known: Actor | None = application.state.test_actors.get(token)
        if known is not None:
            return known
        assert real is not None
        actor: Actor = await real(token)
        return actor

    application.state.authenticate = authenticate
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def database(app: FastAPI) -> Database:
    """The pools of the application under test."""
    pools: Database = app.state.database
    return pools


async def settle(database: Database) -> None:
    """Wait until no other test's transaction is older than what this one has just written.

    Transaction numbers are one sequence for the whole server, and the sealer waits for every older
    one; tests that run side by side on one server would otherwise hold each other's events back.
    """
    older = text(
        "select count(*) from pg_stat_activity where datname is distinct from current_database() "
        "and backend_xid is not null and backend_xid::text::bigint <= "
        "(select coalesce(max(xid), 0) from ledger_pending) % 4294967296"
    )
    async with database.read() as session:
        while await session.scalar(older):  # noqa: ASYNC110 - another process ends it, not an event of ours
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        yield http


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with _client(app) as http:
        yield http


@pytest.fixture
def as_actor(app: FastAPI) -> Callable[[Actor], dict[str, str]]:
    """Headers that make the next request come from this actor, without signing in."""

    def headers(actor: Actor) -> dict[str, str]:
        token = f"test-{uuid4().hex}"
        app.state.test_actors[token] = actor
        return {"Authorization": f"Bearer {token}"}

    return headers
