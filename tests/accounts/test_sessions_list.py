"""Seeing and ending one's sign-ins, and an administrator ending those of others."""

import httpx
import pytest
from sqlalchemy import text

from ocop_api.accounts.user_agents import short_agent
from ocop_api.db.session import Database

from .conftest import COMMUNE_ADMIN, PASSWORD, Enter, MovingClock, Provision

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Mobile Safari/537.36"
)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_the_owner_sees_sign_ins_and_ends_one(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database
) -> None:
    lan, binh = await enter("lan"), await enter("binh")
    clock.move(minutes=5)
    body = {"email": lan.email, "password": PASSWORD}
    phone = await client.post("/v1/auth/sign-in", json=body, headers={"User-Agent": PHONE})
    phone_headers = {"Authorization": f"Bearer {phone.json()['access_token']}"}
    items = (await client.get("/v1/me/sessions", headers=lan.headers)).json()["items"]
    assert [(item["user_agent"], item["current"], item["method"]) for item in items] == [
        ("Chrome 138, Android", False, "password"),
        (items[1]["user_agent"], True, "password"),
    ]
    assert items[1]["user_agent"].startswith("python-httpx/")
    # A refresh is seen; nothing is written for the requests in between.
    clock.move(minutes=5)
    await client.post("/v1/auth/refresh", json={"refresh_token": lan.refresh_token})
    first = (await client.get("/v1/me/sessions", headers=lan.headers)).json()["items"][0]
    assert (first["current"], first["last_seen_at"]) == (True, "2026-06-15T02:10:00Z")
    path, any_version = f"/v1/me/sessions/{items[0]['id']}", {"If-Match": "*"}
    foreign = await client.delete(path, headers={**binh.headers, **any_version})
    assert said(foreign) == (404, "accounts.unknown_session")
    assert (await client.delete(path, headers={**lan.headers, **any_version})).status_code == 204
    assert (await client.get("/v1/me", headers=phone_headers)).status_code == 401
    again = await client.delete(path, headers={**lan.headers, **any_version})
    assert said(again) == (404, "accounts.unknown_session")
    async with database.read() as session:
        events = await session.scalars(text("select kind from ledger_event where kind like '%session%'"))
        assert events.all() == ["user.session_ended"]


async def test_signing_out_everywhere_ends_all_of_ones_own(client: httpx.AsyncClient, enter: Enter) -> None:
    lan, elsewhere, binh = await enter("lan"), await enter("lan"), await enter("binh")
    assert (await client.post("/v1/me/sign-out-everywhere", headers=lan.headers)).status_code == 204
    for headers, status in ((lan.headers, 401), (elsewhere.headers, 401), (binh.headers, 200)):
        assert (await client.get("/v1/me", headers=headers)).status_code == status
    refused = await client.post("/v1/auth/refresh", json={"refresh_token": elsewhere.refresh_token})
    assert said(refused) == (401, "accounts.invalid_refresh")


async def test_an_administrator_ends_the_sign_ins_of_the_area(
    client: httpx.AsyncClient, enter: Enter, provision: Provision, database: Database
) -> None:
    lan, admin = await enter("lan"), await enter("admin", COMMUNE_ADMIN)
    path = f"/v1/users/{lan.id}/sign-out-everywhere"
    # Without a home in the area the account is out of sight.
    assert said(await client.post(path, headers=admin.headers)) == (404, "accounts.unknown_user")
    async with database.transaction() as session:
        await session.execute(
            text(
                "update account_user u set place_id = '34:24611', level = 'commune', "
                "area_path = array['34:24611', '34:68'] where id = :id"
            ),
            {"id": lan.id},
        )
    assert said(await client.post(path, headers=lan.headers)) == (403, "auth.not_permitted")
    assert (await client.post(path, headers=admin.headers)).status_code == 204
    assert (await client.get("/v1/me", headers=lan.headers)).status_code == 401
    async with database.read() as session:
        reason = await session.scalar(
            text("select revoked_for from account_session where revoked_at is not null")
        )
    assert reason == "ended_by_administrator"


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (PHONE, "Chrome 138, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/138.0 Safari/537.36 Edg/138.0.1", "Edge 138, Windows"),
        ("Mozilla/5.0 (iPhone; CPU) Version/18.1 Mobile/15E148 Safari/604.1", "Safari 18, iPhone"),
        ("ocop-importer/1.2 (build 7; host dell-of-lan)", "ocop-importer/1.2"),
        ("", None),
        (None, None),
        ("😀" * 1000, None),
    ],
)
def test_a_program_is_named_in_a_few_words(header: str | None, shown: str | None) -> None:
    assert short_agent(header) == shown
