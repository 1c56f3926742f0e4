"""The audit trail and the head of the chain."""

from typing import Annotated

from fastapi import Query

from ocop_api.ledger.schemas import EventFilter, EventRead, HeadRead
from ocop_api.ledger.service import LedgerService
from ocop_api.web.caller import Caller
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession

router = feature_router("/v1/ledger", "ledger")
routers = (router,)


@router.get("/events")
async def list_ledger_events(
    session: ReadSession, caller: Caller, wanted: Annotated[EventFilter, Query()]
) -> Page[EventRead]:
    """List sealed events of the caller's areas, in the order of the chain (permission `ledger:read`)."""
    rows = await LedgerService(session).events(caller, wanted)
    items = [
        EventRead(
            seq=row.seq,
            id=row.id,
            at=row.at,
            kind=row.kind,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            actor_id=row.actor_id,
            area_path=row.area_path,
            data=row.data,
            hash=row.hash.hex(),
            sealed_at=row.sealed_at,
        )
        for row in rows.items
    ]
    return Page[EventRead].of(rows, items)


@router.get("/head")
async def read_ledger_head(session: ReadSession) -> HeadRead:
    """Give the newest signed head of the chain, for anybody to keep as a witness."""
    return HeadRead.of(await LedgerService(session).head())
