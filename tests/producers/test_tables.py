"""The migration and the tables as Python knows them are one."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from ocop_api.db.base import Base
from ocop_api.db.session import Database

OWN = {"producer", "product"}


def _differences(connection: Connection) -> list[Any]:
    def keep(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
        return kind != "table" or name in OWN

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": keep})
    return list(compare_metadata(context, Base.metadata))


async def test_migrated_tables_equal_the_metadata(database: Database) -> None:
    async with database.write_engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
