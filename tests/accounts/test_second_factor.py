"""The second factor: setting it up, signing in with it, and what cannot be done twice."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from tests.conftest import make_settings

from ocop_api.accounts.sealing import key_for, seal, unseal
from ocop_api.accounts.second_factor import STEP_SECONDS
from ocop_api.db.session import Database
from ocop_api.domain.errors import Unavailable
from ocop_api.settings import SecuritySettings, Settings

from .conftest import COMMUNE_ADMIN, EVERYWHERE, OFFICER, PASSWORD, Account, Enter, MovingClock, Provision


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def code_at(secret: str, clock: MovingClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(clock().timestamp()) // STEP_SECONDS + steps)


def wrong_code(secret: str, clock: MovingClock) -> str:
    right = {code_at(secret, clock, steps) for steps in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


async def sign_in(client: httpx.AsyncClient, email: str) -> dict[str, Any]:
    answer = await client.post("/v1/auth/sign-in", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def answer_with(client: httpx.AsyncClient, challenge: str, code: str) -> httpx.Response:
    return await client.post("/v1/auth/second-factor", json={"challenge": challenge, "code": code})


async def enrol(client: httpx.AsyncClient, who: Account, clock: MovingClock) -> tuple[str, list[str]]:
    begun = await client.post("/v1/me/second-factor", json={"password": PASSWORD}, headers=who.headers)
    assert begun.status_code == 200, begun.text
    secret = begun.json()["secret"]
    confirmed = await client.post(
        "/v1/me/second-factor/confirm", json={"code": code_at(secret, clock)}, headers=who.headers
    )
    assert confirmed.status_code == 200, confirmed.text
    clock.move(seconds=STEP_SECONDS)
    return secret, confirmed.json()["recovery_codes"]


async def test_a_factor_is_set_up_with_the_password_and_a_first_code(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database
) -> None:
    lan = await enter("lan", OFFICER)
    path = "/v1/me/second-factor"
    wrong = await client.post(path, json={"password": "not this one"}, headers=lan.headers)
    assert said(wrong) == (422, "accounts.wrong_password")
    assert said(await client.post(path, json={}, headers=lan.headers)) == (422, "accounts.password_needed")
    begun = await client.post(path, json={"password": PASSWORD}, headers=lan.headers)
    assert begun.headers["cache-control"] == "no-store"
    secret = begun.json()["secret"]
    assert pyotp.parse_uri(begun.json()["otpauth_uri"]).secret == secret
    assert begun.json()["qr_svg"].startswith("<svg")
    # Not confirmed, it counts for nothing.
    assert (await sign_in(client, lan.email))["kind"] == "tokens"
    refused = await client.post(
        f"{path}/confirm", json={"code": wrong_code(secret, clock)}, headers=lan.headers
    )
    assert said(refused) == (422, "accounts.code_wrong")
    code = code_at(secret, clock)
    confirmed = await client.post(f"{path}/confirm", json={"code": code}, headers=lan.headers)
    codes = confirmed.json()["recovery_codes"]
    assert len(set(codes)) == 10
    status = (await client.get(path, headers=lan.headers)).json()
    assert (status["enrolled"], status["recovery_codes_left"], status["required"]) == (True, 10, False)
    again = await client.post(path, json={"password": PASSWORD}, headers=lan.headers)
    assert said(again) == (409, "accounts.second_factor_exists")
    # The code that confirmed it does not sign in as well.
    challenge = (await sign_in(client, lan.email))["challenge"]
    assert said(await answer_with(client, challenge, code)) == (401, "accounts.second_factor_wrong")
    async with database.read() as session:
        kept = ""
        for table in ("account_second_factor", "account_recovery_code", "ledger_event", "account_challenge"):
            kept += str((await session.execute(text(f"select * from {table}"))).all())  # noqa: S608
    assert "user.second_factor_enabled" in kept
    assert not [found for found in (secret, challenge, lan.email, *codes) if found in kept]


async def test_a_sign_in_needs_a_fresh_code(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    secret, _ = await enrol(client, lan, clock)
    result = await sign_in(client, lan.email)
    assert (result["kind"], result["expires_in"]) == ("second_factor", 300)
    assert "access_token" not in result
    # The challenge is no access token.
    headers = {"Authorization": f"Bearer {result['challenge']}"}
    assert (await client.get("/v1/me", headers=headers)).status_code == 401
    wrong = await answer_with(client, result["challenge"], wrong_code(secret, clock))
    assert said(wrong) == (401, "accounts.second_factor_wrong")
    # One step behind is a slow clock, two are too old.
    clock.move(seconds=STEP_SECONDS)
    assert (await answer_with(client, result["challenge"], code_at(secret, clock, -2))).status_code == 401
    done = await answer_with(client, result["challenge"], code_at(secret, clock, -1))
    assert done.status_code == 200, done.text
    headers = {"Authorization": f"Bearer {done.json()['access_token']}"}
    assert (await client.get("/v1/me", headers=headers)).status_code == 200
    used = await answer_with(client, result["challenge"], code_at(secret, clock))
    assert said(used) == (401, "accounts.challenge_invalid")
    other = (await sign_in(client, lan.email))["challenge"]
    replay = await answer_with(client, other, code_at(secret, clock, -1))
    assert said(replay) == (401, "accounts.second_factor_wrong")
    clock.move(minutes=5)
    assert said(await answer_with(client, other, code_at(secret, clock))) == (
        401,
        "accounts.challenge_invalid",
    )


async def test_a_challenge_takes_five_answers(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    secret, _ = await enrol(client, lan, clock)
    challenge = (await sign_in(client, lan.email))["challenge"]
    guesses = await asyncio.gather(
        *(answer_with(client, challenge, wrong_code(secret, clock)) for _ in range(7))
    )
    codes = sorted(guess.json()["code"] for guess in guesses)
    assert codes == ["accounts.challenge_invalid"] * 2 + ["accounts.second_factor_wrong"] * 5
    right = await answer_with(client, challenge, code_at(secret, clock))
    assert said(right) == (401, "accounts.challenge_invalid")


async def test_one_code_opens_one_of_two_sign_ins_at_once(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    secret, recovery = await enrol(client, lan, clock)
    for code in (code_at(secret, clock), recovery[0].upper().replace("-", " ")):
        challenges = [(await sign_in(client, lan.email))["challenge"] for _ in range(2)]
        answers = await asyncio.gather(*(answer_with(client, one, code) for one in challenges))
        assert sorted(answer.status_code for answer in answers) == [200, 401], code
        challenge = (await sign_in(client, lan.email))["challenge"]
        both = await asyncio.gather(*(answer_with(client, challenge, recovery[1]) for _ in range(2)))
        recovery = recovery[1:]
        assert sorted(answer.status_code for answer in both) == [200, 401]
    left = (await client.get("/v1/me/second-factor", headers=lan.headers)).json()
    assert left["recovery_codes_left"] == 7


async def test_taking_it_away_needs_password_and_code(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    secret, codes = await enrol(client, lan, clock)

    async def disable(password: str, code: str) -> httpx.Response:
        body = {"password": password, "code": code}
        return await client.post("/v1/me/second-factor/disable", json=body, headers=lan.headers)

    assert said(await disable("wrong", code_at(secret, clock))) == (422, "accounts.wrong_password")
    assert said(await disable(PASSWORD, wrong_code(secret, clock))) == (422, "accounts.code_wrong")
    body = {"password": PASSWORD, "code": codes[0]}
    renewed = await client.post("/v1/me/second-factor/recovery-codes", json=body, headers=lan.headers)
    assert renewed.status_code == 200
    assert said(await disable(PASSWORD, codes[1])) == (422, "accounts.code_wrong")
    assert (await disable(PASSWORD, renewed.json()["recovery_codes"][0])).status_code == 204
    assert (await sign_in(client, lan.email))["kind"] == "tokens"
    assert said(await disable(PASSWORD, code_at(secret, clock))) == (404, "accounts.no_second_factor")


async def test_an_administrator_resets_the_factor_of_others_only(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database
) -> None:
    lan, admin, binh = await enter("lan", OFFICER), await enter("admin", COMMUNE_ADMIN), await enter("binh")
    chief = await enter("chief", EVERYWHERE)
    await enrol(client, lan, clock)
    await enrol(client, chief, clock)
    any_version = {"If-Match": "*"}
    path = f"/v1/users/{lan.id}/second-factor"
    assert (await client.delete(path, headers=admin.headers)).status_code == 428
    assert (await client.delete(path, headers={**binh.headers, **any_version})).status_code == 404
    own = f"/v1/users/{chief.id}/second-factor"
    itself = await client.delete(own, headers={**chief.headers, **any_version})
    assert said(itself) == (409, "accounts.own_second_factor")
    assert (await client.delete(own, headers={**admin.headers, **any_version})).status_code == 404
    assert (await client.delete(path, headers={**admin.headers, **any_version})).status_code == 204
    assert (await sign_in(client, lan.email))["kind"] == "tokens"
    async with database.read() as session:
        actor = await session.scalar(
            text("select actor_id from ledger_event where kind = 'user.second_factor_reset'")
        )
    assert actor == admin.id


class TestWhereOfficesNeedOne:
    """With ``security.second_factor_required``."""

    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        made = make_settings(database_url, tmp_path)
        strict = made.security.model_copy(update={"second_factor_required": True})
        return made.model_copy(update={"security": strict})

    async def test_an_officer_without_one_can_only_set_it_up(
        self, client: httpx.AsyncClient, provision: Provision, enter: Enter, clock: MovingClock
    ) -> None:
        await enter("producer")  # a person without an office signs in as ever
        await provision("lan", [OFFICER])
        result = await sign_in(client, "lan@example.vn")
        assert result["kind"] == "second_factor_enrolment_required"
        challenge = {"challenge": result["challenge"]}
        early = await answer_with(client, result["challenge"], "123456")
        assert said(early) == (401, "accounts.challenge_invalid")
        path = "/v1/auth/second-factor/enrolment"
        nothing = await client.post(f"{path}/confirm", json={**challenge, "code": "123456"})
        assert said(nothing) == (404, "accounts.second_factor_not_begun")
        secret = (await client.post(path, json=challenge)).json()["secret"]
        body = {**challenge, "code": code_at(secret, clock)}
        answers = await asyncio.gather(*(client.post(f"{path}/confirm", json=body) for _ in range(2)))
        done, late = sorted(answers, key=lambda answer: answer.status_code)
        assert (done.status_code, late.status_code) == (200, 401)
        assert len(done.json()["recovery_codes"]) == 10
        headers = {"Authorization": f"Bearer {done.json()['tokens']['access_token']}"}
        assert (await client.get("/v1/me/second-factor", headers=headers)).json()["required"] is True
        proof = {"password": PASSWORD, "code": done.json()["recovery_codes"][0]}
        kept = await client.post("/v1/me/second-factor/disable", json=proof, headers=headers)
        assert said(kept) == (409, "accounts.second_factor_required")
        assert (await sign_in(client, "lan@example.vn"))["kind"] == "second_factor"


async def test_ending_all_sessions_ends_a_half_finished_sign_in(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    secret, _ = await enrol(client, lan, clock)
    challenge = (await sign_in(client, lan.email))["challenge"]
    assert (await client.post("/v1/me/sign-out-everywhere", headers=lan.headers)).status_code == 204
    late = await answer_with(client, challenge, code_at(secret, clock))
    assert said(late) == (401, "accounts.challenge_invalid")


def test_a_sealed_secret_opens_for_its_owner_and_this_installation_only() -> None:
    key = key_for(SecuritySettings(), "second-factor")
    sealed = seal(key, b"secret", b"lan")
    assert unseal(key, sealed, b"lan") == b"secret"
    assert b"secret" not in sealed
    assert sealed != seal(key, b"secret", b"lan")
    other = key_for(SecuritySettings(secret=SecretStr("x" * 40)), "second-factor")
    for wrong_key, owner in ((key, b"binh"), (other, b"lan"), (key_for(SecuritySettings(), "x"), b"lan")):
        with pytest.raises(Unavailable):
            unseal(wrong_key, sealed, owner)
