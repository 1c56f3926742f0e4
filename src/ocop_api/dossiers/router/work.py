"""The officer's desk: what waits, how much of it, and who deals with it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from ocop_api.dossiers.schemas import DossierRead, DossierSummary
from ocop_api.dossiers.service import DossierReader
from ocop_api.dossiers.service.work import WorkService
from ocop_api.dossiers.work_schemas import (
    AssignmentOrder,
    ColleagueList,
    ColleagueRead,
    WorkCounts,
    WorkFilter,
)
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/work-list", "dossiers")
assignment = feature_router("/v1/dossiers/{dossier_id}", "dossiers")


@router.get("")
async def list_waiting_dossiers(
    wanted: Annotated[WorkFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[DossierSummary]:
    """Dossiers that wait for the caller to act, the first due first.

    An officer's at the desks of the own level and area, a leader's to decide, a secretary's council's, a
    producer's drafts and supplements.
    """
    at = now()
    rows = await WorkService(session, caller, at).waiting(wanted)
    return Page.of(rows, DossierReader(session, caller, at).listed(rows))


@router.get("/counts")
async def count_waiting_dossiers(session: ReadSession, caller: Caller, now: Now) -> WorkCounts:
    """How many dossiers wait for the caller, and how many there are in each state in the caller's areas."""
    return await WorkService(session, caller, now()).counts()


@assignment.get("/colleagues")
async def list_dossier_colleagues(
    dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> ColleagueList:
    """Everybody at the desk where the dossier lies, for those who sit there."""
    found = await WorkService(session, caller, now()).colleagues(dossier_id)
    return ColleagueList(items=[ColleagueRead.model_validate(one) for one in found])


@assignment.post("/assign")
async def assign_dossier(
    dossier_id: UUID,
    body: AssignmentOrder,
    *,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> DossierRead:
    """Give the dossier to a colleague at the same desk, who is told, until the file leaves the desk."""
    at = now()
    dossier = await WorkService(session, caller, at).assign(dossier_id, body.user_id, expected.check)
    return await DossierReader(session, caller, at).shown(dossier)
