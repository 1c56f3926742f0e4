"""Site surveys and further tests: who asks, who records, what the producer sees, and that records stay."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import MovableClock
from tests.documents.conftest import pdf

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Role
from ocop_api.notifications.policy import MAILED, concern_of
from ocop_api.notifications.wording import wording

from .conftest import FORM_03, LETTER, Headers, Trade, full_contents
from .test_comments import seated
from .test_package import checked, taken

People = dict[str, Headers]
RESULT = {"conclusion": "met", "findings": "Xưởng rang đúng mô tả."}


async def ask(trade: Trade, dossier_id: str, who: Headers, **facts: Any) -> httpx.Response:
    body = {"kind": "site_survey", "what": "Vùng nguyên liệu tại thôn 3.", **facts}
    return await trade.client.post(f"/v1/dossiers/{dossier_id}/examinations", json=body, headers=who)


async def asked(trade: Trade, dossier_id: str, who: Headers, **facts: Any) -> dict[str, Any]:
    answer = await ask(trade, dossier_id, who, **facts)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/dossiers/{dossier_id}/examinations/{found['id']}"
    return found


async def end(trade: Trade, one: dict[str, Any], action: str, who: Headers, **body: Any) -> httpx.Response:
    url = f"/v1/dossiers/{one['dossier_id']}/examinations/{one['id']}/{action}"
    return await trade.client.post(url, json=body, headers=who)


async def record(trade: Trade, one: dict[str, Any], who: Headers, on: str, **facts: Any) -> httpx.Response:
    return await end(trade, one, "record-result", who, **{**RESULT, "done_on": on, **facts})


async def events(database: Database, dossier_id: str) -> list[tuple[str, dict[str, Any]]]:
    async with database.read() as session:
        rows = await session.execute(
            text(
                "select kind, data from ledger_event where subject_id = :id and kind like 'dossier.exam%' "
                "order by ordinal"
            ),
            {"id": dossier_id},
        )
        return [(row[0], row[1] if isinstance(row[1], dict) else json.loads(row[1])) for row in rows]


async def at_the_province(
    trade: Trade, clock: MovableClock, people: People
) -> tuple[dict[str, Any], Headers]:
    dossier, producer = await trade.lodged(clock())
    one = dossier["id"]
    await trade.done(one, "receive", people["commune_officer"], samples=5)
    await trade.done(one, "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER)
    return await trade.done(one, "receive", people["province_officer"], samples=5), producer


async def test_those_who_assess_ask_and_everybody_else_reads(
    trade: Trade, clock: MovableClock, people: People, as_actor: Callable[[Actor], Headers]
) -> None:
    dossier, producer = await at_the_province(trade, clock, people)
    one = dossier["id"]
    by_office = await asked(trade, one, people["province_officer"], place="Thôn 3, xã Đắk Wil")
    assert (by_office["party"], by_office["level"], by_office["state"]) == ("office", "province", "requested")
    await trade.done(one, "start-assessment", people["province_officer"])
    adviser = await seated(trade, as_actor, one, Role.COUNCIL_ADVISER)
    by_group = await asked(trade, one, adviser, kind="extra_test", criteria=["8", "8"])
    assert (by_group["party"], by_group["criteria"]) == ("advisory_group", ["8"])
    assert by_group["allowed_actions"] == ["record_result", "cancel"]
    secretary = await seated(trade, as_actor, one, Role.COUNCIL_SECRETARY)
    assert (await asked(trade, one, secretary))["party"] == "council"
    member = await seated(trade, as_actor, one)
    readers = {
        "producer": producer,
        "member": member,
        "leader": people["province_leader"],
        "inspector": people["province_inspector"],
        "commune": people["commune_officer"],
    }
    for name, reader in readers.items():
        listed = await trade.client.get(f"/v1/dossiers/{one}/examinations", headers=reader)
        assert [item["party"] for item in listed.json()["items"]] == ["office", "advisory_group", "council"]
        assert [item["allowed_actions"] for item in listed.json()["items"]] == [[], [], []], name
        for answer in (
            await ask(trade, one, reader),
            await record(trade, by_group, reader, "2026-06-15"),
            await end(trade, by_group, "cancel", reader, reason="Thôi."),
        ):
            refused = (answer.status_code, answer.json()["code"])
            assert refused == (403, "dossier.examination_for_assessors"), name
    tests = await trade.client.get(
        f"/v1/dossiers/{one}/examinations?kind=extra_test&state=requested", headers=producer
    )
    assert [item["id"] for item in tests.json()["items"]] == [by_group["id"]]
    url = f"/v1/dossiers/{one}/examinations/{by_group['id']}"
    assert (await trade.client.get(url, headers=producer)).json()["what"] == by_group["what"]
    for answer in (
        await ask(trade, one, people["elsewhere_officer"]),
        await trade.client.get(url, headers=people["elsewhere_officer"]),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "dossier.unknown")
    absent = await trade.client.get(f"/v1/dossiers/{one}/examinations/{uuid4()}", headers=producer)
    assert (absent.status_code, absent.json()["code"]) == (404, "dossier.examination_unknown")


async def test_an_officer_of_the_producers_side_writes_nothing(
    trade: Trade, clock: MovableClock, people: People, as_actor: Callable[[Actor], Headers]
) -> None:
    dossier, _ = await at_the_province(trade, clock, people)
    council = uuid4()
    async with trade.database.transaction() as session:
        await session.execute(
            text("update dossier set council_id = :council where id = :id"),
            {"council": council, "id": UUID(dossier["id"])},
        )
    grants = (
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=UUID(dossier["producer_id"])),
        Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=council),
    )
    both = as_actor(Actor(user_id=uuid4(), name="Hai vai", grants=grants))
    answer = await ask(trade, dossier["id"], both)
    assert (answer.status_code, answer.json()["code"]) == (403, "dossier.examination_for_assessors")
    await trade.done(dossier["id"], "start-assessment", people["province_officer"])
    own = await trade.read(dossier["id"], both)
    assert {one["party"] for one in own["allowed_actions"]} == {"producer"}


async def test_a_result_is_recorded_once_with_documents_that_councils_can_open(
    trade: Trade,
    clock: MovableClock,
    people: People,
    client: httpx.AsyncClient,
    database: Database,
    as_actor: Callable[[Actor], Headers],
) -> None:
    dossier, producer = await at_the_province(trade, clock, people)
    officer, today = people["province_officer"], clock().date()
    one = await asked(trade, dossier["id"], officer, criteria=["1.1"], due_on=today.isoformat())
    made = await client.post(
        "/v1/documents",
        data={"producer_id": dossier["producer_id"], "kind": "test_report", "title": "Biên bản khảo sát"},
        files={"file": ("a.pdf", pdf("bien ban"), "application/pdf")},
        headers=officer,
    )
    assert made.status_code == 201, made.text
    minutes = made.json()["id"]
    ahead = await record(trade, one, officer, (today + timedelta(days=1)).isoformat())
    assert (ahead.status_code, ahead.json()["code"]) == (422, "dossier.examination_day_ahead")
    foreign = await record(trade, one, officer, today.isoformat(), document_ids=[str(uuid4())])
    assert (foreign.status_code, foreign.json()["code"]) == (404, "documents.not_of_producer")
    unknown = await record(
        trade,
        one,
        officer,
        today.isoformat(),
        criteria={"99": {"conclusion": "met", "finding": "Đạt."}},
    )
    assert (unknown.status_code, unknown.json()["code"]) == (422, "dossier.criterion_unknown")
    facts = {
        "document_ids": [minutes],
        "participants": ["Lê Thị Mai", "Y Bhăm Niê"],
        "criteria": {"1.1": {"conclusion": "inconclusive", "finding": "Thiếu hợp đồng."}},
    }
    done = await record(trade, one, officer, today.isoformat(), **facts)
    assert done.status_code == 200, done.text
    assert done.json()["result"] == {**RESULT, **facts, "done_on": today.isoformat()}
    assert (done.json()["state"], done.json()["allowed_actions"]) == ("done", [])
    for answer in (
        await record(trade, one, officer, today.isoformat()),
        await end(trade, one, "cancel", officer, reason="Thôi."),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "dossier.examination_ended")
    member = await seated(trade, as_actor, dossier["id"])
    opened = await client.get(f"/v1/dossiers/{dossier['id']}/evidence/{minutes}/content", headers=member)
    assert (opened.status_code, opened.content) == (200, pdf("bien ban"))
    kept = await client.post(f"/v1/documents/{minutes}/withdraw", json={"reason": "Nhầm"}, headers=producer)
    assert (kept.status_code, kept.json()["code"]) == (409, "documents.cited")
    # What the package holds can be read where no system is at hand.
    archive = await taken(trade, dossier["id"], producer)
    checked(archive)
    (packed,) = json.loads(archive.read("examinations.json"))
    assert (packed["id"], packed["result"]["conclusion"]) == (one["id"], "met")
    for statement in (
        "update dossier_examination set findings = 'khác'",
        "update dossier_examination set what = 'khác'",
        "delete from dossier_examination",
    ):
        with pytest.raises(DBAPIError, match="records"):
            async with database.transaction() as session:
                await session.execute(text(statement))


async def test_the_producer_is_told_of_requests_and_results(
    trade: Trade, clock: MovableClock, people: People, database: Database
) -> None:
    dossier, _ = await at_the_province(trade, clock, people)
    officer, today = people["province_officer"], clock().date().isoformat()
    first = await asked(trade, dossier["id"], officer, due_on=today)
    second = await asked(trade, dossier["id"], officer)
    assert (await record(trade, first, officer, today)).status_code == 200
    assert (await end(trade, second, "cancel", officer, reason="Đã đủ căn cứ.")).status_code == 200
    told = await events(database, dossier["id"])
    assert [kind for kind, _ in told] == [
        "dossier.examination_requested",
        "dossier.examination_requested",
        "dossier.examined",
        "dossier.examination_cancelled",
    ]
    for kind, data in told:
        assert concern_of(kind, [], data).producer_id == UUID(dossier["producer_id"])
        assert wording(kind, "vi") != wording(kind, "en")
        assert "{kind}" not in wording(kind, "vi")
        assert kind not in wording(kind, "vi")
        # The words of a finding stay with the file.
        assert RESULT["findings"] not in json.dumps(data, ensure_ascii=False)
    assert told[0][1]["due_on"] == today
    assert "dossier.examination_requested" in MAILED


async def test_a_report_is_filed_while_results_are_awaited_and_says_so(
    trade: Trade, clock: MovableClock, people: People
) -> None:
    dossier, producer = await at_the_province(trade, clock, people)
    one, officer = dossier["id"], people["province_officer"]
    await trade.done(one, "start-assessment", officer)
    open_one = await asked(trade, one, officer, kind="extra_test", what="Cafein", due_on="2026-12-01")
    ended = await asked(trade, one, officer)
    assert (await end(trade, ended, "cancel", officer, reason="Thôi.")).status_code == 200
    awaited = {"id": open_one["id"], "kind": "extra_test", "what": "Cafein", "due_on": "2026-12-01"}
    checklist = await trade.client.get(f"/v1/dossiers/{one}/checklist", headers=producer)
    assert checklist.json()["open_examinations"] == [awaited]
    filed = await trade.done(one, "submit-report", officer, report="Đạt.", recommendation="Trình.")
    assert filed["state"] == "in_council"
    history = await trade.client.get(f"/v1/dossiers/{one}/history", headers=producer)
    assert history.json()["items"][-1]["data"]["open_examinations"] == [awaited]
    late = await record(trade, open_one, officer, clock().date().isoformat())
    assert late.status_code == 200, late.text


async def test_who_asked_records_what_comes_in_after_the_file_has_gone_on(
    trade: Trade, clock: MovableClock, people: People
) -> None:
    dossier, producer = await trade.lodged(clock())
    one, commune, today = dossier["id"], people["commune_officer"], clock().date().isoformat()
    early = await ask(trade, one, people["province_officer"])
    assert (early.status_code, early.json()["code"]) == (403, "dossier.examination_for_assessors")
    await trade.done(one, "receive", commune, samples=5)
    first, second = [await asked(trade, one, commune) for _ in range(2)]
    await trade.done(one, "forward", commune, form_03=FORM_03, request_letter=LETTER)
    assert (await ask(trade, one, commune)).status_code == 403
    assert (await record(trade, first, commune, today)).status_code == 200
    assert (await record(trade, second, people["province_officer"], today)).status_code == 200
    third = await asked(trade, one, people["province_officer"])
    assert (await record(trade, third, commune, today)).status_code == 403
    await trade.done(one, "withdraw", producer)
    for answer in (
        await ask(trade, one, people["province_officer"]),
        await record(trade, third, people["province_officer"], today),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "dossier.closed")


async def test_what_cannot_be_looked_into_is_refused(
    trade: Trade, clock: MovableClock, people: People
) -> None:
    dossier, _ = await at_the_province(trade, clock, people)
    officer, yesterday = people["province_officer"], (clock() - timedelta(days=1)).date().isoformat()
    for facts, code in (
        ({"criteria": ["1.1", "99"]}, "dossier.criterion_unknown"),
        ({"due_on": yesterday}, "dossier.examination_due_past"),
        ({"kind": "rumour"}, "request.invalid"),
        ({"what": ""}, "request.invalid"),
        ({"state": "done"}, "request.invalid"),
    ):
        answer = await ask(trade, dossier["id"], officer, **facts)
        assert (answer.status_code, answer.json()["code"]) == (422, code), facts
    product_id, owner = await trade.product("Tiêu", at=clock())
    draft = await trade.draft(product_id, owner)
    await trade.write(draft["id"], owner, full_contents("qd26-2026"))
    for who, status in ((owner, 409), (officer, 404)):
        assert (await ask(trade, draft["id"], who)).status_code == status


async def test_of_many_results_at_once_one_is_kept(
    trade: Trade, clock: MovableClock, people: People, database: Database
) -> None:
    dossier, _ = await at_the_province(trade, clock, people)
    officer, today = people["province_officer"], clock().date().isoformat()
    one = await asked(trade, dossier["id"], officer)
    answers = await asyncio.gather(
        *(record(trade, one, officer, today, findings=f"Lần {n}.") for n in range(4)),
        end(trade, one, "cancel", officer, reason="Thôi."),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    told = [kind for kind, _ in await events(database, dossier["id"])]
    assert len(told) == 2
