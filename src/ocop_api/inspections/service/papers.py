"""The minutes as a file: the same bytes from the same data."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.service import CertificateService
from ocop_api.domain.actor import SYSTEM, Actor, Level
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.vietnamese import strip_unit_prefix
from ocop_api.dossiers.papers.blocks import Form
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx
from ocop_api.inspections.papers.minutes import MinutesFacts, minutes, office_of
from ocop_api.inspections.repository.plans import PlanRepository
from ocop_api.inspections.schemas.inspections import InspectionRead
from ocop_api.inspections.service.inspections import InspectionService
from ocop_api.inspections.service.reading import InspectionReader
from ocop_api.places.service import PlaceService

_MINISTRY = "Bộ Nông nghiệp và Môi trường"


class PaperForm(StrEnum):
    """What a paper is written as."""

    PDF = "pdf"
    DOCX = "docx"


@dataclass(frozen=True, slots=True)
class WrittenMinutes:
    """Minutes before they are set: what they say, and when they are dated."""

    form: Form
    at: datetime


class PaperService(InspectionService):
    """Minutes for whoever reads the inspection."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        super().__init__(session, actor, now)
        # Everybody holds the same paper, whatever the API shows them.
        self._reader = InspectionReader(session, replace(SYSTEM, user_id=actor.user_id), now)

    async def file(self, inspection_id: UUID, form: PaperForm) -> bytes:
        """The minutes, set in a thread; raises as ``written``."""
        paper = await self.written(inspection_id)
        make = form_pdf if form is PaperForm.PDF else form_docx
        return await asyncio.to_thread(make, paper.form, paper.at)

    async def written(self, inspection_id: UUID) -> WrittenMinutes:
        """What the minutes say.

        Raises:
            NotFound: ``inspection.unknown``.
            RuleViolation: ``inspection.not_concluded``.
        """
        row = (await self.get(inspection_id)).inspection
        if row.concluded_at is None:
            raise RuleViolation("inspection.not_concluded", state=row.state)
        facts = await self._facts(await self._reader.shown(inspection_id), row.place_id)
        return WrittenMinutes(minutes(facts), row.concluded_at)

    async def _facts(self, shown: InspectionRead, place_id: str | None) -> MinutesFacts:
        found = await CertificateService(self.session, self.actor, self.now).get(shown.certificate_id)
        lines, where = _MINISTRY, "Hà Nội"
        if place_id is not None:
            place = await PlaceService(self.session).get(place_id)
            lines, where = f"Ủy ban nhân dân\n{place.name}", strip_unit_prefix(place.name)
        lead_body = plan = None
        if shown.plan_id is not None:
            row = await PlanRepository(self.session).find(shown.plan_id, SYSTEM)
            if row is not None:
                lead_body, plan = row[0].lead_body, row[0].name
                if row[0].basis_number is not None and row[0].basis_on is not None:
                    plan = f"{plan} theo văn bản số {row[0].basis_number} ngày {row[0].basis_on:%d/%m/%Y}"
        return MinutesFacts(
            inspection=shown,
            office=office_of(Level(shown.level), lead_body),
            authority_lines=lines.upper(),
            place=where,
            producer_address=found.certificate.producer_address,
            valid_until=found.certificate.valid_until,
            plan=plan,
        )
