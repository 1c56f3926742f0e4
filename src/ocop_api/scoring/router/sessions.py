"""Sessions under way: opening, own sheets, closing rounds, results."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.scoring.policy import VersionCheck
from ocop_api.scoring.router.faults import sheet_router
from ocop_api.scoring.schemas.results import ResultRead
from ocop_api.scoring.schemas.sessions import DropRequest, RoundClosing, SessionOpening, SessionRead
from ocop_api.scoring.schemas.sheets import SheetDraftInput, SheetRead
from ocop_api.scoring.service.rounds import RoundService
from ocop_api.scoring.service.sessions import SessionService
from ocop_api.scoring.service.sheets import SheetService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import ExpectedVersion, OptionalIfMatch
from ocop_api.web.problems import HTTPProblem, language_of
from ocop_api.web.session import ReadSession, WriteSession
from ocop_api.web.texts import Language

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


@router.post("/{session_id}/open")
async def open_session(
    session_id: UUID, body: SessionOpening, session: WriteSession, caller: Caller, now: Now
) -> SessionRead:
    """Open a session with who is there and who does not take part in which dossier.

    The quorum is decided for each dossier without the members recused from it; the first round of
    scoring opens on each.
    """
    return await SessionService(session, caller, now()).open(session_id, body)


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
