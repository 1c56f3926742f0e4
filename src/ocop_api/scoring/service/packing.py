"""The package of a session: all that a member needs to score it without network."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.actor import Actor
from ocop_api.domain.dossier import DossierKind
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.domain.rubric.criteria import Language
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.schemas import Form03
from ocop_api.dossiers.service import ExaminedFile, ExaminingService
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.editions import set_read
from ocop_api.scoring.schemas.package import PackedFile, SessionPackage, packed_document
from ocop_api.scoring.schemas.sheets import SheetRead
from ocop_api.scoring.service.sessions import SessionService
from ocop_api.scoring.service.sheets import SheetService
from ocop_api.scoring.service.sittings import load_sitting


class PackingService:
    """Packages for those on a council."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        self._sheets = SheetService(session, actor, now)
        self._actor = actor
        self._now = now
        # A seat on the council gives its files, whatever else the member may read.
        self._files = ExaminingService(session, replace(actor, system=True), now)

    async def package(self, session_id: UUID, language: Language) -> SessionPackage:
        """The session, its files in the version scored, their criteria, and the member's own sheets.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``scoring.not_on_council`` for those without a seat.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        shown = await SessionService(self._session, self._actor, self._now).get(session_id)
        seats = {seat.person for seat in sitting.seats} or await self._seated(sitting.council.id)
        if self._actor.user_id not in seats:
            raise Forbidden("scoring.not_on_council")
        files: list[PackedFile] = []
        wanted: dict[tuple[str, int], None] = {}
        for item in shown.dossiers:
            if item.state not in {"waiting", "scoring"}:
                continue
            if any(one.user_id == self._actor.user_id for one in item.recusals):
                continue
            found = await self._files.examined(item.dossier_id, item.version_number)
            current = next((one.number for one in item.rounds if one.state == "open"), None)
            sheet = await self._own(session_id, item.dossier_id, language)
            files.append(_packed(found, current, sheet))
            if found.dossier.edition is not None:
                wanted[found.dossier.edition, found.dossier.set_number] = None
        sets = [set_read(load_edition(edition).criteria_set(number)) for edition, number in wanted]
        return SessionPackage.of(self._now, shown, sets, files)

    async def _seated(self, council_id: UUID) -> set[UUID]:
        return set(await self._sessions.seated(council_id))

    async def _own(self, session_id: UUID, dossier_id: UUID, language: Language) -> SheetRead | None:
        try:
            return await self._sheets.read(session_id, dossier_id, language)
        except NotFound:
            return None


def _packed(found: ExaminedFile, current: int | None, sheet: SheetRead | None) -> PackedFile:
    row = found.dossier
    return PackedFile.model_construct(
        dossier_id=row.id,
        product_name=found.product_name,
        producer_name=found.producer_name,
        kind=DossierKind(row.kind),
        edition=row.edition,
        set_number=row.set_number,
        version_number=found.version_number,
        round=current,
        self_assessment=found.contents.self_assessment,
        evidence=found.contents.evidence,
        documents=[packed_document(one) for one in found.documents],
        commune_report=None if found.commune_report is None else Form03.model_validate(found.commune_report),
        assessment_report=found.assessment_report,
        examinations=list(found.examinations),
        sheet=sheet,
    )
