"""Editions that an administrator adds: checked, in force from their day, never changed under a file."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role
from ocop_api.domain.rubric.edition import added, shipped_document, take_off_shelf

from .conftest import EIGHTY_NINE, Headers, World

Document = dict[str, Any]
CODE, FIRST = "qd26-2026-c1", "2026-09-01"
ALL = "/v1/editions"
ONE = f"{ALL}/{CODE}"


@pytest.fixture(autouse=True)
async def _empty_shelf() -> AsyncIterator[None]:
    yield
    for code in added():
        take_off_shelf(code)


@pytest.fixture
def admin(as_actor: Callable[[Actor], Headers]) -> Headers:
    return as_actor(Actor(uuid4(), "Quản trị", (Grant(Role.ADMIN, Bound.EVERYWHERE),)))


@pytest.fixture(scope="module")
def shipped_text() -> str:
    return json.dumps(shipped_document("qd26-2026"))


@pytest.fixture
def document(shipped_text: str) -> Document:
    """A successor in which the first option above none of criterion 1.1 of coffee has a point more."""
    found: Document = json.loads(shipped_text)
    option = found["sets"][12]["parts"][0]["groups"][0]["criteria"][0]["options"][1]
    option["points"] += 1
    return found | {"edition": CODE, "in_force_from": FIRST}


async def counted(database: Database, table: str) -> int:
    async with database.read() as session:
        return await session.scalar(text(f"select count(*) from {table}")) or 0  # noqa: S608


async def test_the_edition_follows_the_day_of_lodging(client: httpx.AsyncClient) -> None:
    for on, code in (
        ("2023-02-24", "qd148-2023"),
        ("2026-05-21", "qd148-2023"),
        ("2026-05-22", "qd26-2026"),
        (None, "qd26-2026"),
    ):
        answer = await client.get(f"{ALL}/in-force", params={} if on is None else {"on": on})
        assert answer.json()["code"] == code
        bands = {band["star"]: band["points_from"] for band in answer.json()["bands"]}
        assert bands == {5: "90", 4: "70", 3: "50", 2: "30", 1: "0"}


async def test_what_does_not_exist_is_told_in_both_languages(client: httpx.AsyncClient) -> None:
    unknown = f"{ALL}/qd99-2099"
    gets = (unknown, f"{unknown}/sets", f"{unknown}/sets/13", f"{unknown}/document", f"{unknown}/changes")
    forms = tuple(f"{unknown}/sets/13/form.{form}" for form in ("pdf", "xlsx"))
    for path in (*gets, *forms, f"{unknown}/classification?q=cam"):
        vietnamese = await client.get(path)
        english = await client.get(path, headers={"Accept-Language": "en"})
        assert (vietnamese.status_code, vietnamese.json()["code"]) == (404, "rubric.unknown_edition"), path
        assert vietnamese.json()["detail"] != english.json()["detail"]
    for action in ("evaluate", "advise"):
        body: Document = {"choices": {}} | ({"target_star": 4} if action == "advise" else {})
        answer = await client.post(f"{unknown}/sets/13/{action}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "rubric.unknown_edition")
    early = await client.get(f"{ALL}/in-force", params={"on": "2020-01-01"})
    assert (early.status_code, early.json()["code"]) == (404, "rubric.no_edition_in_force")


async def test_dry_run_shows_the_differences_and_stores_nothing(
    client: httpx.AsyncClient, admin: Headers, document: Document, database: Database
) -> None:
    tried = await client.post(ALL, params={"dry_run": "true"}, json=document, headers=admin)
    assert tried.status_code == 200, tried.text
    found = tried.json()
    assert (found["stored"], found["version"], found["changes"]["before"]) == (False, None, "qd26-2026")
    changed = [change["place"]["set_number"] for change in found["changes"]["changes"]]
    assert 13 in changed
    assert all(change["sentence"] for change in found["changes"]["changes"])
    assert await counted(database, "criteria_edition") == 0
    assert await counted(database, "ledger_event") == 0
    assert (await client.get(ONE)).status_code == 404


async def test_added_edition_is_served_in_full_and_in_force_from_its_day(
    client: httpx.AsyncClient, admin: Headers, document: Document, database: Database
) -> None:
    stored = await client.post(ALL, json=document, headers=admin)
    assert stored.status_code == 201, stored.text
    assert (stored.headers["location"], stored.json()["version"]) == (ONE, 1)
    listed = (await client.get(ALL)).json()["items"]
    assert [(one["code"], one["shipped"]) for one in listed] == [
        ("qd148-2023", True),
        ("qd26-2026", True),
        (CODE, False),
    ]
    for on, code in (("2026-08-31", "qd26-2026"), (FIRST, CODE), ("2030-01-01", CODE)):
        assert (await client.get(f"{ALL}/in-force", params={"on": on})).json()["code"] == code
    one = await client.get(f"{ONE}/sets/13")
    assert one.headers["cache-control"] == "public, max-age=300"
    assert one.json()["parts"][0]["groups"][0]["criteria"][0]["options"][1]["points"] == "3"
    for path in (f"{ONE}/sets/13/form.pdf", f"{ONE}/sets/13/form.xlsx", f"{ONE}/classification?q=ca+phe"):
        assert (await client.get(path)).status_code == 200, path
    changes = (await client.get(f"{ONE}/sets/13/changes")).json()
    assert changes["before"] == "qd26-2026"
    same = {"choices": {"1.1": 2}}
    points = [
        (await client.post(f"{ALL}/{code}/sets/13/evaluate", json=same)).json()["total"]
        for code in ("qd26-2026", CODE)
    ]
    assert points == ["2", "3"]
    assert (await client.get(f"{ONE}/document")).json() == document
    async with database.read() as session:
        told = await session.execute(text("select kind, subject_type, subject_id from ledger_event"))
        assert [tuple(event) for event in told] == [("edition.added", "edition", CODE)]


async def test_faults_come_at_once_with_their_places(
    client: httpx.AsyncClient, admin: Headers, document: Document, database: Database
) -> None:
    wrong = deepcopy(document)
    wrong["total"] = 99
    wrong["sets"][12]["parts"][0]["groups"][0]["criteria"][0]["max"] = 99
    refused = await client.post(ALL, json=wrong, headers=admin | {"Accept-Language": "vi"})
    assert (refused.status_code, refused.json()["code"]) == (422, "rubric.edition_invalid")
    pointers = [error["pointer"] for error in refused.json()["errors"]]
    assert "/body/total" in pointers
    assert "/body/sets/12/parts/0/groups/0/criteria/0" in pointers
    assert len(pointers) == refused.json()["data"]["faults"]
    misshapen = document | {"unknown": 1, "bands": "none"}
    shape = await client.post(ALL, json=misshapen, headers=admin)
    assert {error["pointer"] for error in shape.json()["errors"]} == {"/body/unknown", "/body/bands"}
    large = await client.post(ALL, content=b" " * (2 * 1024 * 1024 + 1), headers=admin)
    assert large.status_code in {413, 415}
    shipped = await client.post(ALL, json=document | {"edition": "qd26-2026"}, headers=admin)
    assert "/body/edition" in [error["pointer"] for error in shipped.json()["errors"]]
    assert await counted(database, "criteria_edition") == 0


async def test_unused_edition_is_corrected_and_removed(
    client: httpx.AsyncClient, admin: Headers, document: Document
) -> None:
    await client.post(ALL, json=document, headers=admin)
    etag = (await client.get(ONE)).headers["etag"]
    missing = await client.put(ONE, json=document, headers=admin)
    assert missing.status_code == 428
    same = await client.put(ONE, json=document, headers=admin | {"If-Match": etag})
    assert (same.status_code, same.json()["version"]) == (200, 1)
    before = await client.get(f"{ONE}/sets/13")
    corrected = document | {"about": "Đã đính chính."}
    corrected["sets"][12]["vi"] = "Cà phê và ca cao"
    tried = await client.put(
        ONE, params={"dry_run": "true"}, json=corrected, headers=admin | {"If-Match": etag}
    )
    assert (tried.json()["stored"], (await client.get(ONE)).json()["about"]) == (False, document["about"])
    put = await client.put(ONE, json=corrected, headers=admin | {"If-Match": etag})
    assert (put.status_code, put.json()["version"]) == (200, 2), put.text
    after = await client.get(f"{ONE}/sets/13")
    assert before.json()["text"]["vi"] != after.json()["text"]["vi"] == "Cà phê và ca cao"
    stale = await client.delete(ONE, headers=admin | {"If-Match": etag})
    assert stale.status_code == 412
    other = await client.put(ONE, json=corrected | {"edition": "x"}, headers=admin | {"If-Match": "*"})
    assert (other.status_code, other.json()["code"]) == (422, "rubric.edition_code_differs")
    assert (await client.delete(ONE, headers=admin | {"If-Match": "*"})).status_code == 204
    assert (await client.get(ONE)).status_code == 404
    again = await client.delete(ONE, headers=admin | {"If-Match": "*"})
    assert (again.status_code, again.json()["code"]) == (404, "rubric.unknown_edition")
    shipped = await client.delete(f"{ALL}/qd26-2026", headers=admin | {"If-Match": "*"})
    assert (shipped.status_code, shipped.json()["code"]) == (409, "rubric.edition_shipped")


async def test_edition_in_use_never_changes_and_scores_its_files(
    client: httpx.AsyncClient, admin: Headers, document: Document, world: World
) -> None:
    await client.post(ALL, json=document, headers=admin)
    world.clock.move(days=90)  # type: ignore[attr-defined]
    await world.set_up()
    dossier = await world.dossier(edition=CODE, lodged_on=date(2026, 9, 2))
    session_id = await world.opened(dossier)
    # A process that has just started holds nothing yet.
    take_off_shelf(CODE)
    for user in world.users[:-1]:
        answer = await world.hand_in(session_id, dossier, user, EIGHTY_NINE | {"1.1": 2})
        assert answer.json()["edition"] == CODE, answer.text
        take_off_shelf(CODE)
    closed = await world.close(session_id, dossier)
    assert closed.status_code == 200, closed.text
    assert closed.json()["star"] is not None
    for method in ("PUT", "DELETE"):
        body = document if method == "PUT" else None
        refused = await client.request(method, ONE, json=body, headers=admin | {"If-Match": "*"})
        assert (refused.status_code, refused.json()["code"]) == (409, "rubric.edition_in_use")
        assert refused.json()["data"]["dossiers"] == 1


async def test_edition_in_use_by_a_self_assessment_stays(
    client: httpx.AsyncClient, admin: Headers, document: Document, world: World
) -> None:
    await client.post(ALL, json=document, headers=admin)
    dossier = await world.dossier()
    producer = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id)
    headers = world.as_actor(Actor(user_id=uuid4(), name="Chủ thể", grants=(producer,)))
    started = await client.post(
        f"/v1/products/{dossier.product_id}/self-assessments",
        json={"title": "Thử", "edition": CODE},
        headers=headers,
    )
    assert (started.status_code, started.json()["edition"]) == (201, CODE), started.text
    take_off_shelf(CODE)
    read = await client.get(f"/v1/self-assessments/{started.json()['id']}", headers=headers)
    assert read.json()["edition"] == CODE
    refused = await client.delete(ONE, headers=admin | {"If-Match": "*"})
    assert (refused.json()["code"], refused.json()["data"]["self_assessments"]) == (
        "rubric.edition_in_use",
        1,
    )


async def test_edition_does_not_reach_back_over_lodged_dossiers(
    client: httpx.AsyncClient, admin: Headers, document: Document, world: World
) -> None:
    await world.dossier(lodged_on=date(2026, 6, 1))
    over = await client.post(ALL, json=document | {"in_force_from": "2026-06-01"}, headers=admin)
    assert (over.status_code, over.json()["code"]) == (409, "rubric.edition_reaches_back")
    assert over.json()["data"]["last_day"] == "2026-06-01"
    before = document | {"in_force_from": "2026-05-25", "in_force_to": "2026-05-31"}
    assert (await client.post(ALL, json=before, headers=admin)).status_code == 201
    after = document | {"edition": "qd26-2026-c2", "in_force_from": "2026-06-02"}
    assert (await client.post(ALL, json=after, headers=admin)).status_code == 201


async def test_of_two_at_once_one_is_added(
    client: httpx.AsyncClient, admin: Headers, document: Document, database: Database
) -> None:
    same = await asyncio.gather(*(client.post(ALL, json=document, headers=admin) for _ in range(2)))
    assert sorted(answer.status_code for answer in same) == [201, 409]
    other = document | {"edition": "qd26-2026-c2"}
    taken = await client.post(ALL, json=other, headers=admin)
    assert [error["pointer"] for error in taken.json()["errors"]] == ["/body/in_force_from"]
    assert await counted(database, "criteria_edition") == 1


async def test_whoever_adds_waits_for_those_who_are_about_to_cite(
    client: httpx.AsyncClient, admin: Headers, document: Document, database: Database
) -> None:
    async with database.transaction() as session:
        await EditionShelf(session).cite()
        waiting = asyncio.ensure_future(client.post(ALL, json=document, headers=admin))
        done, _ = await asyncio.wait([waiting], timeout=1)
        assert not done
    assert (await waiting).status_code == 201


async def test_another_process_sees_what_was_added_at_once(
    client: httpx.AsyncClient, document: Document, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "edition.json"
    file.write_text(json.dumps(document), "utf-8")
    assert (await client.get(ONE)).status_code == 404
    added_elsewhere = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ocop_api.cli", "editions", "add", str(file)),
        env=os.environ | {"OCOP_DATABASE_URL": database_url, "OCOP_DATA_DIR": str(tmp_path)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await added_elsewhere.wait() == 0
    assert (await client.get(ONE)).json()["version"] == 1
    assert (await client.get(f"{ALL}/in-force", params={"on": FIRST})).json()["code"] == CODE


async def test_only_the_administrator_of_everything_changes_editions(
    client: httpx.AsyncClient, as_actor: Callable[[Actor], Headers], document: Document, database: Database
) -> None:
    province = Grant(Role.ADMIN, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    others = [province, *(Grant(role, Bound.EVERYWHERE) for role in Role if role is not Role.ADMIN)]
    for grant in others:
        headers = as_actor(Actor(uuid4(), "Ai đó", (grant,)))
        for method, path in (("POST", ALL), ("PUT", ONE), ("DELETE", ONE)):
            body = None if method == "DELETE" else document
            refused = await client.request(method, path, json=body, headers=headers | {"If-Match": "*"})
            assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted"), grant
    assert (await client.post(ALL, json=document)).status_code == 401
    key = Actor(
        uuid4(), "Máy", (Grant(Role.ADMIN, Bound.EVERYWHERE),), scopes=frozenset({Permission.USER_READ})
    )
    assert (await client.post(ALL, json=document, headers=as_actor(key))).status_code == 403
    assert await counted(database, "criteria_edition") == 0
