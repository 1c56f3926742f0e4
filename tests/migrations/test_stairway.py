"""Every migration goes down and up again on populated tables, and ends at what the code declares."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import make_settings, run_statement, url_of

from ocop_api.db import migrating
from ocop_api.db.base import Base
from ocop_api.seeding import seed_all

_NAME = "ocop_stairway"


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = compare_metadata(context, Base.metadata)
    return [item for item in found if "pgqueuer" not in str(item)]


async def _inspect(url: str) -> tuple[list[object], dict[str, int]]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            differences = await connection.run_sync(_differences)
            names = await connection.scalars(
                text("select tablename from pg_tables where schemaname = 'public' order by 1")
            )
            counts = {
                name: int(await connection.scalar(text(f'select count(*) from "{name}"')) or 0)  # noqa: S608 - own names
                for name in list(names)
            }
        return differences, counts
    finally:
        await engine.dispose()


def _declared_checks() -> set[str]:
    return {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


async def _stored_checks(url: str) -> set[str]:
    # Autogenerate does not compare CHECK constraints, so their names are compared here.
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            names = await connection.scalars(
                text(
                    "select conname from pg_constraint c join pg_class t on t.oid = c.conrelid "
                    "where contype = 'c' and t.relname not like 'pgqueuer%'"
                )
            )
            return set(names)
    finally:
        await engine.dispose()


@pytest.mark.slow
def test_stairway_over_populated_tables(postgres: str, tmp_path: Path) -> None:
    asyncio.run(run_statement(f'drop database if exists "{_NAME}" with (force)'))
    asyncio.run(run_statement(f'create database "{_NAME}"'))
    url = url_of(_NAME)
    try:
        migrating.upgrade(url)
        asyncio.run(seed_all(make_settings(url, tmp_path)))
        differences, populated = asyncio.run(_inspect(url))
        assert differences == []
        assert asyncio.run(_stored_checks(url)) == _declared_checks()
        assert sum(1 for count in populated.values() if count) >= 10
        script = ScriptDirectory.from_config(migrating.configuration(url))
        revisions = [step.revision for step in script.walk_revisions()]
        for revision, below in zip(revisions, [*revisions[1:], "base"], strict=True):
            before = asyncio.run(_inspect(url))[1]
            migrating.downgrade(url, below)
            between = asyncio.run(_inspect(url))[1]
            kept = {name: count for name, count in between.items() if name != "alembic_version"}
            assert kept.items() <= before.items(), f"{revision} lost rows of other tables on its way down"
            migrating.upgrade(url, revision)
            migrating.downgrade(url, below)
        migrating.upgrade(url)
        assert asyncio.run(_inspect(url))[0] == []
    finally:
        asyncio.run(run_statement(f'drop database if exists "{_NAME}" with (force)'))
