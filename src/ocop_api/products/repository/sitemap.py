"""Rows for the site map and the public page: a chunk at a time, no connection held while a client reads."""

from collections.abc import AsyncIterator
from typing import Final

import asyncpg

CHUNK: Final = 2_000
_COLUMNS: Final = "id, name, gtin, updated_at"


async def parts(pool: "asyncpg.Pool[asyncpg.Record]", size: int) -> list[asyncpg.Record]:
    """Rows ``part`` (from 1) and ``updated_at`` (the latest) of the products in parts of ``size``."""
    return await pool.fetch(
        "select (place / $1 + 1)::int as part, max(updated_at) as updated_at from"
        " (select (row_number() over (order by id) - 1) as place, updated_at from product) as numbered"
        " group by 1 order by 1",
        size,
    )


async def part_rows(
    pool: "asyncpg.Pool[asyncpg.Record]", part: int, size: int
) -> AsyncIterator[list[asyncpg.Record]]:
    """Rows ``id, name, gtin, updated_at`` of one part, in chunks."""
    first = await pool.fetch(
        f"select {_COLUMNS} from product order by id offset $1 limit $2",  # noqa: S608 - our own column names
        (part - 1) * size,
        min(CHUNK, size),
    )
    rows, sent = first, 0
    while rows:
        yield rows
        sent += len(rows)
        left = min(CHUNK, size - sent)
        if len(rows) < CHUNK or left <= 0:
            return
        rows = await pool.fetch(
            f"select {_COLUMNS} from product where id > $1 order by id limit $2",  # noqa: S608 - our own
            rows[-1]["id"],
            left,
        )


async def place_name(pool: "asyncpg.Pool[asyncpg.Record]", place_id: str) -> str | None:
    """Name of a place with the units above it."""
    found: str | None = await pool.fetchval("select full_name from place where id = $1", place_id)
    return found
