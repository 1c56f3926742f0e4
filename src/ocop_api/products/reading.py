"""One product in full, as anybody may read it, as of a day."""

from datetime import date
from uuid import UUID

import asyncpg
import orjson

from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.errors import NotFound
from ocop_api.products.catalogue import nested
from ocop_api.products.repository.registering import PUBLIC_COLUMNS, public_product
from ocop_api.products.schemas import ProductRead
from ocop_api.web.schemas import plain_number


async def product_as_json(pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID, *, today: date) -> bytes:
    """The body of ``ProductRead`` in one statement and without models; equal to what they would write.

    Raises:
        NotFound: ``products.unknown``.
    """
    row = await public_product(pool, product_id)
    if row is None:
        raise NotFound("products.unknown", product_id=product_id)
    shown = nested(row, today)
    price = shown["price_vnd"]
    shown["price_vnd"] = None if price is None else plain_number(price)
    return orjson.dumps(shown, default=str, option=orjson.OPT_UTC_Z)


def full_product(product: Product, producer: Producer, *, today: date) -> ProductRead:
    """The product as the public sees it, from rows at hand."""
    columns = {name: getattr(product, name) for name in PUBLIC_COLUMNS}
    columns |= {
        "producer_id": producer.id,
        "producer_name": producer.name,
        "producer_form": producer.legal_form,
    }
    return ProductRead.model_validate(nested(columns, today))
