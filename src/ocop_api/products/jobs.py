"""Background work on products."""

from typing import Any
from uuid import UUID

from ocop_api.domain.actor import SYSTEM
from ocop_api.jobs.queue import Handler, JobContext
from ocop_api.products.photo_jobs import erase_photo_files, make_renditions
from ocop_api.products.service import ProductService


async def follow_producer(context: JobContext, payload: dict[str, Any]) -> None:
    """Carry producers' new names or places over to their products; a second run changes nothing."""
    # Each producer in a transaction of its own, so that a long list holds no locks for long.
    for producer_id in payload.get("producer_ids") or [payload["producer_id"]]:
        async with context.database.transaction() as session:
            service = ProductService(session, SYSTEM, context.clock())
            await service.follow_producer(UUID(producer_id))


JOBS: dict[str, Handler] = {
    "products.erase_photo_files": erase_photo_files,
    "products.follow_producer": follow_producer,
    "products.make_renditions": make_renditions,
}
