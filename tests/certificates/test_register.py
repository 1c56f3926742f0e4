"""The public register, recorded recognitions, the printed certificate and its QR symbol."""

import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import event, insert, select, text

from ocop_api.certificates import repository
from ocop_api.certificates.policy import number_columns
from ocop_api.certificates.service import HistoricRecognition, RecordingService
from ocop_api.certificates.standing import Life, Standing
from ocop_api.db.session import Database
from ocop_api.db.tables.certificates import (
    Certificate,
    CertificateSupersession,
    CertificateWithdrawal,
)
from ocop_api.domain.actor import SYSTEM

from .conftest import Issue, World


async def _recognition(database: Database, product_id: Any) -> tuple[Any, ...]:
    async with database.read() as session:
        row = (
            await session.execute(
                text("select recognition_status, stars, stars_valid_until from product where id = :id"),
                {"id": product_id},
            )
        ).one()
    return tuple(row)


async def test_recording_the_same_recognition_twice_changes_nothing(world: World, database: Database) -> None:
    first = await world.recorded()
    again = await world.recorded(product_id=first["product_id"])
    assert again["id"] == first["id"]
    async with database.read() as session:
        events = await session.scalar(
            text("select count(*) from ledger_event where kind = 'certificate.recorded'")
        )
    assert events == 1


