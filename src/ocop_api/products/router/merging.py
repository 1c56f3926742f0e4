"""Addresses of finding products registered twice, merging them, and what happened to one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from ocop_api.producers.merge_schemas import DuplicateFilter, HistoryEntry, HistoryFilter, Merge, MergeRead
from ocop_api.products.duplicates import ProductDuplicates, ProductPair
from ocop_api.products.merging import ProductMerging
from ocop_api.products.service import ProductService
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/products", "products")


@router.get("/duplicates")
async def list_product_duplicates(
    wanted: Annotated[DuplicateFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[ProductPair]:
    """Pairs of products of the caller's area that are likely one, the most likely first.

    Only records that share a key are compared: names of one producer or of producers called alike, and
    GTINs without what tells the pack. At most 2,000 pairs are scored; narrow by `place` for more.
    """
    return await ProductDuplicates(session, caller, now()).page(wanted)


@router.post("/{product_id}/merge")
async def merge_product(
    product_id: UUID, body: Merge, session: WriteSession, caller: Caller, now: Now
) -> MergeRead:
    """Let this product absorb another registration of it; for officers whose area holds both.

    Everything that refers to the absorbed one refers to this one then; events, decisions and frozen
    versions stay as they were written. The old address answers 308, and filters take the old id.
    """
    return await ProductMerging(session, caller, now()).merge(product_id, body)


@router.get("/{product_id}/history")
async def list_product_history(
    product_id: UUID,
    wanted: Annotated[HistoryFilter, Query()],
    session: ReadSession,
    actor: Visitor,
    now: Now,
) -> Page[HistoryEntry]:
    """What happened to a product and to what was merged into it, newest first.

    Who did it is told to officers of its area and to its producer.
    """
    return await ProductService(session, actor, now()).history(product_id, wanted)
