"""Inspections over HTTP: planning, carrying out, concluding, and what follows."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.documents.router.delivery import FILE_ANSWERS, Store, send_file
from ocop_api.documents.service import DocumentService
from ocop_api.inspections.schemas.following import ImprovementCheck, ImprovementReport, WithdrawalProposal
from ocop_api.inspections.schemas.inspections import (
    InspectionCancel,
    InspectionConclude,
    InspectionCreate,
    InspectionFilter,
    InspectionItemsWrite,
    InspectionRead,
    InspectionRemark,
    InspectionSummary,
    InspectionUpdate,
    InterestDeclaration,
)
from ocop_api.inspections.service.conducting import ConductingService
from ocop_api.inspections.service.following import FollowingService
from ocop_api.inspections.service.planning import PlanningService
from ocop_api.inspections.service.reading import InspectionReader
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/inspections", "inspections")


def _reading(session: ReadSession, caller: Caller, now: Now) -> InspectionReader:
    return InspectionReader(session, caller, now())


Reading = Annotated[InspectionReader, Depends(_reading, scope="function")]


class InspectionDesk:
    """Takes one step for the caller and answers with the inspection after it."""

    def __init__(self, *, inspection_id: UUID, session: WriteSession, caller: Caller, now: Now) -> None:
        at = now()
        self.inspection_id = inspection_id
        self.planning = PlanningService(session, caller, at)
        self.conducting = ConductingService(session, caller, at)
        self.following = FollowingService(session, caller, at)
        self._reader = InspectionReader(session, caller, at)

    async def shown(self) -> InspectionRead:
        """The inspection after the step."""
        return await self._reader.shown(self.inspection_id)


AtDesk = Annotated[InspectionDesk, Depends()]


@router.post("", status_code=201)
async def plan_inspection(
    body: InspectionCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> InspectionRead:
    """Plan an inspection: a further one on an approved plan, or one without notice (kiểm tra đột xuất).

    For the OCOP office of the province, or of the ministry. Of one without notice the producer learns when it
    begins and not before; neither do officials below the inspecting level.
    """
    at = now()
    inspection_id = await PlanningService(session, caller, at).plan(body)
    response.headers["Location"] = f"/v1/inspections/{inspection_id}"
    return await InspectionReader(session, caller, at).shown(inspection_id)


@router.get("")
async def list_inspections(
    wanted: Annotated[InspectionFilter, Query()], service: Reading
) -> Page[InspectionSummary]:
    """Inspections the caller may read: of their area, of the own producer, and those they carry out.

    Sorts: `-created_at` (default), `created_at`, `scheduled_on`.
    """
    rows, records = await service.page(wanted)
    return Page[InspectionSummary].of(rows, service.listed(records))


@router.get("/{inspection_id}")
async def read_inspection(inspection_id: UUID, service: Reading) -> InspectionRead:
    """One inspection: its checklist, photos, conclusion, improvements and history.

    To the producer the checklist and the photos are shown with the conclusion.
    """
    return await service.shown(inspection_id)


@router.patch("/{inspection_id}")
async def assign_inspection(desk: AtDesk, body: InspectionUpdate, expected: IfMatch) -> InspectionRead:
    """Say who inspects and when, until it begins (merge patch); for the inspecting office."""
    await desk.planning.assign(desk.inspection_id, body, expected.check)
    return await desk.shown()


@router.post("/{inspection_id}/declare")
async def declare_inspection_interest(desk: AtDesk, body: InterestDeclaration) -> InspectionRead:
    """Declare whether one has an interest in the producer; for each inspector, before it begins.

    An inspection does not begin with an inspector who has one, or has not declared.
    """
    await desk.planning.declare(desk.inspection_id, body)
    return await desk.shown()


@router.post("/{inspection_id}/begin")
async def begin_inspection(desk: AtDesk, expected: OptionalIfMatch) -> InspectionRead:
    """Begin: the checklist is made from the rated file, its papers as they are today, and the fixed items."""
    await desk.conducting.begin(desk.inspection_id, expected.check)
    return await desk.shown()


@router.put("/{inspection_id}/items", max_body_size=512 * 1024)
async def save_inspection_items(
    desk: AtDesk, body: InspectionItemsWrite, expected: IfMatch
) -> InspectionRead:
    """Keep answers to items of the checklist; those that are not named stay as they are."""
    await desk.conducting.record(desk.inspection_id, body, expected.check)
    return await desk.shown()


@router.post("/{inspection_id}/conclude")
async def conclude_inspection(
    desk: AtDesk, body: InspectionConclude, expected: OptionalIfMatch
) -> InspectionRead:
    """Conclude (kết luận kiểm tra); for an inspector. Nothing of the checklist changes from now on.

    Every item was checked or has a note saying why not. Items not kept lead to improvements by a day or to a
    proposal to withdraw; `suggested_grounds` tells which grounds they point to.
    """
    await desk.conducting.conclude(desk.inspection_id, body, expected.check)
    return await desk.shown()


@router.post("/{inspection_id}/cancel")
async def cancel_inspection(
    desk: AtDesk, body: InspectionCancel, expected: OptionalIfMatch
) -> InspectionRead:
    """Call an inspection off before it is concluded; for the inspecting office."""
    await desk.conducting.cancel(desk.inspection_id, body, expected.check)
    return await desk.shown()


@router.post("/{inspection_id}/remark")
async def remark_on_inspection(desk: AtDesk, body: InspectionRemark) -> InspectionRead:
    """Say something to the minutes (ý kiến của cơ sở); for the producer, once it is concluded."""
    await desk.conducting.remark(desk.inspection_id, body)
    return await desk.shown()


@router.post("/{inspection_id}/report-improvement")
async def report_inspection_improvement(desk: AtDesk, body: ImprovementReport) -> InspectionRead:
    """Tell what was done about an improvement (báo cáo khắc phục); for the producer."""
    await desk.following.report(desk.inspection_id, body)
    return await desk.shown()


@router.post("/{inspection_id}/check-improvement")
async def check_inspection_improvement(desk: AtDesk, body: ImprovementCheck) -> InspectionRead:
    """Accept what was done, or ask for more by a new day; for an inspector."""
    await desk.following.check(desk.inspection_id, body)
    return await desk.shown()


@router.post("/{inspection_id}/propose-withdrawal")
async def propose_inspection_withdrawal(
    desk: AtDesk, body: WithdrawalProposal, expected: OptionalIfMatch
) -> InspectionRead:
    """Open the case of withdrawal that the conclusion proposes (Decision 26/2026, Art. 8)."""
    await desk.following.propose_withdrawal(desk.inspection_id, body, expected.check)
    return await desk.shown()


@router.post("/{inspection_id}/close")
async def close_inspection(desk: AtDesk, expected: OptionalIfMatch) -> InspectionRead:
    """Close an inspection: minutes signed, improvements accepted, a proposed withdrawal opened."""
    await desk.following.close(desk.inspection_id, expected.check)
    return await desk.shown()


@router.get(
    "/{inspection_id}/evidence/{document_id}/content", response_class=Response, responses=FILE_ANSWERS
)
async def download_inspection_evidence(
    *,
    inspection_id: UUID,
    document_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """A document of a report on an improvement, for everybody who reads the inspection."""
    found = await InspectionReader(session, caller, now()).document(inspection_id, document_id)
    return await send_file(request, DocumentService(session, caller, now(), store), found)
