"""The embedded server as the application needs it."""

import asyncpg
from sqlalchemy import make_url

from ocop_api.db.session import asyncpg_arguments


async def test_text_search_works_in_parallel_queries_too(postgres: str) -> None:
    """A configuration that does not exist is only noticed by the workers of a parallel query."""
    connection = await asyncpg.connect(**asyncpg_arguments(make_url(postgres)))
    try:
        assert await connection.fetchval("show default_text_search_config") == "pg_catalog.simple"
        settings = {row["name"] for row in await connection.fetch("select name from pg_settings")}
        force = "debug_parallel_query" if "debug_parallel_query" in settings else "force_parallel_mode"
        await connection.execute(f"set {force} = on")
        assert await connection.fetchval("select count(*) from pg_class where relname @@ 'pg_class'") >= 1
    finally:
        await connection.close()
