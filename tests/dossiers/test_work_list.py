"""What waits for whom, how much of it, and who of the desk deals with it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.conftest import MovableClock

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.settings import SecuritySettings

from .conftest import FORM_03, LETTER, NEW_COMMUNE, UNDER_148, Headers, Trade

WORK = "/v1/work-list"
OFFICER = Grant(Role.OFFICER, Bound.AREA, level=Level.COMMUNE, place_id=NEW_COMMUNE)
ITEMS = [{"what": "Phiếu kiểm nghiệm còn hiệu lực"}]


async def waiting(trade: Trade, actor: Headers, query: str = "") -> list[str]:
    answer = await trade.client.get(f"{WORK}?{query}", headers=actor)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def counts(trade: Trade, actor: Headers) -> dict[str, Any]:
    answer = await trade.client.get(f"{WORK}/counts", headers=actor)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def colleague(database: Database, clock: MovableClock) -> Callable[[str, Grant], Any]:
    async def add(name: str, grant: Grant) -> UUID:
        async with database.transaction() as session:
            return await ensure_user(
                session,
                email=f"{name}@example.org",
                display_name=name,
                password=None,
                grants=[grant],
                now=clock(),
                security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
            )

    return add


async def test_a_file_waits_for_one_desk_after_the_other(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    one = dossier["id"]
    desks = {
        "producer": producer,
        **{name: people[name] for name in people if name.endswith(("officer", "leader"))},
    }

    async def at_desks() -> set[str]:
        return {name for name, actor in desks.items() if one in await waiting(trade, actor)}

    commune, province = people["commune_officer"], people["province_officer"]
    assert await at_desks() == {"commune_officer"}
    await trade.done(one, "receive", commune, samples=5)
    assert await at_desks() == {"commune_officer"}
    await trade.done(one, "request-supplement", commune, items=ITEMS, due_on="2026-07-15")
    assert await at_desks() == {"producer"}
    await trade.done(one, "resubmit", producer, answers=[{"item": 1, "answer": "Đã bổ sung."}])
    assert await at_desks() == {"commune_officer"}
    await trade.done(one, "forward", commune, form_03=FORM_03, request_letter=LETTER)
    assert await at_desks() == {"province_officer"}
    await trade.done(one, "receive", province)
    await trade.done(one, "start-assessment", province)
    await trade.done(one, "submit-report", province, report="Đạt.", recommendation="Đề nghị.")
    assert await at_desks() == set()
    states = (await counts(trade, province))["states"]
    assert states == [{"level": "province", "state": "in_council", "count": 1, "overdue": 0}]


async def test_list_is_ordered_by_day_filtered_and_counted(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    commune = people["commune_officer"]
    first, _ = await trade.lodged(clock(), name="Một")
    await trade.done(first["id"], "receive", commune)
    second, _ = await trade.lodged(clock(), name="Hai")
    assert await waiting(trade, commune) == [second["id"], first["id"]]
    assert await waiting(trade, commune, "state=commune_review") == [first["id"]]
    assert await waiting(trade, commune, "due_until=2026-06-30") == [second["id"]]
    both = [second["id"], first["id"]]
    assert await waiting(trade, commune, "place=34:68&level=commune&kind=first") == both
    assert await waiting(trade, commune, "overdue=true") == []
    found = await counts(trade, commune)
    assert (found["waiting"], found["overdue"], found["due_within_7_days"]) == (2, 0, 1)
    assert found["unassigned"] == 2
    clock.at = datetime(2026, 6, 19, 2, 0, tzinfo=UTC)
    assert await waiting(trade, commune, "overdue=true") == [second["id"]]
    assert await waiting(trade, commune, "overdue=false") == [first["id"]]
    found = await counts(trade, commune)
    assert (found["waiting"], found["overdue"]) == (2, 1)
    assert found["states"] == [
        {"level": "commune", "state": "commune_review", "count": 1, "overdue": 0},
        {"level": "commune", "state": "lodged", "count": 1, "overdue": 1},
    ]
    page = await trade.client.get(f"{WORK}?limit=1", headers=commune)
    assert [item["overdue"] for item in page.json()["items"]] == [True]
    assert page.json()["next_cursor"] is not None
    for outsider in ("elsewhere_officer", "commune_inspector", "central_leader"):
        assert await waiting(trade, people[outsider]) == []
    assert (await counts(trade, people["elsewhere_officer"]))["states"] == []
    assert (await trade.client.get(WORK)).status_code == 401


async def test_files_a_district_held_wait_for_the_province_since_districts_ended(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    clock.at = UNDER_148
    dossier, _ = await trade.lodged(UNDER_148, edition="qd148-2023", place_id="63:24611")
    assert await waiting(trade, people["old_district_officer"]) == [dossier["id"]]
    assert await waiting(trade, people["old_province_officer"]) == []
    clock.at = datetime(2025, 7, 2, 2, 0, tzinfo=UTC)
    assert await waiting(trade, people["old_district_officer"]) == []
    assert await waiting(trade, people["province_officer"]) == [dossier["id"]]


async def test_colleague_of_the_desk_is_assigned_and_told_until_the_file_leaves(
    trade: Trade,
    clock: MovableClock,
    people: dict[str, Headers],
    colleague: Callable[[str, Grant], Any],
    as_actor: Callable[[Actor], Headers],
) -> None:
    binh, an = await colleague("Bình", OFFICER), await colleague("An", OFFICER)
    leader = await colleague(
        "Chủ tịch", Grant(Role.LEADER, Bound.AREA, level=Level.COMMUNE, place_id=NEW_COMMUNE)
    )
    away = await colleague("Xa", Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:01"))
    commune = people["commune_officer"]
    dossier, producer = await trade.lodged(clock())
    one = dossier["id"]
    listed = await trade.client.get(f"/v1/dossiers/{one}/colleagues", headers=commune)
    assert [item["display_name"] for item in listed.json()["items"]] == ["An", "Bình"]
    given = await trade.done(one, "assign", commune, user_id=str(binh))
    assert (given["assignee_id"], given["version"]) == (str(binh), dossier["version"] + 1)
    same = await trade.done(one, "assign", commune, user_id=str(binh))
    assert same["version"] == given["version"]
    mine = as_actor(Actor(binh, "Bình", (OFFICER,)))
    assert await waiting(trade, mine, "assigned=mine") == [one]
    assert await waiting(trade, mine, "assigned=nobody") == []
    assert await waiting(trade, commune, "assigned=others") == [one]
    assert ((await counts(trade, mine))["mine"], (await counts(trade, mine))["unassigned"]) == (1, 0)
    for wrong in (leader, away, uuid4()):
        refused = await trade.act(one, "assign", commune, user_id=str(wrong))
        assert (refused.status_code, refused.json()["code"]) == (422, "dossier.assignee_cannot_act")
    others = ((people["province_officer"], 403), (producer, 403), (people["elsewhere_officer"], 404))
    for who, status in others:
        assert (await trade.act(one, "assign", who, user_id=None)).status_code == status
        answer = await trade.client.get(f"/v1/dossiers/{one}/colleagues", headers=who)
        assert answer.status_code == status
    stale = await trade.client.post(
        f"/v1/dossiers/{one}/assign", json={"user_id": str(an)}, headers=commune | {"If-Match": '"1.x"'}
    )
    assert stale.status_code == 412
    received = await trade.done(one, "receive", commune, samples=5)
    assert received["assignee_id"] == str(binh)
    sent = await trade.done(one, "forward", commune, form_03=FORM_03, request_letter=LETTER)
    assert sent["assignee_id"] is None
    asked = await trade.act(one, "assign", commune, user_id=str(an))
    assert asked.json()["code"] == "dossier.not_the_acting_party"


async def test_nobody_is_assigned_to_a_file_that_waits_for_the_producer(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    commune = people["commune_officer"]
    await trade.done(dossier["id"], "receive", commune)
    await trade.done(dossier["id"], "request-supplement", commune, items=ITEMS, due_on="2026-07-15")
    refused = await trade.act(dossier["id"], "assign", commune, user_id=None)
    assert (refused.status_code, refused.json()["code"]) == (409, "dossier.waits_for_no_desk")
    await trade.done(dossier["id"], "withdraw", producer)
    closed = await trade.act(dossier["id"], "assign", commune, user_id=None)
    assert closed.json()["code"] == "dossier.waits_for_no_desk"
