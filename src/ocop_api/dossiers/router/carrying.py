"""Taking a saved self-assessment over into a draft."""

from uuid import UUID

from ocop_api.dossiers.schemas import DossierRead
from ocop_api.dossiers.service import CarryingService, DossierReader
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.session import WriteSession

router = feature_router("/v1/dossiers/{dossier_id}/self-assessment", "dossiers")


@router.post("/from/{assessment_id}")
async def carry_self_assessment(
    *,
    dossier_id: UUID,
    assessment_id: UUID,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> DossierRead:
    """Take a saved self-assessment over into Form 02 of a draft of the same product, edition and set.

    Choices replace those of the draft, cited documents are added to its evidence; where they came from is
    told in `self_assessment_origin` and, once the file is lodged, in its history. The saved one stays as it
    is. For the producer.
    """
    at = now()
    service = CarryingService(session, caller, at)
    dossier = await service.get(dossier_id, lock=True)
    expected.check(dossier.version)
    await service.carry(dossier, assessment_id)
    return await DossierReader(session, caller, at).shown(dossier)
