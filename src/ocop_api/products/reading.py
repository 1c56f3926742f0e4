"""One product in full, as anybody may read it, as of a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.errors import NotFound
from ocop_api.domain.product_facts import term_on
from ocop_api.products.catalogue import nested
from ocop_api.products.repository.registering import public_product, stored_product, successor_in
from ocop_api.products.schemas import ProductRead
from ocop_api.web.schemas import plain_number

_EXACT = ("price_vnd", "net_content", "yearly_capacity")
_PARTS = ("gtins", "standards", "rights")


async def product_as_json(pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID, *, today: date) -> bytes:
    """The body of ``ProductRead`` in one statement and without models; equal to what they would write.

    Raises:
        NotFound: ``products.unknown``.
    """
    row = await public_product(pool, product_id)
    if row is None:
        raise NotFound("products.unknown", product_id=product_id)
    shown = _shown(row, today)
    for name in _EXACT:
        shown[name] = None if shown[name] is None else plain_number(shown[name])
    return orjson.dumps(shown, default=str, option=orjson.OPT_UTC_Z)


async def successor(pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID) -> UUID | None:
    """The product that absorbed this one, None for one that was never merged."""
    return await successor_in(pool, product_id)


async def full_product(session: AsyncSession, product_id: UUID, *, today: date) -> ProductRead:
    """The product as the transaction sees it.

    Raises:
        NotFound: ``products.unknown``.
    """
    row = await stored_product(session, product_id)
    if row is None:
        raise NotFound("products.unknown", product_id=product_id)
    return ProductRead.model_validate(_shown(row, today))


def _shown(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    shown = nested(row, today)
    for name in _PARTS:
        shown[name] = orjson.loads(row[name])
    for paper in (*shown["standards"], *shown["rights"]):
        issued, expires = _day(paper["issued_on"]), _day(paper["expires_on"])
        paper["status"] = term_on(today, issued_on=issued, expires_on=expires).value
    return shown


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
