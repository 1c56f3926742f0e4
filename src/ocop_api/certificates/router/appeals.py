"""Appeals over HTTP: lodging one, reading, and each step of its way."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.certificates.appeals_schemas import (
    AppealAccept,
    AppealCreate,
    AppealDecide,
    AppealFilter,
    AppealRead,
    AppealRefuse,
    AppealReport,
    AppealSummary,
    AppealWithdraw,
)
from ocop_api.certificates.service import AppealLodging, AppealProcedure, AppealReader
from ocop_api.documents.router.delivery import FILE_ANSWERS, Store, send_file
from ocop_api.documents.service import DocumentService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

of_dossier = feature_router("/v1/dossiers/{dossier_id}/appeals", "appeals")
router = feature_router("/v1/appeals", "appeals")


def _reading(session: ReadSession, caller: Caller, now: Now) -> AppealReader:
    return AppealReader(session, caller, now())


Reading = Annotated[AppealReader, Depends(_reading, scope="function")]


class Desk:
    """Takes one step for the caller and answers with the appeal after it."""

    def __init__(
        self, *, appeal_id: UUID, expected: OptionalIfMatch, session: WriteSession, caller: Caller, now: Now
    ) -> None:
        self.appeal_id = appeal_id
        self.check = expected.check
        at = now()
        self.procedure = AppealProcedure(session, caller, at)
        self._reader = AppealReader(session, caller, at)

    async def shown(self) -> AppealRead:
        """The appeal after the step."""
        return await self._reader.shown(self.appeal_id)


AtDesk = Annotated[Desk, Depends()]


@of_dossier.post("", status_code=201)
async def lodge_appeal(
    dossier_id: UUID, body: AppealCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> AppealRead:
    """Appeal against the outcome of a rating (kiến nghị); for the producer, within the days of the term.

    The outcome is that of the own dossier: recognised with fewer stars than hoped for, not reached, or
    rejected after a council rated it. The term is in the rules of the council that rated (`appeal_days`, 30
    unless it says otherwise), counted from the day after the outcome; a last day off runs on to the next
    working day. A dossier has one open appeal, and what was decided on is not taken up again.
    """
    at = now()
    appeal_id = await AppealLodging(session, caller, at).lodge(dossier_id, body)
    response.headers["Location"] = f"/v1/appeals/{appeal_id}"
    return await AppealReader(session, caller, at).shown(appeal_id)


@router.get("")
async def list_appeals(wanted: Annotated[AppealFilter, Query()], service: Reading) -> Page[AppealSummary]:
    """Appeals the caller may read: of the own producer, of their area, of the panels they sit on.

    Sorts: `-created_at` (default), `created_at`.
    """
    rows, records = await service.page(wanted)
    return Page[AppealSummary].of(rows, service.listed(records))


@router.get("/{appeal_id}")
async def read_appeal(appeal_id: UUID, service: Reading) -> AppealRead:
    """One appeal: what is contested, its panel, report and decision, and what came of it.

    The producer is shown the panel's report together with the decision.
    """
    return await service.shown(appeal_id)


@router.get("/{appeal_id}/evidence/{document_id}/content", response_class=Response, responses=FILE_ANSWERS)
async def download_appeal_evidence(
    *,
    appeal_id: UUID,
    document_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """A document the appeal relies on, for the panel and everybody who reads the appeal."""
    found = await AppealReader(session, caller, now()).document(appeal_id, document_id)
    return await send_file(request, DocumentService(session, caller, now(), store), found)


@router.post("/{appeal_id}/accept")
async def accept_appeal(desk: AtDesk, body: AppealAccept) -> AppealRead:
    """Take the appeal up and name its panel (thụ lý); for the office of the level that decided.

    The panel is a council of that level and area. Nobody of it sat when the dossier was rated, reported to
    that council, or acts for the producer. Its members read the appeal and the dossier from now on.
    """
    await desk.procedure.accept(desk.appeal_id, body, desk.check)
    return await desk.shown()


@router.post("/{appeal_id}/refuse")
async def refuse_appeal(desk: AtDesk, body: AppealRefuse) -> AppealRead:
    """Do not take the appeal up (không thụ lý); for the office of the level that decided."""
    await desk.procedure.refuse(desk.appeal_id, body, desk.check)
    return await desk.shown()


@router.post("/{appeal_id}/report")
async def report_on_appeal(desk: AtDesk, body: AppealReport) -> AppealRead:
    """File what the panel found (kết luận của hội đồng xem xét); for its chair or secretary."""
    await desk.procedure.report(desk.appeal_id, body, desk.check)
    return await desk.shown()


@router.post("/{appeal_id}/decide")
async def decide_appeal(desk: AtDesk, body: AppealDecide) -> AppealRead:
    """Uphold or dismiss the appeal (giải quyết kiến nghị); for whoever decides on dossiers at its level.

    When it is upheld the dossier goes to the panel to be rated again, unless `rescore` is false. What was
    recognised stands meanwhile: more stars are recognised by a new certificate that replaces the earlier one,
    anything else is confirmed (`POST /v1/dossiers/{id}/confirm`).
    """
    await desk.procedure.decide(desk.appeal_id, body, desk.check)
    return await desk.shown()


@router.post("/{appeal_id}/withdraw")
async def withdraw_appeal(desk: AtDesk, body: AppealWithdraw | None = None) -> AppealRead:
    """Take the appeal back (rút kiến nghị); for the producer, until it is decided."""
    await desk.procedure.withdraw(desk.appeal_id, body or AppealWithdraw(), desk.check)
    return await desk.shown()


routers = (of_dossier, router)
