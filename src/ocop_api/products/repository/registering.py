"""Rows of products for registering and changing, and one product in full for everybody."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Row, Select, Text, Uuid, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.photos import MAIN_PHOTO
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.product_facts import ProductFactColumns, ProductGtin
from ocop_api.db.tables.products import Product
from ocop_api.products.repository.catalogue import SUMMARY_COLUMNS

FACT_COLUMNS = tuple(ProductFactColumns.__annotations__)
"""Columns that describe what is sold."""
PUBLIC_COLUMNS = (
    *SUMMARY_COLUMNS,
    "description",
    "story",
    "packaging",
    "has_own_place",
    "source",
    "confidence",
    "created_at",
    *FACT_COLUMNS,
)
_GTINS = ("id", "gtin", "level", "pack", "units", "is_primary", "version")
_STANDARDS = (
    "id", "kind", "name", "number", "issuer", "issued_on", "expires_on", "document_id", "version"
)  # fmt: skip
_RIGHTS = (
    "id", "kind", "name", "number", "holder", "issued_on", "expires_on", "document_id", "version"
)  # fmt: skip


def _all_of(table: str, columns: Sequence[str]) -> str:
    pairs = ", ".join(f"'{name}', x.{name}" for name in columns)
    return (
        f"(select coalesce(json_agg(json_build_object({pairs}) order by x.id)::text, '[]')"  # noqa: S608 - own names
        f" from {table} x where x.product_id = p.id)"
    )


_PUBLIC_PRODUCT = (
    f"select {', '.join(f'p.{name}' for name in PUBLIC_COLUMNS)},"  # noqa: S608 - our own column names
    " r.id as producer_id, r.name as producer_name, r.legal_form as producer_form,"
    f" {MAIN_PHOTO} as photo,"
    f" {_all_of('product_gtin', _GTINS)} as gtins,"
    f" {_all_of('product_standard', _STANDARDS)} as standards,"
    f" {_all_of('product_right', _RIGHTS)} as rights"
    " from product p join producer r on r.id = p.producer_id where p.id = $1"
)


async def public_product(pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID) -> Mapping[str, Any] | None:
    """Columns of a product, its producer's public ones and its parts, outside of any session."""
    row = await pool.fetchrow(_PUBLIC_PRODUCT, product_id)
    return None if row is None else dict(row)


async def successor_in(pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID) -> UUID | None:
    """Where a merged product is found today; None when it never was merged."""
    successor: UUID | None = await pool.fetchval(
        "select new_id from merged_record where old_id = $1", product_id
    )
    return successor


async def stored_product(session: AsyncSession, product_id: UUID) -> Mapping[str, Any] | None:
    """The same as ``public_product`` as the session's transaction sees it."""
    connection = await session.connection()
    found = (await connection.exec_driver_sql(_PUBLIC_PRODUCT, (product_id,))).mappings().first()
    return None if found is None else dict(found)


class ProductRepository:
    """Queries on ``product``."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, product_id: UUID, *, lock: bool = False) -> Product | None:
        """The row, locked for a change if wished."""
        return await self._one(select(Product).where(Product.id == product_id), lock=lock)

    async def of_keys(self, keys: Collection[tuple[UUID, str]]) -> Sequence[Product]:
        """The rows with these natural keys (producer, folded name), without a lock."""
        if not keys:
            return []
        ordered = sorted(keys)
        wanted = (
            func.unnest(
                cast([key[0] for key in ordered], ARRAY(Uuid)), cast([key[1] for key in ordered], ARRAY(Text))
            )
            .table_valued("producer_id", "name_folded")
            .render_derived(name="wanted")
        )
        joined = (Product.producer_id == wanted.c.producer_id) & (Product.name_folded == wanted.c.name_folded)
        return (await self._session.execute(select(Product).join(wanted, joined))).scalars().all()

    async def lock(self, product_ids: Collection[UUID]) -> set[UUID]:
        """Lock these rows, read anew, in one order for all writers; gives those that still exist."""
        if not product_ids:
            return set()
        statement = select(Product).where(Product.id.in_(product_ids)).order_by(Product.id)
        statement = statement.with_for_update().execution_options(populate_existing=True)
        return {row.id for row in await self._session.scalars(statement)}

    async def owners_of_gtins(self, gtins: Collection[str]) -> dict[str, UUID]:
        """The product of each of these GTINs that is in use."""
        statement = select(ProductGtin.gtin, ProductGtin.product_id).where(ProductGtin.gtin.in_(gtins))
        return {row.gtin: row.product_id for row in (await self._session.execute(statement)).all()}

    async def owners_of_codes(self, codes: Collection[str]) -> dict[str, UUID]:
        """The product of each of these product codes that is in use."""
        statement = select(Product.product_code, Product.id).where(Product.product_code.in_(codes))
        found = (await self._session.execute(statement)).all()
        return {code: product_id for code, product_id in found if code is not None}

    async def of_producer(self, producer_id: UUID) -> Sequence[Product]:
        """All locked rows of a producer."""
        statement = select(Product).where(Product.producer_id == producer_id).order_by(Product.id)
        return (await self._session.execute(statement.with_for_update())).scalars().all()

    async def meant(
        self,
        *,
        ids: Collection[UUID],
        product_codes: Collection[str],
        gtins: Collection[str],
        names_folded: Collection[str],
        producers_folded: Collection[str],
    ) -> Sequence[Row[Product, str, str]]:
        """Products with one of these keys, or of one of these producers, each with its producer's name."""
        statement = (
            select(Product, Producer.name, Producer.name_folded)
            .join(Producer, Producer.id == Product.producer_id)
            .where(
                Product.id.in_(ids)
                | Product.product_code.in_(product_codes)
                | Product.gtin.in_(gtins)
                | Product.name_folded.in_(names_folded)
                | Producer.name_folded.in_(producers_folded)
            )
            .order_by(Product.id)
        )
        return (await self._session.execute(statement)).all()

    async def _one(self, statement: Select[Product], *, lock: bool) -> Product | None:
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()
