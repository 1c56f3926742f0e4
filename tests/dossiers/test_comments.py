"""Comments on sections of a dossier: who writes, who reads, and what the producer never learns."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.dossiers.conftest import Headers, Trade, full_contents

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role
from ocop_api.domain.dossier import Party
from ocop_api.dossiers.service.comments import acts_for_producer, commenting_party
from ocop_api.notifications.policy import concern_of

People = dict[str, Headers]


async def say(trade: Trade, dossier_id: str, author: Headers, **facts: Any) -> httpx.Response:
    body = {"section": "general", "text": "Chưa rõ vùng nguyên liệu.", **facts}
    return await trade.client.post(f"/v1/dossiers/{dossier_id}/comments", json=body, headers=author)


async def said(trade: Trade, dossier_id: str, author: Headers, **facts: Any) -> dict[str, Any]:
    answer = await say(trade, dossier_id, author, **facts)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(trade: Trade, dossier_id: str, reader: Headers, **query: Any) -> dict[str, Any]:
    answer = await trade.client.get(
        f"/v1/dossiers/{dossier_id}/comments", params={"with_total": "true", **query}, headers=reader
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def resolve(trade: Trade, comment: dict[str, Any], actor: Headers) -> httpx.Response:
    return await trade.client.post(
        f"/v1/dossiers/{comment['dossier_id']}/comments/{comment['id']}/resolve", json={}, headers=actor
    )


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


async def seated(
    trade: Trade, as_actor: Callable[[Actor], Headers], dossier_id: str, role: Role = Role.COUNCIL_MEMBER
) -> Headers:
    council = uuid4()
    async with trade.database.transaction() as session:
        await session.execute(
            text("update dossier set council_id = :council where id = :id"),
            {"council": council, "id": UUID(dossier_id)},
        )
    return as_actor(Actor(user_id=uuid4(), grants=(Grant(role, Bound.COUNCIL, council_id=council),)))


async def test_those_party_to_the_dossier_comment_and_others_do_not(
    trade: Trade, clock: Any, people: People, as_actor: Callable[[Actor], Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    member = await seated(trade, as_actor, dossier["id"])
    parties = {
        "producer": producer,
        "office": people["commune_officer"],
        "authority": people["province_leader"],
        "council": member,
    }
    for party, author in parties.items():
        answer = await say(trade, dossier["id"], author)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["author_party"], made["version_number"]) == (party, 1)
        assert (await trade.client.get(answer.headers["location"], headers=producer)).json() == made
    assert (await said(trade, dossier["id"], people["province_officer"]))["author_party"] == "office"
    reading = await say(trade, dossier["id"], people["commune_inspector"])
    assert (reading.status_code, reading.json()["code"]) == (403, "dossier.may_not_comment")
    assert (await read(trade, dossier["id"], people["commune_inspector"]))["total"] == 5
    _, other = await trade.lodged(clock(), name="Tiêu")
    for stranger in (other, people["elsewhere_officer"]):
        for answer in (
            await say(trade, dossier["id"], stranger),
            await trade.client.get(f"/v1/dossiers/{dossier['id']}/comments", headers=stranger),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "dossier.unknown")
    assert (await say(trade, dossier["id"], {})).status_code == 401


async def test_internal_comments_do_not_exist_for_the_producer(
    trade: Trade, clock: Any, people: People, as_actor: Callable[[Actor], Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    officer = people["commune_officer"]
    secret = await said(trade, dossier["id"], officer, internal=True, text="Cần kiểm tra thực tế.")
    plain = await said(trade, dossier["id"], officer)
    answered = await said(
        trade, dossier["id"], people["province_officer"], internal=True, reply_to=plain["id"]
    )
    member = await seated(trade, as_actor, dossier["id"])
    for reader in (officer, people["province_leader"], people["commune_inspector"], member):
        assert ids(await read(trade, dossier["id"], reader)) == [secret["id"], plain["id"], answered["id"]]
    seen = await read(trade, dossier["id"], producer)
    assert (ids(seen), seen["total"], seen["next_cursor"]) == ([plain["id"]], 1, None)
    url = f"/v1/dossiers/{dossier['id']}/comments"
    absent = await trade.client.get(f"{url}/{uuid4()}", headers=producer)
    hidden = await trade.client.get(f"{url}/{secret['id']}", headers=producer)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.comment_unknown")
    assert {**hidden.json(), "data": 0, "instance": 0, "request_id": 0} == {
        **absent.json(),
        "data": 0,
        "instance": 0,
        "request_id": 0,
    }
    assert (await resolve(trade, secret, producer)).json()["code"] == "dossier.comment_unknown"
    for target in (secret["id"], str(uuid4())):
        reply = await say(trade, dossier["id"], producer, reply_to=target)
        assert (reply.status_code, reply.json()["code"]) == (422, "dossier.reply_to_unknown")
    own = await say(trade, dossier["id"], producer, internal=True)
    assert (own.status_code, own.json()["code"]) == (403, "dossier.internal_for_officials")
    # An open answer would tell that there is something to answer.
    leak = await say(trade, dossier["id"], officer, reply_to=secret["id"])
    assert (leak.status_code, leak.json()["code"]) == (422, "dossier.reply_for_others")
    assert (await trade.read(dossier["id"], producer))["version"] == dossier["version"]


async def test_the_ledger_tells_no_text_and_names_no_producer_for_internal_comments(
    trade: Trade, clock: Any, people: People, database: Database
) -> None:
    dossier, producer = await trade.lodged(clock())
    secret = await said(trade, dossier["id"], people["commune_officer"], internal=True)
    plain = await said(trade, dossier["id"], producer)
    for comment in (secret, plain):
        assert (await resolve(trade, comment, people["commune_officer"])).status_code == 200
    async with database.read() as session:
        rows = await session.execute(
            text("select kind, data, area_path from ledger_event where kind like 'dossier.comment%'")
        )
        found = [(row.kind, row.data["internal"], row) for row in rows]
    assert sorted((kind, internal) for kind, internal, _ in found) == [
        ("dossier.comment_resolved", False),
        ("dossier.comment_resolved", True),
        ("dossier.commented", False),
        ("dossier.commented", True),
    ]
    for kind, internal, row in found:
        assert "nguyên liệu" not in str(row.data)
        assert concern_of(kind, row.area_path, row.data).nobody is internal


async def test_somebody_of_both_sides_counts_as_the_producer(trade: Trade) -> None:
    producer_id = uuid4()
    grants = (
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=producer_id),
        Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),
    )
    actor = Actor(user_id=uuid4(), grants=grants)
    dossier = type("Row", (), {"producer_id": producer_id, "area_path": ["34:68"], "council_id": None})()
    assert acts_for_producer(actor, producer_id)
    assert commenting_party(actor, dossier) is Party.PRODUCER
    key = Actor(user_id=uuid4(), grants=grants, scopes=frozenset({Permission.DOSSIER_READ}))
    assert commenting_party(key, dossier) is None


async def test_comments_on_a_draft_stay_with_its_producer(trade: Trade, clock: Any, people: People) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    note = await said(trade, draft["id"], producer, section="report", text="Hỏi lại kế toán.")
    assert note["version_number"] is None
    assert (await say(trade, draft["id"], people["commune_officer"])).status_code == 404
    none = await say(trade, draft["id"], producer, version_number=1)
    assert (none.status_code, none.json()["code"]) == (404, "dossier.version_unknown")
    await trade.write(draft["id"], producer, full_contents("qd26-2026"))
    await trade.done(draft["id"], "lodge", producer)
    later = await said(trade, draft["id"], producer)
    officer = people["commune_officer"]
    assert ids(await read(trade, draft["id"], officer)) == [later["id"]]
    assert ids(await read(trade, draft["id"], producer)) == [note["id"], later["id"]]
    assert (await resolve(trade, note, officer)).json()["code"] == "dossier.comment_unknown"
    crossed = await say(trade, draft["id"], producer, reply_to=note["id"])
    assert (crossed.status_code, crossed.json()["code"]) == (422, "dossier.reply_for_others")
    assert (await resolve(trade, note, producer)).json()["resolved_at"] is not None


async def test_comments_point_at_what_is_there(trade: Trade, clock: Any, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    officer = people["commune_officer"]
    made = await said(
        trade,
        dossier["id"],
        officer,
        section="self_assessment",
        criterion="1.1",
        pointer="/1.1",
        version_number=1,
    )
    assert (made["criterion"], made["pointer"]) == ("1.1", "/1.1")
    wrong = await say(trade, dossier["id"], officer, criterion="99.9")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "dossier.criterion_unknown")
    missing = await say(trade, dossier["id"], officer, version_number=2)
    assert (missing.status_code, missing.json()["code"]) == (404, "dossier.version_unknown")
    for bad in ({"pointer": "1.1"}, {"pointer": "/a~2"}, {"pointer": "/" + "a" * 300}, {"text": " "},
                {"text": "a" * 5001}, {"section": "poem"}, {"version_number": 0}):  # fmt: skip
        assert (await say(trade, dossier["id"], officer, **bad)).status_code == 422, bad
    other, _ = await trade.lodged(clock(), name="Tiêu")
    foreign = await said(trade, other["id"], officer)
    crossed = await say(trade, dossier["id"], officer, reply_to=foreign["id"])
    assert (crossed.status_code, crossed.json()["code"]) == (422, "dossier.reply_to_unknown")
    stale = await say(trade, dossier["id"], {**officer, "If-Match": '"1.x"'})
    assert stale.status_code == 412


async def test_filters_by_section_version_and_what_is_open(trade: Trade, clock: Any, people: People) -> None:
    dossier, producer = await trade.lodged(clock())
    officer = people["commune_officer"]
    first = await said(trade, dossier["id"], officer, section="report")
    second = await said(trade, dossier["id"], officer, section="evidence", pointer="/0")
    assert (await resolve(trade, first, officer)).status_code == 200
    for query, wanted in (
        ({"section": "report"}, [first]),
        ({"unresolved": "true"}, [second]),
        ({"unresolved": "false"}, [first]),
        ({"version_number": "1"}, [first, second]),
        ({"version_number": "2"}, []),
        ({"sort": "-created_at"}, [second, first]),
    ):
        found = ids(await read(trade, dossier["id"], producer, **query))
        assert found == [comment["id"] for comment in wanted], query


async def test_resolving_is_for_the_authors_side_and_officials_and_happens_once(
    trade: Trade, clock: Any, people: People
) -> None:
    dossier, producer = await trade.lodged(clock())
    officer = people["commune_officer"]
    asked = await said(trade, dossier["id"], officer)
    answered = await said(trade, dossier["id"], producer, reply_to=asked["id"])
    refused = await resolve(trade, asked, producer)
    assert (refused.status_code, refused.json()["code"]) == (403, "dossier.comment_of_officials")
    assert (await resolve(trade, asked, people["commune_inspector"])).status_code == 403
    both = await asyncio.gather(*(resolve(trade, asked, officer) for _ in range(2)))
    assert [answer.status_code for answer in both] == [200, 200]
    assert both[0].json() == both[1].json()
    clock.move(days=1)
    again = await resolve(trade, asked, people["province_officer"])
    assert again.json()["resolved_at"] == both[0].json()["resolved_at"]
    assert (await resolve(trade, answered, producer)).json()["resolved_at"] == "2026-06-16T02:00:00Z"
    async with trade.database.read() as session:
        told = await session.scalar(
            text("select count(*) from ledger_event where kind = 'dossier.comment_resolved'")
        )
    assert told == 2


async def test_a_closed_dossier_takes_no_comments(trade: Trade, clock: Any, people: People) -> None:
    dossier, producer = await trade.lodged(clock())
    officer = people["commune_officer"]
    left_open = await said(trade, dossier["id"], officer)
    await trade.done(dossier["id"], "withdraw", producer)
    for answer in (await say(trade, dossier["id"], officer), await resolve(trade, left_open, officer)):
        assert (answer.status_code, answer.json()["code"]) == (409, "dossier.closed")
    assert ids(await read(trade, dossier["id"], producer)) == [left_open["id"]]


async def test_comments_cannot_be_changed_or_removed(
    trade: Trade, clock: Any, people: People, database: Database
) -> None:
    dossier, _ = await trade.lodged(clock())
    made = await said(trade, dossier["id"], people["commune_officer"])
    assert (await resolve(trade, made, people["commune_officer"])).status_code == 200
    for statement in (
        "update dossier_comment set text = 'x'",
        "update dossier_comment set resolved_at = null",
        "delete from dossier_comment",
    ):
        with pytest.raises(DBAPIError, match="are records"):
            async with database.transaction() as session:
                await session.execute(text(statement))
