"""Addresses of what stands beside a product: codes of its packs, standards and certificates, rights.

Each has a version of its own: ``If-Match`` takes it as ``"<version>"``, from the list or an answer's ETag.
"""

from uuid import UUID

from fastapi import Response

from ocop_api.products.paper_schemas import PackCode, PackCodeRead, Right, RightRead, Standard, StandardRead
from ocop_api.products.papers import ProductGtins, ProductRights, ProductStandards
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/products/{product_id}", "products")


@router.get("/gtins")
async def list_product_gtins(
    product_id: UUID, session: ReadSession, actor: Visitor, now: Now
) -> Page[PackCodeRead]:
    """GTINs of a product's packs, at most fifty, all on one page."""
    service = ProductGtins(session, actor, now())
    rows = await service.of(product_id)
    return Page[PackCodeRead](items=[service.shown(row) for row in rows], next_cursor=None)


@router.post("/gtins", status_code=201)
async def add_product_gtin(
    *, product_id: UUID, body: PackCode, session: WriteSession, caller: Caller, now: Now, response: Response
) -> PackCodeRead:
    """Add a GTIN of a pack; for officers of the product's area and its producer."""
    service = ProductGtins(session, caller, now())
    row = await service.add(product_id, body)
    response.headers["Location"] = f"/v1/products/{product_id}/gtins/{row.id}"
    return service.shown(row)


@router.put("/gtins/{gtin_id}")
async def change_product_gtin(
    *,
    product_id: UUID,
    gtin_id: UUID,
    body: PackCode,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> PackCodeRead:
    """Replace a GTIN of a pack; for officers of the product's area and its producer."""
    service = ProductGtins(session, caller, now())
    row = await service.get_for_edit(product_id, gtin_id)
    expected.check(row.version)
    return service.shown(await service.replace(row, body))


@router.delete("/gtins/{gtin_id}", status_code=204)
async def remove_product_gtin(
    *, product_id: UUID, gtin_id: UUID, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take a GTIN of a pack away; for officers of the product's area and its producer."""
    service = ProductGtins(session, caller, now())
    row = await service.get_for_edit(product_id, gtin_id)
    expected.check(row.version)
    await service.remove(row)


@router.get("/standards")
async def list_product_standards(
    product_id: UUID, session: ReadSession, actor: Visitor, now: Now
) -> Page[StandardRead]:
    """Standards and certificates of a product as of today, at most fifty, all on one page."""
    service = ProductStandards(session, actor, now())
    rows = await service.of(product_id)
    return Page[StandardRead](items=[service.shown(row) for row in rows], next_cursor=None)


@router.post("/standards", status_code=201)
async def add_product_standard(
    *, product_id: UUID, body: Standard, session: WriteSession, caller: Caller, now: Now, response: Response
) -> StandardRead:
    """Add a standard or certificate; for officers of the product's area and its producer."""
    service = ProductStandards(session, caller, now())
    row = await service.add(product_id, body)
    response.headers["Location"] = f"/v1/products/{product_id}/standards/{row.id}"
    return service.shown(row)


@router.put("/standards/{standard_id}")
async def change_product_standard(
    *,
    product_id: UUID,
    standard_id: UUID,
    body: Standard,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> StandardRead:
    """Replace a standard or certificate; for officers of the product's area and its producer."""
    service = ProductStandards(session, caller, now())
    row = await service.get_for_edit(product_id, standard_id)
    expected.check(row.version)
    return service.shown(await service.replace(row, body))


@router.delete("/standards/{standard_id}", status_code=204)
async def remove_product_standard(
    *, product_id: UUID, standard_id: UUID, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take a standard or certificate away; for officers of the product's area and its producer."""
    service = ProductStandards(session, caller, now())
    row = await service.get_for_edit(product_id, standard_id)
    expected.check(row.version)
    await service.remove(row)


@router.get("/rights")
async def list_product_rights(
    product_id: UUID, session: ReadSession, actor: Visitor, now: Now
) -> Page[RightRead]:
    """Intellectual property rights in a product as of today, at most fifty, all on one page."""
    service = ProductRights(session, actor, now())
    rows = await service.of(product_id)
    return Page[RightRead](items=[service.shown(row) for row in rows], next_cursor=None)


@router.post("/rights", status_code=201)
async def add_product_right(
    *, product_id: UUID, body: Right, session: WriteSession, caller: Caller, now: Now, response: Response
) -> RightRead:
    """Add an intellectual property right; for officers of the product's area and its producer."""
    service = ProductRights(session, caller, now())
    row = await service.add(product_id, body)
    response.headers["Location"] = f"/v1/products/{product_id}/rights/{row.id}"
    return service.shown(row)


@router.put("/rights/{right_id}")
async def change_product_right(
    *,
    product_id: UUID,
    right_id: UUID,
    body: Right,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> RightRead:
    """Replace an intellectual property right; for officers of the product's area and its producer."""
    service = ProductRights(session, caller, now())
    row = await service.get_for_edit(product_id, right_id)
    expected.check(row.version)
    return service.shown(await service.replace(row, body))


@router.delete("/rights/{right_id}", status_code=204)
async def remove_product_right(
    *, product_id: UUID, right_id: UUID, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take an intellectual property right away; for officers of the product's area and its producer."""
    service = ProductRights(session, caller, now())
    row = await service.get_for_edit(product_id, right_id)
    expected.check(row.version)
    await service.remove(row)
