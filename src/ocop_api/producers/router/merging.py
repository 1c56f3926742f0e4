"""Addresses of finding producers registered twice, merging them, and what happened to one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from ocop_api.producers.duplicates import ProducerDuplicates, ProducerPair
from ocop_api.producers.merge_schemas import DuplicateFilter, HistoryEntry, HistoryFilter, Merge, MergeRead
from ocop_api.producers.merging import ProducerMerging
from ocop_api.producers.service import ProducerService
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/producers", "producers")


@router.get("/duplicates")
async def list_producer_duplicates(
    wanted: Annotated[DuplicateFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[ProducerPair]:
    """Pairs of producers of the caller's area that are likely one, the most likely first.

    Only records that share a key are compared: the name without words such as "hợp tác xã", tax code,
    registration, phone, e-mail. At most 2,000 pairs are scored; narrow by `place` where there are more.
    """
    return await ProducerDuplicates(session, caller, now()).page(wanted)


@router.post("/{producer_id}/merge")
async def merge_producer(
    producer_id: UUID, body: Merge, session: WriteSession, caller: Caller, now: Now
) -> MergeRead:
    """Let this producer absorb another registration of it; for officers whose area holds both.

    Everything that refers to the absorbed one refers to this one then; events, decisions and frozen
    versions stay as they were written. The old address answers 308, and filters take the old id.
    """
    return await ProducerMerging(session, caller, now()).merge(producer_id, body)


@router.get("/{producer_id}/history")
async def list_producer_history(
    producer_id: UUID,
    wanted: Annotated[HistoryFilter, Query()],
    session: ReadSession,
    actor: Visitor,
    now: Now,
) -> Page[HistoryEntry]:
    """What happened to a producer and to what was merged into it, newest first.

    Who did it and changes of private fields are for officers of its area and the producer itself.
    """
    return await ProducerService(session, actor, now()).history(producer_id, wanted)
