"""Findings beside each criterion, for those around a council."""

from uuid import UUID

from ocop_api.scoring.schemas.beside import AssessmentsRead
from ocop_api.scoring.service.beside import BesideService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/sessions/{session_id}/dossiers/{dossier_id}/assessments", "sessions")


@router.get("")
async def read_assessments(
    session_id: UUID, dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> AssessmentsRead:
    """Criterion by criterion: what producer, commune and advisory group say, evidence, surveys and tests.

    For those with a seat on the council, its advisers and who runs its business, without those recused from
    the file. Findings that do not agree are flagged. Members' sheets are never part of it.
    """
    return await BesideService(session, caller, now()).assessments(session_id, dossier_id)
