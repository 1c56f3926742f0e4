"""Addresses of registering and changing products, and of one product in full."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.producers.merge_schemas import MovedRead
from ocop_api.products.reading import product_as_json, successor
from ocop_api.products.router.caching import kept
from ocop_api.products.schemas import ProductCreate, ProductRead, ProductUpdate
from ocop_api.products.service import ProductService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.session import WriteSession, database_of

router = feature_router("/v1/products", "products")


@router.post("", status_code=201)
async def create_product(
    body: ProductCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> ProductRead:
    """Register a product; for officers of the producer's area and the producer itself."""
    service = ProductService(session, caller, now())
    row = await service.create(body)
    response.headers["Location"] = f"/v1/products/{row.id}"
    return await service.shown(row)


@router.get(
    "/{product_id}",
    response_model=ProductRead,
    responses={308: {"model": MovedRead, "description": "It was merged; `Location` leads to the survivor."}},
)
async def read_product(product_id: UUID, request: Request, now: Now) -> Response:
    """One product with its producer's business name and its recognition as of today."""
    pool = database_of(request).fast
    try:
        body = await product_as_json(pool, product_id, today=vietnam_date(now()))
    except NotFound:
        survivor = await successor(pool, product_id)
        if survivor is None:
            raise
        moved = MovedRead(id=product_id, merged_into=survivor).model_dump(mode="json")
        return JSONResponse(moved, status_code=308, headers={"Location": f"/v1/products/{survivor}"})
    return Response(body, media_type="application/json", headers=kept(request))


@router.patch("/{product_id}")
async def update_product(
    *,
    product_id: UUID,
    body: ProductUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ProductRead:
    """Change fields of a product (merge patch); for officers of its area and its producer."""
    service = ProductService(session, caller, now())
    row = await service.get_for_edit(product_id)
    expected.check(row.version)
    return await service.shown(await service.update(row, body))
