"""From a rated dossier to a certificate."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ocop_api.certificates.service import HistoricRecognition, RecordingService
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role

from .conftest import CHAIR, MINISTER, Issue, World, leader


async def test_the_chair_issues_a_certificate_for_36_months(
    world: World, issue: Issue, client: httpx.AsyncClient, database: Database
) -> None:
    rated = await world.rated()
    answer = await issue(rated)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/v1/certificates/{body['id']}"
    assert body["number"] == "68-24611-01-2026"
    assert (body["issued_on"], body["valid_until"]) == ("2026-06-15", "2029-06-15")
    assert body["stars"] == 4
    assert body["status"] == "valid"
    assert body["issuing_authority"] == "Ủy ban nhân dân tỉnh Lâm Đồng"
    assert body["place"] == "Lâm Đồng"
    assert body["verification_url"].endswith(f"/verify/{body['verification_code']}")
    async with database.read() as session:
        found = (
            await session.execute(
                text(
                    "select d.state, p.recognition_status, p.stars, p.stars_valid_until from dossier d "
                    "join product p on p.id = d.product_id where d.id = :id"
                ),
                {"id": rated.dossier_id},
            )
        ).one()
        kinds = (await session.execute(text("select kind from ledger_event"))).scalars().all()
    assert tuple(found) == ("recognised", "valid", 4, date(2029, 6, 15))
    assert "certificate.issued" in kinds


async def test_a_leap_day_ends_on_the_last_of_february(world: World, issue: Issue, clock: Any) -> None:
    clock.at = datetime(2028, 3, 1, 2, tzinfo=UTC)
    answer = await issue(await world.rated(lodged_on=date(2028, 1, 10)), decided_on="2028-02-29")
    assert answer.json()["valid_until"] == "2031-02-28"


async def test_of_two_who_issue_at_once_one_succeeds(world: World, issue: Issue) -> None:
    rated = await world.rated()
    answers = await asyncio.gather(issue(rated), issue(rated, leader()), issue(rated))
    assert sorted(a.status_code for a in answers) == [201, 409, 409]


async def test_numbers_are_distinct_and_without_gap_when_many_are_issued_at_once(
    world: World, issue: Issue
) -> None:
    dossiers = [await world.rated() for _ in range(6)]
    answers = await asyncio.gather(*(issue(rated) for rated in dossiers))
    assert sorted(a.json()["number"] for a in answers) == [f"68-24611-{n:02d}-2026" for n in range(1, 7)]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (leader("34:75"), 404),
        (leader("34:24611", Level.COMMUNE), 403),
        (MINISTER, 403),
        (
            Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),)),
            403,
        ),
    ],
)
async def test_nobody_else_issues(world: World, issue: Issue, who: Actor, status: int) -> None:
    answer = await issue(await world.rated(), who)
    assert answer.status_code == status, answer.text


async def test_the_minister_issues_five_stars(world: World, issue: Issue) -> None:
    rated = await world.rated(points="93", star=5, level=Level.CENTRAL)
    assert (await issue(rated)).status_code == 403
    body = (await issue(rated, MINISTER)).json()
    assert body["number"] == "68-24611-01-2026"
    assert body["issuing_authority"] == "Bộ Nông nghiệp và Môi trường"


async def test_a_result_sent_down_is_recognised_by_the_province(world: World, issue: Issue) -> None:
    rated = await world.rated(points="88", star=4, state="remanded")
    assert (await issue(rated)).json()["stars"] == 4


@pytest.mark.parametrize(
    "case",
    [
        {"points": "93", "star": 5},
        {"points": "42", "star": 2},
        {"points": "45", "star": None},
        {"state": "in_council"},
        {"state": "office_check"},
    ],
)
async def test_only_a_recognition_that_awaits_decision_is_issued(
    world: World, issue: Issue, case: dict[str, Any]
) -> None:
    assert (await issue(await world.rated(**case))).status_code == 409


@pytest.mark.parametrize(
    ("decided_on", "code"),
    [
        ("2026-06-16", "certificate.decided_in_future"),
        ("2026-05-31", "certificate.decided_before_lodging"),
    ],
)
async def test_impossible_days_are_refused(world: World, issue: Issue, decided_on: str, code: str) -> None:
    answer = await issue(await world.rated(), decided_on=decided_on)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_the_day_is_vietnams(world: World, issue: Issue, clock: Any) -> None:
    clock.at = datetime(2026, 6, 15, 17, 30, tzinfo=UTC)
    assert (await issue(await world.rated(), decided_on="2026-06-16")).status_code == 201


async def test_an_upgrade_takes_the_place_of_the_running_certificate(
    world: World, issue: Issue, client: httpx.AsyncClient, clock: Any
) -> None:
    product = await world.product()
    old = (await issue(await world.rated(product=product, points="60", star=3))).json()
    clock.move(days=200)
    new = (
        await issue(
            await world.rated(product=product, lodged_on=date(2026, 11, 1)),
            decided_on="2026-12-30",
            decision_number="99/QĐ-UBND",
        )
    ).json()
    shown = (await client.get(f"/v1/certificates/{old['id']}")).json()
    assert shown["status"] == "superseded"
    assert (shown["superseded_by"], shown["superseded_on"]) == (new["id"], "2026-12-30")
    assert shown["version"] == 2
    assert (
        (await client.get(f"/v1/verify/{old['verification_code']}"))
        .json()["successor_url"]
        .endswith(new["verification_code"])
    )


async def test_numbers_already_in_circulation_are_not_given_again(
    world: World, issue: Issue, database: Database, clock: Any
) -> None:
    product_id, _ = await world.product()
    async with database.transaction() as session:
        await RecordingService(session, SYSTEM, clock()).record_recognition(
            product_id,
            HistoricRecognition(
                stars=3,
                source="sổ giấy",
                confidence="decision",
                decided_on=date(2026, 2, 1),
                number="68 - 24611 - 07 - 2026",
            ),
        )
    assert (await issue(await world.rated())).json()["number"] == "68-24611-08-2026"


async def test_an_old_district_numbers_with_its_code(world: World, issue: Issue, clock: Any) -> None:
    clock.at = datetime(2024, 9, 19, 3, tzinfo=UTC)
    rated = await world.rated(
        points="61",
        star=3,
        level=Level.DISTRICT,
        regime="qd148-2023",
        lodged_on=date(2024, 8, 1),
        place_id="63:24611",
    )
    body = (await issue(rated, leader("63:660", Level.DISTRICT), decided_on="2024-09-19")).json()
    assert body["number"] == "67-660-01-2024"
    assert body["issuing_authority"] == "Ủy ban nhân dân thành phố Gia Nghĩa"
    assert body["valid_until"] == "2027-09-19"


async def test_the_same_order_repeated_with_its_key_gives_the_same_certificate(
    world: World, client: httpx.AsyncClient, as_actor: Any
) -> None:
    rated = await world.rated()
    headers = {**as_actor(CHAIR), "Idempotency-Key": "ky-quyet-dinh-1234"}
    body = {
        "dossier_id": str(rated.dossier_id),
        "decision_number": "1234/QĐ-UBND",
        "decided_on": "2026-06-15",
        "signed_by_title": "Chủ tịch",
    }
    first = await client.post("/v1/certificates", json=body, headers=headers)
    again = await client.post("/v1/certificates", json=body, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
