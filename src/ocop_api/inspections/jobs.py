"""Background work on inspections."""

from typing import Any

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.inspections.service.photos import photo_key
from ocop_api.inspections.service.reminding import ReminderService, photo_is_kept
from ocop_api.jobs.queue import Handler, JobContext


async def remind(context: JobContext, _payload: dict[str, Any]) -> None:
    """Remind producers of improvements that are due, and tell of those that are overdue."""
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await ReminderService(session, context.clock()).remind()


async def erase_photo(context: JobContext, payload: dict[str, Any]) -> None:
    """Delete the file of a photo that no inspection keeps any more; safe to repeat."""
    sha256 = str(payload["sha256"])
    store: ObjectStore = context.resources["object_store"]
    async with context.database.transaction() as session:
        if not await photo_is_kept(session, sha256, context.clock()):
            await store.delete(photo_key(sha256))


JOBS: dict[str, Handler] = {"inspections.remind": remind, "inspections.erase_photo": erase_photo}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"inspections.remind": "0 23 * * *"}
"""Jobs that run by the clock: at six in the morning in Vietnam (23:00 UTC)."""
