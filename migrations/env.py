"""Alembic's environment: asyncpg, lock and statement timeouts, one transaction per migration."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import ocop_api.db.tables  # noqa: F401 - fills the metadata
from ocop_api.db.base import Base
from ocop_api.settings import Settings

LOCK = 7_033_201
FOREIGN_TABLES = ("pgqueuer",)


def keep(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Tables of the job queue belong to its library and are not compared with our metadata."""
    return not (kind in {"table", "index"} and str(name).startswith(FOREIGN_TABLES))


def run(connection: Connection) -> None:
    # Two processes that start at once take turns; the second finds nothing left to do.
    connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.commit()
    try:
        connection.execute(text("set lock_timeout = '10s'"))
        connection.execute(text("set statement_timeout = '10min'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=keep,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.commit()


async def main() -> None:
    url = context.config.attributes.get("url") or Settings().database.url
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if context.config.attributes.get("connection") is not None:
    run(context.config.attributes["connection"])
else:
    asyncio.run(main())
