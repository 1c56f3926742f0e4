"""The dossiers' tables are those the migration makes, and records stay as they were written."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import ocop_api.db.tables  # noqa: F401 - fills the metadata
from ocop_api.db.base import Base

MINE = {"dossier", "dossier_step", "dossier_version", "product_code_serial"}


def _differences(connection: Connection) -> list[Any]:
    def mine(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
        return kind != "table" or name in MINE

    context = MigrationContext.configure(connection, opts={"include_object": mine, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def test_migration_and_metadata_agree(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
