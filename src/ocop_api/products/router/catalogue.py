"""Addresses of the public catalogue."""

from typing import Annotated

from fastapi import Query

from ocop_api.domain.clock import vietnam_date
from ocop_api.products.catalogue import Catalogue
from ocop_api.products.catalogue_schemas import ProductFilter, ProductSummary
from ocop_api.web.caller import Now
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession

router = feature_router("/v1/products", "products")


@router.get("")
async def list_products(
    wanted: Annotated[ProductFilter, Query()], session: ReadSession, now: Now
) -> Page[ProductSummary]:
    """The public catalogue.

    Sorts: `name` (Vietnamese order, default), `-updated_at`, `-stars` (held today), and with `q` also
    `relevance` (default then): equal names first, then names that begin so, then the rest.
    """
    return await Catalogue(session).page(wanted, today=vietnam_date(now()))
