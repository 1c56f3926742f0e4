"""A cursor is input like any other: what was not made here is refused, whatever it holds."""

import base64
import json
from typing import Any

import httpx
import pytest

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


def packed(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        packed("name", "x", 1),
        packed("name", "x", True),
        packed("name", "x", {}),
        packed("name", [], _ID),
        packed("name", "a\x00", _ID),
        packed("name", _ID),
        packed("-updated_at", "2026-01-01T00:00:00Z", _ID),
        "%%%",
        base64.urlsafe_b64encode(b'["name",1e400,"x"]').decode(),
        base64.urlsafe_b64encode(b"[" * 1000).decode(),
    ],
)
async def test_a_forged_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/v1/products", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "paging.bad_cursor")


@pytest.mark.parametrize("instant", [1, None, "x", "2026-13-01", "0001-01-01T00:00:00+14:00"])
async def test_an_instant_of_a_cursor_must_be_one(client: httpx.AsyncClient, instant: object) -> None:
    query = {"sort": "-updated_at", "cursor": packed("-updated_at", instant, _ID)}
    answer = await client.get("/v1/products", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "paging.bad_cursor")


async def test_a_number_of_a_cursor_must_be_whole(client: httpx.AsyncClient) -> None:
    for stars in (1e30, "5", True, 2**63, None):
        query = {"sort": "-stars", "cursor": packed("-stars", stars, "x", _ID)}
        answer = await client.get("/v1/products", params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, "paging.bad_cursor"), stars
