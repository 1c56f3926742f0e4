"""Photos of an inspection: taking them in without their metadata, giving them out, taking them away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.db.base import uuid7
from ocop_api.db.tables.inspections import InspectionPhoto
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation, Unavailable
from ocop_api.domain.inspection import InspectionAction
from ocop_api.inspections.schemas.inspections import PhotoFacts
from ocop_api.inspections.service.inspections import Check, InspectionService
from ocop_api.jobs.queue import enqueue
from ocop_api.products.photos import Prepared

MOST_PHOTOS: Final = 100
"""Photos of one inspection."""


def photo_key(sha256: str) -> str:
    """Where a picture of this hash is kept; apart from the products', which the public may see."""
    return f"inspections/photos/{sha256[:2]}/{sha256}"


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A kept picture."""

    content: bytes
    media_type: str
    sha256: str


class PhotoService(InspectionService):
    """Photos for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        super().__init__(session, actor, now)
        self._store = store

    async def check_may_add(self, inspection_id: UUID) -> None:
        """Refuse early whoever may not add a photo, before a file of theirs is worked on.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        await self.require(inspection_id, InspectionAction.RECORD)

    async def add(self, inspection_id: UUID, facts: PhotoFacts, picture: Prepared) -> UUID:
        """Keep a photo of an inspection under way; gives its id.

        The file is stored under its hash before the row: a failure in between leaves an unnamed file that
        the same upload finds again, never a row without its file.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``check_may_add``; ``inspection.too_many_photos``.
            Invalid: ``inspection.item_unknown``; ``inspection.taken_in_future``.
            Conflict: ``inspection.photo_twice``.
        """
        inspection = await self.held(inspection_id, InspectionAction.RECORD)
        if facts.taken_at > self.now:
            raise Invalid("inspection.taken_in_future", taken_at=facts.taken_at)
        codes = {one.code for one in await self.rows.items(inspection.id)}
        if facts.item_code is not None and facts.item_code not in codes:
            raise Invalid("inspection.item_unknown", items=[facts.item_code])
        if len(await self.rows.photos(inspection.id)) >= MOST_PHOTOS:
            raise RuleViolation("inspection.too_many_photos", limit=MOST_PHOTOS)
        await self.rows.hold_content(picture.sha256)
        await self._store.put(photo_key(picture.sha256), picture.content)
        row = InspectionPhoto(
            id=uuid7(),
            inspection_id=inspection.id,
            **facts.model_dump(),
            media_type=picture.facts.media_type,
            size=len(picture.content),
            width=picture.facts.width,
            height=picture.facts.height,
            sha256=picture.sha256,
            uploaded_by=self.actor.user_id,
            created_at=self.now,
        )
        await self.rows.add(row)
        inspection.updated_at = self.now
        inspection.touch()
        await self.tell(inspection, "inspection.photo_added", photo_id=str(row.id), sha256=row.sha256)
        return row.id

    async def remove(self, inspection_id: UUID, photo_id: UUID, check: Check) -> None:
        """Take a photo away before the conclusion; its file is erased by a job.

        Raises:
            NotFound: ``inspection.unknown``; ``inspection.unknown_photo``.
            Forbidden, RuleViolation: as ``check_may_add``.
        """
        inspection = await self.held(inspection_id, InspectionAction.RECORD, check)
        row = await self._photo(inspection.id, photo_id)
        await self.rows.remove(row)
        inspection.updated_at = self.now
        inspection.touch()
        await self.tell(inspection, "inspection.photo_removed", photo_id=str(row.id), sha256=row.sha256)
        await enqueue(self.session, "inspections.erase_photo", {"sha256": row.sha256})

    async def content(self, inspection_id: UUID, photo_id: UUID) -> PictureFile:
        """The picture, for whoever may read the inspection; for its producer once it is concluded.

        Raises:
            NotFound: ``inspection.unknown``; ``inspection.unknown_photo``.
            Unavailable: ``documents.content_lost``.
        """
        inspection = (await self.get(inspection_id)).inspection
        if self.withholds(inspection):
            raise NotFound("inspection.unknown_photo")
        row = await self._photo(inspection_id, photo_id)
        content = await self._store.get(photo_key(row.sha256))
        if content is None:
            raise Unavailable("documents.content_lost", sha256=row.sha256)
        return PictureFile(content, row.media_type, row.sha256)

    async def _photo(self, inspection_id: UUID, photo_id: UUID) -> InspectionPhoto:
        for row in await self.rows.photos(inspection_id):
            if row.id == photo_id:
                return row
        raise NotFound("inspection.unknown_photo")
