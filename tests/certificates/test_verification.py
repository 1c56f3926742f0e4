"""What anyone learns about a certificate, by code, number and page."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from ocop_api.db.session import Database

from .conftest import World


@pytest.mark.parametrize(
    ("instant", "status", "in_force"),
    [
        (datetime(2026, 6, 15, 3, tzinfo=UTC), "valid", True),
        (datetime(2028, 12, 16, 3, tzinfo=UTC), "valid", True),
        (datetime(2028, 12, 17, 3, tzinfo=UTC), "expiring", True),
        # One second before midnight in Vietnam, then midnight.
        (datetime(2029, 6, 15, 16, 59, 59, tzinfo=UTC), "expiring", True),
        (datetime(2029, 6, 15, 17, 0, 0, tzinfo=UTC), "expired", False),
    ],
)
async def test_the_answer_follows_the_calendar(
    world: World, client: httpx.AsyncClient, clock: Any, instant: datetime, status: str, in_force: bool
) -> None:
    known = await world.recorded()
    clock.at = instant
    answer = await client.get(f"/v1/verify/{known['code']}")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["in_force"]) == (status, in_force)
    page = await client.get(f"/verify/{known['code']}")
    assert ('class="verdict good"' in page.text) is in_force
    listed = (await client.get("/v1/certificates", params={"status": status})).json()["items"]
    assert [item["id"] for item in listed] == [known["id"]]


async def test_a_report_is_never_shown_as_valid(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded(decided_on=None, number=None)
    body = (await client.get(f"/v1/verify/{known['code']}")).json()
    assert (body["status"], body["in_force"], body["valid_until"]) == ("reported", False, None)
    assert "Chưa xác minh được" in (await client.get(f"/verify/{known['code']}")).text


async def test_code_and_number_are_read_as_people_write_them(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    code = known["code"].upper()
    spaced = f"{code[:13]}-{code[13:]}"
    assert (await client.get(f"/v1/verify/{spaced}")).status_code == 200
    assert (await client.get("/v1/verify", params={"number": "68 – 1 – 2026"})).status_code == 200
    for typed in ("68-01-2026", spaced):
        page = await client.get("/verify", params={"number": typed})
        assert "Còn hiệu lực" in page.text


async def test_a_language_may_be_chosen(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    english = await client.get(f"/v1/verify/{known['code']}", headers={"Accept-Language": "en"})
    assert english.json()["meaning"].endswith("until the end of 15 June 2029.")
    assert english.headers["content-language"] == "en"
    page = await client.get(f"/verify/{known['code']}?lang=en&zarsrc=30")
    assert '<html lang="en">' in page.text


@pytest.mark.parametrize("code", ["khong-co", "a" * 26, "%00", "🙂", "a" * 4000])
async def test_an_unknown_code_is_a_404_with_advice(client: httpx.AsyncClient, code: str) -> None:
    page = await client.get(f"/verify/{code}")
    assert page.status_code == 404
    assert "Không có trong sổ đăng ký" in page.text
    answer = await client.get(f"/v1/verify/{code}")
    if code != "%00":
        assert (answer.status_code, answer.json()["code"]) == (404, "certificate.unknown_code")
    else:
        assert answer.status_code == 422


async def test_an_unknown_number_is_told_as_such(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/verify", params={"number": "68-99-2026"})
    assert (answer.status_code, answer.json()["code"]) == (404, "certificate.unknown_number")
    assert (await client.get("/verify", params={"number": "<b>"})).status_code == 404
    assert (await client.get("/verify")).status_code == 200


async def test_nothing_personal_is_shown(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    for path in (
        f"/v1/verify/{known['code']}",
        f"/verify/{known['code']}",
        f"/v1/certificates/{known['id']}",
        "/v1/certificates",
    ):
        text = (await client.get(path)).text
        for secret in ("Nguyễn Thị Kín", "0912", "kin@example.vn", "64001"):
            assert secret not in text, path


async def test_the_page_carries_its_policy_and_loads_nothing(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    page = await client.get(f"/verify/{known['code']}")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["cache-control"] == "no-cache"
    assert "<script" not in page.text
    assert len(page.content) < 20_000


async def test_verification_costs_one_statement_and_no_session(
    world: World, client: httpx.AsyncClient, database: Database
) -> None:
    known = await world.recorded()
    statements: list[str] = []
    for engine in (database.read_engine, database.write_engine):
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *a: statements.append(str(a[2])))
    assert (await client.get(f"/v1/verify/{known['code']}")).status_code == 200
    assert statements == []


async def test_an_unchanged_answer_is_not_sent_twice(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    path = f"/v1/verify/{known['code']}"
    tag = (await client.get(path)).headers["etag"]
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
