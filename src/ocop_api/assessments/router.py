"""Addresses of self-assessments.

Each choice has a version of its own, so that two devices that fill in different criteria never stand in
each other's way, and two that change the same one never overwrite each other unseen.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from ocop_api.assessments.reading import AssessmentReader
from ocop_api.assessments.schemas import (
    AssessedChoice,
    AssessedChoices,
    AssessmentComparison,
    AssessmentCreate,
    AssessmentFilter,
    AssessmentRead,
    AssessmentSummary,
    AssessmentUpdate,
    ComparisonQuery,
    SavedChoice,
)
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Code, Page
from ocop_api.web.session import ReadSession, WriteSession

of_products = feature_router("/v1/products/{product_id}/self-assessments", "self-assessments")
router = feature_router("/v1/self-assessments/{assessment_id}", "self-assessments")
routers: tuple[APIRouter, ...] = (of_products, router)

CriterionCode = Annotated[Code, Path(description="code of the criterion in its set", examples=["1.1"])]


@of_products.get("")
async def list_self_assessments(
    product_id: UUID,
    wanted: Annotated[AssessmentFilter, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[AssessmentSummary]:
    """Self-assessments of a product, newest first; for its producer and the officers of its area."""
    rows = await AssessmentReader(session, caller, now()).page(product_id, wanted)
    return Page.of(rows, [AssessmentSummary.model_validate(row) for row in rows.items])


@of_products.post("", status_code=201)
async def create_self_assessment(
    *,
    product_id: UUID,
    body: AssessmentCreate,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> AssessmentRead:
    """Start a self-assessment (tự đánh giá, Mẫu số 02 phần III), empty or as a copy of an earlier one.

    Edition and set are fixed from then on: those in force today and of the product unless named.
    """
    service = AssessmentReader(session, caller, now())
    held = await service.create(product_id, body)
    response.headers["Location"] = f"/v1/self-assessments/{held.row.id}"
    return await service.shown(held)


@router.get("")
async def read_self_assessment(
    assessment_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> AssessmentRead:
    """One self-assessment: every criterion of the set, the progress, and what the evidence lacks today."""
    service = AssessmentReader(session, caller, now())
    return await service.shown(await service.get(assessment_id))


@router.patch("")
async def update_self_assessment(
    *,
    assessment_id: UUID,
    body: AssessmentUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> AssessmentRead:
    """Change title, notes, target star or recorded gates of a draft."""
    service = AssessmentReader(session, caller, now())
    held = await service.get_for_edit(assessment_id)
    expected.check(held.row.version)
    await service.update(held, body)
    return await service.shown(held)


@router.delete("", status_code=204)
async def delete_self_assessment(
    *, assessment_id: UUID, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Delete a draft; what is finished stays."""
    service = AssessmentReader(session, caller, now())
    held = await service.get_for_edit(assessment_id)
    expected.check(held.row.version)
    await service.remove(held)


@router.post("/finish")
async def finish_self_assessment(
    *, assessment_id: UUID, expected: OptionalIfMatch, session: WriteSession, caller: Caller, now: Now
) -> AssessmentRead:
    """Freeze a draft as a fixed point to compare with; a copy of it goes on. It need not be complete."""
    service = AssessmentReader(session, caller, now())
    held = await service.get_for_edit(assessment_id)
    expected.check(held.row.version)
    await service.finish(held)
    return await service.shown(held)


@router.put("/choices")
async def replace_self_assessment_choices(
    *,
    assessment_id: UUID,
    body: AssessedChoices,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> AssessmentRead:
    """Put all choices of a draft at once. A choice that stays the same keeps its version."""
    service = AssessmentReader(session, caller, now())
    held = await service.get_for_edit(assessment_id)
    expected.check(held.row.version)
    await service.replace(held, body)
    return await service.shown(held)


@router.put("/choices/{criterion_code}")
async def put_self_assessment_choice(
    *,
    assessment_id: UUID,
    criterion_code: CriterionCode,
    body: AssessedChoice,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> SavedChoice:
    """Save one choice of a draft, as often as wished.

    `If-Match` takes the version of this choice alone (`"7"`; `"0"` while there is none): other criteria may
    change meanwhile, the same one may not. What is stored already is answered as saved, whatever the
    version, so that a device may repeat a request whose answer was lost.
    """
    service = AssessmentReader(session, caller, now())
    held = await service.get_for_edit(assessment_id)
    await service.choose(held, criterion_code, body, expected.check)
    return await service.saved(held, criterion_code)


@router.delete("/choices/{criterion_code}")
async def clear_self_assessment_choice(
    *,
    assessment_id: UUID,
    criterion_code: CriterionCode,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> SavedChoice:
    """Take one choice out of a draft; `If-Match` as when it is saved. One that is not there stays so."""
    service = AssessmentReader(session, caller, now())
    held = await service.get_for_edit(assessment_id)
    await service.clear(held, criterion_code, expected.check)
    return await service.saved(held, criterion_code)


@router.get("/changes")
async def compare_self_assessments(
    assessment_id: UUID,
    wanted: Annotated[ComparisonQuery, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> AssessmentComparison:
    """What changed since an earlier self-assessment of the same product: criteria, points, star.

    `basis` says what is compared: under one edition every criterion, across editions the criteria of one
    code where both sets are for the same kind of product, otherwise totals alone.
    """
    return await AssessmentReader(session, caller, now()).changes(assessment_id, wanted.since)
