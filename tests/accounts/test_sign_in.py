"""Signing in, passwords, and what ends a session."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ocop_api.accounts.passwords import Passwords, passwords_for
from ocop_api.db.session import Database
from ocop_api.settings import SecuritySettings, Settings

from .conftest import EVERYWHERE, OFFICER, PASSWORD, Enter, Provision

NEW_PASSWORD = "một câu khác cũng dài"


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/v1/auth/sign-in", json={"email": email, "password": password})


async def test_sign_in_gives_tokens_that_are_never_cached(
    client: httpx.AsyncClient, provision: Provision
) -> None:
    await provision("lan", [OFFICER])
    answer = await sign_in(client, " Lan@Example.VN ")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 15 * 60
    assert body["refresh_expires_in"] == 30 * 86400
    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json()["email"] == "lan@example.vn"


async def test_unknown_wrong_and_disabled_look_the_same(
    client: httpx.AsyncClient, provision: Provision, database: Database
) -> None:
    await provision("lan", [])
    await provision("off", [])
    async with database.transaction() as session:
        await session.execute(
            text("update account_user set disabled_at = now() where email_folded like 'off%'")
        )
    answers = [
        await sign_in(client, "nobody@example.vn"),
        await sign_in(client, "lan@example.vn", "a wrong password"),
        await sign_in(client, "off@example.vn"),
        await sign_in(client, "not an address"),
    ]
    seen = {(a.status_code, a.json()["code"], a.json()["detail"], a.json().get("data")) for a in answers}
    assert [(status, code) for status, code, _, _ in seen] == [(401, "accounts.invalid_credentials")]


async def test_the_same_work_is_done_for_an_unknown_email(
    client: httpx.AsyncClient, provision: Provision, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await provision("lan", [])
    verified: list[str] = []
    hasher = passwords_for(settings.security)._hasher
    real = hasher.verify_and_update

    def spy(password: Any, stored: Any) -> Any:
        verified.append(str(stored))
        return real(password, stored)

    monkeypatch.setattr(hasher, "verify_and_update", spy)
    await sign_in(client, "lan@example.vn", "a wrong password")
    await sign_in(client, "nobody@example.vn", "a wrong password")
    known, unknown = verified
    assert known != unknown
    # The same algorithm at the same cost: everything before the salt is equal.
    assert known.split("$")[:4] == unknown.split("$")[:4]
    assert known.startswith("$argon2id$")


async def test_a_burst_of_sign_ins_holds_no_connection_while_hashing(
    client: httpx.AsyncClient, provision: Provision, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await provision("lan", [])
    busy: list[int] = []
    real = Passwords.verify

    async def spy(self: Passwords, password: str, stored: str | None) -> Any:
        pool: Any = database.write_engine.pool
        busy.append(pool.checkedout())
        return await real(self, password, stored)

    monkeypatch.setattr(Passwords, "verify", spy)
    await sign_in(client, "lan@example.vn")
    assert busy == [0]


async def test_an_outdated_cost_is_renewed_at_sign_in(
    client: httpx.AsyncClient, provision: Provision, database: Database
) -> None:
    await provision("lan", [])
    stronger = await Passwords(time_cost=2, memory_kib=16).hash(PASSWORD)
    async with database.transaction() as session:
        await session.execute(text("update account_user set password_hash = :h"), {"h": stronger})
    assert (await sign_in(client, "lan@example.vn")).status_code == 200
    async with database.read() as session:
        stored = str(await session.scalar(text("select password_hash from account_user")))
    assert "m=8,t=1,p=1" in stored
    assert (await sign_in(client, "lan@example.vn")).status_code == 200


async def test_composed_and_decomposed_letters_are_one_password() -> None:
    hasher = Passwords(time_cost=1, memory_kib=8)
    stored = await hasher.hash("m\u1ed9t c\u00e2u")
    assert (await hasher.verify("mo\u0302\u0323t ca\u0302u", stored)).right
    assert not (await hasher.verify("mot cau", stored)).right
    assert not (await hasher.verify("anything", await hasher.hash(None))).right
    assert passwords_for(SecuritySettings()) is passwords_for(SecuritySettings())


async def test_one_credential_at_a_time(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan")
    body = {"email": lan.email, "password": PASSWORD}
    answer = await client.post("/v1/auth/sign-in", json=body, headers=lan.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "accounts.credential_in_body_only")
    expired = {"Authorization": "Bearer ocop_at_gone"}
    answer = await client.post("/v1/auth/refresh", json={"refresh_token": lan.refresh_token}, headers=expired)
    assert answer.status_code == 400


async def test_answers_with_tokens_are_not_stored_for_a_repeat(
    client: httpx.AsyncClient, provision: Provision, database: Database
) -> None:
    await provision("lan", [])
    body = {"email": "lan@example.vn", "password": PASSWORD}
    answers = [
        await client.post("/v1/auth/sign-in", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert answers[0].json()["access_token"] != answers[1].json()["access_token"]
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from idempotent_answer")) == 0


async def test_me_names_grants_and_where_each_permission_comes_from(
    client: httpx.AsyncClient, enter: Enter
) -> None:
    lan = await enter("lan", OFFICER, EVERYWHERE)
    me = (await client.get("/v1/me", headers=lan.headers)).json()
    officer, admin = me["grants"]
    assert (officer["role"], officer["level"], officer["place_id"]) == ("officer", "commune", "34:24611")
    assert officer["place_name"].startswith("Phường Bắc Gia Nghĩa")
    assert (admin["bound"], admin["place_id"], admin["place_name"]) == ("everywhere", None, None)
    by_name = {p["permission"]: p for p in me["permissions"]}
    assert list(by_name) == sorted(by_name)
    assert by_name["dossier:receive"]["place_ids"] == ["34:24611"]
    assert not by_name["dossier:receive"]["everywhere"]
    assert by_name["dossier:receive"]["grant_ids"] == [officer["id"]]
    assert by_name["dossier:read"]["everywhere"]
    assert by_name["dossier:read"]["grant_ids"] == [officer["id"], admin["id"]]
    assert "sheet:submit" not in by_name
    assert (await client.get("/v1/me")).status_code == 401


async def test_sign_out_ends_the_session_at_once(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan")
    elsewhere = await enter("lan")
    assert (await client.post("/v1/auth/sign-out", headers=lan.headers)).status_code == 204
    refused = await client.get("/v1/me", headers=lan.headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "auth.invalid_token")
    again = await client.post("/v1/auth/refresh", json={"refresh_token": lan.refresh_token})
    assert (again.status_code, again.json()["code"]) == (401, "accounts.invalid_refresh")
    assert (await client.get("/v1/me", headers=elsewhere.headers)).status_code == 200


async def test_a_new_password_ends_the_other_sessions(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan")
    elsewhere = await enter("lan")
    change = {"current_password": "not this one", "new_password": NEW_PASSWORD}
    wrong = await client.post("/v1/me/password", json=change, headers=lan.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "accounts.wrong_password")
    short = {"current_password": PASSWORD, "new_password": "short"}
    assert (await client.post("/v1/me/password", json=short, headers=lan.headers)).status_code == 422
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await client.post("/v1/me/password", json=change, headers=lan.headers)).status_code == 204
    assert (await client.get("/v1/me", headers=lan.headers)).status_code == 200
    assert (await client.get("/v1/me", headers=elsewhere.headers)).status_code == 401
    assert (await sign_in(client, lan.email)).status_code == 401
    assert (await sign_in(client, lan.email, NEW_PASSWORD)).status_code == 200


async def test_two_password_changes_at_once_cannot_both_win(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan")
    answers = await asyncio.gather(
        *(
            client.post(
                "/v1/me/password",
                json={"current_password": PASSWORD, "new_password": f"{NEW_PASSWORD} {n}"},
                headers=lan.headers,
            )
            for n in range(2)
        )
    )
    assert sorted(a.status_code for a in answers) == [204, 422]


async def test_a_password_is_not_echoed_by_a_refusal(client: httpx.AsyncClient) -> None:
    secret = "secret-" * 60
    answer = await client.post("/v1/auth/sign-in", json={"email": "a@example.vn", "password": secret})
    assert answer.status_code == 422
    assert "secret-" not in answer.text
