"""Site surveys and further tests of dossiers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.dossiers.examinations_schemas import (
    ExaminationCancellation,
    ExaminationCreate,
    ExaminationFilter,
    ExaminationRead,
    ExaminationResult,
)
from ocop_api.dossiers.service import ExaminationService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/dossiers/{dossier_id}/examinations", "dossiers")


@router.get("")
async def list_dossier_examinations(
    *,
    dossier_id: UUID,
    wanted: Annotated[ExaminationFilter, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[ExaminationRead]:
    """Surveys and tests with their results, oldest first; for everybody who reads the dossier."""
    rows, items = await ExaminationService(session, caller, now()).examinations(dossier_id, wanted)
    return Page.of(rows, items)


@router.post("", status_code=201)
async def request_dossier_examination(
    *,
    dossier_id: UUID,
    body: ExaminationCreate,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> ExaminationRead:
    """Ask for a site survey (khảo sát thực tế) or a further test (kiểm nghiệm bổ sung).

    For the office, the advisory group or the council's secretary at the level that holds the file, until
    it is closed. The producer is told. A report may be filed before the result is there, and then says so.
    """
    made = await ExaminationService(session, caller, now()).ask(dossier_id, body, expected.check)
    response.headers["Location"] = f"/v1/dossiers/{dossier_id}/examinations/{made.id}"
    return made


@router.get("/{examination_id}")
async def read_dossier_examination(
    *, dossier_id: UUID, examination_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> ExaminationRead:
    """One survey or test."""
    return await ExaminationService(session, caller, now()).examination(dossier_id, examination_id)


@router.post("/{examination_id}/record-result")
async def record_dossier_examination_result(
    *,
    dossier_id: UUID,
    examination_id: UUID,
    body: ExaminationResult,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ExaminationRead:
    """Record what a survey or test came to (kết quả), once; it is never changed.

    Documents are those of the producer; what an office was given it uploads there first.
    """
    service = ExaminationService(session, caller, now())
    return await service.conclude(dossier_id, examination_id, body, expected.check)


@router.post("/{examination_id}/cancel")
async def cancel_dossier_examination(
    *,
    dossier_id: UUID,
    examination_id: UUID,
    body: ExaminationCancellation,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ExaminationRead:
    """Say that a survey or test is not held, with a reason, once."""
    service = ExaminationService(session, caller, now())
    return await service.cancel(dossier_id, examination_id, body, expected.check)
