"""Addresses of the register of producers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

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


@router.get("/{producer_id}")
async def read_producer(producer_id: UUID, session: ReadSession, actor: Visitor, now: Now) -> ProducerRead:
    """One producer; `private` is filled for officers of its area and for the producer itself."""
    return await ProducerService(session, actor, now()).read(producer_id)


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


routers = (router,)
