"""The queue lives in the caller's transaction; the worker runs what committed."""

from typing import Any

import pytest
from sqlalchemy import text
from tests.conftest import MovableClock

from ocop_api import worker
from ocop_api.db.session import Database
from ocop_api.jobs.queue import JobContext, enqueue
from ocop_api.settings import Settings


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    payloads: list[dict[str, Any]] = []

    async def handler(_context: JobContext, payload: dict[str, Any]) -> None:
        payloads.append(payload)

    monkeypatch.setattr(worker, "JOBS", {"test.note": handler})
    return payloads


async def test_a_job_of_a_committed_action_runs_once(
    database: Database, settings: Settings, clock: MovableClock, seen: list[dict[str, Any]]
) -> None:
    async with database.transaction() as session:
        await enqueue(session, "test.note", {"n": 1})
    await worker.drain(database, settings, clock)
    await worker.drain(database, settings, clock)
    assert seen == [{"n": 1}]


async def test_a_job_of_a_rolled_back_action_does_not_exist(
    database: Database, settings: Settings, clock: MovableClock, seen: list[dict[str, Any]]
) -> None:
    async with database.write() as session:
        await enqueue(session, "test.note", {"n": 1})
        await session.rollback()
    await worker.drain(database, settings, clock)
    assert seen == []


async def test_a_dedupe_key_keeps_one_waiting_job(
    database: Database, settings: Settings, clock: MovableClock, seen: list[dict[str, Any]]
) -> None:
    async with database.transaction() as session:
        for _ in range(3):
            await enqueue(session, "test.note", {"n": 1}, dedupe_key="one")
    await worker.drain(database, settings, clock)
    assert seen == [{"n": 1}]


async def test_a_failed_job_is_kept_for_a_person(
    database: Database, settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(_context: JobContext, _payload: dict[str, Any]) -> None:
        raise ValueError("no luck")

    monkeypatch.setattr(worker, "JOBS", {"test.fails": failing})
    async with database.transaction() as session:
        await enqueue(session, "test.fails")
    await worker.drain(database, settings, clock)
    async with database.read() as session:
        assert await session.scalar(text("select status::text from pgqueuer")) == "failed"
