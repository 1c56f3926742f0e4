"""The audit trail, the head of the ledger, and the proof that it only grows."""

from typing import Annotated

from fastapi import Query, Response

from ocop_api.ledger.schemas import (
    ConsistencyProofRead,
    ConsistencyQuery,
    EventFilter,
    EventRead,
    HeadRead,
)
from ocop_api.ledger.service import LedgerService
from ocop_api.web.caller import Caller
from ocop_api.web.conditional import publish
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession

router = feature_router("/v1/ledger", "ledger")
routers = (router,)
_FOR_EVER = 365 * 86_400


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


@router.get("/head", responses=refusal(404, "Nothing has been sealed yet"))
async def read_ledger_head(session: ReadSession, response: Response) -> HeadRead:
    """Give the newest signed head of the ledger, for anybody to keep as a witness."""
    head = await LedgerService(session).head()
    publish(response, seconds=0)
    return HeadRead.of(head)


@router.get(
    "/proofs/consistency", responses=refusal(404, "No head with a root was signed at one of the sizes")
)
async def prove_ledger_consistency(
    session: ReadSession, wanted: Annotated[ConsistencyQuery, Query()], response: Response
) -> ConsistencyProofRead:
    """Prove that a newer signed head goes on from an older one, for anybody who kept the older one.

    The sizes are the `seq` of the two heads. The answer to the same question never changes.
    """
    path = await LedgerService(session).consistency(wanted.first, wanted.second)
    publish(response, seconds=_FOR_EVER)
    return ConsistencyProofRead(first=wanted.first, second=wanted.second, path=[node.hex() for node in path])
