"""Counting the catalogue by facets, each without its own filter."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.products.test_catalogue import statements

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.products.service import ProductService

Make = Callable[..., Awaitable[dict[str, Any]]]
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


@pytest.fixture
async def stocked(registered: Make, offered: Make, database: Database) -> None:
    """Six products of two producers in two communes, some recognised, one expired."""
    coop = await registered("Hợp tác xã Ăn Sạch", place_id="63:24611")
    farm = await registered("Hộ Ba", place_id="34:24611", legal_form="production_household")
    until = date(2027, 6, 1)
    for name, producer, number, stars, last in (
        ("Cà phê", coop, 13, 4, until),
        ("Ca cao", coop, 13, 3, until),
        ("Ăn vặt", coop, 5, 4, date(2026, 6, 14)),
        ("Rượu cần", farm, 15, None, None),
        ("Đường phên", farm, 10, 5, until),
        ("9 vị", farm, None, None, None),
    ):
        made = await offered(name, producer_id=producer["id"], set_number=number, price_vnd="1000")
        if stars:
            async with database.transaction() as session:
                service = ProductService(session, SYSTEM, NOW)
                await service.set_recognition(UUID(made["id"]), stars=stars, valid_until=last, status="valid")


async def counted(client: httpx.AsyncClient, query: str = "", **headers: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/products/facets?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return {
        name: part if name == "total" else {value["value"]: value["count"] for value in part}
        for name, part in body.items()
    }


@pytest.mark.usefixtures("stocked")
async def test_every_facet_is_counted_without_its_own_filter(client: httpx.AsyncClient) -> None:
    whole = await counted(client)
    assert whole["total"] == 6
    assert whole["set_number"] == {"5": 1, "10": 1, "13": 2, "15": 1}
    assert whole["industry"] == {"I": 4, "II": 1}
    assert whole["stars"] == {"5": 1, "4": 1, "3": 1}
    assert whole["recognition"] == {"none": 2, "valid": 3, "expired": 1}
    assert whole["province"] == {"34:68": 6}
    assert whole["commune"] == {"34:24611": 6}
    assert whole["legal_form"] == {"cooperative": 3, "production_household": 3}
    assert list(whole["initial"]) == ["Ă", "C", "Đ", "R", "#"]
    some = await counted(client, "set_number=13&stars=4&stars=5")
    assert some["total"] == 1
    assert some["set_number"] == {"10": 1, "13": 1}
    assert some["stars"] == {"4": 1, "3": 1}
    assert some["legal_form"] == {"cooperative": 1}
    placed = await counted(client, "place=34:24611&is_cooperative=true&q=ca")
    assert placed["total"] == 2
    assert placed["commune"] == {"34:24611": 2}
    assert (await counted(client, "place=34:01"))["commune"] == {}


@pytest.mark.usefixtures("stocked")
async def test_counts_are_what_the_list_gives(client: httpx.AsyncClient) -> None:
    body = await counted(client)
    names = {"province": "place", "commune": "place"}
    for facet in ("set_number", "stars", "recognition", "province", "commune", "legal_form", "initial"):
        for value, count in body[facet].items():
            params = {names.get(facet, facet): value, "with_total": "true"}
            assert (await client.get("/v1/products", params=params)).json()["total"] == count, (facet, value)


@pytest.mark.usefixtures("stocked")
async def test_labels_speak_the_language_and_statements_are_few(
    client: httpx.AsyncClient, database: Database
) -> None:
    with statements(database) as sent:
        answer = await client.get("/v1/products/facets", headers={"Accept-Language": "en"})
    assert len(sent) == 2
    labels = {value["value"]: value["label"] for value in answer.json()["set_number"]}
    assert labels["13"] == "Coffee, cocoa"
    assert answer.json()["province"][0]["label"] == "Tỉnh Lâm Đồng"
    assert answer.headers["content-language"] == "en"
    assert "Accept-Language" in answer.headers["vary"]
    assert "Authorization" in answer.headers["vary"]


@pytest.mark.usefixtures("stocked")
async def test_filters_of_recognition_price_and_time(client: httpx.AsyncClient) -> None:
    async def names(query: str) -> list[str]:
        return [row["name"] for row in (await client.get(f"/v1/products?{query}")).json()["items"]]

    assert await names("min_stars=4") == ["Cà phê", "Đường phên"]
    assert await names("valid_on=2027-06-01&sort=-stars") == ["Đường phên", "Cà phê", "Ca cao"]
    assert await names("valid_on=2027-06-02") == []
    assert await names("valid_until_to=2026-12-31") == ["Ăn vặt"]
    assert await names("valid_until_from=2026-12-31&initial=C") == ["Ca cao", "Cà phê"]
    assert await names("is_cooperative=false&price_from=1000&price_to=1000&initial=%23") == ["9 vị"]
    assert await names("price_from=1001") == []
    assert await names("recognition=none&recognition=expired&initial=R") == ["Rượu cần"]
    assert await names("updated_since=2026-06-15T02:00:01Z") == []
    assert len(await names("updated_since=2026-06-15T09:00:00%2B07:00&sort=price")) == 6
    assert len(await names("sort=valid_until")) == len(await names("sort=-price")) == 6


async def test_ten_thousand_values_are_refused_quickly(client: httpx.AsyncClient) -> None:
    query = "&".join(f"set_number={1 + i % 26}" for i in range(3000))
    answer = await client.get(f"/v1/products/facets?{query}")
    assert answer.status_code == 422
    assert len(answer.content) < 3000
    assert (await client.get("/v1/products/facets?limit=5")).status_code == 422
