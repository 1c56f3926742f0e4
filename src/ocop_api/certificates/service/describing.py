"""The words of a new certificate: the names as they read on the day it is written."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.db.base import uuid7
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.places.service import PlaceService


def told_of(certificate: Certificate) -> dict[str, Any]:
    """What every event about a certificate says of it."""
    return {
        "number": certificate.number,
        "product_id": str(certificate.product_id),
        "producer_id": str(certificate.producer_id),
        "stars": certificate.stars,
    }


class Describer:
    """Makes rows of certificates for one transaction; places are looked up once."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._places = PlaceService(session)
        self._now = now
        self._named: dict[tuple[str, date], str] = {}

    async def row(
        self, product: Product, producer: Producer, on: date, facts: dict[str, Any]
    ) -> dict[str, Any]:
        """The values of a certificate of this product; ``on`` is the day whose units name the address."""
        return {
            "id": uuid7(),
            "code": policy.new_code(),
            "product_id": product.id,
            "producer_id": producer.id,
            "product_name": product.name,
            "producer_name": producer.name,
            "producer_address": producer.address or await self._unit(producer.place_id, on),
            "area_path": list(product.area_path),
            "created_at": self._now,
            "updated_at": self._now,
            "version": 1,
            **facts,
        }

    async def _unit(self, place_id: str | None, on: date) -> str:
        # Without a street the administrative unit of the day still says where the producer is.
        if place_id is None:
            return ""
        if (place_id, on) not in self._named:
            self._named[place_id, on] = (await self._places.as_of(place_id, on)).full_name
        return self._named[place_id, on]
