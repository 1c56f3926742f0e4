"""The evaluation of what a producer says about the own product."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.scoring.schemas.advice import AdviceRead
from ocop_api.scoring.schemas.evaluation import EvaluationRead
from ocop_api.scoring.schemas.self_assessment import SavedAdviceQuery
from ocop_api.scoring.service.self_assessment import advise_saved, evaluate_own_choices, evaluate_saved
from ocop_api.web.caller import Caller, Now
from ocop_api.web.faults import sheet_router
from ocop_api.web.problems import language_of
from ocop_api.web.session import ReadSession

router = sheet_router("/v1/dossiers", "dossiers")
saved = sheet_router("/v1/self-assessments", "self-assessments")


@router.get("/{dossier_id}/self-assessment/evaluation")
async def evaluate_self_assessment(
    dossier_id: UUID, session: ReadSession, caller: Caller, now: Now, request: Request, response: Response
) -> EvaluationRead:
    """What the self-assessment in a dossier comes to: points, minimums, star, and why."""
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return await evaluate_own_choices(session, caller, now(), dossier_id, language)


@saved.get("/{assessment_id}/evaluation")
async def evaluate_saved_self_assessment(
    assessment_id: UUID, session: ReadSession, caller: Caller, now: Now, request: Request, response: Response
) -> EvaluationRead:
    """What a saved self-assessment comes to: points, minimums, star, and why."""
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return await evaluate_saved(session, caller, now(), assessment_id, language)


@saved.get("/{assessment_id}/advice")
async def advise_saved_self_assessment(
    *,
    assessment_id: UUID,
    wanted: Annotated[SavedAdviceQuery, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> AdviceRead:
    """What to raise in a saved self-assessment for the star it wants, or another one.

    Minimums first, then the smallest sets of criteria, each with the evidence that proves it.
    """
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return await advise_saved(session, caller, now(), assessment_id, wanted, language)