async def test_history_in_any_order_settles_on_the_newest_decision(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    newer = await world.recorded(decided_on=date(2025, 12, 1), stars=4, number=None)
    product_id = newer["product_id"]
    older = await world.recorded(decided_on=date(2023, 12, 1), stars=3, number=None, product_id=product_id)
    await world.recorded(decided_on=None, stars=5, number=None, product_id=product_id)
    assert await _recognition(database, product_id) == ("valid", 4, date(2028, 12, 1))
    shown = (await client.get(f"/v1/certificates/{older['id']}")).json()
    assert (shown["status"], shown["superseded_by"]) == ("superseded", newer["id"])


async def test_a_press_report_alone_is_reported(world: World, database: Database) -> None:
    known = await world.recorded(decided_on=None, number=None)
    assert await _recognition(database, known["product_id"]) == ("reported", 4, None)


async def test_a_decision_needs_its_date(world: World, database: Database, clock: Any) -> None:
    product_id, _ = await world.product()
    with pytest.raises(Exception, match=r"certificate\.record_undated"):
        async with database.transaction() as session:
            await RecordingService(session, SYSTEM, clock()).record_recognition(
                product_id, HistoricRecognition(stars=3, source="x", confidence="decision")
            )


async def test_the_register_is_filtered_and_paged(
    world: World, client: httpx.AsyncClient, database: Database
) -> None:
    three = await world.recorded(stars=3, number="68-01-2026")
    four = await world.recorded(stars=4, number="68-02-2026", decided_on=date(2024, 1, 5))
    await world.recorded(stars=5, decided_on=None, number=None)

    async def ids(**wanted: Any) -> list[str]:
        answer = await client.get("/v1/certificates", params=wanted)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await ids(stars=3) == [three["id"]]
    assert await ids(product_id=four["product_id"]) == [four["id"]]
    assert await ids(expiring_before="2027-01-06") == [four["id"]]
    assert await ids(expiring_before="2027-01-05") == []
    assert len(await ids(place_id="34:68")) == 3
    assert await ids(place_id="34:75") == []
    assert (await client.get("/v1/certificates", params={"colour": "red"})).status_code == 422
    statements: list[str] = []
    event.listen(
        database.read_engine.sync_engine,
        "before_cursor_execute",
        lambda *a: statements.append(str(a[2])),
    )
    first = (await client.get("/v1/certificates", params={"limit": 2, "sort": "valid_until"})).json()
    assert len(statements) == 1
    rest = (
        await client.get(
            "/v1/certificates", params={"limit": 2, "sort": "valid_until", "cursor": first["next_cursor"]}
        )
    ).json()
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 3
    assert rest["next_cursor"] is None


async def test_the_lists_condition_and_the_rule_agree_on_every_day(world: World, database: Database) -> None:
    known = await world.recorded(decided_on=date(2026, 1, 10))
    issued, until = date(2026, 1, 10), date(2029, 1, 10)
    days = [None, date(2026, 3, 1), date(2026, 3, 2)]
    offsets = [-1, 0, 49, 50, 51, 52, 1065, 1066, 1096, 1097]
    for withdrawn_on in days:
        for superseded_on in days:
            async with database.write() as session:
                if withdrawn_on:
                    await session.execute(
                        insert(CertificateWithdrawal).values(
                            certificate_id=known["id"],
                            withdrawn_on=withdrawn_on,
                            ground="misuse_of_mark",
                            reason="x",
                            concluded_on=withdrawn_on,
                        )
                    )
                if superseded_on:
                    other = (await session.execute(select(Certificate))).scalars().one()
                    values = {c.name: getattr(other, c.name) for c in Certificate.__table__.columns}
                    values |= {"id": uuid4(), "code": "other", "stars": 5, **number_columns(None)}
                    await session.execute(insert(Certificate).values(**values))
                    await session.execute(
                        insert(CertificateSupersession).values(
                            certificate_id=known["id"],
                            successor_id=values["id"],
                            superseded_on=superseded_on,
                        )
                    )
                life = Life(
                    stars=4,
                    issued_on=issued,
                    valid_until=until,
                    notice_from=until - timedelta(days=30),
                    withdrawn_on=withdrawn_on,
                    superseded_on=superseded_on,
                )
                for offset in offsets:
                    day = issued + timedelta(days=offset)
                    found = [
                        standing
                        for standing in Standing
                        if (
                            await session.execute(
                                repository.with_ends().where(
                                    Certificate.stars == 4, repository._standing_is(standing, day)
                                )
                            )
                        ).first()
                    ]
                    assert found == [life.standing(day)], (withdrawn_on, superseded_on, day)
                await session.rollback()


async def test_the_printed_certificate_says_what_was_issued(
    world: World, issue: Issue, client: httpx.AsyncClient
) -> None:
    body = (await issue(await world.rated())).json()
    path = f"/v1/certificates/{body['id']}/certificate.pdf"
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="ocop-68-24611-01-2026.pdf"'
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    words = " ".join(page.extract_text().split())
    for expected in (
        "68-24611-01-2026",
        body["product_name"],
        body["producer_name"],
        "1234/QĐ-UBND",
        "ngày 15 tháng 6 năm 2029",
        "CHỦ TỊCH",
        "Đạt hạng 4 sao",
        "ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG",
    ):
        assert expected in words
    again = await client.get(path)
    assert again.content == answer.content
    tag = answer.headers["etag"]
    assert tag.startswith('"')
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304


async def test_the_certificate_keeps_the_names_of_its_day(
    world: World, issue: Issue, client: httpx.AsyncClient, database: Database
) -> None:
    rated = await world.rated()
    body = (await issue(rated)).json()
    async with database.transaction() as session:
        await session.execute(
            text("update product set name = 'Tên mới' where id = :id"), {"id": rated.product_id}
        )
    shown = (await client.get(f"/v1/certificates/{body['id']}")).json()
    assert shown["product_name"] == body["product_name"] != "Tên mới"


async def test_a_recorded_recognition_has_no_document(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    answer = await client.get(f"/v1/certificates/{known['id']}/certificate.pdf")
    assert (answer.status_code, answer.json()["code"]) == (404, "certificate.no_document")


async def test_the_qr_symbol_opens_the_page(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    svg = await client.get(f"/v1/certificates/{known['id']}/qr.svg")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert f"/verify/{known['code']}" in svg.text
    png = await client.get(f"/v1/certificates/{known['id']}/qr.png")
    assert png.content.startswith(b"\x89PNG")
    assert (await client.get(f"/v1/certificates/{uuid4()}/qr.svg")).status_code == 404
