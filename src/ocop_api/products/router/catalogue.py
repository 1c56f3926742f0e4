"""Addresses of the public catalogue."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from ocop_api.domain.clock import vietnam_date
from ocop_api.products.catalogue import Catalogue
from ocop_api.products.catalogue_schemas import (
    CatalogueFilter,
    Facets,
    NearbyFilter,
    NearbyProduct,
    ProductFilter,
    ProductSummary,
    Suggestions,
    SuggestQuery,
)
from ocop_api.products.looking_up import product_by_code_as_json, product_by_gtin_as_json
from ocop_api.products.router.caching import keep, kept
from ocop_api.products.schemas import ProductRead
from ocop_api.products.suggesting import suggestions_as_json
from ocop_api.products.vocabulary import Vocabulary
from ocop_api.web.caller import Now
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import FastPool, ReadSession

router = feature_router("/v1/products", "products")
_BY_LANGUAGE = "Authorization, Accept-Language"


def _catalogue(request: Request, session: ReadSession) -> Catalogue:
    state = request.app.state
    if not hasattr(state, "product_vocabulary"):
        state.product_vocabulary = Vocabulary()
    return Catalogue(session, state.product_vocabulary)


CatalogueOf = Annotated[Catalogue, Depends(_catalogue, scope="function")]


@router.get("")
async def list_products(
    wanted: Annotated[ProductFilter, Query()],
    catalogue: CatalogueOf,
    now: Now,
    request: Request,
    response: Response,
) -> Page[ProductSummary]:
    """The public catalogue.

    Sorts: `name` (Vietnamese order, default), `-name`, `-updated_at`, `-stars` (held today), `price`,
    `-price` (products without a price last), `valid_until` (recognitions that end first), and with `q` also
    `relevance` (default then): the name equals what was typed, begins so, holds it in a row, holds its words;
    then words of the producer; then set, place and story. More stars held today come first among equals.
    """
    keep(request, response)
    return await catalogue.page(wanted, today=vietnam_date(now()))


@router.get("/facets")
async def count_product_facets(
    wanted: Annotated[CatalogueFilter, Query()],
    catalogue: CatalogueOf,
    now: Now,
    request: Request,
    response: Response,
) -> Facets:
    """How many products there are by set, industry, stars, recognition, place, legal form and first letter.

    Takes the filters of the list. Each facet is counted without its own filter, so that a list of choices
    shows what the other choices would give.
    """
    language = language_of(request)
    keep(request, response, vary=_BY_LANGUAGE)
    response.headers["Content-Language"] = language
    return await catalogue.facets(wanted, language, today=vietnam_date(now()))


@router.get("/nearby")
async def list_products_nearby(
    wanted: Annotated[NearbyFilter, Query()],
    catalogue: CatalogueOf,
    now: Now,
    request: Request,
    response: Response,
) -> Page[NearbyProduct]:
    """Products around a point (`lat`, `lon`) or a place (`near_place`), the nearest first.

    Distances are to the middle of the commune of today in which a product is made; products of which only
    the district or province is known are left out. Takes the filters of the list.
    """
    keep(request, response)
    return await catalogue.nearby(wanted, today=vietnam_date(now()))


@router.get("/suggest", response_model=Suggestions)
async def suggest_products(
    wanted: Annotated[SuggestQuery, Query()], request: Request, pool: FastPool, now: Now
) -> Response:
    """Completions while typing: products, sets, producers and places, at most ten."""
    language = language_of(request)
    body = await suggestions_as_json(pool, wanted.q, today=vietnam_date(now()), language=language)
    headers = {**kept(request, vary=_BY_LANGUAGE), "Content-Language": language}
    return Response(body, media_type="application/json", headers=headers)


@router.get("/by-gtin/{gtin}", response_model=ProductRead)
async def read_product_by_gtin(
    gtin: Annotated[str, Path(max_length=64, description="8, 12, 13 or 14 digits")],
    request: Request,
    pool: FastPool,
    now: Now,
) -> Response:
    """One product by the number of its barcode."""
    body = await product_by_gtin_as_json(pool, gtin, today=vietnam_date(now()))
    return Response(body, media_type="application/json", headers=kept(request))


@router.get("/by-code/{product_code}", response_model=ProductRead)
async def read_product_by_code(
    product_code: Annotated[str, Path(max_length=64, description="as on the certificate")],
    request: Request,
    pool: FastPool,
    now: Now,
) -> Response:
    """One product by its OCOP product code (*mã sản phẩm*)."""
    body = await product_by_code_as_json(pool, product_code, today=vietnam_date(now()))
    return Response(body, media_type="application/json", headers=kept(request))
