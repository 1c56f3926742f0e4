"""Keeping ``product_gtin`` in step with ``product.gtin``, the code of the consumer unit."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.product_facts import ProductGtin
from ocop_api.db.tables.products import Product
from ocop_api.domain.errors import Conflict
from ocop_api.domain.product_facts import PackLevel


async def put_primary_gtins(session: AsyncSession, products: Iterable[Product], *, now: datetime) -> None:
    """Make ``gtin`` of each product its primary code, and drop the code that was; None only drops.

    Raises:
        Conflict: ``products.gtin_taken`` when a code belongs to another product.
    """
    rows = list(products)
    if not rows:
        return
    ids = [row.id for row in rows]
    primary = ProductGtin.is_primary.is_(True)
    await session.execute(delete(ProductGtin).where(ProductGtin.product_id.in_(ids), primary))
    new = [
        {
            "id": uuid7(),
            "product_id": row.id,
            "gtin": row.gtin,
            "level": PackLevel.UNIT.value,
            "pack": row.pack,
            "is_primary": True,
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        for row in rows
        if row.gtin is not None
    ]
    await insert_rows(session, ProductGtin, new, unless_there=True)
    await _promote(session, {row.gtin: row.id for row in rows if row.gtin is not None}, now)


async def _promote(session: AsyncSession, wanted: Mapping[str, UUID], now: datetime) -> None:
    """Codes that were in the table already: one of another pack of the same product becomes primary."""
    found = await session.execute(
        select(ProductGtin.gtin, ProductGtin.product_id).where(ProductGtin.gtin.in_(wanted))
    )
    owners = {row.gtin: row.product_id for row in found.all()}
    if any(owners.get(gtin) != product_id for gtin, product_id in wanted.items()):
        raise Conflict("products.gtin_taken")
    await session.execute(
        update(ProductGtin)
        .where(ProductGtin.gtin.in_(wanted), ProductGtin.is_primary.is_(False))
        .values(is_primary=True, updated_at=now, version=ProductGtin.version + 1)
    )
