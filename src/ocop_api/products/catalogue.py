"""The public catalogue: what anybody may read of products, as of a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.producers.policy import is_cooperative
from ocop_api.producers.service import place_meant
from ocop_api.products.catalogue_schemas import ProductFilter, ProductSummary
from ocop_api.products.policy import read_gtin, standing
from ocop_api.products.repository.catalogue import CatalogueRepository
from ocop_api.web.schemas import Page


class Catalogue:
    """Lists of products, for everybody."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = CatalogueRepository(session)

    async def page(self, wanted: ProductFilter, *, today: date) -> Page[ProductSummary]:
        """One page of products by the filters.

        Raises:
            Invalid: ``producers.unknown_place``, ``places.ambiguous``, ``products.gtin_invalid``,
                or a paging error.
        """
        place_id = None
        if wanted.place is not None:
            place_id = await place_meant(self._session, wanted.place, on=wanted.place_on, today=today)
        rows = await self._rows.page(wanted, place_id=place_id, gtin=read_gtin(wanted.gtin), today=today)
        items = [ProductSummary.model_validate(nested(row, today)) for row in rows.items]
        return Page.of(rows, items)


def nested(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Columns of a product and ``producer_*`` as the contract nests them."""
    held = standing(row["recognition_status"], row["stars"], row["stars_valid_until"], today=today)
    shown = {name: value for name, value in row.items() if name not in _NESTED}
    shown["producer"] = {
        "id": row["producer_id"],
        "name": row["producer_name"],
        "legal_form": row["producer_form"],
        "is_cooperative": is_cooperative(row["producer_form"]),
    }
    shown["recognition"] = {
        "status": held.status,
        "stars": held.stars,
        "stated_stars": held.stated_stars,
        "valid_until": held.valid_until,
    }
    return shown


_NESTED = frozenset(
    {
        "producer_id",
        "producer_name",
        "producer_form",
        "recognition_status",
        "stars",
        "stars_valid_until",
    }
)
