"""Until a round closes nobody learns anything of another's sheet; races between handing in and closing."""

import asyncio
import re
from uuid import UUID, uuid4

from fastapi import FastAPI
from sqlalchemy import select, text, update

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import CouncilResult, ScoreSheet
from ocop_api.domain.actor import Actor, Bound, Grant, Role
from ocop_api.domain.rubric.scoresheet import Choice, Scoresheet
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.scoring.schemas.evaluation import evaluation_record

from .conftest import EIGHTY_NINE, NINETY, Headers, World, area_actor

PLANTED = "nhận xét kín 7319"


def _addresses(app: FastAPI, known: dict[str, str]) -> list[str]:
    """Every GET address of the API, with what this test knows in place of the parameters."""
    paths = app.openapi()["paths"]
    gets = [path for path, operations in paths.items() if "get" in operations]
    return [re.sub(r"{(\w+)}", lambda match: known.get(match[1], str(uuid4())), path) for path in gets]


async def _scan(world: World, app: FastAPI, session_id: str, dossier: Dossier, digest: str) -> int:
    known = {
        "council_id": world.council["id"],
        "session_id": session_id,
        "dossier_id": str(dossier.id),
        "product_id": str(dossier.product_id),
        "producer_id": str(dossier.producer_id),
        "user_id": str(world.users[0]),
        "edition_code": "qd26-2026",
        "set_number": "13",
    }
    people: list[Headers] = [
        world.headers[world.users[1]],
        world.secretary,
        world.officer,
        world.as_actor(
            Actor(
                user_id=uuid4(),
                grants=tuple(
                    grant
                    for role in (Role.LEADER, Role.INSPECTOR, Role.ADMIN)
                    for grant in area_actor(role).grants
                ),
            )
        ),
    ]
    answered = 0
    for path in _addresses(app, known):
        for headers in people:
            answer = await world.client.get(path, headers=headers)
            answered += answer.status_code == 200
            _refuse_leak(answer.text, path, digest)
    return answered


def _refuse_leak(told: str, where: str, digest: str) -> None:
    assert PLANTED not in told, where
    assert digest not in told, where
    assert '"total":"89"' not in told, where


async def test_nothing_of_a_sheet_shows_before_the_round_closes(world: World, app: FastAPI) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    author, fellow = world.users[0], world.users[1]
    url = world.sheet_url(session_id, dossier)
    own = await world.hand_in(session_id, dossier, author, EIGHTY_NINE, PLANTED)
    digest = own.json()["sha256"]
    assert PLANTED in (await world.client.get(url, headers=world.headers[author])).text
    assert await _scan(world, app, session_id, dossier, digest) > 20
    for headers in (world.headers[fellow], world.secretary, world.officer):
        for answer in (
            await world.client.get(url, headers=headers),
            await world.client.post(f"{url}/submit", headers=headers),
            await world.close(session_id, dossier, headers),
            await world.close(session_id, dossier, headers, without_missing=True),
        ):
            assert answer.status_code >= 400
            _refuse_leak(answer.text, str(answer.url), digest)
    session = (await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)).json()
    assert session["dossiers"][0]["rounds"][0]["submitted"] == [str(author)]
    async with world.database.read() as rows:
        told = (await rows.execute(text("select string_agg(e::text, '|') from ledger_event e"))).scalar_one()
    assert "sheet.submitted" in told
    assert PLANTED not in told
    assert digest not in told


async def test_a_new_round_is_sealed_again_while_the_old_one_is_open_to_all(
    world: World, app: FastAPI
) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    await world.hand_in(session_id, dossier, world.users[0], NINETY)
    await world.hand_in(
        session_id, dossier, world.users[1], NINETY | {"1.1": 1, "1.3": 1, "2.1": 1, "2.2": 1}
    )
    closed = await world.close(session_id, dossier)
    assert closed.json()["final"] is False, closed.text
    again = await world.hand_in(session_id, dossier, world.users[0], EIGHTY_NINE, PLANTED)
    await _scan(world, app, session_id, dossier, again.json()["sha256"])
    shown = await world.client.get(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/result", headers=world.headers[world.users[1]]
    )
    assert shown.json()["round"] == 1
    none_yet = await world.client.get(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/result?round=2", headers=world.secretary
    )
    assert (none_yet.status_code, none_yet.json()["code"]) == (404, "scoring.no_closed_round")


