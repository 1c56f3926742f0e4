"""Background work on documents."""

from typing import Any
from uuid import UUID

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.documents.service.background import BackgroundService, excerpt_of
from ocop_api.documents.service.storing import incoming_key
from ocop_api.jobs.queue import Handler, JobContext


def _store(context: JobContext) -> ObjectStore:
    store: ObjectStore = context.resources["object_store"]
    return store


async def process(context: JobContext, payload: dict[str, Any]) -> None:
    """Draw the first page and index the text; a second run finds it done."""
    async with context.database.transaction() as session:
        row = await BackgroundService(session, context.clock()).pending(UUID(payload["document_id"]))
    if row is None:
        return
    found = await excerpt_of(_store(context), row.sha256, row.size, row.media_type)
    async with context.database.transaction() as session:
        service = BackgroundService(session, context.clock())
        # Its title may have been corrected while the file was read.
        fresh = await service.pending(row.id)
        if fresh is not None:
            await service.note(fresh, found)


async def forget_incoming(context: JobContext, payload: dict[str, Any]) -> None:
    """Remove an arrived file that has become a document."""
    await _store(context).delete(incoming_key(UUID(payload["upload_id"])))


async def sweep(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget uploads that were never completed, with what arrived of them, and repair lost readings."""
    store = _store(context)
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await BackgroundService(session, context.clock()).forget_outdated()
    async with context.database.transaction() as session:
        service = BackgroundService(session, context.clock())
        keys = await service.orphans(store)
        await service.ask_again()
    for key in keys:
        await store.delete(key)


async def remind(context: JobContext, _payload: dict[str, Any]) -> None:
    """Tell producers which of their documents run out."""
    more = True
    while more:
        async with context.database.transaction() as session:
            more = await BackgroundService(session, context.clock()).remind()


JOBS: dict[str, Handler] = {
    "documents.process": process,
    "documents.forget_incoming": forget_incoming,
    "documents.sweep": sweep,
    "documents.remind": remind,
}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"documents.sweep": "17 * * * *", "documents.remind": "0 0 * * *"}
"""Jobs that run by the clock: name to cron expression; 00:00 UTC is seven in the morning in Vietnam."""
