"""At every step of a way, everybody tries everything: one party may go on, and nothing else happens."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.conftest import MovableClock

from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Role
from ocop_api.domain.dossier import (
    Acting,
    Action,
    DossierKind,
    Guard,
    Level,
    Party,
    Position,
    State,
    open_transitions,
)
from ocop_api.domain.regimes import regime
from ocop_api.dossiers.service import DossierService

from .conftest import FORM_03, LETTER, UNDER_148, Headers, Trade, producer_actor

COUNCIL = UUID(int=8)
BODIES: dict[str, dict[str, Any]] = {
    "lodge": {},
    "receive": {"samples": 5},
    "forward": {"form_03": FORM_03, "request_letter": LETTER, "samples": 5},
    "request-supplement": {"items": [{"what": "Phiếu kiểm nghiệm"}], "due_on": "2029-01-01"},
    "resubmit": {"answers": [{"item": 1, "answer": "Đã bổ sung."}]},
    "start-assessment": {"samples": 5},
    "submit-report": {"report": "Đạt.", "recommendation": "Trình."},
    "return-to-assessment": {"reason": "Thiếu khảo sát."},
    "return-to-council": {"reason": "Chấm lại."},
    "conclude-not-reached": {},
    "confirm": {},
    "remand": {},
    "reorganise": {"reason": "Đánh giá lại."},
    "reject": {"reason": "Giả mạo."},
    "withdraw": {},
}


async def council_decides(trade: Trade, clock: MovableClock, dossier_id: str, points: str, star: int) -> None:
    async with trade.database.transaction() as session:
        service = DossierService(session, SYSTEM, clock())
        dossier = await service.get(UUID(dossier_id), lock=True)
        await service.record_result(dossier, points=Decimal(points), star=star, source="council_result:test")
        council = Acting(Party.COUNCIL, Level(dossier.level))
        await service.advance(dossier, Action.PROPOSE, acting=council, satisfied={Guard.ROUND_CLOSED})


async def council_named(trade: Trade, clock: MovableClock, dossier_id: str) -> None:
    async with trade.database.transaction() as session:
        service = DossierService(session, SYSTEM, clock())
        await service.assign_council(await service.get(UUID(dossier_id), lock=True), COUNCIL)


async def stored(trade: Trade, dossier_id: str) -> tuple[str, str, int, int]:
    async with trade.database.read() as session:
        row = (
            await session.execute(
                text(
                    "select state, level, version, (select count(*) from dossier_step s "
                    "where s.dossier_id = d.id) from dossier d where id = :id"
                ),
                {"id": UUID(dossier_id)},
            )
        ).one()
    return row[0], row[1], row[2], row[3]


async def offered(trade: Trade, dossier_id: str, headers: Headers) -> set[str] | None:
    """Slugs of what somebody may do; None when the dossier is hidden from them."""
    answer = await trade.client.get(f"/v1/dossiers/{dossier_id}", headers=headers)
    if answer.status_code == 404:
        return None
    return {item["action"].replace("_", "-") for item in answer.json()["allowed_actions"]}


async def everybody_tries_everything(trade: Trade, dossier_id: str, actors: dict[str, Headers]) -> int:
    """Nobody does anything that is not theirs to do; gives how much was tried."""
    before = await stored(trade, dossier_id)
    async with trade.database.read() as session:
        found = await session.execute(
            text("select regime, kind from dossier where id = :id"), {"id": UUID(dossier_id)}
        )
        code, kind = found.one()
    position = Position(State(before[0]), Level(before[1]))
    rows = open_transitions(regime(code), DossierKind(kind), position)
    exists = {row.action.value.replace("_", "-") for row in rows}
    theirs: set[str] = set()
    tried = 0
    for name, headers in actors.items():
        may = await offered(trade, dossier_id, headers)
        theirs |= may or set()
        for action, body in BODIES.items():
            if may is not None and action in may:
                continue
            answer = await trade.act(dossier_id, action, headers, **body)
            tried += 1
            case = (before, name, action, answer.text)
            refused = (answer.status_code, answer.json()["code"])
            if may is None:
                assert refused == (404, "dossier.unknown"), case
            elif action in exists:
                assert refused == (403, "dossier.not_the_acting_party"), case
            else:
                assert refused == (409, "dossier.action_not_allowed"), case
    assert await stored(trade, dossier_id) == before
    # What the table has is somebody's, but for what a council's session, a certificate and an appeal do.
    elsewhere = {"propose", "return-to-assessment", "recognise", "reopen"}
    assert exists - theirs <= elsewhere, (before, exists, theirs)
    return tried


@pytest.fixture
def actors(people: dict[str, Headers], as_actor: Callable[[Actor], Headers]) -> dict[str, Headers]:
    names = (
        "commune_officer",
        "commune_leader",
        "province_officer",
        "province_leader",
        "province_inspector",
        "elsewhere_officer",
        "central_officer",
        "central_leader",
    )
    found = {name: people[name] for name in names}
    advisers = {"adviser": COUNCIL, "adviser_elsewhere": UUID(int=9)}
    found |= {
        name: as_actor(
            Actor(
                user_id=UUID(int=council.int + 100),
                grants=(Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=council),),
            )
        )
        for name, council in advisers.items()
    }
    return found | {"another_producer": as_actor(producer_actor(UUID(int=7)))}


async def test_at_every_station_of_26_only_one_party_goes_on(
    trade: Trade, clock: MovableClock, actors: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    one, everybody = dossier["id"], actors | {"producer": producer}
    way = [
        ("receive", "commune_officer"),
        ("request-supplement", "commune_officer"),
        ("resubmit", "producer"),
        ("forward", "commune_officer"),
        ("receive", "province_officer"),
        ("start-assessment", "province_officer"),
        ("council", ""),
        ("submit-report", "adviser"),
        ("90", ""),
        ("forward", "province_leader"),
        ("receive", "central_officer"),
        ("start-assessment", "central_officer"),
        ("submit-report", "central_officer"),
        ("89", ""),
        ("remand", "central_leader"),
        ("reorganise", "province_leader"),
        ("reject", "province_officer"),
    ]
    tried = 0
    for action, who in way:
        tried += await everybody_tries_everything(trade, one, everybody)
        if who:
            await trade.done(one, action, everybody[who], **BODIES[action])
        elif action == "council":
            await council_named(trade, clock, one)
        else:
            await council_decides(trade, clock, one, action, 5 if action == "90" else 4)
    tried += await everybody_tries_everything(trade, one, everybody)
    assert tried > 1500


async def test_at_every_station_of_148_only_one_party_goes_on(
    trade: Trade, clock: MovableClock, people: dict[str, Headers], actors: dict[str, Headers]
) -> None:
    clock.at = UNDER_148
    dossier, producer = await trade.lodged(UNDER_148, edition="qd148-2023", place_id="63:24611")
    names = ("old_district_officer", "old_district_leader", "old_province_officer", "old_province_leader")
    everybody = {name: people[name] for name in (*names, "elsewhere_officer", "commune_officer")}
    everybody |= {"producer": producer, "another_producer": actors["another_producer"]}
    one = dossier["id"]
    for action, who in (
        ("receive", "old_district_officer"),
        ("start-assessment", "old_district_officer"),
        ("submit-report", "old_district_officer"),
        ("75", ""),
        ("forward", "old_district_leader"),
        ("receive", "old_province_officer"),
        ("withdraw", "producer"),
    ):
        await everybody_tries_everything(trade, one, everybody)
        if who:
            await trade.done(one, action, everybody[who], **BODIES[action])
        else:
            await council_decides(trade, clock, one, action, 4)
    await everybody_tries_everything(trade, one, everybody)


@pytest.mark.parametrize("seed", range(3))
async def test_random_walks_stay_in_the_table_and_in_the_history(
    trade: Trade, clock: MovableClock, actors: dict[str, Headers], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    clock.at = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
    dossier, producer = await trade.lodged(clock())
    one, everybody = dossier["id"], actors | {"producer": producer}
    for _ in range(40):
        state, level, version, steps = await stored(trade, one)
        if State(state).is_final:
            break
        clock.move(hours=chance.choice([1, 30, 200]))
        if state == State.IN_COUNCIL and chance.random() < 0.7:
            points, star = chance.choice([("40", 2), ("60", 3), ("80", 4), ("95", 5), ("95", 3)])
            await council_decides(trade, clock, one, points, star)
            continue
        who = chance.choice(sorted(everybody))
        may = await offered(trade, one, everybody[who])
        onward = (may or set()) & BODIES.keys() - {"reject", "withdraw"}
        action = chance.choice(sorted(onward or BODIES))
        answer = await trade.act(one, action, everybody[who], **BODIES[action])
        now = await stored(trade, one)
        if answer.status_code == 200:
            law, kind = regime(dossier["regime"]), DossierKind(dossier["kind"])
            rows = open_transitions(law, kind, Position(State(state), Level(level)))
            target = next(row.target for row in rows if row.action.value == action.replace("-", "_"))
            assert now == (target.state, target.level, version + 1, steps + 1)
        else:
            assert answer.status_code in {403, 404, 409, 422}, answer.text
            assert answer.json()["code"] != "request.failed"
            assert now == (state, level, version, steps)
    history = await trade.client.get(f"/v1/dossiers/{one}/history?limit=100", headers=producer)
    items = history.json()["items"]
    assert [item["ordinal"] for item in items] == list(range(1, len(items) + 1))
    ends = [(item["to_state"], item["to_level"]) for item in items]
    starts = [(item["from_state"], item["from_level"]) for item in items]
    assert starts[1:] == ends[:-1]
    assert ends[-1] == (await stored(trade, one))[:2]
