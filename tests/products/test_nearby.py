"""Products around a point: by the centroids of today's communes."""

from collections.abc import Awaitable, Callable
from math import asin, cos, radians, sin, sqrt
from typing import Any

import httpx
import pytest
from tests.products.test_catalogue import statements

from ocop_api.db.session import Database
from ocop_api.domain.errors import Invalid
from ocop_api.places.service import PlaceService
from ocop_api.products.whereabouts import checked_point

Make = Callable[..., Awaitable[dict[str, Any]]]


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    up, along = radians(b[0] - a[0]) / 2, radians(b[1] - a[1]) / 2
    return (
        2 * 6371.0088 * asin(sqrt(sin(up) ** 2 + cos(radians(a[0])) * cos(radians(b[0])) * sin(along) ** 2))
    )


async def point(database: Database, place_id: str) -> tuple[float, float]:
    async with database.read() as session:
        place = await PlaceService(session).get(place_id)
    assert place.lat is not None
    assert place.lon is not None
    return place.lat, place.lon


async def test_the_nearest_come_first_with_their_distance(
    client: httpx.AsyncClient, registered: Make, offered: Make, database: Database
) -> None:
    for name, place in (
        ("Xa", "34:24739"),
        ("Gần", "34:24611"),
        ("Cũ", "63:24611"),
        ("Chỉ tỉnh", "34:68"),
    ):
        producer = await registered(f"Chủ {name}", place_id=place)
        await offered(name, producer_id=producer["id"])
    here = await point(database, "34:24611")
    far = kilometres(here, await point(database, "34:24739"))
    params: dict[str, Any] = {"lat": here[0], "lon": here[1], "radius_km": 300, "limit": 1}
    seen: list[tuple[str, float]] = []
    while True:
        with statements(database) as sent:
            page = (await client.get("/v1/products/nearby", params=params)).json()
        assert "items" in page, page
        assert len(sent) == 1
        seen += [(row["name"], row["distance_km"]) for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert [name for name, _ in seen] == ["Cũ", "Gần", "Xa"]
    assert [km for _, km in seen] == pytest.approx([0, 0, far], abs=0.1)
    answer = await client.get("/v1/products/nearby?near_place=34:24611&radius_km=1&q=gan")
    assert [row["name"] for row in answer.json()["items"]] == ["Gần"]
    old = await client.get("/v1/products/nearby?near_place=63:24611&radius_km=1")
    assert len(old.json()["items"]) == 2
    former = await client.get("/v1/products/nearby?near_place=63:67&radius_km=300")
    assert former.status_code == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "products.nearby_where"),
        ("lat=12", "products.nearby_where"),
        ("lat=12&lon=107&near_place=34:68", "products.nearby_where"),
        ("lat=107.7&lon=12.0", "products.coordinates_swapped"),
        ("lat=48.8&lon=2.3", "products.outside_vietnam"),
        ("near_place=Atlantis", "producers.unknown_place"),
        ("lat=nan&lon=107", "request.invalid"),
        ("lat=12&lon=107&radius_km=301", "request.invalid"),
        ("lat=12&lon=107&radius_km=inf", "request.invalid"),
        ("lat=12&lon=107&sort=name", "paging.unknown_sort"),
    ],
)
async def test_a_point_that_cannot_be_is_refused_helpfully(
    client: httpx.AsyncClient, query: str, code: str
) -> None:
    answer = await client.get(f"/v1/products/nearby?{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    if code == "request.invalid":
        return
    assert answer.json()["code"] == code
    if code == "products.coordinates_swapped":
        assert answer.json()["detail"] == (
            "Did you swap latitude and longitude? The point lies in Vietnam as lat=12.0, lon=107.7."
        )


def test_the_box_holds_the_corners_of_the_country() -> None:
    for corner in ((8.56, 104.84), (23.39, 105.32), (12.64, 109.46), (8.65, 111.92), (16.5, 112.0)):
        assert checked_point(*corner) == corner
    with pytest.raises(Invalid):
        checked_point(float("inf"), 1.0)
