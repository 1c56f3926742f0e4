"""Taking in signed minutes: the signed document is the record of the inspection."""

import asyncio
import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.db.base import uuid7
from ocop_api.db.tables.inspections import Inspection, InspectionMinutes
from ocop_api.documents.service.signed_copies import Refusals, SignedCopies, StoredCopy
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Conflict, Invalid, NotFound
from ocop_api.domain.inspection import InspectionAction
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.inspections.schemas.following import SignedMinutesFacts
from ocop_api.inspections.service.inspections import InspectionService
from ocop_api.inspections.service.papers import PaperService

_REFUSALS: Final = Refusals(
    not_pdf="inspection.minutes_no_pdf",
    without_reason="inspection.replacement_without_reason",
    without_replacement="inspection.reason_without_replacement",
    already="inspection.minutes_signed_already",
    replaced="inspection.minutes_replaced",
    on_record="minutes_id",
)


@dataclass(frozen=True, slots=True)
class TakenMinutes:
    """Signed minutes; ``new`` unless the very same file was there already."""

    minutes_id: UUID
    new: bool


class SigningService(InspectionService):
    """Signed minutes for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        super().__init__(session, actor, now)
        self._copies = SignedCopies(store, _REFUSALS)

    async def check_may_sign(self, inspection_id: UUID, facts: SignedMinutesFacts) -> None:
        """Refuse early whoever may not hand in minutes; nothing is read or stored.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
            Invalid: as ``keep``.
        """
        self._check(await self.require(inspection_id, InspectionAction.SIGN), facts)

    async def keep(self, inspection_id: UUID, facts: SignedMinutesFacts, file: IO[bytes]) -> TakenMinutes:
        """Keep signed minutes as a PDF; the same file again changes nothing.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
            Invalid: ``inspection.signed_in_future``, ``inspection.signed_before_conclusion``,
                ``inspection.replacement_without_reason``, ``inspection.reason_without_replacement``,
                ``inspection.minutes_no_pdf``; as ``documents.content.recognise_pdf``.
            Conflict: ``inspection.minutes_not_signed`` for the very PDF that is to be signed;
                ``inspection.minutes_signed_already`` without ``replaces_id``;
                ``inspection.minutes_replaced`` when that is not the one that counts.
        """
        size, digest = await self._copies.measured_pdf(file)
        inspection = await self.held(inspection_id, InspectionAction.SIGN)
        self._check(inspection, facts)
        rows = await self.rows.minutes(inspection.id)
        current = rows[0] if rows else None
        if self._copies.stands(current, digest, facts.replaces_id) and current is not None:
            return TakenMinutes(current.id, new=False)
        paper = await PaperService(self.session, self.actor, self.now).written(inspection.id)
        generated = await asyncio.to_thread(form_pdf, paper.form, paper.at)
        of_generated = hashlib.sha256(generated).hexdigest()
        if digest == of_generated:
            raise Conflict("inspection.minutes_not_signed")
        await self._copies.keep(file, size, digest)
        await self._copies.keep(io.BytesIO(generated), len(generated), of_generated)
        row = InspectionMinutes(
            id=uuid7(),
            inspection_id=inspection.id,
            sha256=digest,
            size=size,
            generated_sha256=of_generated,
            generated_size=len(generated),
            **facts.model_dump(),
            uploaded_by=self.actor.user_id,
            uploaded_at=self.now,
        )
        await self.rows.add(row)
        data = {"minutes_id": str(row.id), "sha256": digest}
        await self.take(inspection, InspectionAction.SIGN, reason=facts.reason, data=data)
        await self.tell(inspection, "inspection.minutes_signed", **data, generated_sha256=of_generated)
        return TakenMinutes(row.id, new=True)

    async def content(self, inspection_id: UUID, minutes_id: UUID) -> StoredCopy:
        """What was handed in, for whoever reads the inspection.

        Raises:
            NotFound: ``inspection.unknown``, ``inspection.unknown_minutes``.
            Unavailable: ``documents.content_lost``.
        """
        await self.get(inspection_id)
        for row in await self.rows.minutes(inspection_id):
            if row.id == minutes_id:
                return await self._copies.read(row.sha256, row.size)
        raise NotFound("inspection.unknown_minutes")

    def _check(self, inspection: Inspection, facts: SignedMinutesFacts) -> None:
        if facts.signed_on > self.today:
            raise Invalid("inspection.signed_in_future", signed_on=facts.signed_on)
        if inspection.inspected_on is not None and facts.signed_on < inspection.inspected_on:
            raise Invalid(
                "inspection.signed_before_conclusion",
                signed_on=facts.signed_on,
                inspected_on=inspection.inspected_on,
            )
        self._copies.check_replacement(facts.replaces_id, facts.reason)
