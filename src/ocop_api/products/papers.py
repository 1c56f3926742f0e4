"""Standards, certificates and rights of products: added, replaced and removed one by one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.documents import Document
from ocop_api.db.tables.product_facts import ProductGtin, ProductRight, ProductStandard
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, Invalid, NotFound
from ocop_api.domain.product_facts import term_on
from ocop_api.products.paper_schemas import (
    MOST_OF_A_KIND,
    PackCode,
    PackCodeRead,
    Right,
    RightRead,
    Standard,
    StandardRead,
)
from ocop_api.products.policy import read_gtin
from ocop_api.products.service import ProductService

RowT = TypeVar("RowT", ProductStandard, ProductRight, ProductGtin)


class _OfProduct(Generic[RowT]):
    """Rows of one table that belong to a product; every change counts as a change of the product."""

    table: type[RowT]
    field: str

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._now = now
        self._products = ProductService(session, actor, now)

    async def of(self, product_id: UUID) -> Sequence[RowT]:
        """All rows of a product, at most fifty, in the order they came.

        Raises:
            NotFound: ``products.unknown``.
        """
        await self._products.get(product_id)
        statement = select(self.table).where(self.table.product_id == product_id).order_by(self.table.id)
        return (await self._session.scalars(statement.limit(MOST_OF_A_KIND))).all()

    async def get_for_edit(self, product_id: UUID, row_id: UUID) -> RowT:
        """The row, its product locked, if the actor may change that.

        Raises:
            NotFound: ``products.unknown``, ``products.unknown_part``.
            Forbidden: ``auth.not_permitted``.
        """
        await self._products.get_for_edit(product_id)
        statement = select(self.table).where(self.table.id == row_id, self.table.product_id == product_id)
        row = await self._session.scalar(statement.execution_options(populate_existing=True))
        if row is None:
            raise NotFound("products.unknown_part", part=self.field, id=row_id)
        return row

    async def _room(self, product: Product) -> None:
        count = select(func.count()).where(self.table.product_id == product.id)
        if (await self._session.scalar(count) or 0) >= MOST_OF_A_KIND:
            raise Conflict("products.too_many_parts", part=self.field, limit=MOST_OF_A_KIND)

    async def _tell(self, product: Product, row_id: UUID, change: str) -> None:
        # A duplicate must show here rather than at the commit.
        await self._session.flush()
        await self._products.part_changed(product, self.field, row_id, change)


class _Papers(_OfProduct[RowT]):
    """Dated papers, which may name a document as evidence."""

    async def _add(self, product_id: UUID, values: dict[str, Any]) -> RowT:
        product = await self._products.get_for_edit(product_id)
        await self._room(product)
        await self._check_document(product, values["document_id"])
        stamps = {"created_at": self._now, "updated_at": self._now, "version": 1}
        row = self.table(product_id=product.id, **values, **stamps)
        self._session.add(row)
        await self._tell(product, row.id, "added")
        return row

    async def _replace(self, row: RowT, values: dict[str, Any]) -> RowT:
        product = await self._products.get_for_edit(row.product_id)
        if any(getattr(row, name) != value for name, value in values.items()):
            await self._check_document(product, values["document_id"])
            for name, value in values.items():
                setattr(row, name, value)
            row.updated_at = self._now
            row.touch()
            await self._tell(product, row.id, "changed")
        return row

    async def remove(self, row: RowT) -> None:
        """Take the row from ``get_for_edit`` away; the ledger keeps that it was there."""
        product = await self._products.get_for_edit(row.product_id)
        await self._session.delete(row)
        await self._tell(product, row.id, "removed")

    async def _check_document(self, product: Product, document_id: UUID | None) -> None:
        if document_id is None:
            return
        owner = await self._session.scalar(select(Document.producer_id).where(Document.id == document_id))
        if owner != product.producer_id:
            # Somebody else's document is as good as none: whether it exists is not told.
            raise Invalid("products.unknown_document", document_id=document_id)


class ProductStandards(_Papers[ProductStandard]):
    """Standards and certificates."""

    table = ProductStandard
    field = "standards"

    async def add(self, product_id: UUID, body: Standard) -> ProductStandard:
        """Add one.

        Raises:
            NotFound: ``products.unknown``. Forbidden: ``auth.not_permitted``.
            Invalid: ``products.unknown_document``.
            Conflict: ``products.too_many_parts``, ``products.standard_exists``.
        """
        return await self._add(product_id, body.model_dump())

    async def replace(self, row: ProductStandard, body: Standard) -> ProductStandard:
        """Replace all fields of a row from ``get_for_edit``; raises as ``add``."""
        return await self._replace(row, body.model_dump())

    def shown(self, row: ProductStandard) -> StandardRead:
        """The row as of today."""
        return StandardRead.model_validate(_with_status(StandardRead, row, vietnam_date(self._now)))


class ProductRights(_Papers[ProductRight]):
    """Intellectual property rights."""

    table = ProductRight
    field = "rights"

    async def add(self, product_id: UUID, body: Right) -> ProductRight:
        """Add one; raises as ``ProductStandards.add``, with ``products.right_exists``."""
        return await self._add(product_id, body.model_dump())

    async def replace(self, row: ProductRight, body: Right) -> ProductRight:
        """Replace all fields of a row from ``get_for_edit``; raises as ``add``."""
        return await self._replace(row, body.model_dump())

    def shown(self, row: ProductRight) -> RightRead:
        """The row as of today."""
        return RightRead.model_validate(_with_status(RightRead, row, vietnam_date(self._now)))


class ProductGtins(_OfProduct[ProductGtin]):
    """GTINs of packs. ``product.gtin`` follows the primary one."""

    table = ProductGtin
    field = "gtins"

    async def add(self, product_id: UUID, body: PackCode) -> ProductGtin:
        """Add one.

        Raises:
            NotFound: ``products.unknown``. Forbidden: ``auth.not_permitted``.
            Invalid: ``products.gtin_invalid``.
            Conflict: ``products.too_many_parts``, ``products.gtin_taken``.
        """
        product = await self._products.get_for_edit(product_id)
        await self._room(product)
        stamps = {"created_at": self._now, "updated_at": self._now, "version": 1}
        values = body.model_dump() | {"gtin": read_gtin(body.gtin), "is_primary": False}
        row = ProductGtin(product_id=product.id, **values, **stamps)
        self._session.add(row)
        await self._session.flush()
        await self._settle(product, row, primary=body.is_primary)
        await self._tell(product, row.id, "added")
        return row

    async def replace(self, row: ProductGtin, body: PackCode) -> ProductGtin:
        """Replace all fields of a row from ``get_for_edit``; raises as ``add``."""
        product = await self._products.get_for_edit(row.product_id)
        values = body.model_dump() | {"gtin": read_gtin(body.gtin)}
        if all(getattr(row, name) == value for name, value in values.items()):
            return row
        for name, value in values.items():
            if name != "is_primary":
                setattr(row, name, value)
        row.updated_at = self._now
        row.touch()
        await self._settle(product, row, primary=body.is_primary)
        await self._tell(product, row.id, "changed")
        return row

    async def remove(self, row: ProductGtin) -> None:
        """Take the row from ``get_for_edit`` away; with the primary one the product's ``gtin`` goes too."""
        product = await self._products.get_for_edit(row.product_id)
        await self._session.delete(row)
        if row.is_primary:
            product.gtin = None
        await self._tell(product, row.id, "removed")

    def shown(self, row: ProductGtin) -> PackCodeRead:
        """The row."""
        return PackCodeRead.model_validate(row)

    async def _settle(self, product: Product, row: ProductGtin, *, primary: bool) -> None:
        """Make the row primary or not, and the product's code what the primary one is."""
        if primary and not row.is_primary:
            others = select(ProductGtin).where(
                ProductGtin.product_id == product.id, ProductGtin.is_primary.is_(True)
            )
            for other in (await self._session.scalars(others)).all():
                other.is_primary = False
                other.touch()
            # There is one primary at every moment, so the old one steps down first.
            await self._session.flush()
        if primary:
            product.gtin = row.gtin
        elif row.is_primary:
            product.gtin = None
        row.is_primary = primary


def _with_status(
    shape: type[StandardRead | RightRead], row: ProductStandard | ProductRight, today: date
) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in shape.model_fields if name != "status"}
    return fields | {"status": term_on(today, issued_on=row.issued_on, expires_on=row.expires_on)}
