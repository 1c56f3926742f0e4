"""The three ways to PostgreSQL: writes in a transaction, ordinary reads, hot reads.

Reads run with AUTOCOMMIT on connections where PostgreSQL itself refuses writes
(``default_transaction_read_only``); opening a transaction for a read would cost more than the read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from ocop_api.settings import DatabaseSettings


def asyncpg_arguments(url: URL) -> dict[str, Any]:
    """Connection arguments for asyncpg itself out of an SQLAlchemy URL (host may be a socket folder)."""
    query = dict(url.query)
    host = query.get("host") or url.host or "localhost"
    port = query.get("port") or url.port
    arguments: dict[str, Any] = {"host": host, "user": url.username, "database": url.database}
    if port:
        arguments["port"] = int(str(port))
    if url.password:
        arguments["password"] = url.password
    return arguments


def _to_text(value: Any) -> str:
    return orjson.dumps(value).decode()


class Database:
    """Pools of one process. ``write()`` and ``read()`` give sessions, ``fast`` is an asyncpg pool."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        # Without a URL the pools exist but cannot connect; enough to print the contract.
        self.url = make_url(settings.url or "postgresql+asyncpg://localhost/ocop")
        shared: dict[str, Any] = {
            "pool_timeout": settings.pool_timeout,
            "pool_pre_ping": False,
            "pool_recycle": 1800,
            "json_serializer": _to_text,
            "json_deserializer": orjson.loads,
        }
        self.write_engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=settings.pool_size,
            max_overflow=0,
            connect_args=self._connect_arguments(read_only=False),
            **shared,
        )
        self.read_engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=settings.read_pool_size,
            max_overflow=0,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            connect_args=self._connect_arguments(read_only=True),
            **shared,
        )
        self.write = async_sessionmaker(self.write_engine, expire_on_commit=False, autoflush=False)
        self.read = async_sessionmaker(self.read_engine, expire_on_commit=False, autoflush=False)
        self._fast: asyncpg.Pool[asyncpg.Record] | None = None

    def _connect_arguments(self, *, read_only: bool) -> dict[str, Any]:
        server = {"application_name": "ocop-api", "timezone": "UTC", "jit": "off"}
        if read_only:
            server["default_transaction_read_only"] = "on"
        return {
            "timeout": self.settings.connect_timeout,
            "command_timeout": self.settings.command_timeout,
            "server_settings": server,
        }

    @property
    def fast(self) -> "asyncpg.Pool[asyncpg.Record]":
        """Read-only asyncpg pool for sign-in checks and hot public reads; open after ``open()``."""
        if self._fast is None:
            raise RuntimeError("Database.open() has not been called")
        return self._fast

    async def open(self) -> None:
        """Prepare the hot pool. It connects lazily, so a server that is down does not stop the start."""
        self._fast = await asyncpg.create_pool(
            min_size=0,
            max_size=self.settings.fast_pool_size,
            **asyncpg_arguments(self.url),
            **self._connect_arguments(read_only=True),
        )

    async def close(self) -> None:
        """Give every connection back; safe to call twice."""
        if self._fast is not None:
            await self._fast.close()
            self._fast = None
        await self.write_engine.dispose()
        await self.read_engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One unit of work outside a request (jobs, CLI): commits at the end, rolls back on error."""
        async with self.write() as session:
            yield session
            await session.commit()
