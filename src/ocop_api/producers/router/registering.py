"""Addresses of the register of producers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import JSONResponse

from ocop_api.producers.merge_schemas import MovedRead
from ocop_api.producers.schemas import ProducerCreate, ProducerFilter, ProducerRead, ProducerUpdate
from ocop_api.producers.service import ProducerService
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/producers", "producers")


@router.get("")
async def list_producers(
    wanted: Annotated[ProducerFilter, Query()], session: ReadSession, actor: Visitor, now: Now
) -> Page[ProducerRead]:
    """Producers by name, form and place. Sorts: `name` (Vietnamese order, default), `-updated_at`."""
    return await ProducerService(session, actor, now()).page(wanted)


@router.post("", status_code=201)
async def create_producer(
    body: ProducerCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> ProducerRead:
    """Register a producer; for officers and administrators of its area."""
    service = ProducerService(session, caller, now())
    row = await service.create(body)
    response.headers["Location"] = f"/v1/producers/{row.id}"
    return service.shown(row)


@router.get(
    "/{producer_id}",
    response_model=ProducerRead,
    responses={308: {"model": MovedRead, "description": "It was merged; `Location` leads to the survivor."}},
)
async def read_producer(
    producer_id: UUID, session: ReadSession, actor: Visitor, now: Now
) -> ProducerRead | JSONResponse:
    """One producer; `private` is filled for officers of its area and for the producer itself."""
    service = ProducerService(session, actor, now())
    survivor = await service.successor(producer_id)
    if survivor is None:
        return await service.read(producer_id)
    moved = MovedRead(id=producer_id, merged_into=survivor).model_dump(mode="json")
    return JSONResponse(moved, status_code=308, headers={"Location": f"/v1/producers/{survivor}"})


@router.patch("/{producer_id}")
async def update_producer(
    *,
    producer_id: UUID,
    body: ProducerUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ProducerRead:
    """Change fields of a producer (merge patch); for officers of its area and the producer itself."""
    service = ProducerService(session, caller, now())
    row = await service.get_for_edit(producer_id)
    expected.check(row.version)
    return service.shown(await service.update(row, body))
