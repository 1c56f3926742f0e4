"""Following an import: events, the report, rights taken away meanwhile, and files that are forgotten."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.bulk.conftest import Send, post
from tests.conftest import MovableClock

from ocop_api import worker
from ocop_api.accounts.provisioning import ensure_user
from ocop_api.bulk import running
from ocop_api.bulk.batching import work_through
from ocop_api.bulk.jobs import FORGET_FILES
from ocop_api.bulk.running import run_import
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Role
from ocop_api.jobs.queue import enqueue
from ocop_api.settings import Settings

HEADER = "product_name,producer,province,price_vnd,ten sp lạ"
FILE = f"{HEADER}\nTrà,HTX Một,Gia Lai,rẻ,\nTrà hai,HTX Một,Gia Lai,cao,\nTrà ba,Sao Mai,Gia Lai,1,\n"


async def test_progress_is_told_as_events_until_the_end(
    client: httpx.AsyncClient, admin: dict[str, str], drain: Callable[[], Awaitable[None]]
) -> None:
    location = (await post(client, admin, FILE)).headers["Location"]
    await drain()
    answer = await client.get(f"{location}/events", headers=admin)
    assert answer.headers["content-type"].startswith("text/event-stream")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines() if ": " in line)
    assert (fields["event"], json.loads(fields["data"])["state"]) == ("end", "completed")
    assert fields["id"].isdecimal()
    assert (await client.get(f"/v1/imports/{uuid4()}/events", headers=admin)).status_code == 404


async def test_the_report_counts_what_was_said_with_examples(
    client: httpx.AsyncClient, admin: dict[str, str], send: Send
) -> None:
    done = await send(admin, FILE)
    report = (await client.get(done["report_url"], headers={**admin, "Accept-Language": "en"})).json()
    assert report["import"]["counts"] == done["counts"]
    assert [
        (entry["code"], entry["column"], entry["outcome"], entry["rows"], entry["examples"])
        for entry in report["codes"]
    ] == [
        ("bulk.price_invalid", "price_vnd", "created", 2, [2, 3]),
        ("bulk.producer_type_missing", "producer_type", "rejected", 1, [4]),
    ]
    assert [remark["code"] for remark in report["import"]["remarks"]] == ["bulk.header_ignored"]
    found = await client.get(done["rows_url"], params={"code": "bulk.price_invalid"}, headers=admin)
    assert [row["row_number"] for row in found.json()["items"]] == [2, 3]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("update account_user set disabled_at = now()", "bulk.importer_disabled"),
        ("update role_grant set revoked_at = now()", "bulk.importer_not_allowed"),
    ],
)
async def test_rights_taken_away_meanwhile_stop_the_import(
    client: httpx.AsyncClient,
    as_actor: Callable[[Actor], dict[str, str]],
    database: Database,
    clock: MovableClock,
    statement: str,
    code: str,
) -> None:
    grant = Grant(Role.ADMIN, Bound.EVERYWHERE)
    async with database.transaction() as session:
        user_id = await ensure_user(
            session, email="a@example.vn", display_name="A", password=None, grants=[grant], now=clock()
        )
    headers = as_actor(Actor(user_id, "A", (grant,)))
    job = (await post(client, headers, FILE)).json()
    async with database.transaction() as session:
        await session.execute(text(statement))
    await run_import(database, UUID(job["id"]), clock)
    found = (await client.get(f"/v1/imports/{job['id']}", headers=headers)).json()
    assert (found["state"], found["failure"]["code"], found["counts"]["done"]) == ("failed", code, 0)


async def test_an_import_stops_within_one_batch_and_tells_how_far_it_came(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    database: Database,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    job = (await post(client, admin, FILE)).json()
    assert job["counts"]["total"] == 3
    begun = asyncio.Event()

    async def aborting(*given: object, **named: object) -> object:
        begun.set()
        return await work_through(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "work_through", aborting)

    async def abort() -> None:
        await begun.wait()
        await client.post(f"/v1/imports/{job['id']}/abort", headers=admin)

    await asyncio.gather(run_import(database, UUID(job["id"]), clock), abort())
    found = (await client.get(f"/v1/imports/{job['id']}", headers=admin)).json()
    assert found["state"] == "aborted"
    assert found["counts"]["done"] < 3


async def test_files_are_forgotten_a_month_after_the_end_and_results_kept(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    send: Send,
    database: Database,
    settings: Settings,
    clock: MovableClock,
) -> None:
    done = await send(admin, FILE)
    for days, pieces in ((29, 1), (2, 0)):
        clock.at += timedelta(days=days)
        async with database.transaction() as session:
            await enqueue(session, FORGET_FILES)
        await worker.drain(database, settings, clock)
        async with database.read() as session:
            assert await session.scalar(text("select count(*) from import_file")) == pieces
    assert len((await client.get(done["rows_url"], headers=admin)).json()["items"]) == 3
