"""Plans and targets for everybody; reports for the province."""

from typing import Any

from fastapi import Request, Response

from ocop_api.domain.clock import vietnam_date
from ocop_api.programme.schemas import (
    DistrictName,
    PlanFigures,
    PlanRead,
    PlanSummary,
    ProductBehind,
    RecordsBehind,
    ReportCreate,
    ReportRead,
    TargetDetail,
    TargetFigure,
)
from ocop_api.programme.service import Figure, ProgrammeService
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, WriteSession
from ocop_api.web.texts import Language

router = feature_router("/v1/programme/plans", "programme")
routers = (router,)


@router.get("")
async def list_plans(session: ReadSession, actor: Visitor, now: Now) -> list[PlanSummary]:
    """The yearly plans, the newest first."""
    return [PlanSummary.model_validate(plan) for plan in ProgrammeService(session, actor, now()).plans()]


@router.get("/{plan_code}")
async def read_plan(plan_code: str, session: ReadSession, actor: Visitor, now: Now) -> PlanRead:
    """A plan with its targets, tasks, agencies, sources of money and milestones."""
    return PlanRead.model_validate(ProgrammeService(session, actor, now()).plan(plan_code))


@router.get("/{plan_code}/targets")
async def list_targets(
    plan_code: str, request: Request, session: ReadSession, actor: Visitor, now: Now
) -> PlanFigures:
    """How far each target of a plan is reached.

    Computable targets are counted from the system's records: what happened in the plan year up to the
    deadline (`records_of_year`), or how things stand today (`standing`). The others show what was
    last reported.
    """
    at = now()
    figures = await ProgrammeService(session, actor, at).figures(plan_code)
    language = language_of(request)
    return PlanFigures(
        plan=plan_code,
        as_of=vietnam_date(at),
        targets=[TargetFigure(**_shape(figure, language)) for figure in figures],
    )


@router.get("/{plan_code}/targets/{target_code}")
async def read_target(
    plan_code: str, target_code: str, request: Request, session: ReadSession, actor: Visitor, now: Now
) -> TargetDetail:
    """How far one target is reached, with the products behind the figure.

    Of dossiers still under way only those who may read them see the product.
    """
    figure, behind = await ProgrammeService(session, actor, now()).figure(plan_code, target_code)
    records = None
    if behind is not None:
        records = RecordsBehind(
            shown=behind.shown,
            total=behind.total,
            products=[
                ProductBehind(product_id=product_id, name=name, producer=producer)
                for product_id, name, producer in behind.products
            ],
        )
    return TargetDetail(**_shape(figure, language_of(request)), records=records)


@router.post("/{plan_code}/targets/{target_code}/reports", status_code=201)
async def report_target(
    plan_code: str,
    target_code: str,
    body: ReportCreate,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> ReportRead:
    """Report on a target that the system's records cannot tell.

    For officers of the plan's province or of the one that took over from it. Reports are never changed:
    the one of the latest day holds, and of one day the last one made.
    """
    row = await ProgrammeService(session, caller, now()).report(plan_code, target_code, body)
    response.headers["Location"] = f"/v1/programme/plans/{row.plan_code}/targets/{row.target_code}"
    return ReportRead.model_validate(row)


def _shape(figure: Figure, language: Language) -> dict[str, Any]:
    target, value = figure.target, figure.value
    english = language == "en"
    return {
        "code": target.code,
        "title": target.en if english else target.vi,
        "kind": target.kind,
        "unit": target.unit,
        "scope": target.scope,
        "threshold": target.threshold,
        "deadline_before": target.deadline_before,
        "value": value.value,
        "met": value.met,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "unmet_districts": [DistrictName(code=place.code, name=place.name) for place in figure.unmet],
        "explanation": value.explanation_en if english else value.explanation_vi,
        "basis": figure.measured.basis,
        "as_of": figure.measured.as_of,
        "report": None if figure.report is None else ReportRead.model_validate(figure.report),
    }
