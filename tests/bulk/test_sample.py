"""The shipped sample, end to end: every row is stored or explained, and a second time changes nothing."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, func, select
from tests.bulk.conftest import Send, post
from tests.conftest import MovableClock

from ocop_api.bulk import running
from ocop_api.bulk.batching import work_through
from ocop_api.bulk.running import run_import
from ocop_api.bulk.samples import load_sample, sample_products
from ocop_api.db.session import Database
from ocop_api.db.tables.bulk import ImportRow
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.ledger import LedgerEvent
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product

COUNTS = {
    "total": 205,
    "done": 205,
    "created": 195,
    "updated": 0,
    "unchanged": 1,
    "rejected": 9,
    "stored_with_remarks": 59,
}
REMARKS = {
    "bulk.producer_missing": 9,
    "bulk.not_a_recognition": 28,
    "bulk.source_not_sufficient": 19,
    "bulk.stars_missing": 11,
    "bulk.place_not_found": 1,
    "bulk.duplicate_row": 1,
}


@pytest.fixture
def late(clock: MovableClock) -> None:
    """A day after every decision of the sample."""
    clock.at = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


async def totals(database: Database) -> list[int]:
    async with database.read() as session:
        return [
            await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Producer, Product, Certificate)
        ]


def codes(rows: dict[int, dict[str, Any]]) -> Counter[str]:
    return Counter(problem["code"] for row in rows.values() for problem in row["problems"])


async def test_every_row_of_the_sample_is_stored_or_explained(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient, database: Database, late: None
) -> None:
    done = await send(admin, sample_products())
    assert (done["state"], done["counts"]) == ("completed", COUNTS)
    assert set(done["rows"]) == set(range(2, 207))
    assert codes(done["rows"]) == REMARKS
    for row in done["rows"].values():
        assert (row["subjects"] == []) == (row["outcome"] == "rejected")
        assert row["problems"] or row["outcome"] != "rejected"
    assert await totals(database) == [114, 195, 138]
    # Row 4 has the decision in hand, row 3 is press only, row 157 a typed list.
    assert [
        (await client.get(done["rows"][n]["urls"]["product"])).json()["recognition"] for n in (4, 3, 157)
    ] == [
        {"status": "valid", "stars": 3, "stated_stars": 3, "valid_until": "2028-06-16"},
        {"status": "reported", "stars": None, "stated_stars": 4, "valid_until": None},
        {"status": "none", "stars": None, "stated_stars": None, "valid_until": None},
    ]
    # An old commune and a new one ("34-tỉnh") both lead to today's Lâm Đồng.
    places = [
        (await client.get(done["rows"][n]["urls"]["producer"])).json()["place_id"].partition(":")[0]
        for n in (4, 143)
    ]
    assert places == ["63", "34"]

    again = await send(admin, sample_products())
    assert again["counts"] == COUNTS | {"created": 0, "unchanged": 196}
    assert codes(again["rows"]) == REMARKS
    assert await totals(database) == [114, 195, 138]
    async with database.read() as session:
        changes = await session.scalars(
            select(LedgerEvent.kind).where(LedgerEvent.kind.in_(["product.updated", "producer.updated"]))
        )
        assert changes.all() == []


async def test_a_decision_of_a_day_to_come_is_told_and_taken_up_later(
    send: Send, admin: dict[str, str], clock: MovableClock
) -> None:
    early = await send(admin, sample_products())
    assert codes(early["rows"]) == REMARKS | {"bulk.decision_in_future": 7}
    clock.at = datetime(2026, 8, 5, 2, 0, tzinfo=UTC)
    later = await send(admin, sample_products())
    assert later["counts"]["updated"] == 7


async def test_a_broken_run_continues_after_the_last_committed_batch(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    database: Database,
    clock: MovableClock,
    late: None,
    drain: Callable[[], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = (await post(client, admin, sample_products())).json()
    monkeypatch.setattr(running, "BATCH", 50)
    real, batches = work_through, 0

    async def breaking(*given: Any, **named: Any) -> Any:
        nonlocal batches
        batches += 1
        results = await real(*given, **named)
        if batches == 3:
            raise RuntimeError("killed")
        return results

    with monkeypatch.context() as patched:
        patched.setattr(running, "work_through", breaking)
        with pytest.raises(RuntimeError):
            await run_import(database, UUID(job["id"]), clock)
    halfway = (await client.get(f"/v1/imports/{job['id']}", headers=admin)).json()
    assert halfway["state"] == "running"
    assert (halfway["counts"]["created"], halfway["counts"]["rejected"]) == (91, 9)
    assert (await totals(database))[1] == 91
    await drain()
    finished = (await client.get(f"/v1/imports/{job['id']}", headers=admin)).json()
    assert (finished["state"], finished["counts"]) == ("completed", COUNTS)
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(ImportRow)) == 205


async def test_the_sample_loads_without_http_in_few_statements(database: Database, late: None) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    event.listen(database.write_engine.sync_engine, "before_cursor_execute", count)
    report = await load_sample(database, datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    shown = {"done": 205, **{name: getattr(report, name) for name in COUNTS if name != "done"}}
    assert (report.state, shown) == ("completed", COUNTS)
    assert statements < 2 * COUNTS["total"]
