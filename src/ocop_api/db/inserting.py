"""Inserting many rows in one statement, however many columns they have."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import Base


async def insert_rows(
    session: AsyncSession,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_there: bool = False,
    key: str = "id",
) -> set[UUID]:
    """Insert rows that all have the columns of the first one; give the keys of those that went in.

    The rows travel as one JSON value, so the statement neither grows with them nor meets the limit of
    32,767 parameters. Values are what JSON can say: numbers, text, dates, lists, structures.

    Args:
        session: the transaction.
        table: whose rows they are.
        rows: values by column; none is filled in.
        unless_there: leave out a row whose unique key is taken instead of failing.
        key: the column to give back.
    """
    if not rows:
        return set()
    columns = ", ".join(f'"{name}"' for name in rows[0])
    name = table.__table__.name  # type: ignore[attr-defined]
    statement = (
        f"insert into {name} ({columns}) select {columns} "  # noqa: S608 - names of our own columns
        f"from json_populate_recordset(null::{name}, cast(:rows as json)) "
        f'{"on conflict do nothing " if unless_there else ""}returning "{key}"'
    )
    sent = orjson.dumps([dict(row) for row in rows], default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return set((await session.execute(text(statement), {"rows": sent})).scalars())
