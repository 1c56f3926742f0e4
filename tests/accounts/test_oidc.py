"""Signing in through an issuer: the flow, linking, and the attacks on it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey
from sqlalchemy import text
from tests.conftest import make_settings

from ocop_api.accounts.oidc import redirect_allowed
from ocop_api.db.session import Database
from ocop_api.settings import OidcProvider, OidcSettings, Settings, WebSettings

from .conftest import Enter, MovingClock, Provision
from .oidc_issuer import LocalIssuer

REDIRECT = "http://localhost:8000/signed-in"


@pytest.fixture
def issuer(clock: MovingClock) -> Iterator[LocalIssuer]:
    made = LocalIssuer(clock)
    yield made
    made.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, issuer: LocalIssuer) -> Settings:
    provider = OidcProvider.model_validate(
        {
            "name": "province",
            "label": "Tài khoản công vụ",
            "issuer": issuer.url,
            "client_id": issuer.client_id,
            "client_secret": issuer.client_secret,
        }
    )
    made = make_settings(database_url, tmp_path)
    return made.model_copy(update={"oidc": OidcSettings(providers=(provider,))})


async def start(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/v1/auth/oidc/province/start", json={"redirect_uri": REDIRECT})
    assert answer.status_code == 200, answer.text
    started: dict[str, Any] = answer.json()
    return started


async def finish(client: httpx.AsyncClient, code: str, state: str) -> httpx.Response:
    return await client.post("/v1/auth/oidc/province/finish", json={"code": code, "state": state})


async def sign_in(client: httpx.AsyncClient, issuer: LocalIssuer) -> httpx.Response:
    started = await start(client)
    return await finish(client, issuer.authorize(started["authorization_url"]), started["state"])


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_person_signs_in_and_stays_linked_when_the_email_changes(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, database: Database
) -> None:
    user_id = await provision("lan", [])
    providers = (await client.get("/v1/auth/oidc/providers")).json()["items"]
    assert providers == [{"name": "province", "label": "Tài khoản công vụ"}]
    first = await sign_in(client, issuer)
    assert first.status_code == 200, first.text
    assert first.json()["kind"] == "tokens"
    assert first.headers["cache-control"] == "no-store"
    issuer.claims = {"email": "another@example.vn", "email_verified": False}
    again = (await sign_in(client, issuer)).json()
    headers = {"Authorization": f"Bearer {again['access_token']}"}
    assert (await client.get("/v1/me", headers=headers)).json()["id"] == str(user_id)
    [session, _] = (await client.get("/v1/me/sessions", headers=headers)).json()["items"]
    assert (session["method"], session["current"]) == ("oidc", True)
    # What is published was asked for once.
    assert issuer.asked.count("/jwks") == 1
    assert issuer.asked.count("/.well-known/openid-configuration") == 1
    async with database.read() as held:
        events = (
            await held.scalars(text("select data::text from ledger_event where kind like '%linked'"))
        ).all()
        kept = str((await held.execute(text("select * from oidc_state"))).all())
    assert [json.loads(event) for event in events] == [{"provider": "province"}]
    assert kept == "[]"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"aud": ["ocop-api", "another"], "azp": "another"},
        {"aud": ["ocop-api", "another"]},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"iss": "https://id.example.vn"},
        {"exp": 1_700_000_000},
        {"iat": 4_000_000_000},
        {"sub": None},
    ],
    ids="-".join,
)
async def test_an_id_token_for_somebody_else_or_another_time_is_refused(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, claims: dict[str, Any]
) -> None:
    await provision("lan", [])
    issuer.claims = claims
    assert said(await sign_in(client, issuer)) == (401, "accounts.oidc_refused")


async def test_forged_signatures_are_refused(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision
) -> None:
    await provision("lan", [])
    issuer.rotate("first", "RS256")
    public = issuer.key.as_pem(private=False) if not isinstance(issuer.key, OctKey) else b""

    async def with_token(header: dict[str, str], how: str) -> tuple[int, str]:
        started = await start(client)
        code = issuer.authorize(started["authorization_url"])
        genuine = issuer.token(issuer._codes[code]["nonce"])
        claims = json.loads(base64.urlsafe_b64decode(genuine.split(".")[1] + "=="))
        if how != "changed":
            parts = [json.dumps(header).encode(), json.dumps(claims).encode()]
            signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
            mac = hmac.new(public, signed, hashlib.sha256).digest() if how == "hmac" else b""
            issuer.forged = f"{signed.decode()}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        else:
            issuer.forged = genuine[:-6] + ("AAAAAA" if genuine[-6:] != "AAAAAA" else "BBBBBB")
        return said(await finish(client, code, started["state"]))

    for header, how in (
        ({"alg": "none"}, "none"),
        ({"alg": "HS256", "kid": "first"}, "hmac"),
        ({}, "changed"),
    ):
        assert await with_token(header, how) == (401, "accounts.oidc_refused"), how
    issuer.forged = None
    assert (await sign_in(client, issuer)).status_code == 200


@pytest.mark.parametrize("alg", ["RS256", "PS256", "EdDSA"])
async def test_the_usual_algorithms_are_taken(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, alg: str
) -> None:
    await provision("lan", [])
    issuer.rotate("other", alg)
    assert (await sign_in(client, issuer)).status_code == 200


async def test_keys_may_rotate_but_unknown_ones_do_not_make_us_ask_without_end(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, clock: MovingClock
) -> None:
    await provision("lan", [])
    assert (await sign_in(client, issuer)).status_code == 200
    issuer.rotate("second")
    clock.move(seconds=31)
    assert (await sign_in(client, issuer)).status_code == 200
    assert issuer.asked.count("/jwks") == 2
    issuer.kid = "made up"
    for _ in range(5):
        assert said(await sign_in(client, issuer)) == (401, "accounts.oidc_refused")
    assert issuer.asked.count("/jwks") == 2
    clock.move(seconds=31)
    for _ in range(5):
        await sign_in(client, issuer)
    assert issuer.asked.count("/jwks") == 3


async def test_a_state_is_good_once_even_when_two_come_at_once(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, clock: MovingClock
) -> None:
    await provision("lan", [])
    started = await start(client)
    code = issuer.authorize(started["authorization_url"])
    answers = await asyncio.gather(*(finish(client, code, started["state"]) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [200, 401, 401]
    assert said(await finish(client, code, started["state"])) == (401, "accounts.oidc_state_invalid")
    late = await start(client)
    clock.move(minutes=10)
    code = issuer.authorize(late["authorization_url"])
    assert said(await finish(client, code, late["state"])) == (401, "accounts.oidc_state_invalid")
    # The code of one sign-in with the state of another fails at the verifier.
    mine, theirs = await start(client), await start(client)
    code = issuer.authorize(theirs["authorization_url"])
    assert said(await finish(client, code, mine["state"])) == (401, "accounts.oidc_refused")


async def test_only_invited_people_with_a_verified_email_get_in(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, database: Database
) -> None:
    assert said(await sign_in(client, issuer)) == (403, "accounts.oidc_no_account")
    await provision("lan", [])
    issuer.claims = {"email_verified": False}
    assert said(await sign_in(client, issuer)) == (403, "accounts.oidc_email_unverified")
    issuer.claims = {"email": None}
    issuer.userinfo = {"sub": "somebody else", "email": "lan@example.vn", "email_verified": True}
    assert said(await sign_in(client, issuer)) == (403, "accounts.oidc_email_unverified")
    issuer.userinfo["sub"] = "person-1"
    assert (await sign_in(client, issuer)).status_code == 200
    async with database.transaction() as session:
        await session.execute(text("update account_user set disabled_at = now()"))
    assert said(await sign_in(client, issuer)) == (403, "accounts.oidc_no_account")


async def test_a_failing_issuer_is_not_our_failure_nor_the_callers(
    client: httpx.AsyncClient, issuer: LocalIssuer, provision: Provision, database: Database
) -> None:
    await provision("lan", [])
    path = "/v1/auth/oidc/province/start"
    for status in (500, 302):
        issuer.fail = {"/.well-known/openid-configuration": status}
        refused = await client.post(path, json={"redirect_uri": REDIRECT})
        assert said(refused) == (503, "accounts.oidc_unavailable")
        assert int(refused.headers["retry-after"]) > 0
    issuer.fail, issuer.padding = {}, 300_000
    assert (await client.post(path, json={"redirect_uri": REDIRECT})).status_code == 503
    issuer.padding = 0
    issuer.fail = {"/token": 503}
    assert said(await sign_in(client, issuer)) == (503, "accounts.oidc_unavailable")
    issuer.fail = {}
    assert (await sign_in(client, issuer)).status_code == 200
    unknown = await client.post("/v1/auth/oidc/nobody/start", json={"redirect_uri": REDIRECT})
    assert said(unknown) == (404, "accounts.unknown_provider")


async def test_no_connection_is_held_while_the_issuer_is_asked(
    client: httpx.AsyncClient,
    issuer: LocalIssuer,
    provision: Provision,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await provision("lan", [])
    pool: Any = database.write_engine.pool
    busy: list[int] = []
    real = issuer.answer

    def spy(*arguments: Any) -> Any:
        busy.append(pool.checkedout())
        return real(*arguments)

    monkeypatch.setattr(issuer, "answer", spy)
    assert (await sign_in(client, issuer)).status_code == 200
    assert busy == [0, 0, 0]


async def test_a_removed_identity_opens_nothing_until_it_is_restored(
    client: httpx.AsyncClient, issuer: LocalIssuer, enter: Enter
) -> None:
    lan, binh = await enter("lan"), await enter("binh")
    await sign_in(client, issuer)
    [identity] = (await client.get("/v1/me/identities", headers=lan.headers)).json()["items"]
    assert identity["issuer"] == issuer.url
    path, any_version = f"/v1/me/identities/{identity['id']}", {"If-Match": "*"}
    assert (await client.get("/v1/me/identities", headers=binh.headers)).json() == {"items": []}
    foreign = await client.delete(path, headers={**binh.headers, **any_version})
    assert said(foreign) == (404, "accounts.unknown_identity")
    assert (await client.delete(path, headers={**lan.headers, **any_version})).status_code == 204
    assert said(await sign_in(client, issuer)) == (403, "accounts.oidc_identity_removed")
    assert (await client.post(f"{path}/restore", headers=lan.headers)).json()["removed_at"] is None
    assert (await sign_in(client, issuer)).status_code == 200


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("https://api.ocop.vn/app/done", True),
        ("https://api.ocop.vn/app", True),
        ("https://api.ocop.vn:443/app/x?y=1", True),
        ("https://spa.ocop.vn/anything", True),
        ("https://api.ocop.vn/application", False),
        ("https://api.ocop.vn/app/../elsewhere", False),
        ("https://api.ocop.vn/app/%2e%2e/x", False),
        ("http://api.ocop.vn/app/done", False),
        ("https://api.ocop.vn.evil.vn/app/", False),
        ("https://api.ocop.vn@evil.vn/app/", False),
        ("https://evil.vn\\@spa.ocop.vn/", False),
        ("https://spa.ocop.vn/#x", False),
        ("https://spa.ocop.vn:bad/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_people_come_back_to_our_own_addresses_only(uri: str, allowed: bool) -> None:
    web = WebSettings(public_url="https://api.ocop.vn/app", cors_origins=("https://spa.ocop.vn",))
    assert redirect_allowed(uri, web) is allowed


async def test_a_foreign_redirect_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/auth/oidc/province/start", json={"redirect_uri": "https://evil.vn/"})
    assert said(answer) == (422, "accounts.redirect_not_allowed")
