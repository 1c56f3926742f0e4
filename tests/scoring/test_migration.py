"""The tables of this feature are what its migration makes, and records stay as they are."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import ocop_api.db.tables.scoring as tables
from ocop_api.db.base import Base
from ocop_api.db.session import Database

OURS = {value.__tablename__ for value in vars(tables).values() if hasattr(value, "__tablename__")}


def _differences(connection: Connection) -> list[object]:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return kind != "table" or name in OURS

    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def test_the_migration_makes_exactly_these_tables(database: Database) -> None:
    assert len(OURS) == 15
    async with database.write_engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
