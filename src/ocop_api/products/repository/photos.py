"""Rows of photos of products."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.photos import ProductPhoto

_columns = ProductPhoto.__table__.c
_SORTS = Sorts(
    by_name={"position": [SortKey(_columns.position, int), SortKey(_columns.id, UUID)]}, default="position"
)


class PhotoRepository:
    """Queries on ``product_photo``. A product's photos change only while its own row is locked."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_product(self, product_id: UUID) -> Sequence[ProductPhoto]:
        """All photos of a product in their order, as stored now."""
        statement = (
            select(ProductPhoto)
            .where(ProductPhoto.product_id == product_id)
            .order_by(ProductPhoto.position, ProductPhoto.id)
        )
        found = await self._session.scalars(statement, execution_options={"populate_existing": True})
        return found.all()

    async def find(self, photo_id: UUID, *, lock: bool = False) -> ProductPhoto | None:
        """One photo, locked for a change if wished."""
        statement = select(ProductPhoto).where(ProductPhoto.id == photo_id)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found: ProductPhoto | None = await self._session.scalar(statement)
        return found

    async def page(self, product_id: UUID, wanted: Slice, *, role: str | None, ready_only: bool) -> Rows:
        """One page of a product's photos."""
        statement = select(ProductPhoto).where(ProductPhoto.product_id == product_id)
        if role is not None:
            statement = statement.where(ProductPhoto.role == role)
        if ready_only:
            statement = statement.where(ProductPhoto.state == "ready")
        return await fetch_page(self._session, statement, _SORTS, wanted)

    async def without_main(self, product_id: UUID) -> None:
        """Take the mark of the main photo away, so that another can get it."""
        await self._session.execute(
            update(ProductPhoto)
            .where(ProductPhoto.product_id == product_id, ProductPhoto.is_main)
            .values(is_main=False, version=ProductPhoto.version + 1)
            .execution_options(synchronize_session="fetch")
        )

    async def add(self, photo: ProductPhoto) -> None:
        """Insert; a duplicate shows here."""
        self._session.add(photo)
        await self._session.flush()

    async def hold_content(self, sha256: str) -> None:
        """Wait for, and until the end keep off, whoever stores or erases files of this content."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(sha256, 0))))

    async def shows(self, sha256: str) -> bool:
        """Whether any photo, in any state, has this content."""
        statement = select(ProductPhoto.id).where(ProductPhoto.sha256 == sha256).limit(1)
        return await self._session.scalar(statement) is not None

    async def remove(self, photo: ProductPhoto) -> None:
        """Delete; whoever becomes the main photo next needs the mark to be free."""
        await self._session.delete(photo)
        await self._session.flush()


_SERVED = "select renditions from product_photo where sha256 = $1 and state = 'ready' limit 1"


async def renditions_of(pool: "asyncpg.Pool[asyncpg.Record]", sha256: str) -> str | None:
    """Renditions (JSON text) of a ready photo with this content, outside of any session."""
    found = await pool.fetchrow(_SERVED, sha256)
    return None if found is None else str(found["renditions"])
