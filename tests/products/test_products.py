"""Registering, reading and changing products over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.jobs.queue import JobContext
from ocop_api.products.jobs import JOBS
from ocop_api.products.schemas import ProductRead
from ocop_api.products.service import ProductService

Headers = dict[str, str]
Make = Callable[..., Awaitable[dict[str, Any]]]
FULL = {
    "set_number": 13,
    "description": "Rang mộc",
    "story": "Trồng từ 1985 “trên đất đỏ”",
    "packaging": "Túi giấy",
    "pack": "gói 250g",
    "price_vnd": "85000",
    "gtin": "8936000000011",
}


async def recognise(database: Database, product: str, now: Any, **facts: Any) -> None:
    async with database.transaction() as session:
        await ProductService(session, SYSTEM, now()).set_recognition(UUID(product), **facts)


async def test_registering_answers_with_what_the_catalogue_shows(
    client: httpx.AsyncClient, offered: Make, clock: Any
) -> None:
    made = await offered(**FULL)
    assert made["industry"] == "I"
    assert made["gtin"] == "08936000000011"
    assert made["price_vnd"] == "85000"
    assert made["place_id"] == "34:24611"
    assert made["recognition"] == {"status": "none", "stars": None, "stated_stars": None, "valid_until": None}
    read = await client.get(f"/v1/products/{made['id']}")
    assert read.json() == made
    assert read.headers["etag"].startswith('"1.')
    kept = await client.get(f"/v1/products/{made['id']}", headers={"If-None-Match": read.headers["etag"]})
    assert kept.status_code == 304


@pytest.mark.parametrize("fields", [{}, FULL])
async def test_the_quick_read_equals_the_model(
    client: httpx.AsyncClient, offered: Make, database: Database, clock: Any, fields: dict[str, Any]
) -> None:
    made = await offered(**fields)
    await recognise(database, made["id"], clock, status="valid", stars=4, valid_until=date(2029, 6, 14))
    clock.move(microseconds=1500)
    async with database.transaction() as session:
        service = ProductService(session, SYSTEM, clock())
        await service.set_product_code(UUID(made["id"]), "68-24611-3-2026")
        shown = await service.shown(await service.get(UUID(made["id"])))
    quick = await client.get(f"/v1/products/{made['id']}")
    assert quick.json() == shown.model_dump(mode="json")
    assert quick.json()["updated_at"] == "2026-06-15T02:00:00.001500Z"
    assert set(quick.json()) == set(ProductRead.model_fields)
    assert ProductRead.model_validate_json(quick.content) == shown


async def test_nothing_personal_is_public(client: httpx.AsyncClient, registered: Make, offered: Make) -> None:
    producer = await registered(
        "Hộ Hoa", private={"representative_name": "Nguyễn Thị Bí Mật", "phone": "0912345678"}
    )
    made = await offered(producer_id=producer["id"])
    for address in (f"/v1/products/{made['id']}", "/v1/products"):
        body = (await client.get(address)).text
        assert "Hộ Hoa" in body
        assert "Bí Mật" not in body
        assert "0912345678" not in body


async def test_stars_count_through_their_last_day_and_no_longer(
    client: httpx.AsyncClient, offered: Make, database: Database, clock: Any
) -> None:
    made = await offered()
    await recognise(database, made["id"], clock, status="valid", stars=4, valid_until=date(2026, 6, 15))
    address = f"/v1/products/{made['id']}"
    # 16:59 UTC is still the fifteenth in Vietnam.
    clock.move(hours=14, minutes=59)
    assert (await client.get(address)).json()["recognition"]["stars"] == 4
    assert len((await client.get("/v1/products?stars=4&recognition=valid")).json()["items"]) == 1
    clock.move(minutes=1)
    expired = {"status": "expired", "stars": None, "stated_stars": 4, "valid_until": "2026-06-15"}
    assert (await client.get(address)).json()["recognition"] == expired
    assert (await client.get("/v1/products?stars=4")).json()["items"] == []
    assert (await client.get("/v1/products?recognition=valid")).json()["items"] == []
    assert len((await client.get("/v1/products?recognition=expired")).json()["items"]) == 1


@pytest.mark.parametrize("status", ["reported", "withdrawn"])
async def test_what_is_only_reported_or_withdrawn_never_counts(
    client: httpx.AsyncClient, offered: Make, database: Database, clock: Any, status: str
) -> None:
    made = await offered()
    await recognise(database, made["id"], clock, status=status, stars=5, valid_until=date(2029, 1, 1))
    shown = (await client.get(f"/v1/products/{made['id']}")).json()["recognition"]
    assert (shown["status"], shown["stars"], shown["stated_stars"]) == (status, None, 5)
    assert (await client.get("/v1/products?stars=5")).json()["items"] == []
    assert len((await client.get(f"/v1/products?recognition={status}")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "…"}, 422, "products.name_without_letters"),
        ({"set_number": 27}, 422, "request.invalid"),
        ({"set_number": 13, "industry": "II"}, 422, "products.industry_mismatch"),
        ({"gtin": "8936000000012"}, 422, "products.gtin_invalid"),
        ({"gtin": "12"}, 422, "products.gtin_invalid"),
        ({"price_vnd": "-1"}, 422, "request.invalid"),
        ({"price_vnd": "0.5"}, 422, "request.invalid"),
        ({"price_vnd": "1e30"}, 422, "request.invalid"),
        ({"stars": 5}, 422, "request.invalid"),
        ({"recognition_status": "valid"}, 422, "request.invalid"),
        ({"place_id": "34:99999"}, 422, "producers.unknown_place"),
        ({"producer_id": "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"}, 404, "producers.unknown"),
    ],
)
async def test_faulty_products_are_refused(
    client: httpx.AsyncClient,
    registered: Make,
    officer: Headers,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    body = {"name": "Cà phê", "producer_id": (await registered())["id"]} | change
    answer = await client.post("/v1/products", json=body, headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "{" not in answer.json()["detail"]


async def test_names_and_codes_are_taken_once(
    client: httpx.AsyncClient, registered: Make, offered: Make, officer: Headers
) -> None:
    producer = await registered()
    await offered("Cà phê", producer_id=producer["id"], gtin="8936000000011")
    other = await registered("Chủ thể khác")
    for body, code in (
        ({"name": "CA PHE", "producer_id": producer["id"]}, "products.duplicate"),
        (
            {"name": "Khác", "producer_id": producer["id"], "gtin": "08936000000011"},
            "products.gtin_taken",
        ),
    ):
        answer = await client.post("/v1/products", json=body, headers=officer)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    await offered("Cà phê", producer_id=other["id"])


async def test_a_foreign_product_is_seen_but_not_changed(
    client: httpx.AsyncClient, registered: Make, offered: Make, foreign_officer: Headers, acting_for: Any
) -> None:
    made = await offered()
    stranger = acting_for((await registered("Người lạ"))["id"])
    address = f"/v1/products/{made['id']}"
    for headers in (stranger, foreign_officer):
        refused = await client.patch(address, json={"pack": "1kg"}, headers={**headers, "If-Match": "*"})
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
        body = {"name": "Trà", "producer_id": made["producer"]["id"]}
        assert (await client.post("/v1/products", json=body, headers=headers)).status_code == 403
    assert (await client.patch(address, json={}, headers={"If-Match": "*"})).status_code == 401
    own = acting_for(made["producer"]["id"])
    changed = await client.patch(address, json={"pack": "1kg"}, headers={**own, "If-Match": "*"})
    assert (changed.status_code, changed.json()["pack"]) == (200, "1kg")
    missing = await client.get("/v1/products/0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a")
    assert (missing.status_code, missing.json()["code"]) == (404, "products.unknown")


async def test_a_patch_changes_what_it_names_and_nothing_else(
    client: httpx.AsyncClient, offered: Make, officer: Headers, clock: Any
) -> None:
    made = await offered(**FULL)
    clock.move(minutes=1)
    address = f"/v1/products/{made['id']}"
    tag = (await client.get(address)).headers["etag"]
    patch = {"set_number": None, "industry": "III", "gtin": None, "price_vnd": "90000"}
    patched = await client.patch(address, json=patch, headers={**officer, "If-Match": tag})
    assert patched.status_code == 200, patched.text
    expected = made | patch | {"updated_at": "2026-06-15T02:01:00Z", "version": 2} | {"gtins": []}
    expected["picture_url"] = None
    assert patched.json() == expected
    same = await client.patch(address, json=patch, headers={**officer, "If-Match": "*"})
    assert same.json()["version"] == 2
    stale = await client.patch(address, json=patch, headers={**officer, "If-Match": tag})
    assert stale.status_code == 412
    nulled = await client.patch(address, json={"name": None}, headers={**officer, "If-Match": "*"})
    assert nulled.status_code == 422


async def test_of_two_writers_with_one_copy_one_wins(
    client: httpx.AsyncClient, offered: Make, officer: Headers
) -> None:
    made = await offered()
    address = f"/v1/products/{made['id']}"
    headers = {**officer, "If-Match": (await client.get(address)).headers["etag"]}
    answers = await asyncio.gather(
        *(client.patch(address, json={"pack": f"gói {i}"}, headers=headers) for i in (1, 2))
    )
    assert sorted(a.status_code for a in answers) == [200, 412]


async def test_products_follow_a_renamed_and_moved_producer(
    client: httpx.AsyncClient, app: FastAPI, registered: Make, offered: Make, officer: Headers, clock: Any
) -> None:
    producer = await registered("Tên cũ")
    following = await offered("Trà", producer_id=producer["id"])
    own_place = await offered("Cà phê", producer_id=producer["id"], place_id="63:24611")
    patch = {"name": "Tên mới", "place_id": "34:68"}
    headers = {**officer, "If-Match": "*"}
    assert (
        await client.patch(f"/v1/producers/{producer['id']}", json=patch, headers=headers)
    ).status_code == 200
    async with app.state.database.read() as session:
        queued = (await session.execute(text("select entrypoint from pgqueuer"))).scalars().all()
    assert queued == ["products.follow_producer"]
    context = JobContext(app.state.database, app.state.settings, clock, {})
    versions = []
    for _ in range(2):
        await JOBS["products.follow_producer"](context, {"producer_id": producer["id"]})
        found = (await client.get("/v1/products?q=ten moi&sort=name")).json()["items"]
        assert [(p["name"], p["place_id"]) for p in found] == [("Cà phê", "63:24611"), ("Trà", "34:68")]
        versions.append([p["version"] for p in found])
    assert versions == [[2, 2], [2, 2]]
    assert (await client.get("/v1/products?q=ten cu")).json()["items"] == []
    assert {following["id"], own_place["id"]} == {p["id"] for p in found}
