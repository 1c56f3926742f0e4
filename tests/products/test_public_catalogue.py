"""What everybody may read: nothing personal, kept by caches, and quick for the hot addresses."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, update

from ocop_api.db.session import Database
from ocop_api.db.tables.producers import Producer
from ocop_api.domain.actor import SYSTEM, Actor
from ocop_api.products.catalogue_schemas import Suggestions
from ocop_api.products.schemas import ProductRead
from ocop_api.products.service import ProductService

Make = Callable[..., Awaitable[dict[str, Any]]]
Headers = dict[str, str]
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
_PUBLIC_TEXTS = {"name", "name_folded", "sort_key", "search_text", "legal_form", "place_id", "province_id"}


@pytest.fixture
async def household_product(registered: Make, offered: Make, database: Database) -> dict[str, Any]:
    """A recognised product of a household whose every private text is a canary."""
    producer = await registered("Hộ kinh doanh Sen", legal_form="production_household")
    made = await offered(
        "Trà sen", producer_id=producer["id"], set_number=12, gtin="8936000000011", price_vnd="90000"
    )
    texts = [
        column.name
        for column in Producer.__table__.columns
        if column.name not in _PUBLIC_TEXTS and column.type.python_type is str and column.computed is None
        if column.name not in {"id", "area_path", "cooperative_class"}
    ]
    assert {"tax_code", "address", "phone", "email", "representative_name", "notes"} <= set(texts)
    async with database.transaction() as session:
        canaries = {name: f"canary-{name}" for name in texts}
        await session.execute(
            update(Producer).where(Producer.id == UUID(producer["id"])).values(**canaries, labour_count=31337)
        )
        service = ProductService(session, SYSTEM, NOW)
        await service.set_product_code(UUID(made["id"]), "68-24611-9-2026")
        await service.set_recognition(UUID(made["id"]), stars=4, valid_until=date(2027, 1, 1), status="valid")
    async with database.read() as session:
        stored = await session.scalar(select(Producer.email).where(Producer.id == UUID(producer["id"])))
    assert stored == "canary-email"
    return made


async def test_no_public_answer_tells_anything_personal(
    client: httpx.AsyncClient, household_product: dict[str, Any]
) -> None:
    paths = [
        "/v1/products?q=sen&with_total=true",
        f"/v1/products/{household_product['id']}",
        "/v1/products/by-gtin/8936000000011",
        "/v1/products/by-code/68-24611-9-2026",
        "/v1/products/facets?q=sen",
        "/v1/products/suggest?q=tra",
        "/v1/products/suggest?q=ho%20kinh",
        "/v1/products/nearby?near_place=34:24611&radius_km=50",
        "/sitemap.xml",
        "/sitemaps/products-1.xml",
        f"/san-pham/tra-sen-{household_product['id']}",
    ]
    for path in paths:
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert "canary" not in answer.text, path
        assert "31337" not in answer.text, path
    assert "sen" in answer.text
    # What is private is not searched either.
    for word in ("canary", "31337", "canary-email"):
        assert (await client.get(f"/v1/products?q={word}")).json()["items"] == []
        assert (await client.get(f"/v1/products/suggest?q={word}")).json()["items"] == []


async def test_hot_reads_write_what_the_models_would(
    client: httpx.AsyncClient, household_product: dict[str, Any]
) -> None:
    whole = await client.get(f"/v1/products/{household_product['id']}")
    for path in ("by-gtin/8936000000011", "by-gtin/08936000000011", "by-code/68-24611-9-2026"):
        answer = await client.get(f"/v1/products/{path}")
        assert answer.json() == whole.json()
        assert answer.headers["etag"] == whole.headers["etag"]
    assert ProductRead.model_validate(whole.json()).model_dump(mode="json") == whole.json()
    assert whole.json()["picture_url"].startswith("/v1/sets/12/picture.svg?v=")
    suggested = await client.get("/v1/products/suggest?q=tra")
    assert Suggestions.model_validate(suggested.json()).model_dump(mode="json") == suggested.json()
    for path in ("by-gtin/8936000000028", "by-code/none"):
        assert (await client.get(f"/v1/products/{path}")).status_code == 404
    assert (await client.get("/v1/products/by-gtin/123")).status_code == 422


async def test_completions_are_few_and_mixed(
    client: httpx.AsyncClient, registered: Make, offered: Make
) -> None:
    producer = await registered("Hợp tác xã Đắk Trà")
    for number in range(7):
        await offered(f"Trà đặc sản {number}", producer_id=producer["id"])
    await offered("Bánh trà", producer_id=producer["id"])
    items = (await client.get("/v1/products/suggest?q=tr%C3%A0")).json()["items"]
    assert len(items) <= 10
    kinds = [item["kind"] for item in items]
    assert kinds[:5] == ["product"] * 5
    assert {"set", "producer", "place"} <= set(kinds)
    assert [item["text"] for item in items[:2]] == ["Trà đặc sản 0", "Trà đặc sản 1"]
    inside = (await client.get("/v1/products/suggest?q=banh tr")).json()["items"]
    assert inside[0]["text"] == "Bánh trà"
    assert inside[0]["detail"] == "Hợp tác xã Đắk Trà"
    places = (await client.get("/v1/products/suggest?q=lam dong")).json()["items"]
    assert next(p["id"] for p in places if p["kind"] == "place") == "34:68"
    english = await client.get("/v1/products/suggest?q=coffee", headers={"Accept-Language": "en"})
    assert english.json()["items"][0] == {"kind": "set", "id": "13", "text": "Coffee, cocoa", "detail": None}


async def test_caches_keep_what_is_public_and_nothing_of_somebody_signed_in(
    client: httpx.AsyncClient,
    household_product: dict[str, Any],
    as_actor: Callable[[Actor], Headers],
) -> None:
    signed_in = as_actor(Actor(user_id=uuid4(), name="Ai đó", grants=()))
    for path in (
        "/v1/products?q=sen",
        "/v1/products/facets",
        "/v1/products/nearby?near_place=34:24611",
        "/v1/products/suggest?q=tra",
        "/v1/products/by-gtin/8936000000011",
        f"/v1/products/{household_product['id']}",
    ):
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=300", path
        assert "Authorization" in answer.headers["vary"]
        again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == answer.headers["cache-control"]
        assert "Authorization" in again.headers["vary"]
        mine = await client.get(path, headers=signed_in)
        assert mine.headers["cache-control"] == "private, no-cache"
        assert "Authorization" in mine.headers["vary"]
    refused = await client.get("/v1/products?sort=nothing")
    assert "public" not in refused.headers.get("cache-control", "")
