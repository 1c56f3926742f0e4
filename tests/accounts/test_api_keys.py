"""Keys of machines: what they open, what they never open, and when they stop."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ocop_api.accounts.key_tokens import digest_of_key, new_key
from ocop_api.accounts.policy import Standing, narrowed
from ocop_api.bulk.acting import restored, snapshot
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role

from .conftest import (
    BAC_GIA_NGHIA,
    COMMUNE_ADMIN,
    EVERYWHERE,
    LAM_DONG,
    OFFICER,
    OTHER_PROVINCE,
    PASSWORD,
    PROVINCE_ADMIN,
    Account,
    Enter,
    MovingClock,
)

KEYS = "/v1/me/api-keys"
PROVINCE_OFFICER = Grant(Role.OFFICER, Bound.AREA, Level.PROVINCE, LAM_DONG)


def outcome(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


def wanted(*scopes: str, **fields: Any) -> dict[str, Any]:
    return {"name": "Đồng bộ", "scopes": list(scopes), "expires_at": "2026-12-31T00:00:00Z", **fields}


async def make(client: httpx.AsyncClient, owner: Account, *scopes: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post(KEYS, json=wanted(*scopes, **fields), headers=owner.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


async def test_a_key_is_shown_once_and_kept_as_a_digest(
    client: httpx.AsyncClient, enter: Enter, database: Database
) -> None:
    lan = await enter("lan", OFFICER)
    answer = await client.post(KEYS, json=wanted("product:read"), headers=lan.headers)
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"ocop_key_[0-9a-z]{10}_[0-9A-Za-z]{49}", made["key"])
    assert made["key"].startswith(made["prefix"])
    listed = await client.get(KEYS, headers=lan.headers)
    assert [one["id"] for one in listed.json()["items"]] == [made["id"]]
    assert made["key"] not in listed.text
    async with database.read() as session:
        rows = await session.execute(
            text("select k::text from api_key k union select data::text from ledger_event")
        )
    assert made["key"][20:] not in str(rows.all())


async def test_a_key_may_what_its_scopes_and_the_grants_of_the_moment_both_allow(
    client: httpx.AsyncClient, enter: Enter
) -> None:
    admin = await enter("admin", EVERYWHERE)
    lan = await enter("lan", PROVINCE_ADMIN)
    key = bearer(await make(client, lan, "user:read", "ledger:read"))
    assert (await client.get("/v1/users", headers=key)).status_code == 200
    told = (await client.get("/v1/me/permissions", headers=key)).json()["items"]
    assert [one["permission"] for one in told] == ["ledger:read", "user:read"]
    assert [one["permission"] for one in (await client.get("/v1/me", headers=key)).json()["permissions"]] == [
        "ledger:read",
        "user:read",
    ]
    body = {"email": "x@example.vn", "display_name": "X", "password": PASSWORD, "place_id": LAM_DONG}
    assert outcome(await client.post("/v1/users", json=body, headers=key)) == (403, "auth.not_permitted")
    grant = (await client.get("/v1/me", headers=lan.headers)).json()["grants"][0]["id"]
    revoked = await client.delete(
        f"/v1/users/{lan.id}/grants/{grant}", headers={**admin.headers, "If-Match": "*"}
    )
    assert revoked.status_code == 204
    assert outcome(await client.get("/v1/users", headers=key)) == (403, "auth.not_permitted")
    assert (await client.get("/v1/me/permissions", headers=key)).json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"scopes": ["dossier:decide"]}, (403, "accounts.scope_not_held")),
        ({"scopes": ["product:read", "ledger:read"]}, (403, "accounts.scope_not_held")),
        ({"scopes": ["grant:assign"]}, (422, "accounts.scope_needs_person")),
        ({"scopes": ["user:create"]}, (422, "accounts.scope_needs_person")),
        ({"scopes": []}, (422, "request.invalid")),
        ({"scopes": ["everything"]}, (422, "request.invalid")),
        ({"expires_at": "2026-06-15T02:00:00Z"}, (422, "accounts.key_life")),
        ({"expires_at": "2027-07-01T00:00:00Z"}, (422, "accounts.key_life")),
        ({"place_id": "34:99999"}, (404, "places.unknown")),
        ({"place_id": OTHER_PROVINCE}, (403, "accounts.scope_not_held")),
        ({"place_id": LAM_DONG}, (201, None)),  # the commune's officer acts in the commune all the same
    ],
)
async def test_a_key_gets_no_more_than_its_maker_holds(
    client: httpx.AsyncClient, enter: Enter, fields: dict[str, Any], expected: tuple[int, str | None]
) -> None:
    lan = await enter("lan", OFFICER)
    answer = await client.post(KEYS, json={**wanted("product:read"), **fields}, headers=lan.headers)
    assert outcome(answer) == expected, answer.text


async def test_a_key_does_nothing_that_belongs_to_the_person(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan", EVERYWHERE)
    made = await make(client, lan, "user:read", "product:read")
    password = {"current_password": PASSWORD, "new_password": "một câu khác cũng dài"}
    asked = [
        client.get(KEYS, headers=bearer(made)),
        client.post(KEYS, json=wanted("product:read"), headers=bearer(made)),
        client.post(f"{KEYS}/{made['id']}/rotate", json={}, headers=bearer(made)),
        client.delete(f"{KEYS}/{made['id']}", headers={**bearer(made), "If-Match": "*"}),
        client.patch("/v1/me", json={"display_name": "X"}, headers={**bearer(made), "If-Match": "*"}),
        client.post("/v1/me/password", json=password, headers=bearer(made)),
        client.post("/v1/auth/sign-out", headers=bearer(made)),
        client.get("/v1/me/sessions", headers=bearer(made)),
        client.get("/v1/notifications", headers=bearer(made)),
    ]
    for request in asked:
        answer = await request
        assert outcome(answer) in {(403, "auth.person_needed"), (404, "request.not_found")}, answer.text
    path = f"/v1/users/{lan.id}/api-keys/{made['id']}"
    assert outcome(await client.delete(path, headers={**bearer(made), "If-Match": "*"})) == (
        403,
        "auth.not_permitted",
    )
    assert (await client.get("/v1/me", headers=bearer(made))).status_code == 200


async def test_a_key_ends_with_its_day_its_user_or_its_revocation(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    lan = await enter("lan", OFFICER)
    short = await make(client, lan, "product:read", expires_at="2026-06-15T02:05:00Z")
    revoked, seized, kept = [await make(client, lan, "product:read") for _ in range(3)]
    for _ in range(2):
        assert (
            await client.delete(f"{KEYS}/{revoked['id']}", headers={**lan.headers, "If-Match": "*"})
        ).status_code == 204
    stranger = await enter("la", Grant(Role.ADMIN, Bound.AREA, Level.PROVINCE, OTHER_PROVINCE))
    theirs = f"/v1/users/{lan.id}/api-keys"
    assert outcome(await client.get(theirs, headers=stranger.headers)) == (404, "accounts.unknown_user")
    assert len((await client.get(theirs, headers=admin.headers)).json()["items"]) == 3
    assert (
        await client.delete(f"{theirs}/{seized['id']}", headers={**admin.headers, "If-Match": "*"})
    ).status_code == 204
    assert (await client.get("/v1/me", headers=bearer(short))).status_code == 200
    clock.move(minutes=6)
    refused = {
        (await client.get("/v1/me", headers=bearer(key))).status_code for key in (short, revoked, seized)
    }
    assert refused == {401}
    assert (await client.get("/v1/me", headers=bearer(kept))).status_code == 200
    headers = {**admin.headers, "If-Match": "*"}
    assert (
        await client.patch(f"/v1/users/{lan.id}", json={"disabled": True}, headers=headers)
    ).status_code == 200
    assert outcome(await client.get("/v1/me", headers=bearer(kept))) == (401, "auth.invalid_token")


async def test_a_rotated_key_goes_on_for_the_overlap_only(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan", OFFICER)
    old = await make(client, lan, "product:read", place_id=BAC_GIA_NGHIA)
    path = f"{KEYS}/{old['id']}/rotate"
    assert (await client.post(path, json={"overlap_hours": 169}, headers=lan.headers)).status_code == 422
    new = (await client.post(path, json={"overlap_hours": 1}, headers=lan.headers)).json()
    assert (new["scopes"], new["place_id"]) == (old["scopes"], BAC_GIA_NGHIA)
    assert outcome(await client.post(path, json={}, headers=lan.headers)) == (409, "accounts.key_not_in_use")
    assert (await client.get("/v1/me", headers=bearer(old))).status_code == 200
    clock.move(hours=1)
    assert (await client.get("/v1/me", headers=bearer(old))).status_code == 401
    assert (await client.get("/v1/me", headers=bearer(new))).status_code == 200
    other = await enter("khac", OFFICER)
    foreign = await client.post(f"{KEYS}/{new['id']}/rotate", json={}, headers=other.headers)
    assert outcome(foreign) == (404, "accounts.unknown_key")


async def test_the_last_use_is_noted_to_the_minute_and_beside_the_request(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, app: FastAPI
) -> None:
    lan = await enter("lan", OFFICER)
    made = await make(client, lan, "product:read")

    async def last_used() -> str | None:
        await app.state.key_uses.settle()
        headers = (await enter("lan", OFFICER)).headers
        found: str | None = (await client.get(KEYS, headers=headers)).json()["items"][0]["last_used_at"]
        return found

    assert await last_used() is None
    for seconds, expected in ((0, "02:00:00"), (50, "02:00:00"), (15, "02:01:05")):
        clock.move(seconds=seconds)
        assert (await client.get("/v1/me", headers=bearer(made))).status_code == 200
        assert await last_used() == f"2026-06-15T{expected}Z"


async def test_a_guessed_or_altered_key_is_refused_like_any_unknown_token(
    client: httpx.AsyncClient, enter: Enter
) -> None:
    lan = await enter("lan", OFFICER)
    key = (await make(client, lan, "product:read"))["key"]
    for forged in (
        key[:-1] + ("0" if key[-1] != "0" else "1"),
        key.upper(),
        key + "0",
        new_key().text,
        "ocop_key_",
    ):
        answer = await client.get("/v1/me", headers={"Authorization": f"Bearer {forged}"})
        assert outcome(answer) == (401, "auth.invalid_token")


async def test_the_number_of_keys_is_bounded(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan", OFFICER)
    for _ in range(25):
        await make(client, lan, "product:read")
    answer = await client.post(KEYS, json=wanted("product:read"), headers=lan.headers)
    assert outcome(answer) == (409, "accounts.too_many_keys")


@given(st.integers(9, 68), st.sampled_from("0aZ_-é "))
def test_one_wrong_character_makes_it_no_key(position: int, letter: str) -> None:
    key = new_key().text
    assert digest_of_key(key) is not None
    altered = key[:position] + letter + key[position + 1 :]
    assert altered == key or digest_of_key(altered) is None


def test_a_place_takes_from_a_grant_and_never_adds() -> None:
    commune = Standing((LAM_DONG, BAC_GIA_NGHIA), Level.COMMUNE)
    province = Standing((LAM_DONG,), Level.PROVINCE)
    ministry = Grant(Role.OFFICER, Bound.EVERYWHERE)
    left = narrowed(ministry, [], LAM_DONG, province)
    assert left is not None
    actor = Actor(grants=(left,))
    assert actor.scope(Permission.DOSSIER_RECEIVE).place_ids == {LAM_DONG}
    # The ministry's officer does not become the province's by making a key for the province.
    assert actor.scope(Permission.DOSSIER_RECEIVE, levels={Level.PROVINCE}).empty
    left = narrowed(PROVINCE_OFFICER, [LAM_DONG], BAC_GIA_NGHIA, commune)
    assert (left and left.place_id, left and left.level) == (BAC_GIA_NGHIA, Level.PROVINCE)
    assert narrowed(OFFICER, [LAM_DONG, BAC_GIA_NGHIA], LAM_DONG, province) == OFFICER
    assert (
        narrowed(
            OFFICER, [LAM_DONG, BAC_GIA_NGHIA], OTHER_PROVINCE, Standing((OTHER_PROVINCE,), Level.PROVINCE)
        )
        is None
    )


def test_an_import_by_a_key_keeps_its_scopes() -> None:
    actor = Actor(grants=(PROVINCE_OFFICER,), scopes=frozenset({Permission.IMPORT_RUN}))
    assert not restored(snapshot(actor)).may(Permission.PRODUCT_EDIT)
    assert restored(snapshot(actor)).may(Permission.IMPORT_RUN)
    older = {name: value for name, value in snapshot(actor).items() if name != "scopes"}
    assert restored(older).scopes is None
