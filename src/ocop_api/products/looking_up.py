"""One product by the codes people and scanners have of it."""

from datetime import date

import asyncpg

from ocop_api.domain.errors import NotFound
from ocop_api.products.policy import read_gtin
from ocop_api.products.reading import product_as_json
from ocop_api.products.repository.sitemap import place_name
from ocop_api.products.repository.suggesting import id_by_code, id_by_gtin


async def product_by_gtin_as_json(pool: "asyncpg.Pool[asyncpg.Record]", gtin: str, *, today: date) -> bytes:
    """The body of ``ProductRead`` of the product with this GTIN (8, 12, 13 or 14 digits).

    Raises:
        Invalid: ``products.gtin_invalid``.
        NotFound: ``products.unknown``.
    """
    product_id = await id_by_gtin(pool, read_gtin(gtin) or "")
    if product_id is None:
        raise NotFound("products.unknown", gtin=gtin)
    return await product_as_json(pool, product_id, today=today)


async def product_by_code_as_json(pool: "asyncpg.Pool[asyncpg.Record]", code: str, *, today: date) -> bytes:
    """The body of ``ProductRead`` of the product with this OCOP product code.

    Raises:
        NotFound: ``products.unknown``.
    """
    product_id = await id_by_code(pool, code)
    if product_id is None:
        raise NotFound("products.unknown", product_code=code)
    return await product_as_json(pool, product_id, today=today)


async def name_of_place(pool: "asyncpg.Pool[asyncpg.Record]", place_id: str) -> str | None:
    """Name of a place with the units above it."""
    return await place_name(pool, place_id)
