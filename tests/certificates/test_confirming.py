"""Recorded certificates are confirmed once, by an officer who has seen the paper behind them."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

from .conftest import CHAIR, AsActor, Issue, World

PROVINCE = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68"),))
MINISTRY = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.EVERYWHERE, level=Level.CENTRAL),))
COMMUNE = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.COMMUNE, place_id="34:24611"),))
ELSEWHERE = Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:75"),))


async def confirm(
    client: httpx.AsyncClient, headers: dict[str, str], certificate_id: str, **body: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/certificates/{certificate_id}/confirm", json={"basis": "decision", **body}, headers=headers
    )


async def test_an_officer_confirms_once_what_was_recorded(
    world: World, client: httpx.AsyncClient, as_actor: AsActor, database: Database
) -> None:
    known = await world.recorded()
    shown = (await client.get(f"/v1/certificates/{known['id']}")).json()["recorded"]
    assert shown == {
        "source": "Báo địa phương",
        "confidence": "decision",
        "confirmed_on": None,
        "confirmed_by_level": None,
        "basis": None,
    }
    answer = await confirm(client, as_actor(PROVINCE), known["id"], basis="certificate", note="Bản gốc.")
    assert answer.status_code == 200, answer.text
    recorded = answer.json()["recorded"]
    assert (recorded["confirmed_on"], recorded["confirmed_by_level"]) == ("2026-06-15", "province")
    assert "note" not in recorded
    assert (await client.get(f"/v1/certificates/{known['id']}")).json() == answer.json()
    again = await confirm(client, as_actor(PROVINCE), known["id"])
    assert (again.status_code, again.json()["code"]) == (409, "certificate.already_confirmed")
    verdict = (await client.get(f"/v1/verify/{known['code']}")).json()
    assert (verdict["recorded_from"], verdict["confirmed_on"]) == ("Báo địa phương", "2026-06-15")
    async with database.read() as session:
        assert await session.scalar(
            text("select count(*) from ledger_event where kind = 'certificate.confirmed'")
        )


async def test_a_report_becomes_a_decision_with_its_term(
    world: World, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    known = await world.recorded(decided_on=None, number=None)
    bare = await confirm(client, as_actor(MINISTRY), known["id"])
    assert (bare.status_code, bare.json()["code"]) == (422, "certificate.report_needs_decision")
    named = {"decision_number": "1887/QĐ-UBND", "decided_on": "2025-06-16"}
    body = (await confirm(client, as_actor(MINISTRY), known["id"], **named)).json()
    assert (body["confidence"], body["status"], body["valid_until"]) == ("decision", "valid", "2028-06-16")
    assert (body["decision_number"], body["recorded"]["confirmed_by_level"]) == ("1887/QĐ-UBND", "central")
    product = (await client.get(f"/v1/products/{known['product_id']}")).json()
    assert product["recognition"]["valid_until"] == "2028-06-16"


async def test_a_report_cannot_become_a_decision_that_is_on_record_or_to_come(
    world: World, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    stands = await world.recorded()
    report = await world.recorded(decided_on=None, number=None, product_id=stands["product_id"])
    named = {"decision_number": "1234/QĐ-UBND", "decided_on": "2026-06-15"}
    answer = await confirm(client, as_actor(PROVINCE), report["id"], **named)
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate.recognition_exists")
    named["decided_on"] = "2026-06-16"
    answer = await confirm(client, as_actor(PROVINCE), report["id"], **named)
    assert answer.json()["code"] == "certificate.record_undated"


async def test_another_decision_than_the_recorded_one_is_not_confirmed(
    world: World, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    known = await world.recorded()
    answer = await confirm(client, as_actor(PROVINCE), known["id"], decision_number="99/QĐ-UBND")
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate.confirms_other_decision")
    assert (
        await confirm(client, as_actor(PROVINCE), known["id"], decision_number="1234/QĐ-UBND")
    ).status_code == 200


async def test_what_was_issued_or_withdrawn_is_not_confirmed(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    issued = (await issue(await world.rated())).json()
    answer = await confirm(client, as_actor(PROVINCE), issued["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate.issued_here")
    verdict = (await client.get(f"/v1/verify/{issued['verification_code']}")).json()
    assert (verdict["recorded_from"], verdict["confirmed_on"]) == (None, None)
    known = await world.recorded()
    order = {"ground": "production_stopped", "reason": "Đã ngừng.", "concluded_on": "2026-06-15"}
    taken = await client.post(f"/v1/certificates/{known['id']}/withdraw", json=order, headers=as_actor(CHAIR))
    assert taken.status_code == 200, taken.text
    answer = await confirm(client, as_actor(PROVINCE), known["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate.confirms_withdrawn")


@pytest.mark.parametrize("who", [COMMUNE, ELSEWHERE, CHAIR])
async def test_nobody_else_confirms(
    world: World, client: httpx.AsyncClient, as_actor: AsActor, who: Actor
) -> None:
    known = await world.recorded()
    assert (await confirm(client, as_actor(who), known["id"])).status_code == 403
    assert (await confirm(client, as_actor(who), str(uuid4()))).status_code == 404


async def test_of_two_who_confirm_at_once_one_does(
    world: World, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    known = await world.recorded()
    answers = await asyncio.gather(*(confirm(client, as_actor(PROVINCE), known["id"]) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_the_register_tells_what_waits_for_confirmation(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: AsActor
) -> None:
    await issue(await world.rated(), decision_number="2/QĐ-UBND")
    done = await world.recorded(number="68-05-2026")
    waits = await world.recorded(number=None)
    await confirm(client, as_actor(PROVINCE), done["id"])
    for confirmed, expected in (("true", done), ("false", waits)):
        found = (await client.get("/v1/certificates", params={"confirmed": confirmed})).json()["items"]
        assert [one["id"] for one in found] == [expected["id"]]


async def test_a_confirmation_is_a_record(
    world: World, client: httpx.AsyncClient, as_actor: AsActor, database: Database
) -> None:
    known = await world.recorded()
    await confirm(client, as_actor(PROVINCE), known["id"])
    async with database.write() as session:
        with pytest.raises(Exception, match="record"):
            await session.execute(text("delete from certificate_confirmation"))
