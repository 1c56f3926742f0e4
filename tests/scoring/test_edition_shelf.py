"""Every process holds the added editions as they are stored now."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.session import Database
from ocop_api.db.tables.criteria import CriteriaEdition
from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.edition import added, shipped_document, take_off_shelf

AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
CODE = "qd26-2026-c1"


@pytest.fixture(autouse=True)
async def _empty_shelf() -> AsyncIterator[None]:
    yield
    for code in added():
        take_off_shelf(code)


def row(**fields: Any) -> CriteriaEdition:
    document = shipped_document("qd26-2026") | {"edition": CODE, "in_force_from": "2027-01-01"} | fields
    return CriteriaEdition(
        code=CODE,
        in_force_from=date.fromisoformat(document["in_force_from"]),
        in_force_to=None,
        document=document,
        digest=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest(),
        created_by=None,
        created_at=AT,
        updated_at=AT,
        version=1,
    )


async def test_stored_edition_is_held_replaced_and_forgotten(database: Database) -> None:
    async with database.transaction() as session:
        session.add(row())
    async with database.read() as session:
        shelf = EditionShelf(session)
        assert (await shelf.load(CODE)).about == shipped_document("qd26-2026")["about"]
        assert await shelf.under("qd26-2026", date(2026, 12, 31)) == "qd26-2026"
        assert await shelf.under("qd26-2026", date(2027, 1, 1)) == CODE
        assert await shelf.under(None, date(2027, 1, 1)) is None
    async with database.transaction() as session:
        await session.execute(delete(CriteriaEdition))
        session.add(row(about="Corrected."))
    async with database.read() as session:
        assert (await EditionShelf(session).load(CODE)).about == "Corrected."
    async with database.transaction() as session:
        await session.execute(delete(CriteriaEdition))
    async with database.read() as session:
        with pytest.raises(NotFound, match=r"rubric\.unknown_edition"):
            await EditionShelf(session).load(CODE)
        assert await EditionShelf(session).under("qd26-2026", date(2027, 1, 1)) == "qd26-2026"


async def test_shipped_edition_costs_no_query(database: Database) -> None:
    async with database.read() as session:
        await EditionShelf(session).load("qd26-2026")
        assert not session.in_transaction()


async def test_an_edition_is_built_once_for_each_content(database: Database) -> None:
    async with database.transaction() as session:
        session.add(row())
    async with database.read() as session:
        first = await EditionShelf(session).load(CODE)
        assert await EditionShelf(session).load(CODE) is first
