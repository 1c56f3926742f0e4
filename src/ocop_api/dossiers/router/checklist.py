"""The checklist of a file, and evidence of an earlier file taken over."""

from uuid import UUID

from ocop_api.dossiers.checklist_schemas import ChecklistRead, ReuseOrder, ReuseRead
from ocop_api.dossiers.service import CarryingService
from ocop_api.dossiers.service.checking import CheckingService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/dossiers/{dossier_id}", "dossiers")


@router.get("/checklist")
async def read_dossier_checklist(
    dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> ChecklistRead:
    """What the file needs for its regime, kind and set, what it lacks, and what may go wrong on its way.

    Blocking findings keep it from being lodged (the same check stands at every gate); advisory ones tell of
    points claimed without evidence, certificates a gate of the set speaks of, and documents that will have
    expired before the decision that is to be expected.
    """
    return await CheckingService(session, caller, now()).checked(dossier_id)


@router.post("/reuse-evidence")
async def reuse_dossier_evidence(
    dossier_id: UUID,
    body: ReuseOrder | None = None,
    *,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ReuseRead:
    """Take over the evidence of an earlier dossier of the same producer into a draft.

    Each document comes as its newest version, cited for the criteria the set of the draft has; what has
    expired or was withdrawn stays behind and is listed. `reused_from` keeps where a piece came from.
    """
    service = CarryingService(session, caller, now())
    dossier = await service.get(dossier_id, lock=True)
    expected.check(dossier.version)
    return await service.reuse(dossier, None if body is None else body.from_dossier_id)
