"""Many at once: product codes stay distinct and without gaps, and of two writers one wins."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.conftest import MovableClock, make_settings
from tests.dossiers.conftest import NEW_COMMUNE, full_contents

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Role
from ocop_api.domain.regimes import ProducerForm
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.settings import DatabaseSettings, Settings

Headers = dict[str, str]
PRODUCERS, EACH = 5, 40
KINDS = ("first", "upgrade", "rerating")
UPDATES = (
    "raw_material",
    "technology",
    "packaging",
    "labels",
    "quality_declaration",
    "test_reports",
    "market",
    "output",
    "revenue",
)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Room to wait: what is measured is that nobody fails, not how long a queue gets."""
    usual = make_settings(database_url, tmp_path)
    wider = DatabaseSettings(
        url=database_url, pool_size=12, read_pool_size=8, fast_pool_size=4, pool_timeout=20
    )
    return usual.model_copy(update={"database": wider})


async def _product(database: Database, clock: MovableClock, producer_id: UUID, name: str, kind: str) -> UUID:
    async with database.transaction() as session:
        products = ProductService(session, SYSTEM, clock())
        body = ProductCreate(producer_id=producer_id, name=name, set_number=13)
        product = await products.create(body)
        if kind != "first":
            # Inside the days of re-rating: 180 to 120 days before the end (Decision 26/2026, Art. 7.6a).
            until = date(2026, 11, 15)
            await products.set_recognition(product.id, stars=3, valid_until=until, status="valid")
        return product.id


def _acts_for(producer_id: UUID) -> Actor:
    grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=producer_id)
    return Actor(user_id=uuid4(), name="Chủ thể", grants=(grant,))


@pytest.mark.slow
async def test_two_hundred_mixed_lodgings_in_one_commune(
    client: httpx.AsyncClient,
    database: Database,
    as_actor: Callable[[Actor], Headers],
    clock: MovableClock,
) -> None:
    contents = full_contents("qd26-2026") | {
        "changes": ["Bao bì mới."],
        "updates": dict.fromkeys(UPDATES, "Như cũ."),
    }
    drafts: list[tuple[str, Headers, bool]] = []
    for owner in range(PRODUCERS):
        async with database.transaction() as session:
            body = ProducerCreate(
                legal_form=ProducerForm.COOPERATIVE, name=f"Hợp tác xã {owner}", place_id=NEW_COMMUNE
            )
            producer_id = (await ProducerService(session, SYSTEM, clock()).create(body)).id
        headers = as_actor(_acts_for(producer_id))
        for number in range(EACH):
            kind, complete = KINDS[number % 3], number % 5 != 4
            product_id = await _product(database, clock, producer_id, f"Cà phê {number}", kind)
            made = await client.post(
                "/v1/dossiers", json={"product_id": str(product_id), "kind": kind}, headers=headers
            )
            assert made.status_code == 201, made.text
            if complete:
                url, edit = f"/v1/dossiers/{made.json()['id']}", {**headers, "If-Match": "*"}
                written = await client.patch(url, json=contents, headers=edit)
                assert written.status_code == 200, written.text
            drafts.append((made.json()["id"], headers, complete))

    answers = await asyncio.gather(
        *(client.post(f"/v1/dossiers/{one}/lodge", json={}, headers=who) for one, who, _ in drafts)
    )

    wanted = [200 if complete else 409 for *_, complete in drafts]
    assert Counter(answer.status_code for answer in answers) == Counter(wanted)
    assert [answer.status_code for answer in answers] == wanted
    codes = [answer.json()["product_code"] for answer in answers if answer.status_code == 200]
    assert len(set(codes)) == len(codes) == 160
    # Refused ones took no number with them.
    assert sorted(int(code.split("-")[-2]) for code in codes) == list(range(1, 161))
    async with database.read() as session:
        left = text(
            "select count(*) from dossier d where state = 'draft' and (lodged_on is not null or "
            "product_code is not null or exists (select 1 from dossier_step s where s.dossier_id = d.id) "
            "or exists (select 1 from dossier_version v where v.dossier_id = d.id))"
        )
        assert await session.scalar(left) == 0
        told = text("select count(distinct subject_id), count(*) from ledger_event where kind = :kind")
        row = (await session.execute(told, {"kind": "dossier.lodged"})).one()
        assert tuple(row) == (160, 160)


@pytest.mark.parametrize("thing", ["producers", "products", "dossiers", "users"])
async def test_of_two_writers_with_one_etag_one_wins(
    client: httpx.AsyncClient,
    database: Database,
    as_actor: Callable[[Actor], Headers],
    clock: MovableClock,
    thing: str,
) -> None:
    async with database.transaction() as session:
        owner = ProducerCreate(legal_form=ProducerForm.COOPERATIVE, name="Hợp tác xã", place_id=NEW_COMMUNE)
        producer_id = (await ProducerService(session, SYSTEM, clock()).create(owner)).id
    product_id = await _product(database, clock, producer_id, "Cà phê", "first")
    acting = as_actor(_acts_for(producer_id))
    admin = as_actor(Actor(user_id=uuid4(), name="Quản trị", grants=(Grant(Role.ADMIN, Bound.EVERYWHERE),)))
    new: dict[str, Any] = {"email": "an@example.org", "display_name": "An", "password": "mot-hai-ba-bon-5"}
    if thing == "users":
        made = await client.post("/v1/users", json=new, headers=admin)
    else:
        made = await client.post("/v1/dossiers", json={"product_id": str(product_id)}, headers=acting)
    assert made.status_code == 201, made.text
    table: dict[str, tuple[str, Headers, list[dict[str, Any]]]] = {
        "producers": (str(producer_id), acting, [{"address": "Thôn 1"}, {"address": "Thôn 2"}]),
        "products": (str(product_id), acting, [{"description": "Một"}, {"description": "Hai"}]),
        "dossiers": (made.json()["id"], acting, [{"changes": ["Một"]}, {"changes": ["Hai"]}]),
        "users": (made.json()["id"], admin, [{"display_name": "Một"}, {"display_name": "Hai"}]),
    }
    thing_id, who, bodies = table[thing]
    url = f"/v1/{thing}/{thing_id}"
    shown = await client.get(url, headers=who)
    sent = {**who, "If-Match": shown.headers["etag"]}

    answers = await asyncio.gather(*(client.patch(url, json=body, headers=sent) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [200, 412], [a.text for a in answers]
    (winner,) = (answer for answer in answers if answer.status_code == 200)
    after = (await client.get(url, headers=who)).json()
    assert after["version"] == shown.json()["version"] + 1 == winner.json()["version"]
