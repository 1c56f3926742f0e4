"""The life of tokens: expiry, rotation, the grace for a lost answer, and the detection of theft."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from ocop_api.accounts.authentication import authenticate
from ocop_api.accounts.tokens import TokenKind, digest_of, new_token
from ocop_api.db.session import Database
from ocop_api.domain.errors import Unauthenticated

from .conftest import BAC_GIA_NGHIA, OFFICER, Enter, MovingClock


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/v1/auth/refresh", json={"refresh_token": token})


async def status_of(client: httpx.AsyncClient, access_token: str) -> int:
    return (await client.get("/v1/me", headers=bearer(access_token))).status_code


@given(st.text(max_size=200))
def test_only_our_own_tokens_have_a_digest(text_: str) -> None:
    assert digest_of(text_, TokenKind.ACCESS) is None or text_.startswith("ocop_at_")


def test_a_token_is_random_and_good_for_one_purpose() -> None:
    made = {new_token(TokenKind.ACCESS) for _ in range(100)}
    assert len(made) == 100
    token = made.pop()
    assert digest_of(token, TokenKind.ACCESS) == hashlib.sha256(token.encode()).digest()
    assert digest_of(token, TokenKind.REFRESH) is None
    assert digest_of(token + "x" * 200, TokenKind.ACCESS) is None


async def test_the_database_holds_no_token(
    client: httpx.AsyncClient, enter: Enter, database: Database
) -> None:
    lan = await enter("lan", OFFICER)
    await refresh(client, lan.refresh_token)
    async with database.read() as session:
        kept = ""
        for table in ("account_token", "account_session", "account_user", "ledger_event"):
            kept += str((await session.execute(text(f"select * from {table}"))).all())  # noqa: S608
    assert "ocop_at_" not in kept
    assert "ocop_rt_" not in kept


async def test_the_actor_has_the_grants_that_hold_now(
    enter: Enter, database: Database, clock: MovingClock
) -> None:
    lan = await enter("lan", OFFICER)
    token = lan.headers["Authorization"].removeprefix("Bearer ")
    actor = await authenticate(database.fast, token, clock())
    assert (actor.user_id, actor.name, actor.grants) == (lan.id, "Lan", (OFFICER,))
    assert actor.session_id is not None
    assert actor.grants[0].place_id == BAC_GIA_NGHIA
    with pytest.raises(Unauthenticated):
        await authenticate(database.fast, token, datetime(2026, 6, 16, tzinfo=UTC))
    with pytest.raises(Unauthenticated):
        await authenticate(database.fast, lan.refresh_token, clock())


async def test_a_request_is_authenticated_by_one_statement(
    client: httpx.AsyncClient, enter: Enter, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await enter("lan", OFFICER)
    hot: list[str] = []
    ordinary: list[str] = []
    real = asyncpg.Pool.fetch

    async def counting(pool: Any, query: str, *arguments: object) -> Any:
        hot.append(query)
        return await real(pool, query, *arguments)

    monkeypatch.setattr(asyncpg.Pool, "fetch", counting)
    event.listen(
        database.read_engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: ordinary.append(statement),
    )
    assert (await client.get("/v1/me", headers=lan.headers)).status_code == 200
    assert len(hot) == 1
    assert len(ordinary) == 3, ordinary  # the user, the grants, their places


async def test_an_access_token_expires_and_a_refresh_goes_on(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    access = lan.headers["Authorization"].removeprefix("Bearer ")
    clock.move(minutes=14, seconds=59)
    assert await status_of(client, access) == 200
    clock.move(seconds=1)
    assert await status_of(client, access) == 401
    pair = (await refresh(client, lan.refresh_token)).json()
    assert await status_of(client, pair["access_token"]) == 200
    # Each refresh starts the thirty days again.
    clock.move(days=29)
    pair = (await refresh(client, pair["refresh_token"])).json()
    clock.move(days=29)
    pair = (await refresh(client, pair["refresh_token"])).json()
    clock.move(days=30)
    late = await refresh(client, pair["refresh_token"])
    assert (late.status_code, late.json()["code"]) == (401, "accounts.invalid_refresh")


async def test_a_lost_answer_is_given_again_within_the_grace(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    await refresh(client, lan.refresh_token)  # its answer never arrives
    clock.move(seconds=15)
    await refresh(client, lan.refresh_token)  # nor does this one
    clock.move(seconds=15)
    third = await refresh(client, lan.refresh_token)
    assert third.status_code == 200
    assert third.headers["cache-control"] == "no-store"
    pair = third.json()
    assert await status_of(client, pair["access_token"]) == 200
    clock.move(minutes=20)
    assert (await refresh(client, pair["refresh_token"])).status_code == 200


async def test_reuse_after_the_grace_revokes_the_family_for_good(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database
) -> None:
    lan = await enter("lan")
    elsewhere = await enter("lan")
    pair = (await refresh(client, lan.refresh_token)).json()
    clock.move(seconds=31)
    theft = await refresh(client, lan.refresh_token)
    assert (theft.status_code, theft.json()["code"]) == (401, "accounts.refresh_reused")
    assert theft.headers["www-authenticate"] == "Bearer"
    # The revocation was committed although the answer is a refusal.
    assert await status_of(client, pair["access_token"]) == 401
    after = await refresh(client, pair["refresh_token"])
    assert (after.status_code, after.json()["code"]) == (401, "accounts.invalid_refresh")
    async with database.read() as session:
        kinds = await session.scalars(text("select kind from ledger_event where kind like '%reused'"))
        assert kinds.all() == ["user.refresh_reused"]
        reasons = await session.scalars(text("select revoked_for from account_session order by id"))
        assert reasons.all() == ["refresh_reused", None]
    assert (await client.get("/v1/me", headers=elsewhere.headers)).status_code == 200


async def test_an_older_token_is_theft_even_within_the_grace(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    second = (await refresh(client, lan.refresh_token)).json()
    third = (await refresh(client, second["refresh_token"])).json()
    theft = await refresh(client, lan.refresh_token)
    assert theft.json()["code"] == "accounts.refresh_reused"
    assert await status_of(client, third["access_token"]) == 401


async def test_a_thief_within_the_grace_is_found_at_the_next_rotation(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    owners = (await refresh(client, lan.refresh_token)).json()
    thiefs = (await refresh(client, lan.refresh_token)).json()
    clock.move(minutes=15)
    owners = (await refresh(client, owners["refresh_token"])).json()
    clock.move(minutes=1)
    assert (await refresh(client, thiefs["refresh_token"])).json()["code"] == "accounts.refresh_reused"
    assert await status_of(client, owners["access_token"]) == 401


async def test_refreshes_at_once_all_go_on(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database
) -> None:
    lan = await enter("lan")
    answers = await asyncio.gather(*(refresh(client, lan.refresh_token) for _ in range(4)))
    assert [a.status_code for a in answers] == [200] * 4
    assert len({a.json()["refresh_token"] for a in answers}) == 4
    for answer in answers:
        assert await status_of(client, answer.json()["access_token"]) == 200
    async with database.read() as session:
        assert await session.scalar(text("select generation from account_session")) == 1


async def test_theft_is_found_when_thief_and_owner_come_at_once(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock
) -> None:
    lan = await enter("lan")
    owners = (await refresh(client, lan.refresh_token)).json()
    clock.move(minutes=5)
    answers = await asyncio.gather(
        refresh(client, lan.refresh_token), refresh(client, owners["refresh_token"])
    )
    assert answers[0].json()["code"] == "accounts.refresh_reused"
    # Whoever of the two came first: the family has ended.
    if answers[1].status_code == 200:
        assert await status_of(client, answers[1].json()["access_token"]) == 401


async def test_unknown_and_foreign_tokens_are_refused(client: httpx.AsyncClient, enter: Enter) -> None:
    lan = await enter("lan")
    access = lan.headers["Authorization"].removeprefix("Bearer ")
    for token in (new_token(TokenKind.REFRESH), access, "x", "đ"):
        answer = await refresh(client, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "accounts.invalid_refresh"), token
    for token in (new_token(TokenKind.ACCESS), lan.refresh_token, "x"):
        assert await status_of(client, token) == 401


async def test_outdated_tokens_and_sessions_are_forgotten(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database
) -> None:
    lan = await enter("lan")
    clock.move(minutes=16)
    await refresh(client, lan.refresh_token)
    async with database.read() as session:
        rows = (await session.execute(text("select kind, generation from account_token order by 2, 1"))).all()
    assert [tuple(row) for row in rows] == [("refresh", 0), ("access", 1), ("refresh", 1)]
    clock.move(days=31)
    await enter("lan")
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from account_session")) == 1
        assert await session.scalar(text("select count(*) from account_token")) == 2
