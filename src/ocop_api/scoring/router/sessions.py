"""Sessions under way: opening, own sheets, closing rounds, results."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.domain.rubric.faults import SheetInvalid
from ocop_api.scoring.policy import VersionCheck
from ocop_api.scoring.schemas.conflicts import ConflictList
from ocop_api.scoring.schemas.package import SessionPackage
from ocop_api.scoring.schemas.results import ResultRead
from ocop_api.scoring.schemas.sessions import (
    AttendanceChange,
    DropRequest,
    RecusalDeclaration,
    RoundClosing,
    SessionChange,
    SessionInvitationAnswer,
    SessionOpening,
    SessionRead,
)
from ocop_api.scoring.schemas.sheets import (
    SheetDraftInput,
    SheetRead,
    SyncedSheet,
    SyncFault,
    SyncRead,
    SyncRequest,
)
from ocop_api.scoring.service.conflicts import ConflictService
from ocop_api.scoring.service.opening import OpeningService
from ocop_api.scoring.service.packing import PackingService
from ocop_api.scoring.service.planning import PlanningService
from ocop_api.scoring.service.rounds import RoundService
from ocop_api.scoring.service.sessions import SessionService
from ocop_api.scoring.service.sheets import SheetService
from ocop_api.scoring.service.syncing import Synced, SyncService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import ExpectedVersion, IfMatch, OptionalIfMatch
from ocop_api.web.faults import sheet_router
from ocop_api.web.problems import HTTPProblem, language_of
from ocop_api.web.session import ReadSession, WriteSession
from ocop_api.web.texts import Language, text_of

router = sheet_router("/v1/sessions", "sessions")

_SHEET = "/{session_id}/dossiers/{dossier_id}/sheet"


def _told_in(request: Request, response: Response) -> Language:
    """The language of the sentences in the answer, announced in its headers."""
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return language


def _once_it_exists(request: Request, expected: ExpectedVersion) -> VersionCheck:
    """Demands If-Match for a draft that is there; the first one has no version to name."""

    def check(stored: int) -> None:
        if "if-match" not in request.headers:
            raise HTTPProblem(428, "request.if_match_required")
        expected.check(stored)

    return check


@router.get("/{session_id}")
async def read_session(session_id: UUID, session: ReadSession, caller: Caller, now: Now) -> SessionRead:
    """A session: seats, agenda, recusals, and who has handed in a sheet (not what is on it)."""
    return await SessionService(session, caller, now()).get(session_id)


@router.get("/{session_id}/package")
async def read_session_package(
    session_id: UUID, *, session: ReadSession, caller: Caller, now: Now, request: Request, response: Response
) -> SessionPackage:
    """All that a member needs to score without network: files, evidence, reports, criteria, own sheets.

    For those with a seat, from the day the session is planned; without the files from which they are
    recused. What was filled in comes back by `POST /v1/sessions/{session_id}/sync`.
    """
    language = _told_in(request, response)
    return await PackingService(session, caller, now()).package(session_id, language)


@router.post("/{session_id}/open")
async def open_session(
    session_id: UUID, body: SessionOpening, session: WriteSession, caller: Caller, now: Now
) -> SessionRead:
    """Open a session with who is there and who does not take part in which dossier.

    The quorum is decided for each dossier without the members recused from it; the first round of scoring
    opens on each, unless `begin_scoring` is false. Members whose tie to a producer is certain are kept out
    without being named; a tie that rests on a name alone is answered in `recusals` or `cleared`. A meeting
    for which members had too few working days needs a `short_notice_reason`.
    """
    return await OpeningService(session, caller, now()).open(session_id, body)


@router.post("/{session_id}/begin-scoring")
async def begin_scoring(session_id: UUID, session: WriteSession, caller: Caller, now: Now) -> SessionRead:
    """Open the first round on every dossier of a session that was opened without."""
    return await OpeningService(session, caller, now()).begin_scoring(session_id)


@router.post("/{session_id}/attendance")
async def correct_attendance(
    session_id: UUID, body: AttendanceChange, session: WriteSession, caller: Caller, now: Now
) -> SessionRead:
    """Note who came after the opening and who left before the end.

    Whoever came may score what is open; sheets of whoever left count, further ones are not waited for.
    """
    return await OpeningService(session, caller, now()).correct_attendance(session_id, body)


@router.patch("/{session_id}")
async def reschedule_session(
    session_id: UUID, body: SessionChange, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> SessionRead:
    """Call a planned session for another day, hour or place; whoever was invited is invited anew."""
    return await PlanningService(session, caller, now()).change(session_id, body, expected.check)


@router.post("/{session_id}/invite")
async def invite_to_session(session_id: UUID, session: WriteSession, caller: Caller, now: Now) -> SessionRead:
    """Invite everybody with a seat (*giấy mời*), by notice and e-mail; the days of notice count from now."""
    return await PlanningService(session, caller, now()).invite(session_id)


@router.post("/{session_id}/answer-invitation")
async def answer_invitation(
    session_id: UUID, body: SessionInvitationAnswer, session: WriteSession, caller: Caller, now: Now
) -> SessionRead:
    """Say whether one comes; the last answer counts."""
    return await PlanningService(session, caller, now()).answer(session_id, body)


@router.get("/{session_id}/conflicts")
async def list_conflicts(session_id: UUID, session: ReadSession, caller: Caller, now: Now) -> ConflictList:
    """Ties of the members to the producers on the agenda, from the registers, for who runs the business.

    What is not `certain` rests on a name alone and has to be answered before the session opens.
    """
    return await ConflictService(session, caller, now()).conflicts(session_id)


@router.post("/{session_id}/dossiers/{dossier_id}/recuse")
async def recuse_member(
    session_id: UUID,
    dossier_id: UUID,
    body: RecusalDeclaration,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> SessionRead:
    """Declare a conflict of interest in a dossier: one's own, or a member's by who runs the business.

    It may come until the dossier is concluded; a sheet handed in before is kept and does not count.
    """
    return await ConflictService(session, caller, now()).recuse(session_id, dossier_id, body)


@router.post("/{session_id}/dossiers/{dossier_id}/drop")
async def drop_dossier(
    session_id: UUID, dossier_id: UUID, body: DropRequest, session: WriteSession, caller: Caller, now: Now
) -> SessionRead:
    """Take a dossier off the agenda without a result."""
    return await SessionService(session, caller, now()).drop(session_id, dossier_id, body.reason)


@router.get(_SHEET)
async def read_own_sheet(
    session_id: UUID,
    dossier_id: UUID,
    *,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> SheetRead:
    """The caller's own sheet; the others' come to light when the round closes."""
    language = _told_in(request, response)
    return await SheetService(session, caller, now()).read(session_id, dossier_id, language)


@router.put(_SHEET)
async def save_own_sheet(
    session_id: UUID,
    dossier_id: UUID,
    body: SheetDraftInput,
    *,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> SheetRead:
    """Write the caller's draft in whole. `If-Match` is needed once there is one."""
    language = _told_in(request, response)
    sheets = SheetService(session, caller, now())
    check = _once_it_exists(request, expected)
    return await sheets.save(session_id, dossier_id, body, check, language)


