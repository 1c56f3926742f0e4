"""Delta synchronisation: strict order, nothing skipped, tokens that say when they do not hold."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.conftest import settle

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.ledger.jobs import seal_pending
from ocop_api.ledger.recording import record
from ocop_api.settings import Clock, Settings
from ocop_api.webhooks.policy import Place, is_tombstone
from ocop_api.webhooks.schemas import ChangesQuery
from ocop_api.webhooks.service.changes import ChangeService

Write = Callable[..., Awaitable[None]]
Seal = Callable[[], Awaitable[int]]
Headers = Callable[[Actor], dict[str, str]]
Follow = Callable[..., Awaitable[dict[str, Any]]]

HERE = ("63:24611", "63:67", "34:24611", "34:68")
ELSEWHERE = ("63:24000", "63:66", "34:66")


@pytest.fixture
def write(database: Database, clock: Clock) -> Write:
    async def writing(kind: str, *subjects: str, area: tuple[str, ...] = ()) -> None:
        async with database.transaction() as session:
            for subject in subjects:
                await record(
                    session,
                    kind=kind,
                    subject_type=kind.partition(".")[0],
                    subject_id=subject,
                    actor=SYSTEM,
                    at=clock(),
                    data={"private": "x"},
                    area_path=area,
                )

    return writing


@pytest.fixture
def seal_all(database: Database, settings: Settings, clock: Clock) -> Seal:
    async def sealing() -> int:
        await settle(database)
        return await seal_pending(database, settings, clock)

    return sealing


@pytest.fixture
def follow(client: httpx.AsyncClient) -> Follow:
    async def following(headers: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
        answer = await client.get("/v1/changes", params=query, headers=headers or {})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return following


def subjects(answer: dict[str, Any]) -> list[str]:
    return [item["subject"]["id"] for item in answer["items"]]


async def test_changes_come_in_order_page_by_page_and_the_last_token_waits_for_more(
    write: Write, seal_all: Seal, follow: Follow
) -> None:
    await write("product.created", "p1", "p2", "p3")
    await seal_all()
    first = await follow(limit=2)
    assert (subjects(first), first["has_more"]) == (["p1", "p2"], True)
    second = await follow(limit=2, since=first["next"])
    assert (subjects(second), second["has_more"]) == (["p3"], False)
    empty = await follow(since=second["next"])
    assert (empty["items"], empty["next"], empty["has_more"]) == ([], second["next"], False)
    await write("product.deleted", "p1")
    assert subjects(await follow(since=empty["next"])) == []
    await seal_all()
    (last,) = (await follow(since=empty["next"]))["items"]
    assert last == {
        "seq": 4,
        "at": "2026-06-15T02:00:00Z",
        "kind": "product.deleted",
        "subject": {"type": "product", "id": "p1"},
        "tombstone": True,
    }


async def test_a_late_commit_is_never_skipped(
    database: Database, clock: Clock, write: Write, seal_all: Seal, follow: Follow
) -> None:
    async with database.write() as slow:
        await record(
            slow, kind="product.created", subject_type="product", subject_id="slow", actor=SYSTEM, at=clock()
        )
        await write("product.created", "fast")
        await seal_all()
        before = await follow()
        await slow.commit()
    await seal_all()
    after = await follow(since=before["next"])
    assert sorted(subjects(before) + subjects(after)) == ["fast", "slow"]


async def test_the_public_sees_public_kinds_and_areas_see_their_own(
    write: Write, seal_all: Seal, follow: Follow, as_actor: Headers
) -> None:
    await write("dossier.lodged", "here", area=HERE)
    await write("dossier.lodged", "elsewhere", area=ELSEWHERE)
    await write("product.created", "p1", area=ELSEWHERE)
    await write("certificate.issued", "c1")
    await write("productx.made", "x")
    await seal_all()
    assert subjects(await follow()) == ["p1", "c1"]
    inspector = Grant(role=Role.INSPECTOR, bound=Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    headers = as_actor(Actor(user_id=uuid4(), grants=(inspector,)))
    assert subjects(await follow(headers)) == ["here", "p1", "c1"]
    everywhere = Actor(user_id=uuid4(), grants=(Grant(role=Role.ADMIN, bound=Bound.EVERYWHERE),))
    assert len(subjects(await follow(as_actor(everywhere)))) == 5
    nobody = as_actor(Actor(user_id=uuid4()))
    assert subjects(await follow(nobody)) == ["p1", "c1"]


async def test_since_now_gives_only_a_place(write: Write, seal_all: Seal, follow: Follow) -> None:
    nothing = await follow(since="now")
    await write("product.created", "p1")
    await seal_all()
    start = await follow(since="now")
    assert (start["items"], start["has_more"]) == ([], False)
    await write("product.created", "p2")
    await seal_all()
    assert subjects(await follow(since=start["next"])) == ["p2"]
    assert subjects(await follow(since=nothing["next"])) == ["p1", "p2"]


def foreign(token: str) -> list[str]:
    place = Place.of(token)
    return [
        "nonsense",
        "AAAA",
        "é",
        Place(place.seq + 1000, place.mark, place.audience).token(),
        Place(place.seq, "00" * 8, place.audience).token(),
        Place(place.seq, place.mark, "all").token(),
        Place(2**63, place.mark, place.audience).token(),
        Place(-1, place.mark, place.audience).token(),
    ]


async def test_foreign_and_expired_tokens_are_gone(
    client: httpx.AsyncClient, write: Write, seal_all: Seal, follow: Follow, database: Database
) -> None:
    await write("product.created", "p1", "p2")
    await seal_all()
    token = (await follow())["next"]
    for other in foreign(token):
        answer = await client.get("/v1/changes", params={"since": other})
        assert (answer.status_code, answer.json()["code"]) == (410, "webhooks.token_expired"), other
    # A ledger restored to an earlier state that went on differently.
    async with database.transaction() as session:
        await session.execute(text("update ledger_seal set hash = sha256('other') where seq = 2"))
    answer = await client.get("/v1/changes", params={"since": token})
    assert answer.status_code == 410


async def test_a_caller_whose_areas_changed_starts_again(
    client: httpx.AsyncClient, write: Write, seal_all: Seal, follow: Follow, as_actor: Headers
) -> None:
    await write("product.created", "p1")
    await seal_all()
    token = (await follow())["next"]
    inspector = Grant(role=Role.INSPECTOR, bound=Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    headers = as_actor(Actor(user_id=uuid4(), grants=(inspector,)))
    assert (await client.get("/v1/changes", params={"since": token}, headers=headers)).status_code == 410


async def test_a_long_stretch_of_hidden_events_is_crossed_in_steps(
    database: Database, write: Write, seal_all: Seal
) -> None:
    for number in range(7):
        await write("dossier.lodged", f"d{number}")
    await write("product.created", "p1")
    await seal_all()
    token: str | None = None
    steps: list[list[str]] = []
    more = True
    while more:
        async with database.read() as session:
            answer = await ChangeService(session, Actor(), window=3).since(
                ChangesQuery(since=token, limit=10)
            )
        steps.append([item.subject.id for item in answer.items])
        token, more = answer.next, answer.has_more
    assert steps == [[], [], ["p1"]]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"after": "x"}, {"since": "x" * 501}])
async def test_bad_queries_are_422(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await client.get("/v1/changes", params=query)).status_code == 422


def test_tombstones() -> None:
    assert is_tombstone("product.deleted")
    assert not is_tombstone("certificate.withdrawn")
    assert not is_tombstone("deleted.restored")
