"""Who imports, and ways to send a file and have it worked through."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.conftest import MovableClock

from ocop_api import worker
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.settings import Settings

Send = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def admin(as_actor: Callable[[Actor], dict[str, str]]) -> dict[str, str]:
    return as_actor(Actor(uuid4(), "Quản trị", (Grant(Role.ADMIN, Bound.EVERYWHERE),)))


@pytest.fixture
def officer(as_actor: Callable[[Actor], dict[str, str]]) -> dict[str, str]:
    grant = Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    return as_actor(Actor(uuid4(), "Cán bộ tỉnh Lâm Đồng", (grant,)))


@pytest.fixture
def drain(database: Database, settings: Settings, clock: MovableClock) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await worker.drain(database, settings, clock)

    return run


async def post(
    client: httpx.AsyncClient,
    headers: Mapping[str, str],
    content: bytes | str,
    media_type: str = "text/csv",
    **query: Any,
) -> httpx.Response:
    body = content.encode() if isinstance(content, str) else content
    return await client.post(
        "/v1/imports", params=query, content=body, headers={**headers, "Content-Type": media_type}
    )


@pytest.fixture
def send(client: httpx.AsyncClient, drain: Callable[[], Awaitable[None]]) -> Send:
    """Send a file, let the worker run, and give the finished import with all its rows."""

    async def run(headers: Mapping[str, str], content: bytes | str, **query: Any) -> dict[str, Any]:
        accepted = await post(client, headers, content, **query)
        assert accepted.status_code == 202, accepted.text
        await drain()
        found = (await client.get(accepted.headers["Location"], headers=headers)).json()
        rows: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            answer = (await client.get(found["rows_url"], params=page, headers=headers)).json()
            rows += answer["items"]
            cursor = answer["next_cursor"]
            if cursor is None:
                for row in rows:
                    row["urls"] = {subject["type"]: subject["url"] for subject in row["subjects"]}
                return {**found, "rows": {row["row_number"]: row for row in rows}}

    return run
