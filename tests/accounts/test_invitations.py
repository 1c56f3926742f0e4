"""Invitations: who may write one, and what accepting it gives."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import Bound, Grant, Level, Role
from ocop_api.settings import Settings

from .conftest import (
    BAC_GIA_NGHIA,
    COMMUNE_ADMIN,
    EVERYWHERE,
    LAM_DONG,
    OTHER_PROVINCE,
    PASSWORD,
    Enter,
    MovingClock,
)
from .test_recovery import Post, outcome, token_in

INVITATIONS, ACCEPT = "/v1/invitations", "/v1/invitations/accept"
OFFICER_HERE = {"role": "officer", "bound": "area", "place_id": BAC_GIA_NGHIA}


def invited(**fields: Any) -> dict[str, Any]:
    return {"email": "Moi@example.vn", "place_id": BAC_GIA_NGHIA, "grants": [OFFICER_HERE], **fields}


def answer_of(token: str) -> dict[str, str]:
    return {"token": token, "display_name": "Đặng Thị Mới", "password": PASSWORD}


@pytest.fixture
def post(client: httpx.AsyncClient, database: Database, settings: Settings, clock: MovingClock) -> Post:
    return Post(client, database, settings, clock)


async def test_an_invitation_makes_an_account_with_its_home_and_roles_once(
    client: httpx.AsyncClient, enter: Enter, post: Post, database: Database
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    made = await client.post(INVITATIONS, json=invited(), headers=admin.headers)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["expires_at"]) == ("open", "2026-06-29T02:00:00Z")
    again = await client.post(INVITATIONS, json=invited(email="moi@EXAMPLE.vn"), headers=admin.headers)
    assert outcome(again) == (409, "accounts.already_invited")
    (letter,) = await post.deliver()
    assert letter.to == "Moi@example.vn"
    token = token_in(letter)
    weak = {**answer_of(token), "password": "matkhau123456"}
    assert outcome(await client.post(ACCEPT, json=weak)) == (422, "accounts.password_too_common")
    answers = await asyncio.gather(*(client.post(ACCEPT, json=answer_of(token)) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [201, 401, 401], [a.text for a in answers]
    signed = await client.post("/v1/auth/sign-in", json={"email": "moi@example.vn", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    me = (await client.get("/v1/me", headers=headers)).json()
    assert (me["place_id"], [grant["role"] for grant in me["grants"]]) == (BAC_GIA_NGHIA, ["officer"])
    why = (await client.get("/v1/me/permissions", headers=headers)).json()["items"][0]["origins"]
    assert [(one["role"], one["granted_by"]) for one in why] == [("officer", str(admin.id))]
    seen = (await client.get(made.headers["location"], headers=admin.headers)).json()
    assert (seen["state"], seen["accepted_by"]) == ("accepted", me["id"])
    async with database.read() as session:
        kept = str((await session.execute(text("select l::text from ledger_event l"))).all())
    assert "invitation.accepted" in kept
    assert "moi@" not in kept.lower()
    assert "Mới" not in kept


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"place_id": OTHER_PROVINCE}, (403, "auth.not_permitted")),
        ({"place_id": None}, (403, "auth.not_permitted")),
        ({"grants": [{**OFFICER_HERE, "place_id": LAM_DONG}]}, (403, "auth.not_permitted")),
        ({"grants": [{"role": "admin", "bound": "everywhere"}]}, (403, "auth.not_permitted")),
        (
            {"grants": [{"role": "producer", "bound": "area", "place_id": LAM_DONG}]},
            (422, "accounts.bound_does_not_fit_role"),
        ),
        (
            {"grants": [{**OFFICER_HERE, "valid_from": "2027-01-01T00:00:00Z"}]},
            (422, "accounts.invited_from_acceptance"),
        ),
        ({"email": "a@b.vn,c@d.vn"}, (422, "request.invalid")),
        ({"email": "a,b@d.vn"}, (422, "request.invalid")),
        ({"grants": []}, (201, None)),
    ],
)
async def test_an_administrator_promises_what_they_may_grant(
    client: httpx.AsyncClient, enter: Enter, fields: dict[str, Any], expected: tuple[int, str | None]
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    answer = await client.post(INVITATIONS, json=invited(**fields), headers=admin.headers)
    assert outcome(answer) == expected, answer.text


async def test_the_owner_of_an_account_accepts_after_signing_in(
    client: httpx.AsyncClient, enter: Enter, post: Post
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    lan = await enter("lan")
    other = await enter("khac")
    made = await client.post(INVITATIONS, json=invited(email="LAN@example.vn"), headers=admin.headers)
    assert made.status_code == 201
    token = token_in((await post.deliver())[0])
    assert outcome(await client.post(ACCEPT, json=answer_of(token))) == (
        409,
        "accounts.invitation_needs_sign_in",
    )
    mine = "/v1/me/invitations/accept"
    stolen = await client.post(mine, json={"token": token}, headers=other.headers)
    assert outcome(stolen) == (403, "accounts.invitation_of_another")
    accepted = await client.post(mine, json={"token": token}, headers=lan.headers)
    assert [grant["role"] for grant in accepted.json()["grants"]] == ["officer"]
    again = await client.post(mine, json={"token": token}, headers=lan.headers)
    assert outcome(again) == (422, "accounts.invitation_not_open")


async def test_nobody_hands_on_what_has_been_taken_away(
    client: httpx.AsyncClient, enter: Enter, post: Post
) -> None:
    root = await enter("root", EVERYWHERE)
    admin = await enter("admin", COMMUNE_ADMIN)
    await client.post(INVITATIONS, json=invited(), headers=admin.headers)
    token = token_in((await post.deliver())[0])
    grant = (await client.get("/v1/me", headers=admin.headers)).json()["grants"][0]["id"]
    headers = {**root.headers, "If-Match": "*"}
    assert (await client.delete(f"/v1/users/{admin.id}/grants/{grant}", headers=headers)).status_code == 204
    assert outcome(await client.post(ACCEPT, json=answer_of(token))) == (409, "accounts.invitation_void")
    found = await client.get("/v1/users?q=moi", headers=root.headers)
    assert found.json()["items"] == []


async def test_invitations_are_sent_again_withdrawn_and_run_out(
    client: httpx.AsyncClient, enter: Enter, post: Post, clock: MovingClock
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    stranger = await enter("la", Grant(Role.ADMIN, Bound.AREA, Level.PROVINCE, OTHER_PROVINCE))
    path = (await client.post(INVITATIONS, json=invited(), headers=admin.headers)).headers["location"]
    assert outcome(await client.get(path, headers=stranger.headers)) == (404, "accounts.unknown_invitation")
    assert (await client.get(INVITATIONS, headers=stranger.headers)).json()["items"] == []
    first = token_in((await post.deliver())[0])
    resend = f"{path}/resend"
    assert outcome(await client.post(resend, headers=admin.headers)) == (409, "accounts.invitation_just_sent")
    clock.move(minutes=11)
    assert (await client.post(resend, headers=admin.headers)).status_code == 200
    second = token_in((await post.deliver())[0])
    assert (await client.post(ACCEPT, json=answer_of(first))).status_code == 401
    tag = (await client.get(path, headers=admin.headers)).headers["etag"]
    headers = {**admin.headers, "If-Match": tag}
    assert (await client.delete(path, headers=headers)).status_code == 204
    assert outcome(await client.delete(path, headers=headers)) == (412, "request.stale_version")
    assert (await client.post(ACCEPT, json=answer_of(second))).status_code == 401
    await client.post(INVITATIONS, json=invited(), headers=admin.headers)
    late = token_in((await post.deliver())[0])
    clock.move(days=14)
    assert (await client.post(ACCEPT, json=answer_of(late))).status_code == 401
    admin = await enter("admin", COMMUNE_ADMIN)
    listed = await client.get(f"{INVITATIONS}?state=expired", headers=admin.headers)
    assert [one["state"] for one in listed.json()["items"]] == ["expired"]
    # A new invitation takes the place of one that has run out.
    assert (await client.post(INVITATIONS, json=invited(), headers=admin.headers)).status_code == 201


async def test_what_has_ended_is_forgotten(
    client: httpx.AsyncClient, enter: Enter, clock: MovingClock, database: Database, settings: Settings
) -> None:
    from ocop_api.accounts.jobs import JOBS
    from ocop_api.jobs.queue import JobContext

    admin = await enter("admin", COMMUNE_ADMIN)
    await client.post(INVITATIONS, json=invited(), headers=admin.headers)
    context = JobContext(database, settings, clock, {})
    for days, left in ((100, 1), (5, 0)):
        clock.move(days=days)
        await JOBS["accounts.forget_ended"](context, {})
        async with database.read() as session:
            assert await session.scalar(text("select count(*) from invitation")) == left
