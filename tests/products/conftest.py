"""Actors and producers of the province that took over Đắk Nông."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

Headers = dict[str, str]


def officer_of(place_id: str, level: Level) -> Actor:
    grant = Grant(Role.OFFICER, Bound.AREA, level=level, place_id=place_id)
    return Actor(user_id=uuid4(), name="Cán bộ", grants=(grant,))


@pytest.fixture
def officer(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Officer of the province Lâm Đồng."""
    return as_actor(officer_of("34:68", Level.PROVINCE))


@pytest.fixture
def foreign_officer(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Officer of Hà Nội."""
    return as_actor(officer_of("34:01", Level.PROVINCE))


@pytest.fixture
def acting_for(as_actor: Callable[[Actor], Headers]) -> Callable[[str], Headers]:
    """Headers of somebody who acts for the producer of this id."""

    def headers(producer_id: str) -> Headers:
        grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=UUID(producer_id))
        return as_actor(Actor(user_id=uuid4(), name="Chủ thể", grants=(grant,)))

    return headers


@pytest.fixture
def registered(client: httpx.AsyncClient, officer: Headers) -> Callable[..., Any]:
    """Registers a producer through the API and gives its answer's body."""

    async def register(name: str = "Hợp tác xã Đắk Wil", **fields: Any) -> dict[str, Any]:
        body = {"legal_form": "cooperative", "name": name, "place_id": "34:24611", **fields}
        answer = await client.post("/v1/producers", json=body, headers=officer)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return register


@pytest.fixture
def offered(
    client: httpx.AsyncClient, officer: Headers, registered: Callable[..., Any]
) -> Callable[..., Any]:
    """Registers a product through the API, of a new producer unless one is named; gives the body."""

    async def offer(name: str = "Cà phê bột Đắk Mil", **fields: Any) -> dict[str, Any]:
        if "producer_id" not in fields:
            fields["producer_id"] = (await registered(f"Chủ thể của {name}"))["id"]
        answer = await client.post("/v1/products", json={"name": name, **fields}, headers=officer)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return offer
