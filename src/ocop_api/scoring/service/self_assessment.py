"""What a producer's self-assessment (Form 02, part III) comes to, and what would bring it further."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.assessments.service import AssessmentService
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.rubric.advice import advise
from ocop_api.domain.rubric.criteria import Language
from ocop_api.dossiers.service import DossierService
from ocop_api.scoring.schemas.advice import AdviceRead, advice_read
from ocop_api.scoring.schemas.evaluation import EvaluationRead, SheetContent, evaluation_record
from ocop_api.scoring.schemas.self_assessment import SavedAdviceQuery
from ocop_api.scoring.service.rubric import evaluate_content


async def evaluate_own_choices(
    session: AsyncSession, actor: Actor, now: datetime, dossier_id: UUID, language: Language
) -> EvaluationRead:
    """What the choices in a dossier come to under the edition and set it is frozen to.

    Raises:
        NotFound: ``dossier.unknown``; also when it is not visible.
        RuleViolation: ``scoring.no_criteria`` under a regime whose criteria are not held,
            ``scoring.no_self_assessment`` while nothing has been chosen.
        SheetInvalid: with every choice that the edition does not know.
    """
    dossier = await DossierService(session, actor, now).get(dossier_id)
    if dossier.edition is None:
        raise RuleViolation("scoring.no_criteria", dossiers=[str(dossier.id)])
    choices = dossier.contents.get("self_assessment")
    if not choices:
        raise RuleViolation("scoring.no_self_assessment")
    content = SheetContent.model_validate({"choices": choices})
    return evaluate_content(dossier.edition, dossier.set_number, content, language)


async def evaluate_saved(
    session: AsyncSession, actor: Actor, now: datetime, assessment_id: UUID, language: Language
) -> EvaluationRead:
    """What a saved self-assessment comes to under its edition and set.

    Raises:
        NotFound: ``assessments.unknown``; also when it is not visible.
    """
    held = await AssessmentService(session, actor, now).get(assessment_id)
    return evaluation_record(held.evaluation).read(language)


async def advise_saved(
    session: AsyncSession,
    actor: Actor,
    now: datetime,
    assessment_id: UUID,
    wanted: SavedAdviceQuery,
    language: Language,
) -> AdviceRead:
    """What would bring a saved self-assessment to a star, by default the one it wants.

    Raises:
        NotFound: ``assessments.unknown``; also when it is not visible.
        Invalid: ``assessments.no_target``; ``rubric.unknown_target_star``.
    """
    held = await AssessmentService(session, actor, now).get(assessment_id)
    star = wanted.target_star or held.row.target_star
    if star is None:
        raise Invalid("assessments.no_target")
    # The search may take longer than anything else should wait for.
    advice = await asyncio.to_thread(advise, held.sheet, star, limit=wanted.limit)
    return advice_read(advice, language)
