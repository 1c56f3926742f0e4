"""One decision recognises many products: all or none, in the order of its annex."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from docx import Document
from pypdf import PdfReader
from sqlalchemy import event, text

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

from .conftest import CHAIR, MINISTER, AsActor, Issue, Rated, World, leader

OFFICER = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),))
Recognise = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def recognise(client: httpx.AsyncClient, as_actor: AsActor) -> Recognise:
    """Sends the order to recognise dossiers; keywords change the body, ``by`` the person."""

    async def send(*rated: Rated, by: Actor = CHAIR, **changes: Any) -> httpx.Response:
        body = {
            "decision_number": "1234/QĐ-UBND",
            "decided_on": "2026-06-15",
            "signed_by_title": "Chủ tịch",
            "dossier_ids": [str(one.dossier_id) for one in rated],
            **changes,
        }
        return await client.post("/v1/recognition-decisions", json=body, headers=as_actor(by))

    return send


async def counted(database: Database, statement: str) -> Any:
    async with database.read() as session:
        return await session.scalar(text(statement))


async def test_a_decision_issues_the_certificates_of_its_annex_in_order(
    world: World, recognise: Recognise, client: httpx.AsyncClient, database: Database
) -> None:
    rated = [await world.rated(), await world.rated(points="61", star=3), await world.rated()]
    answer = await recognise(*reversed(rated))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/v1/recognition-decisions/{body['id']}"
    assert [(one["annex_place"], one["number"], one["stars"]) for one in body["issued"]] == [
        (1, "68-24611-01-2026", 4),
        (2, "68-24611-02-2026", 3),
        (3, "68-24611-03-2026", 4),
    ]
    assert [one["dossier_id"] for one in body["issued"]] == [str(one.dossier_id) for one in reversed(rated)]
    shown = (await client.get(answer.headers["location"])).json()
    assert shown == {name: value for name, value in body.items() if name != "issued"}
    assert (shown["products"], shown["three_stars"], shown["four_stars"]) == (3, 1, 2)
    assert shown["issuing_authority"] == "Ủy ban nhân dân tỉnh Lâm Đồng"
    annex = (await client.get(f"/v1/recognition-decisions/{body['id']}/annex")).json()["items"]
    assert annex == body["issued"]
    assert {one["status"] for one in annex} == {"valid"}
    certificate = (await client.get(f"/v1/certificates/{annex[1]['certificate_id']}")).json()
    assert (certificate["recognition_decision_id"], certificate["annex_place"]) == (body["id"], 2)
    assert certificate["recorded"] is None
    kinds = "select count(*) from ledger_event where kind = "
    assert await counted(database, f"{kinds}'recognition_decision.made'") == 1
    assert await counted(database, f"{kinds}'certificate.issued'") == 3
    assert await counted(database, f"{kinds}'dossier.recognised'") == 3


async def test_every_dossier_that_is_refused_is_named_and_nothing_is_done(
    world: World, recognise: Recognise, database: Database
) -> None:
    good = await world.rated()
    low = await world.rated(points="42", star=2)
    early = await world.rated(state="in_council")
    late = await world.rated(lodged_on=date(2026, 6, 16))
    unknown = Rated(uuid4(), uuid4(), uuid4())
    central = await world.rated(points="93", star=5, level=Level.CENTRAL)
    answer = await recognise(good, low, early, late, unknown, central)
    assert (answer.status_code, answer.json()["code"]) == (409, "decision.refused")
    told = {error["dossier_id"]: error for error in answer.json()["errors"]}
    assert {key: error["code"] for key, error in told.items()} == {
        str(low.dossier_id): "dossier.guard_not_met",
        str(early.dossier_id): "dossier.action_not_allowed",
        str(late.dossier_id): "certificate.decided_before_lodging",
        str(unknown.dossier_id): "dossier.unknown",
        str(central.dossier_id): "auth.not_permitted",
    }
    assert told[str(late.dossier_id)]["pointer"] == "/body/dossier_ids/3"
    assert "16" in told[str(late.dossier_id)]["detail"]
    assert await counted(database, "select count(*) from certificate") == 0
    assert await counted(database, "select count(*) from recognition_decision") == 0
    assert await counted(database, "select count(*) from dossier where state = 'recognised'") == 0
    assert (await recognise(good)).json()["issued"][0]["number"] == "68-24611-01-2026"


async def test_one_decision_is_of_one_authority(world: World, recognise: Recognise, clock: Any) -> None:
    clock.at = datetime(2024, 9, 19, 3, tzinfo=UTC)
    facts: dict[str, Any] = {"regime": "qd148-2023", "lodged_on": date(2024, 8, 1), "points": "61", "star": 3}
    here = await world.rated(level=Level.DISTRICT, place_id="63:24611", **facts)
    there = await world.rated(level=Level.DISTRICT, place_id="63:24664", **facts)
    both = Actor(
        uuid4(), "", tuple(g for place in ("63:660", "63:663") for g in leader(place, Level.DISTRICT).grants)
    )
    answer = await recognise(here, there, by=both, decided_on="2024-09-19")
    assert [error["code"] for error in answer.json()["errors"]] == ["decision.other_issuer"]
    assert (await recognise(here, by=both, decided_on="2024-09-19")).json()["place_id"] == "63:660"


async def test_the_same_number_of_another_authority_is_another_decision(
    world: World, recognise: Recognise, client: httpx.AsyncClient
) -> None:
    first = (await recognise(await world.rated())).json()
    five = await world.rated(points="93", star=5, level=Level.CENTRAL)
    second = (await recognise(five, by=MINISTER)).json()
    assert first["id"] != second["id"]
    assert second["place_id"] is None
    listed = (await client.get("/v1/recognition-decisions", params={"number": "1234/QĐ-UBND"})).json()
    assert len(listed["items"]) == 2
    central = (await client.get("/v1/recognition-decisions", params={"level": "central"})).json()["items"]
    assert [one["id"] for one in central] == [second["id"]]
    inside = (await client.get("/v1/recognition-decisions", params={"place_id": "34:68"})).json()["items"]
    assert [one["id"] for one in inside] == [first["id"]]


async def test_a_dossier_named_twice_is_a_fault_of_the_body(world: World, recognise: Recognise) -> None:
    rated = await world.rated()
    answer = await recognise(rated, rated)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/dossier_ids")


@pytest.mark.parametrize("count", [0, 201])
async def test_a_decision_names_one_to_two_hundred_dossiers(recognise: Recognise, count: int) -> None:
    assert (await recognise(*(Rated(uuid4(), uuid4(), uuid4()) for _ in range(count)))).status_code == 422


async def test_single_issues_join_the_annex_of_their_decision(
    world: World, issue: Issue, recognise: Recognise, client: httpx.AsyncClient, database: Database
) -> None:
    one = (await issue(await world.rated())).json()
    two = (await issue(await world.rated())).json()
    three = (await recognise(await world.rated())).json()
    assert one["recognition_decision_id"] == two["recognition_decision_id"] == three["id"]
    assert [one["annex_place"], two["annex_place"], three["issued"][0]["annex_place"]] == [1, 2, 3]
    assert three["products"] == 3
    assert (
        await counted(database, "select count(*) from ledger_event where kind like 'recognition_dec%'") == 1
    )


async def test_a_decision_on_record_keeps_its_words(world: World, issue: Issue) -> None:
    await issue(await world.rated())
    for changed in ({"signed_by_title": "Phó Chủ tịch"}, {"issuing_authority": "UBND tỉnh"}):
        answer = await issue(await world.rated(), **changed)
        assert (answer.status_code, answer.json()["code"]) == (409, "decision.other_words")
    assert (
        await issue(await world.rated(), decided_on="2026-06-14", signed_by_title="Phó Chủ tịch")
    ).is_success


async def test_of_two_decisions_that_want_the_same_dossiers_one_is_made(
    world: World, recognise: Recognise, database: Database
) -> None:
    rated = [await world.rated() for _ in range(4)]
    answers = await asyncio.gather(
        recognise(*rated, decision_number="1/QĐ-UBND"),
        recognise(*reversed(rated), decision_number="2/QĐ-UBND"),
        recognise(*rated[1:3], decision_number="3/QĐ-UBND"),
    )
    made = [answer for answer in answers if answer.status_code == 201]
    assert len(made) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert {error["code"] for error in answer.json()["errors"]} == {"certificate.already_issued"}
    assert await counted(database, "select count(*) from recognition_decision") == 1
    assert await counted(database, "select max(serial) from certificate_serial") == len(
        made[0].json()["issued"]
    )


async def test_many_make_one_decision_at_once(world: World, issue: Issue, database: Database) -> None:
    rated = [await world.rated() for _ in range(6)]
    answers = await asyncio.gather(*(issue(one) for one in rated))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["recognition_decision_id"] for answer in answers}) == 1
    assert sorted(answer.json()["annex_place"] for answer in answers) == [1, 2, 3, 4, 5, 6]


async def test_statements_of_the_register_do_not_grow_with_the_annex(
    world: World, recognise: Recognise, database: Database
) -> None:
    async def statements(count: int) -> int:
        rated = [await world.rated() for _ in range(count)]
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        engine = database.write_engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            answer = await recognise(*rated, decision_number=f"{count}/QĐ-UBND")
        finally:
            event.remove(engine, "before_cursor_execute", note)
        assert answer.status_code == 201, answer.text
        return len(seen)

    # What grows is the step of each dossier with its events and the recognition of its product.
    few, many = await statements(2), await statements(12)
    assert (many - few) / 10 <= 20


@pytest.mark.parametrize(
    ("decided_on", "until"),
    [("2028-02-29", "2031-02-28"), ("2027-08-31", "2030-08-31"), ("2027-03-01", "2030-03-01")],
)
async def test_thirty_six_months_from_the_last_days_of_months(
    world: World, recognise: Recognise, clock: Any, decided_on: str, until: str
) -> None:
    clock.at = datetime(2028, 3, 2, 2, tzinfo=UTC)
    answer = await recognise(await world.rated(lodged_on=date(2027, 1, 10)), decided_on=decided_on)
    assert answer.json()["issued"][0]["valid_until"] == until


@pytest.mark.parametrize("who", [OFFICER, leader("34:75"), leader("34:24611", Level.COMMUNE), MINISTER])
async def test_nobody_else_decides(
    world: World, recognise: Recognise, who: Actor, database: Database
) -> None:
    answer = await recognise(await world.rated(), by=who)
    assert answer.status_code in {403, 409}, answer.text
    if answer.status_code == 409:
        assert answer.json()["errors"][0]["code"] in {"auth.not_permitted", "dossier.unknown"}
    assert await counted(database, "select count(*) from certificate") == 0


async def test_a_dossier_of_148_gets_the_commune_in_its_number_once_districts_are_gone(
    world: World, recognise: Recognise, clock: Any
) -> None:
    clock.at = datetime(2025, 8, 20, 3, tzinfo=UTC)
    rated = await world.rated(regime="qd148-2023", lodged_on=date(2025, 6, 2), place_id="63:24611")
    answer = await recognise(rated, decided_on="2025-08-20")
    assert answer.status_code == 201, answer.text
    assert answer.json()["issued"][0]["number"] == "68-24611-01-2025"


async def test_the_province_numbers_a_dossier_of_148_by_its_district_while_there_are_districts(
    world: World, recognise: Recognise, clock: Any
) -> None:
    clock.at = datetime(2025, 6, 30, 3, tzinfo=UTC)
    rated = await world.rated(regime="qd148-2023", lodged_on=date(2025, 6, 2), place_id="63:24611")
    answer = await recognise(rated, by=leader("63:67"), decided_on="2025-06-30")
    assert answer.json()["issued"][0]["number"] == "67-660-01-2025"


async def test_a_decision_cannot_be_changed(world: World, issue: Issue, database: Database) -> None:
    await issue(await world.rated())
    for statement in ("update recognition_decision set number = 'x'", "delete from recognition_decision"):
        async with database.write() as session:
            with pytest.raises(Exception, match="record"):
                await session.execute(text(statement))


async def test_the_annex_is_a_paper_and_a_list(
    world: World, recognise: Recognise, client: httpx.AsyncClient
) -> None:
    product = await world.product(name="Cà phê rang xay")
    made = (await recognise(await world.rated(product=product), await world.rated())).json()
    path = f"/v1/recognition-decisions/{made['id']}/annex"
    pdf = await client.get(f"{path}.pdf")
    assert pdf.status_code == 200, pdf.text
    words = " ".join(
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages).split()
    )
    assert "ngày 15 tháng 6 năm 2026" in words
    assert "1234/QĐ-UBND" in words
    assert b"pdfaid" in pdf.content
    assert (await client.get(f"{path}.pdf")).content == pdf.content
    docx = Document(io.BytesIO((await client.get(f"{path}.docx")).content))
    cells = [[cell.text for cell in row.cells] for table in docx.tables for row in table.rows]
    assert any("Cà phê rang xay" in row and "68-24611-01-2026" in row for row in cells)
    csv = (await client.get(f"{path}.csv")).text
    assert "68-24611-02-2026" in csv
    assert (await client.get(f"{path}.xlsx")).status_code == 200


async def test_all_certificates_of_an_annex_are_one_file_for_the_office(
    world: World, recognise: Recognise, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    made = (await recognise(*[await world.rated() for _ in range(3)])).json()
    path = f"/v1/recognition-decisions/{made['id']}/certificates.pdf"
    assert (await client.get(path)).status_code == 401
    far = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:75"),))
    assert (await client.get(path, headers=as_actor(far))).status_code == 403
    book = PdfReader(io.BytesIO((await client.get(path, headers=as_actor(OFFICER))).content))
    assert [f"68-24611-0{n}-2026" in page.extract_text() for n, page in enumerate(book.pages, 1)] == [
        True
    ] * 3
    part = await client.get(path, headers=as_actor(OFFICER), params={"from_place": 2, "to_place": 2})
    assert len(PdfReader(io.BytesIO(part.content)).pages) == 1
    none = await client.get(path, headers=as_actor(OFFICER), params={"from_place": 4})
    assert (none.status_code, none.json()["code"]) == (409, "decision.no_such_places")


def a_pdf() -> bytes:
    from pypdf import PdfWriter

    writer, target = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.add_metadata({"/Title": uuid4().hex})
    writer.write(target)
    return target.getvalue()


async def test_the_signed_decision_is_kept_and_replaced_with_a_reason(
    world: World, recognise: Recognise, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    made = (await recognise(await world.rated())).json()
    path = f"/v1/recognition-decisions/{made['id']}/signed-papers"
    paper, office = a_pdf(), as_actor(OFFICER)
    first = await client.post(path, content=paper, headers=office)
    assert first.status_code == 201, first.text
    assert (await client.post(path, content=paper, headers=office)).status_code == 200
    other = a_pdf()
    again = await client.post(path, content=other, headers=office)
    assert (again.status_code, again.json()["code"]) == (409, "decision.signed_already")
    named = {"replaces_id": first.json()["id"]}
    assert (await client.post(path, content=other, headers=office, params=named)).status_code == 422
    named["reason"] = "Bản quét thiếu trang."
    second = await client.post(path, content=other, headers=office, params=named)
    assert second.status_code == 201, second.text
    stale = await client.post(path, content=a_pdf(), headers=office, params=named)
    assert (stale.status_code, stale.json()["code"]) == (409, "decision.signed_replaced")
    shown = (await client.get(f"/v1/recognition-decisions/{made['id']}")).json()["signed"]
    assert (shown["id"], shown["current"]) == (second.json()["id"], True)
    listed = (await client.get(path, headers=office)).json()["items"]
    assert [one["current"] for one in listed] == [True, False]
    content = await client.get(first.headers["location"], headers=office)
    assert content.content == paper
    assert content.headers["content-disposition"].startswith("attachment")


async def test_who_hands_in_and_reads_a_signed_decision(
    world: World, recognise: Recognise, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    rated = await world.rated()
    made = (await recognise(rated)).json()
    path = f"/v1/recognition-decisions/{made['id']}/signed-papers"
    commune = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.COMMUNE, place_id="34:24611"),))
    maker = Actor(uuid4(), "", (Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=rated.producer_id),))
    for who in (commune, maker, leader("34:75")):
        assert (await client.post(path, content=a_pdf(), headers=as_actor(who))).status_code == 403
        assert (await client.get(path, headers=as_actor(who))).status_code == 403
    assert (await client.post(path, content=b"not a pdf", headers=as_actor(CHAIR))).status_code == 422
    assert (await client.get(path)).status_code == 401
    unknown = f"/v1/recognition-decisions/{uuid4()}"
    assert (await client.get(unknown)).status_code == 404
    assert (await client.get(f"{unknown}/annex")).status_code == 404
