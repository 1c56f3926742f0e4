"""What happens to documents without anybody asking: reading files, sweeping uploads, reminders."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.adapters.pdf_reading.reading import Excerpt, ReadingFailedError, preview
from ocop_api.db.tables.documents import Document
from ocop_api.documents.policy import reminder_due, words_of
from ocop_api.documents.repository import DocumentRepository
from ocop_api.documents.service.storing import INCOMING, content_key, fetched, preview_key
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.clock import vietnam_date
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record

_BATCH: Final = 200
_KEPT: Final = timedelta(days=2)
"""A completed upload answers a repeated completion for so long after its time."""
_LOST_AFTER: Final = timedelta(hours=1)


async def excerpt_of(store: ObjectStore, digest: str, size: int, media_type: str) -> Excerpt | str:
    """Read a stored file and keep the picture of its first page; a code instead when that fails."""
    file = await fetched(store, content_key(digest), size)
    if file is None:
        return "content_lost"
    with file:
        try:
            found = await preview(file, media_type)
        except ReadingFailedError as error:
            return error.code
    await store.put(preview_key(digest), found.picture)
    return found


class BackgroundService:
    """Work of the jobs, each call within the job's transaction."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._now = now
        self._rows = DocumentRepository(session)

    async def pending(self, document_id: UUID) -> Document | None:
        """The document, if its file is still to be read."""
        found = await self._rows.find(document_id, SYSTEM)
        return found if found is not None and found.processing == "pending" else None

    async def note(self, row: Document, found: Excerpt | str) -> None:
        """Keep what reading gave, or why it failed."""
        read = None if isinstance(found, str) else found
        await self._rows.processed(
            row.id,
            state="failed" if read is None else "done",
            code=found if isinstance(found, str) else None,
            words="" if read is None else words_of(read.text),
            has_preview=read is not None,
            search_text=words_of(row.title, row.number, row.issuer, row.original_name),
        )

    async def ask_again(self) -> None:
        """Ask for the reading of files that nobody has read: from before, or after a lost job."""
        for document_id in await self._rows.left_pending(self._now - _LOST_AFTER, _BATCH):
            await enqueue(
                self._session,
                "documents.process",
                {"document_id": str(document_id)},
                dedupe_key=f"documents.process:{document_id}",
            )

    async def forget_outdated(self) -> bool:
        """Delete uploads whose time is long over; True when more may wait."""
        found = await self._rows.outdated_uploads(self._now - _KEPT, _BATCH)
        await self._rows.forget_uploads(found)
        return len(found) == _BATCH

    async def orphans(self, store: ObjectStore) -> list[str]:
        """Keys of arrived files that no upload waits for; an address is given out after its row."""
        there = {item.key: _id_in(item.key) for item in await store.below(INCOMING, most=5000)}
        ids = {upload_id for upload_id in there.values() if upload_id is not None}
        waiting = await self._rows.waiting_uploads(ids, self._now) if ids else set()
        return [key for key, upload_id in there.items() if upload_id not in waiting]

    async def remind(self) -> bool:
        """Tell of documents that expire in 60, 30 and 7 days, each once; True when more may wait."""
        today = vietnam_date(self._now)
        rows = await self._rows.to_remind(today, _BATCH)
        for row in rows:
            due = None if row.expires_on is None else reminder_due(row.expires_on, today, row.reminded_days)
            if row.expires_on is None or due is None:
                continue
            row.reminded_days = due
            await record(
                self._session,
                kind="document.expiring",
                subject_type="document",
                subject_id=row.id,
                actor=SYSTEM,
                at=self._now,
                data={
                    "producer_id": str(row.producer_id),
                    "product_id": None if row.product_id is None else str(row.product_id),
                    "kind": row.kind,
                    "expires_on": row.expires_on.isoformat(),
                    "days_left": (row.expires_on - today).days,
                },
                area_path=row.area_path,
            )
        await self._session.flush()  # the next batch asks the database who has been told
        return len(rows) == _BATCH


def _id_in(key: str) -> UUID | None:
    try:
        return UUID(key.rpartition("/")[2])
    except ValueError:
        return None
