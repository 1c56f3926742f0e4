"""What is done to a dossier, one address for each action of the table."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from ocop_api.domain.dossier import Action
from ocop_api.dossiers.schemas import (
    ActionBody,
    DecisionOrder,
    DossierRead,
    ForwardOrder,
    LodgeOrder,
    ReasonOrder,
    ReceiveOrder,
    ReportOrder,
    ResubmitOrder,
    StartAssessmentOrder,
    SupplementOrder,
    WithdrawOrder,
)
from ocop_api.dossiers.service import DossierReader, ProcedureService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.faults import sheet_router
from ocop_api.web.session import WriteSession

router = sheet_router("/v1/dossiers/{dossier_id}", "dossiers")


class Desk:
    """Takes one step for the caller and answers with the dossier after it."""

    def __init__(
        self,
        *,
        dossier_id: UUID,
        expected: OptionalIfMatch,
        session: WriteSession,
        caller: Caller,
        now: Now,
    ) -> None:
        self.dossier_id = dossier_id
        self.check = expected.check
        at = now()
        self.reader = DossierReader(session, caller, at)
        self._procedure = ProcedureService(session, caller, at)

    async def take(self, action: Action, order: ActionBody) -> DossierRead:
        """Do ``action`` with ``order``."""
        dossier = await self._procedure.perform(self.dossier_id, action, order, self.check)
        return await self.reader.shown(dossier)


AtDesk = Annotated[Desk, Depends()]


@router.post("/lodge")
async def lodge_dossier(desk: AtDesk, body: LodgeOrder | None = None) -> DossierRead:
    """Hand the file in (nộp hồ sơ); for the producer.

    The day decides the regime and the criteria; commune and product code are fixed. An incomplete file is
    refused with everything it lacks.
    """
    dossier = await desk.reader.lodge(desk.dossier_id, body or LodgeOrder(), desk.check)
    return await desk.reader.shown(dossier)


@router.post("/resubmit")
async def resubmit_dossier(desk: AtDesk, body: ResubmitOrder) -> DossierRead:
    """Answer every item of a supplement request (bổ sung hồ sơ); for the producer."""
    dossier = await desk.reader.resubmit(desk.dossier_id, body, desk.check)
    return await desk.reader.shown(dossier)


@router.post("/receive")
async def receive_dossier(desk: AtDesk, body: ReceiveOrder | None = None) -> DossierRead:
    """Take the file in (tiếp nhận); for the office of the level that holds it."""
    return await desk.take(Action.RECEIVE, body or ReceiveOrder())


@router.post("/request-supplement")
async def request_dossier_supplement(desk: AtDesk, body: SupplementOrder) -> DossierRead:
    """Ask the producer for additions, item by item (yêu cầu bổ sung); for the office or advisory group."""
    return await desk.take(Action.REQUEST_SUPPLEMENT, body)


@router.post("/forward")
async def forward_dossier(desk: AtDesk, body: ForwardOrder) -> DossierRead:
    """Send the file up (chuyển hồ sơ).

    A commune needs Form 03, its request letter and the samples; a rating level needs a result that a higher
    level decides, and the letter.
    """
    return await desk.take(Action.FORWARD, body)


@router.post("/start-assessment")
async def start_dossier_assessment(desk: AtDesk, body: StartAssessmentOrder | None = None) -> DossierRead:
    """Hand the complete file and samples to the advisory group; for the office.

    Naming a council shows the file to its advisory group (tổ tư vấn), which may then report as officers of
    the level may.
    """
    return await desk.take(Action.START_ASSESSMENT, body or StartAssessmentOrder())


@router.post("/submit-report")
async def submit_dossier_report(desk: AtDesk, body: ReportOrder) -> DossierRead:
    """File the report to the council; for the advisory group, in a re-rating under 26/2026 for the office.

    It may say by criterion what the group finds; every fault of that is told with its place. Surveys and
    tests whose results are awaited do not hold it up and are named in the history.
    """
    return await desk.take(Action.SUBMIT_REPORT, body)


@router.post("/withdraw")
async def withdraw_dossier(desk: AtDesk, body: WithdrawOrder | None = None) -> DossierRead:
    """Take the file back (rút hồ sơ); for the producer, until it lies with the council."""
    return await desk.take(Action.WITHDRAW, body or WithdrawOrder())


@router.post("/reject")
async def reject_dossier(desk: AtDesk, body: ReasonOrder) -> DossierRead:
    """Refuse the file with a reason (từ chối); for the office, or the authority before it decides."""
    return await desk.take(Action.REJECT, body)


@router.post("/return-to-assessment")
async def return_dossier_to_assessment(desk: AtDesk, body: ReasonOrder) -> DossierRead:
    """Send the file from the council back to the advisory group; for the council's secretary."""
    return await desk.take(Action.RETURN_TO_ASSESSMENT, body)


@router.post("/return-to-council")
async def return_dossier_to_council(desk: AtDesk, body: ReasonOrder) -> DossierRead:
    """Ask the council to rate again; for the authority. The result is cleared and stays in the history."""
    return await desk.take(Action.RETURN_TO_COUNCIL, body)


@router.post("/conclude-not-reached")
async def conclude_dossier_not_reached(desk: AtDesk, body: DecisionOrder | None = None) -> DossierRead:
    """Close a file that reached less than three stars (không đạt); for the authority."""
    return await desk.take(Action.CONCLUDE_NOT_REACHED, body or DecisionOrder())


@router.post("/confirm")
async def confirm_dossier_recognition(desk: AtDesk, body: DecisionOrder | None = None) -> DossierRead:
    """Let the recognition stand that an appeal put to the test (giữ nguyên kết quả); for the authority.

    Only when the panel found no more stars than were recognised. Nothing is issued and nothing withdrawn.
    """
    return await desk.take(Action.CONFIRM, body or DecisionOrder())


@router.post("/remand")
async def remand_dossier(desk: AtDesk, body: DecisionOrder | None = None) -> DossierRead:
    """Send the result down to the level that decides its stars (Art. 7.4g); for the authority."""
    return await desk.take(Action.REMAND, body or DecisionOrder())


@router.post("/reorganise")
async def reorganise_dossier_rating(desk: AtDesk, body: ReasonOrder) -> DossierRead:
    """Rate a remanded file again at this level (tổ chức đánh giá lại); for the authority."""
    return await desk.take(Action.REORGANISE, body)
