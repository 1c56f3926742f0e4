"""Numbers by prefix and year: distinct and without unexplained gap, however many are issued at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url, text

from ocop_api.certificates.decisions_schemas import RecognitionOrder
from ocop_api.certificates.numbering import number_schemes
from ocop_api.certificates.schemas import CertificateIssue
from ocop_api.certificates.service import HistoricRecognition, IssuingService, Recorded, RecordingService
from ocop_api.db.session import Database, asyncpg_arguments
from ocop_api.diagnosis import Diagnosis
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.errors import Conflict
from ocop_api.settings import Clock, Settings

from .conftest import CHAIR, AsActor, Issue, World
from .rated_copies import communes, rated_copies

OFFICER = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),))
ISSUES, PREFIXES, AT_ONCE = 1000, 5, 4
"""As many at once as there are connections: more would only wait for one."""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    made = await asyncpg.connect(**asyncpg_arguments(make_url(database_url)))
    yield made
    await made.close()


async def test_a_thousand_issued_at_once_have_distinct_numbers_without_unexplained_gap(
    world: World,
    database: Database,
    settings: Settings,
    clock: Clock,
    connection: "asyncpg.Connection[Any]",
) -> None:
    model = await world.rated()
    recorded_for, _ = await world.product()
    places = await communes(database, "34:68", PREFIXES)
    dossiers = await rated_copies(database, model.dossier_id, ISSUES, places)
    schemes, gate = number_schemes(settings), asyncio.Semaphore(AT_ONCE)

    async def issue(place: int, wanted: Sequence[UUID]) -> list[str]:
        order = RecognitionOrder(
            decision_number=f"{place % 7}/QĐ-UBND",
            decided_on=date(2026, 6, 15),
            signed_by_title="Chủ tịch",
            dossier_ids=list(wanted),
        )
        async with gate, database.write() as session:
            made = await IssuingService(session, CHAIR, clock(), schemes).recognise(order)
            if place % 10 == 0:
                await session.rollback()
                return []
            await session.commit()
            return [str(record.certificate.number) for record in made.records]

    async def record(place: int) -> None:
        """A number from before turns up ahead of what has been given out, or behind it."""
        known = HistoricRecognition(
            stars=3,
            source="sổ giấy",
            confidence="decision",
            decision_number=f"{place}/QĐ-UBND",
            decided_on=date(2026, 6, 1),
            number=f"68-{places[place % PREFIXES].partition(':')[2]}-{40 + 35 * (place // PREFIXES)}-2026",
        )
        async with gate, database.transaction() as session:
            service = RecordingService(session, SYSTEM, clock())
            (answer,) = await service.record_recognitions([(recorded_for, known)])
        assert isinstance(answer, Recorded) or answer.code == "certificate.number_taken"

    work: list[Any] = []
    left, place, kept = list(dossiers), 0, 0
    while left:
        # One, seven, two or six at a time: each of several takes numbers of all prefixes.
        size = (1, 7, 2, 6)[place % 4]
        wanted, left = left[:size], left[size:]
        kept += 0 if place % 10 == 0 else len(wanted)
        work.append(issue(place, wanted))
        if place % 25 == 0:
            work.append(record(place // 25))
        place += 1
    numbers = [number for found in await asyncio.gather(*work) for number in found or ()]
    assert len(numbers) == len(set(numbers)) == kept
    assert len({number.rsplit("-", 2)[0] for number in numbers}) == PREFIXES
    finding = await Diagnosis._numbers(connection)
    assert finding.good, finding.says
    counted = await connection.fetch(
        "select s.prefix, s.serial, (select count(*) from certificate c where c.number_prefix = s.prefix) + "
        "(select coalesce(sum(g.last_serial - g.first_serial + 1), 0) from certificate_number_gap g "
        "where g.prefix = s.prefix) as told from certificate_serial s where s.year = 2026"
    )
    # Each serial is borne or in one gap: nothing is told twice and nothing left out.
    assert [row["prefix"] for row in counted if row["serial"] != row["told"]] == []
    assert len(counted) == PREFIXES
    annexes = await connection.fetch(
        "select recognition_decision_id, count(*) as borne, max(annex_place) as last from certificate "
        "where source = 'issued' group by 1"
    )
    assert len(annexes) == 7
    assert all(row["borne"] == row["last"] for row in annexes)


async def read_numbers(client: httpx.AsyncClient, headers: dict[str, str], **wanted: Any) -> list[Any]:
    asked = {"prefix": "68-24611", "year": 2026, **wanted}
    answer = await client.get("/v1/certificates/numbers", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def test_every_serial_has_its_certificate_or_the_reason_why_there_is_none(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    await issue(await world.rated())
    known = await world.recorded(number="68-24611-4-2026")
    await issue(await world.rated())
    late = await world.recorded(number="68-24611-03-2026")
    found = await read_numbers(client, as_actor(OFFICER))
    assert [(one["serial"], one["number"], one["status"]) for one in found] == [
        (1, "68-24611-01-2026", "valid"),
        (2, None, None),
        (3, "68-24611-03-2026", "valid"),
        (4, "68-24611-04-2026", "valid"),
        (5, "68-24611-05-2026", "valid"),
    ]
    assert found[1]["gap"] == {
        "reason": "recorded",
        "text": "Bỏ qua vì giấy chứng nhận số 68-24611-04-2026 được ghi nhận ngày 15/06/2026.",
        "certificate_id": known["id"],
        "number": "68-24611-04-2026",
        "on": "2026-06-15",
    }
    assert found[2]["certificate_id"] == late["id"]
    assert found[2]["gap"] is None
    gaps = await read_numbers(client, as_actor(OFFICER), gaps=True)
    assert [one["serial"] for one in gaps] == [2]
    back = await read_numbers(client, as_actor(OFFICER), sort="-serial", limit=2)
    assert [one["serial"] for one in back] == [5, 4]


async def test_offices_see_which_prefixes_and_years_have_numbers(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    await issue(await world.rated())
    await world.recorded(number="TW-03-2025")
    far = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:75"),))
    path = "/v1/certificates/number-series"
    found = (await client.get(path, headers=as_actor(OFFICER))).json()["items"]
    assert found == [
        {"prefix": "68-24611", "year": 2026, "last_serial": 1, "certificates": 1, "gaps": 0},
        {"prefix": "TW", "year": 2025, "last_serial": 3, "certificates": 1, "gaps": 2},
    ]
    assert (await client.get(path, headers=as_actor(far))).json()["items"] == []
    assert await read_numbers(client, as_actor(far)) == []
    maker = Actor(uuid4(), "", (Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=uuid4()),))
    for who in (maker, Actor(uuid4(), "", ())):
        assert (await client.get(path, headers=as_actor(who))).status_code == 403
    assert (await client.get(path)).status_code == 401


async def test_a_batch_of_recorded_numbers_explains_each_of_its_gaps(
    world: World, database: Database, clock: Clock
) -> None:
    wanted = []
    for number in ("68-24611-07-2026", "68-24611-03-2026", "GCN 5"):
        product_id, _ = await world.product()
        wanted.append(
            (
                product_id,
                HistoricRecognition(stars=3, source="sổ", confidence="press", number=number),
            )
        )
    async with database.transaction() as session:
        await RecordingService(session, SYSTEM, clock()).record_recognitions(wanted)
        gaps = await session.execute(
            text(
                "select first_serial, last_serial, c.number from certificate_number_gap g "
                "join certificate c on c.id = g.certificate_id order by 1"
            )
        )
        assert [tuple(row) for row in gaps] == [(1, 2, "68-24611-03-2026"), (4, 6, "68-24611-07-2026")]


async def test_a_number_written_another_way_is_taken_and_found(
    world: World, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    await world.recorded(number="68-24611-01-2026")
    for same in ("68-24611-1-2026", "68 – 24611 – 001 – 2026"):
        product_id, _ = await world.product()
        known = HistoricRecognition(stars=3, source="sổ", confidence="press", number=same)
        async with database.write() as session:
            with pytest.raises(Conflict, match="number_taken"):
                await RecordingService(session, SYSTEM, clock()).record_recognition(product_id, known)
        answer = await client.get("/v1/verify", params={"number": same})
        assert answer.json()["certificate_number"] == "68-24611-01-2026"


@pytest.mark.parametrize(
    "number", ["68-01-2026", "TW-01-2026", "67-660-01-2023", "12/GCN OCOP", "05/2024/OCOP-LĐ"]
)
async def test_numbers_of_earlier_and_foreign_forms_are_found(
    world: World, client: httpx.AsyncClient, number: str
) -> None:
    await world.recorded(number=number)
    assert (await client.get("/v1/verify", params={"number": number})).json()["certificate_number"] == number


async def test_a_form_of_numbers_is_a_setting(
    world: World, database: Database, settings: Settings, clock: Clock
) -> None:
    forms = {"qd26-2026": ("OCOP/{province}/{serial:03}/{year}",)}
    own = settings.model_copy(update={"certificates": type(settings.certificates)(number_schemes=forms)})
    rated = await world.rated()
    async with database.transaction() as session:
        order = CertificateIssue(
            dossier_id=rated.dossier_id,
            decision_number="1/QĐ-UBND",
            decided_on=date(2026, 6, 15),
            signed_by_title="Chủ tịch",
        )
        made = await IssuingService(session, CHAIR, clock(), number_schemes(own)).issue(order)
    assert made.certificate.number == "OCOP/68/001/2026"


async def test_an_unexplained_gap_is_seen_by_the_diagnosis(
    world: World, issue: Issue, connection: "asyncpg.Connection[Any]"
) -> None:
    await issue(await world.rated())
    assert (await Diagnosis._numbers(connection)).good
    await connection.execute("update certificate_serial set serial = 3")
    finding = await Diagnosis._numbers(connection)
    assert not finding.good
    assert "68-24611 2026: 2" in finding.says


async def test_serials_that_were_taken_back_are_given_again(
    world: World, database: Database, settings: Settings, clock: Clock, issue: Issue
) -> None:
    rated = await world.rated()
    order = CertificateIssue(
        dossier_id=rated.dossier_id,
        decision_number="1/QĐ-UBND",
        decided_on=date(2026, 6, 15),
        signed_by_title="Chủ tịch",
    )
    async with database.write() as session:
        made = await IssuingService(session, CHAIR, clock(), number_schemes(settings)).issue(order)
        assert made.certificate.number == "68-24611-01-2026"
        await session.rollback()
    numbers = [(await issue(one)).json()["number"] for one in (await world.rated(), rated)]
    assert Counter(numbers) == Counter(["68-24611-01-2026", "68-24611-02-2026"])
