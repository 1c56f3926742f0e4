"""Rules of the HTTP edge, each shown on a small resource over the real stack."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor

Headers = Callable[[Actor], dict[str, str]]


@pytest.fixture
def someone(as_actor: Headers) -> dict[str, str]:
    return as_actor(Actor(user_id=uuid4(), name="An"))


async def test_health_and_readiness(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200, ready.text
    assert "ocop_requests_total" in (await client.get("/metrics")).text


async def test_every_refusal_is_a_problem_in_the_callers_language(client: httpx.AsyncClient) -> None:
    vietnamese = await client.get("/nowhere")
    assert vietnamese.status_code == 404
    assert vietnamese.headers["content-type"] == "application/problem+json"
    assert vietnamese.headers["content-language"] == "vi"
    assert vietnamese.json()["code"] == "request.not_found"
    english = await client.get("/nowhere", headers={"Accept-Language": "en, vi;q=0.5"})
    assert english.json()["title"] == "Not found"
    assert english.json()["instance"] == "/nowhere"
    assert english.json()["request_id"] == english.headers["x-request-id"]


async def test_wrong_method_names_all_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.patch("/v1/things/x")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, PUT"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "request.malformed_json"),
        (b'{"name": NaN}', 400, "request.malformed_json"),
        (b'{"name": "\xff"}', 400, "request.malformed_json"),
        (b"[" * 40_000, 400, "request.malformed_json"),
        (b'{"name": "a\\u0000b"}', 422, "request.invalid_text"),
        (b'{"name": "\\ud800"}', 422, "request.invalid_text"),
        (b'{"name": "a", "amount": 99999999999999999999}', 422, "request.value_out_of_range"),
        (b'{"name": "a", "more": 1}', 422, "request.invalid"),
        (b'{"amount": 1}', 422, "request.invalid"),
        (b"[]", 422, "request.invalid"),
        (b"", 422, "request.invalid"),
        (b'{"name": "' + b"a" * 70_000 + b'"}', 413, "request.too_large"),
    ],
)
async def test_bad_bodies_get_a_clear_problem_and_leave_nothing(
    client: httpx.AsyncClient, someone: dict[str, str], content: bytes, status: int, code: str
) -> None:
    answer = await client.post(
        "/v1/things", content=content, headers={**someone, "Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_wrong_media_type_is_415(client: httpx.AsyncClient, someone: dict[str, str]) -> None:
    answer = await client.post(
        "/v1/things", content=b"name=a", headers={**someone, "Content-Type": "text/plain"}
    )
    assert answer.status_code == 415, answer.text
    assert answer.json()["code"] == "request.unsupported_media_type"


async def test_unknown_and_repeated_query_parameters_are_refused(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/v1/things/x?colour=red")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "request.unknown_parameter")
    nul = await client.get("/v1/things/a%00b")
    assert (nul.status_code, nul.json()["code"]) == (422, "request.invalid_text")


async def test_text_is_kept_in_nfc(client: httpx.AsyncClient, someone: dict[str, str]) -> None:
    await client.post("/v1/things", json={"name": "Ca\u0300 phe\u0302"}, headers=someone)
    assert (await client.get("/v1/things/C\u00e0 ph\u00ea")).json()["name"] == "C\u00e0 ph\u00ea"


async def test_a_read_session_cannot_write(
    client: httpx.AsyncClient, someone: dict[str, str], database: Database
) -> None:
    await client.post("/v1/things", json={"name": "a"}, headers=someone)
    answer = await client.get(f"/v1/things/by-id/{uuid4()}")
    assert answer.status_code == 503
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from thing")) == 1


async def test_one_credential_only(client: httpx.AsyncClient, someone: dict[str, str]) -> None:
    doubled = await client.post(
        "/v1/things",
        json={"name": "a"},
        headers=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")],
    )
    assert (doubled.status_code, doubled.json()["code"]) == (400, "auth.one_credential")
    missing = await client.post("/v1/things", json={"name": "a"})
    assert missing.status_code == 401
    assert missing.headers["www-authenticate"] == "Bearer"


async def test_etag_gives_304_and_guards_edits(client: httpx.AsyncClient, someone: dict[str, str]) -> None:
    await client.post("/v1/things", json={"name": "a", "amount": 1}, headers=someone)
    first = await client.get("/v1/things/a")
    tag = first.headers["etag"]
    assert (await client.get("/v1/things/a", headers={"If-None-Match": tag})).status_code == 304
    body = {"name": "a", "amount": 2}
    assert (await client.put("/v1/things/a", json=body, headers=someone)).status_code == 428
    two = await asyncio.gather(
        *(client.put("/v1/things/a", json=body, headers={**someone, "If-Match": tag}) for _ in range(2))
    )
    assert sorted(r.status_code for r in two) == [200, 412]
    stale = next(r for r in two if r.status_code == 412)
    assert stale.json()["code"] == "request.stale_version"


async def test_idempotent_post_happens_once(
    client: httpx.AsyncClient, someone: dict[str, str], database: Database
) -> None:
    headers = {**someone, "Idempotency-Key": '"k1"'}
    first = await client.post("/v1/things", json={"name": "once"}, headers=headers)
    again = await client.post(
        "/v1/things", json={"name": "once"}, headers={**someone, "Idempotency-Key": "k1"}
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content
    other = await client.post("/v1/things", json={"name": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_payload")
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from thing")) == 1
        assert await session.scalar(text("select count(*) from ledger_event")) == 1


async def test_many_posts_with_one_key_at_once_have_one_effect(
    client: httpx.AsyncClient, someone: dict[str, str], database: Database
) -> None:
    await client.post("/v1/things", json={"name": "first"}, headers=someone)
    headers = {**someone, "Idempotency-Key": "burst"}
    answers = await asyncio.gather(
        *(client.post("/v1/things", json={"name": "burst"}, headers=headers) for _ in range(12))
    )
    assert {r.status_code for r in answers} <= {201, 409}
    assert any(r.status_code == 201 for r in answers)
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from thing where name = 'burst'")) == 1


async def test_a_refusal_leaves_nothing_behind(
    client: httpx.AsyncClient, someone: dict[str, str], database: Database
) -> None:
    await client.post("/v1/things", json={"name": "seen"}, headers=someone)
    refused = await client.post("/v1/things", json={"name": "refused"}, headers=someone)
    assert refused.status_code == 409
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from ledger_event")) == 1


async def test_docs_work_without_the_internet(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert "http" not in page.text.replace("<!doctype html>", "")
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert (await client.get(f"/docs/assets/{asset}")).status_code == 200
    assert (await client.get("/openapi.json")).json()["openapi"] == "3.1.0"
