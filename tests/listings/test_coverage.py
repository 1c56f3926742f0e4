"""Coverage: which products count, which channels, and where."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.listings.schemas import ListingCreate
from ocop_api.listings.service import ListingService

from .conftest import Offer, Offered

TODAY = date(2026, 6, 15)
LATER = date(2029, 1, 1)


@pytest.fixture
def sell(database: Database, clock: Any) -> Any:
    """Puts a product on a channel, live unless told otherwise."""

    async def put(offered: Offered, channel: str, *, live: bool = True) -> None:
        async with database.transaction() as session:
            await ListingService(session, SYSTEM, clock()).declare(
                ListingCreate(product_id=offered.product_id, channel=channel, live=live)
            )

    return put


async def coverage(client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await client.get("/v1/listings/coverage", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_without_products_there_is_no_share(client: httpx.AsyncClient) -> None:
    assert await coverage(client) == {
        "recognised": 0,
        "on_ecommerce": 0,
        "on_online_channel": 0,
        "on_any_channel": 0,
        "ecommerce_share": None,
        "by_channel": {},
        "missing": [],
    }


async def test_kinds_of_channels_are_told_apart(client: httpx.AsyncClient, offer: Offer, sell: Any) -> None:
    everywhere, social, shop, nowhere, drafted = [await offer(valid_until=LATER) for _ in range(5)]
    for channel in ("shopee", "lazada", "facebook"):
        await sell(everywhere, channel)
    await sell(social, "zalo")
    await sell(shop, "store")
    await sell(drafted, "shopee", live=False)
    found = await coverage(client)
    assert (found["recognised"], found["on_ecommerce"]) == (5, 1)
    assert (found["on_online_channel"], found["on_any_channel"]) == (2, 3)
    assert found["ecommerce_share"] == "20.00"
    assert found["by_channel"] == {"facebook": 1, "lazada": 1, "shopee": 1, "store": 1, "zalo": 1}
    assert [p["id"] for p in found["missing"]] == [
        str(p.product_id) for p in (social, shop, nowhere, drafted)
    ]


async def test_the_share_is_cut_and_never_flatters(
    client: httpx.AsyncClient, offer: Offer, sell: Any
) -> None:
    for n in range(3):
        product = await offer(valid_until=LATER)
        if n < 2:
            await sell(product, "shopee")
    assert (await coverage(client))["ecommerce_share"] == "66.66"


async def test_stars_count_to_their_last_day_and_withdrawn_ones_never(
    client: httpx.AsyncClient, offer: Offer, sell: Any, clock: Any
) -> None:
    last_day = await offer(valid_until=TODAY)
    await sell(last_day, "shopee")
    await sell(await offer(valid_until=date(2026, 6, 14)), "shopee")
    await sell(await offer(valid_until=LATER, status="withdrawn"), "shopee")
    await sell(await offer(), "shopee")
    found = await coverage(client)
    assert (found["recognised"], found["on_ecommerce"], found["by_channel"]) == (1, 1, {"shopee": 1})
    clock.at = datetime(2026, 6, 15, 16, 59, tzinfo=UTC)
    assert (await coverage(client))["recognised"] == 1
    # Midnight in Vietnam.
    clock.at = datetime(2026, 6, 15, 17, 0, tzinfo=UTC)
    assert (await coverage(client))["recognised"] == 0


async def test_reported_recognitions_count_only_when_asked_for(
    client: httpx.AsyncClient, offer: Offer, sell: Any
) -> None:
    await sell(await offer(status="reported"), "shopee")
    await offer(status="reported", valid_until=LATER)
    assert (await coverage(client))["recognised"] == 0
    found = await coverage(client, include_reported="true")
    assert (found["recognised"], found["on_ecommerce"], len(found["missing"])) == (2, 1, 1)


async def test_a_place_bounds_the_products(client: httpx.AsyncClient, offer: Offer, sell: Any) -> None:
    await sell(await offer(valid_until=LATER), "shopee")
    await offer(place_id="34:01", valid_until=LATER)
    for place in ("34:68", "68", "Lâm Đồng", "24611"):
        found = await coverage(client, place=place)
        assert (found["recognised"], found["ecommerce_share"]) == (1, "100.00"), place
    assert (await coverage(client, place="Hà Nội"))["ecommerce_share"] == "0.00"
    assert (await coverage(client))["ecommerce_share"] == "50.00"
    answer = await client.get("/v1/listings/coverage", params={"place": "99"})
    assert (answer.status_code, answer.json()["code"]) == (404, "places.unknown")
