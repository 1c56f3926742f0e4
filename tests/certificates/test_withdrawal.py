"""Taking a certificate back."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

from .conftest import CHAIR, MINISTER, World, leader

ORDER = {
    "ground": "production_stopped",
    "reason": "Cơ sở của ông Trần Văn Ẩn đã đóng cửa.",
    "concluded_on": "2026-06-15",
    "decision_number": "1300/QĐ-UBND",
}


async def test_a_withdrawal_takes_effect_at_once(
    world: World, client: httpx.AsyncClient, as_actor: Any, database: Database
) -> None:
    known = await world.recorded()
    answer = await client.post(
        f"/v1/certificates/{known['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR)
    )
    assert answer.status_code == 200, answer.text
    withdrawal = answer.json()["withdrawal"]
    assert withdrawal["withdrawn_on"] == "2026-06-15"
    assert (withdrawal["point"], withdrawal["due_on"]) == ("đ", "2026-06-30")
    body = (await client.get(f"/v1/verify/{known['code']}")).json()
    assert (body["status"], body["in_force"]) == ("withdrawn", False)
    assert body["withdrawal"]["ground"] == "production_stopped"
    page = (await client.get(f"/verify/{known['code']}")).text
    assert 'class="verdict bad"' in page
    assert "Đã bị thu hồi" in page
    async with database.read() as session:
        status = await session.scalar(
            text("select recognition_status from product where id = :id"), {"id": known["product_id"]}
        )
        event = (
            await session.execute(
                text("select data::text from ledger_event where kind = 'certificate.withdrawn'")
            )
        ).scalar_one()
    assert status == "withdrawn"
    assert "Ẩn" not in event


async def test_the_reason_is_not_for_the_public(
    world: World, client: httpx.AsyncClient, as_actor: Any
) -> None:
    known = await world.recorded()
    path = f"/v1/certificates/{known['id']}"
    await client.post(f"{path}/withdraw", json=ORDER, headers=as_actor(CHAIR))
    assert (await client.get(path)).json()["withdrawal"]["reason"] is None
    inspector = Actor(uuid4(), "", (Grant(Role.INSPECTOR, Bound.AREA, Level.PROVINCE, "34:68"),))
    assert (await client.get(path, headers=as_actor(inspector))).json()["withdrawal"]["reason"]
    stranger = Actor(uuid4(), "", (Grant(Role.INSPECTOR, Bound.AREA, Level.PROVINCE, "34:75"),))
    assert (await client.get(path, headers=as_actor(stranger))).json()["withdrawal"]["reason"] is None


@pytest.mark.parametrize(
    ("stars", "who", "status"),
    [
        (4, CHAIR, 200),
        (4, MINISTER, 403),
        (4, leader("34:75"), 403),
        (4, leader("34:24611", Level.COMMUNE), 403),
        (5, CHAIR, 403),
        (5, MINISTER, 200),
    ],
)
async def test_who_withdraws_which_rank(
    world: World, client: httpx.AsyncClient, as_actor: Any, stars: int, who: Actor, status: int
) -> None:
    known = await world.recorded(stars=stars)
    answer = await client.post(f"/v1/certificates/{known['id']}/withdraw", json=ORDER, headers=as_actor(who))
    assert answer.status_code == status, answer.text


async def test_the_province_of_today_withdraws_what_an_old_district_issued(
    world: World, client: httpx.AsyncClient, as_actor: Any
) -> None:
    product_id, _ = await world.product("63:24611")
    known = await world.recorded(stars=3, decided_on=date(2024, 9, 19), product_id=product_id)
    path = f"/v1/certificates/{known['id']}"
    assert (await client.get(path)).json()["level"] == "district"
    answer = await client.post(f"{path}/withdraw", json=ORDER, headers=as_actor(CHAIR))
    assert answer.status_code == 200, answer.text


async def test_of_two_withdrawals_at_once_one_counts(
    world: World, client: httpx.AsyncClient, as_actor: Any
) -> None:
    known = await world.recorded()
    path = f"/v1/certificates/{known['id']}/withdraw"
    answers = await asyncio.gather(
        *(client.post(path, json=ORDER, headers=as_actor(CHAIR)) for _ in range(3))
    )
    assert sorted(a.status_code for a in answers) == [200, 409, 409]
    codes = {a.json()["code"] for a in answers if a.status_code == 409}
    assert codes == {"certificate.already_withdrawn"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"concluded_on": "2026-06-16"}, 409),
        ({"concluded_on": "2026-06-14"}, 409),
        ({"ground": "dislike"}, 422),
        ({"reason": "   "}, 422),
        ({"reason": ""}, 422),
    ],
)
async def test_impossible_orders_are_refused(
    world: World, client: httpx.AsyncClient, as_actor: Any, change: dict[str, str], status: int
) -> None:
    known = await world.recorded()
    answer = await client.post(
        f"/v1/certificates/{known['id']}/withdraw", json=ORDER | change, headers=as_actor(CHAIR)
    )
    assert answer.status_code == status, answer.text


async def test_an_expired_certificate_is_not_withdrawn(
    world: World, client: httpx.AsyncClient, as_actor: Any, clock: Any
) -> None:
    known = await world.recorded()
    clock.move(days=1200)
    answer = await client.post(
        f"/v1/certificates/{known['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR)
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate.not_in_force")


async def test_without_signing_in_nothing_is_withdrawn(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    answer = await client.post(f"/v1/certificates/{known['id']}/withdraw", json=ORDER)
    assert answer.status_code == 401
