"""A coffee of Lâm Đồng, the people of its producer, and officers near and far."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.settings import Clock

Headers = dict[str, str]


@dataclass(frozen=True)
class Offered:
    """A product and whose it is."""

    product_id: UUID
    producer_id: UUID


Offer = Callable[..., Any]
Declare = Callable[..., Any]


@pytest.fixture
def offer(database: Database, clock: Clock) -> Offer:
    """Registers a product of an own producer, recognised when ``valid_until`` or a status is given."""
    count = 0

    async def make(
        *, place_id: str = "34:24611", valid_until: date | None = None, status: str | None = None
    ) -> Offered:
        nonlocal count
        count += 1
        async with database.transaction() as session:
            producer = await ProducerService(session, SYSTEM, clock()).create(
                ProducerCreate(
                    legal_form=ProducerForm.COOPERATIVE, name=f"Chủ thể {count}", place_id=place_id
                )
            )
            products = ProductService(session, SYSTEM, clock())
            product = await products.create(
                ProductCreate(producer_id=producer.id, name=f"Cà phê {count:02d}")
            )
            if valid_until or status:
                await products.set_recognition(
                    product.id, stars=4, valid_until=valid_until, status=status or "valid"
                )
            return Offered(product.id, producer.id)

    return make


@pytest.fixture
async def coffee(offer: Offer) -> Offered:
    found: Offered = await offer()
    return found


@pytest.fixture
def acting_for(as_actor: Callable[[Actor], Headers]) -> Callable[[UUID], Headers]:
    """Headers of somebody who acts for the producer."""

    def headers(producer_id: UUID) -> Headers:
        grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=producer_id)
        return as_actor(Actor(uuid4(), "Chủ thể", (grant,)))

    return headers


@pytest.fixture
def own(coffee: Offered, acting_for: Callable[[UUID], Headers]) -> Headers:
    """The coffee's own producer."""
    return acting_for(coffee.producer_id)


@pytest.fixture
def stranger(acting_for: Callable[[UUID], Headers]) -> Headers:
    """Somebody of another producer."""
    return acting_for(uuid4())


def _officer(place_id: str) -> Actor:
    grant = Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id=place_id)
    return Actor(uuid4(), "Cán bộ", (grant,))


@pytest.fixture
def officer(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Officer of Lâm Đồng."""
    return as_actor(_officer("34:68"))


@pytest.fixture
def foreign_officer(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Officer of Hà Nội."""
    return as_actor(_officer("34:01"))


@pytest.fixture
def declare(client: httpx.AsyncClient, coffee: Offered, own: Headers) -> Declare:
    """Declares a listing of the coffee as its producer, unless told otherwise; gives the answer."""

    async def send(channel: str = "shopee", *, by: Headers | None = None, **body: Any) -> httpx.Response:
        body = {"product_id": str(coffee.product_id), "channel": channel, **body}
        return await client.post(
            "/v1/listings", json=body, headers={"Accept-Language": "en", **(own if by is None else by)}
        )

    return send