async def test_a_sheet_handed_in_while_the_round_closes_counts_or_is_refused(world: World) -> None:
    await world.set_up()
    dossiers = [await world.dossier() for _ in range(3)]
    session_id = await world.opened(*dossiers)
    late = world.users[4]
    for dossier in dossiers:
        for user in world.users[:4]:
            await world.hand_in(session_id, dossier, user, NINETY)
        url = world.sheet_url(session_id, dossier)
        await world.client.put(url, json={"choices": NINETY}, headers=world.headers[late])
        handed_in, closed = await asyncio.gather(
            world.client.post(f"{url}/submit", headers=world.headers[late]),
            world.close(session_id, dossier, without_missing=True),
        )
        assert closed.status_code == 200, closed.text
        counted = str(late) in {sheet["member"] for sheet in closed.json()["sheets"]}
        assert handed_in.status_code == (200 if counted else 409), handed_in.text
        if not counted:
            assert handed_in.json()["code"] in {"scoring.round_closed", "scoring.session_not_open"}


async def test_two_who_close_or_hand_in_at_once_do_it_once(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    url = world.sheet_url(session_id, dossier)
    for user in world.users[:2]:
        await world.client.put(url, json={"choices": NINETY}, headers=world.headers[user])
        twice = await asyncio.gather(
            *(world.client.post(f"{url}/submit", headers=world.headers[user]) for _ in range(2))
        )
        assert sorted(answer.status_code for answer in twice) == [200, 409]
        assert {answer.json().get("code") for answer in twice} == {None, "scoring.sheet_exists"}
    both = await asyncio.gather(
        world.close(session_id, dossier), world.close(session_id, dossier, world.headers[world.users[0]])
    )
    assert sorted(answer.status_code for answer in both) == [200, 409]
    async with world.database.read() as rows:
        assert len((await rows.scalars(select(CouncilResult))).all()) == 1


async def _replace_sheet(world: World, member: UUID, choices: dict[str, int], remarks: str) -> None:
    """Put another sheet in the place of a member's: all else of the world stays what it was."""
    sheet = Scoresheet("qd26-2026", 13, {code: Choice(level, None) for code, level in choices.items()}, ())
    async with world.database.transaction() as session:
        await session.execute(text("set local session_replication_role = replica"))
        await session.execute(
            update(ScoreSheet)
            .where(ScoreSheet.member_id == member)
            .values(
                choices={code: {"level": level, "case": None} for code, level in choices.items()},
                remarks=remarks,
                criterion_remarks={"1.1": remarks},
                evaluation=evaluation_record(evaluate(sheet)).model_dump(mode="json"),
                sha256="0" * 64,
            )
        )


async def _everything(world: World, app: FastAPI, session_id: str, dossier: Dossier) -> dict[str, str]:
    """What all others are answered, reading, exporting and trying whatever there is about the dossier.

    What differs from one request to the next anyhow is left out.
    """
    known = {
        "council_id": world.council["id"],
        "session_id": session_id,
        "dossier_id": str(dossier.id),
        "product_id": str(dossier.product_id),
        "producer_id": str(dossier.producer_id),
        "user_id": str(world.users[0]),
        "edition_code": "qd26-2026",
        "set_number": "13",
    }
    stranger = str(UUID(int=1))
    people = [world.headers[one] for one in world.users[1:]] + [world.officer]
    people += [world.as_actor(area_actor(role)) for role in (Role.LEADER, Role.INSPECTOR, Role.ADMIN)]
    people += [world.as_actor(Actor(user_id=UUID(int=2), grants=(_producer_grant(dossier),))), {}]
    told: dict[str, str] = {}
    for path, operations in app.openapi()["paths"].items():
        if path.startswith(("/v1/health", "/metrics", "/health")):
            continue
        address = re.sub(r"{(\w+)}", lambda match: known.get(match[1], stranger), path)
        about = any(name in path for name in _ABOUT)
        asked = [("GET", address)] if "get" in operations else []
        asked += [("GET", f"{address}.csv")] if asked and about and not path.endswith("}") else []
        asked += [(method.upper(), address) for method in _WRITING if about and method in operations]
        for method, where in asked:
            for place, headers in enumerate(people):
                body: dict[str, str] | None = None if method == "GET" else {}
                answer = await world.client.request(method, where, headers=headers, json=body)
                told[f"{method} {where} {place}"] = (
                    f"{answer.status_code} {answer.headers.get('etag')} {answer.text}"
                )
    kept = set(known.values()) | {str(user) for user in world.users}
    return {where: _steady(one, kept) for where, one in told.items()}


_ABOUT = ("{session_id}", "{council_id}", "{dossier_id}")
_WRITING = ("post", "put", "patch", "delete")
_CHANGING = re.compile(r'"(?:request_id|trace_id|instance|uptime[^"]*)":"?[^",}]*"?')
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _steady(told: str, kept: set[str]) -> str:
    return _ID.sub(lambda found: found[0] if found[0] in kept else "~", _CHANGING.sub("~", told))


def _producer_grant(dossier: Dossier) -> Grant:
    return Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id)


