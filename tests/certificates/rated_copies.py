"""Many rated dossiers in a few statements, made like one that is there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import Base, uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.places import PlaceUnit
from ocop_api.db.tables.products import Product


async def rated_copies(database: Database, model_id: UUID, count: int, places: Sequence[str]) -> list[UUID]:
    """Dossiers like the model, each of a product of its own, in turn in these communes; gives their ids."""
    async with database.transaction() as session:
        dossier = await _values(session, Dossier, model_id)
        product = await _values(session, Product, dossier["product_id"])
        products, dossiers = [], []
        for place in range(count):
            own = {"id": uuid7(), "name_folded": f"{product['name_folded']} {place}"}
            products.append({**product, **own})
            told = {
                "product_id": own["id"],
                "product_code": f"X-{place}",
                "place_id": places[place % len(places)],
            }
            dossiers.append({**dossier, "id": uuid7(), **told})
        await insert_rows(session, Product, products)
        await insert_rows(session, Dossier, dossiers)
        return [one["id"] for one in dossiers]


async def communes(database: Database, province_id: str, count: int) -> list[str]:
    """Some communes of a province of today."""
    async with database.read() as session:
        wanted = select(PlaceUnit.id).where(
            PlaceUnit.level == "commune", PlaceUnit.path.contains([province_id]), PlaceUnit.structure == "34"
        )
        return list(await session.scalars(wanted.order_by(PlaceUnit.id).limit(count)))


async def _values(session: AsyncSession, table: type[Base], row_id: UUID) -> dict[str, Any]:
    columns = [column for column in table.__table__.columns if column.computed is None]
    row = await session.execute(select(*columns).where(table.__table__.c.id == row_id))
    return dict(row.mappings().one())