@router.post(_SHEET + "/submit")
async def submit_sheet(
    session_id: UUID,
    dossier_id: UUID,
    *,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> SheetRead:
    """Hand in the caller's draft (*phiếu chấm điểm*); it cannot be changed afterwards."""
    language = _told_in(request, response)
    sheets = SheetService(session, caller, now())
    return await sheets.submit(session_id, dossier_id, expected.check, language)


@router.post("/{session_id}/sync")
async def sync_sheets(
    session_id: UUID,
    body: SyncRequest,
    *,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> SyncRead:
    """Take in the caller's sheets that were filled in without network.

    Each is taken by itself and told of by itself. Sending the same again does no harm; what another
    device has written meanwhile is not overwritten; what comes after its round has closed is kept and
    reported, but counts for nothing.
    """
    language = _told_in(request, response)
    done = await SyncService(session, caller, now()).sync(session_id, body.sheets, language)
    return SyncRead(sheets=[_synced(one, language) for one in done])


def _synced(one: Synced, language: Language) -> SyncedSheet:
    error = one.error
    faults = error.faults if isinstance(error, SheetInvalid) else []
    return SyncedSheet.model_construct(
        dossier_id=one.asked.dossier_id,
        round=one.asked.round,
        outcome=one.outcome,
        code=None if error is None else error.code,
        detail=None if error is None else text_of(error.code, language, error.data),
        errors=[
            SyncFault(
                pointer=located.pointer.removeprefix("/body"),
                code=located.fault.code,
                detail=text_of(located.fault.code, language, located.fault.data),
            )
            for located in faults
        ],
        sheet=one.sheet,
    )


@router.post("/{session_id}/dossiers/{dossier_id}/close-round")
async def close_round(
    session_id: UUID,
    dossier_id: UUID,
    body: RoundClosing,
    *,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> ResultRead:
    """Close the round: the sheets come together in a result, or a new round opens and says why."""
    language = _told_in(request, response)
    rounds = RoundService(session, caller, now())
    return await rounds.close(session_id, dossier_id, language, without_missing=body.without_missing)


@router.get("/{session_id}/dossiers/{dossier_id}/result")
async def read_result(
    session_id: UUID,
    dossier_id: UUID,
    *,
    number: Annotated[
        int | None, Query(alias="round", ge=1, le=99, description="the latest closed one if left out")
    ] = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> ResultRead:
    """A closed round in full: every sheet, every criterion, every vote, and the explanation."""
    language = _told_in(request, response)
    return await RoundService(session, caller, now()).result(session_id, dossier_id, language, number)