async def test_two_worlds_that_differ_in_one_sheet_answer_everybody_else_alike(
    world: World, app: FastAPI
) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    author = world.users[0]
    await world.hand_in(session_id, dossier, author, NINETY, PLANTED)
    # What is tried may leave something behind, such as a draft of another member's: then it is there.
    await _everything(world, app, session_id, dossier)
    one = await _everything(world, app, session_id, dossier)
    await _replace_sheet(world, author, NINETY | {"1.1": 1, "2.1": 1}, "lời khác")
    other = await _everything(world, app, session_id, dossier)
    differing = [(where, one[where], other[where]) for where in one if one[where] != other[where]]
    assert differing == []
    assert sum(answer.startswith("200") for answer in one.values()) > 100
    assert sum(not where.startswith("GET") for where in one) > 300
    current = await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)
    assert current.json()["dossiers"][0]["rounds"][0]["state"] == "open"
    # The comparison can fail: the author's own sheet is one of these answers.
    url = world.sheet_url(session_id, dossier)
    assert "lời khác" in (await world.client.get(url, headers=world.headers[author])).text


async def test_ten_hand_in_while_the_chair_closes_and_none_is_lost_or_counted_twice(world: World) -> None:
    await world.set_up(("chair", *["member"] * 10, "secretary"), quorum_share="1/10")
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    url = world.sheet_url(session_id, dossier)
    chair, members = world.users[0], world.users[1:11]
    for user in (chair, members[0]):
        await world.hand_in(session_id, dossier, user, NINETY)
    for user in members[1:]:
        await world.client.put(url, json={"choices": NINETY}, headers=world.headers[user])
    answers = await asyncio.gather(
        *(world.client.post(f"{url}/submit", headers=world.headers[user]) for user in members[1:6]),
        world.close(session_id, dossier, world.headers[chair], without_missing=True),
        *(world.client.post(f"{url}/submit", headers=world.headers[user]) for user in members[6:]),
    )
    closed = answers.pop(5).json()
    taken = {
        str(user) for user, answer in zip(members[1:], answers, strict=True) if answer.status_code == 200
    }
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 200}
    assert refused <= {"scoring.round_closed", "scoring.session_not_open"}
    counted = [sheet["member"] for sheet in closed["sheets"]]
    assert sorted(counted) == sorted({str(chair), str(members[0]), *taken})
    assert closed["counted"] == len(counted)
    async with world.database.read() as rows:
        assert len((await rows.scalars(select(ScoreSheet.id))).all()) == len(counted)
