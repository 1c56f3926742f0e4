"""Candidates and plans of inspections over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from ocop_api.inspections.schemas.plans import (
    InspectionCandidate,
    InspectionCandidateFilter,
    InspectionPlanCreate,
    InspectionPlanFilter,
    InspectionPlanRead,
    InspectionPlanSelect,
    InspectionPlanSummary,
    InspectionPlanUpdate,
    PlannedCertificateFilter,
    PlannedCertificateRead,
)
from ocop_api.inspections.service.plans import PlanService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

choosing = feature_router("/v1/inspections/candidates", "inspections")
router = feature_router("/v1/inspection-plans", "inspections")


def _reading(session: ReadSession, caller: Caller, now: Now) -> PlanService:
    return PlanService(session, caller, now())


def _writing(session: WriteSession, caller: Caller, now: Now) -> PlanService:
    return PlanService(session, caller, now())


Reading = Annotated[PlanService, Depends(_reading, scope="function")]
Writing = Annotated[PlanService, Depends(_writing, scope="function")]


@choosing.get("")
async def list_inspection_candidates(
    wanted: Annotated[InspectionCandidateFilter, Query()], service: Reading
) -> Page[InspectionCandidate]:
    """Certificates to inspect, with when each was last inspected and what came of it; for officials.

    Without a period: those in force `on` the day. With one (`expiring_year=2026`): those in force and those
    whose term ends in it, unless `which` asks for one of both; withdrawn and replaced ones are left out.

    Sorts: `valid_until` (default), `last_inspected_on` (never inspected ones first).
    """
    rows, items = await service.candidates(wanted)
    return Page[InspectionCandidate].of(rows, items)


@router.post("", status_code=201)
async def create_inspection_plan(
    body: InspectionPlanCreate, service: Writing, response: Response
) -> InspectionPlanRead:
    """Draft a plan of periodic inspections (kế hoạch kiểm tra); for the office of a province or ministry."""
    plan_id = await service.create(body)
    response.headers["Location"] = f"/v1/inspection-plans/{plan_id}"
    return await service.shown(plan_id)


@router.get("")
async def list_inspection_plans(
    wanted: Annotated[InspectionPlanFilter, Query()], service: Reading
) -> Page[InspectionPlanSummary]:
    """Plans of the areas the caller reads inspections in. Sorts: `-created_at` (default), `created_at`."""
    rows, items = await service.page(wanted)
    return Page[InspectionPlanSummary].of(rows, items)


@router.get("/{plan_id}")
async def read_inspection_plan(plan_id: UUID, service: Reading) -> InspectionPlanRead:
    """One plan: what it inspects, by which queries it was filled, and how far its inspections are."""
    return await service.shown(plan_id)


@router.patch("/{plan_id}")
async def update_inspection_plan(
    plan_id: UUID, body: InspectionPlanUpdate, expected: IfMatch, service: Writing
) -> InspectionPlanRead:
    """Change a draft (merge patch)."""
    await service.update(plan_id, body, expected.check)
    return await service.shown(plan_id)


@router.post("/{plan_id}/select")
async def select_for_inspection_plan(
    plan_id: UUID, body: InspectionPlanSelect, expected: OptionalIfMatch, service: Writing
) -> InspectionPlanRead:
    """Put certificates on a draft: by id, by query, or both. The query is kept with the plan.

    A query finds what `GET /v1/inspections/candidates` lists, in the whole area of the plan. What is on the
    plan already stays there once. A plan holds at most 2,000 certificates.
    """
    await service.select(plan_id, body, expected.check)
    return await service.shown(plan_id)


@router.get("/{plan_id}/certificates")
async def list_planned_certificates(
    plan_id: UUID, wanted: Annotated[PlannedCertificateFilter, Query()], service: Reading
) -> Page[PlannedCertificateRead]:
    """The certificates on a plan. Sorts: `valid_until` (default), `last_inspected_on`."""
    rows, items = await service.certificates(plan_id, wanted.slice())
    return Page[PlannedCertificateRead].of(rows, items)


@router.delete("/{plan_id}/certificates/{certificate_id}")
async def remove_planned_certificate(
    plan_id: UUID, certificate_id: UUID, expected: IfMatch, service: Writing
) -> InspectionPlanRead:
    """Take a certificate off a draft; `If-Match` is the plan's."""
    await service.take_off(plan_id, certificate_id, expected.check)
    return await service.shown(plan_id)


@router.post("/{plan_id}/approve")
async def approve_inspection_plan(
    plan_id: UUID, expected: OptionalIfMatch, service: Writing
) -> InspectionPlanRead:
    """Approve a plan (phê duyệt kế hoạch); for the leader of its level.

    An inspection of every certificate on it is planned, and the producers are told.
    """
    await service.approve(plan_id, expected.check)
    return await service.shown(plan_id)


@router.post("/{plan_id}/close")
async def close_inspection_plan(
    plan_id: UUID, expected: OptionalIfMatch, service: Writing
) -> InspectionPlanRead:
    """Close a plan on which every inspection is concluded or called off."""
    await service.close(plan_id, expected.check)
    return await service.shown(plan_id)
