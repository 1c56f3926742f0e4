"""Plans, how far their targets are reached, and the reports of agencies."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.programme import TargetReport
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden
from ocop_api.domain.programme import (
    Count,
    Measurement,
    Plan,
    Statement,
    Target,
    TargetKind,
    TargetValue,
    available_plans,
    evaluate_target,
    load_plan,
)
from ocop_api.ledger.recording import record
from ocop_api.places.service import Place
from ocop_api.programme.measuring import Behind, Measured, Measuring, Province, province_of
from ocop_api.programme.policy import check_report, may_report
from ocop_api.programme.repository import ProgrammeRepository
from ocop_api.programme.schemas import Basis, ReportCreate


@dataclass(frozen=True, slots=True)
class Figure:
    """A target judged, with what the judgement rests on and the districts that miss it."""

    target: Target
    value: TargetValue
    measured: Measured
    report: TargetReport | None
    unmet: list[Place]


class ProgrammeService:
    """The programme's plans for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._today = vietnam_date(now)
        self._rows = ProgrammeRepository(session)

    def plans(self) -> list[Plan]:
        """All plans, the newest first."""
        plans = [load_plan(code) for code in available_plans()]
        return sorted(plans, key=lambda plan: (plan.year, plan.issued_on, plan.code), reverse=True)

    def plan(self, code: str) -> Plan:
        """One plan, or ``NotFound`` ``programme.plan_unknown``."""
        return load_plan(code)

    async def figures(self, plan_code: str) -> list[Figure]:
        """Every target of a plan as it stands; raises as ``plan``."""
        plan = self.plan(plan_code)
        province = await province_of(self._session, plan)
        measuring = self._measuring(plan, province)
        reports = await self._rows.latest_reports(plan.code)
        return [
            await self._figure(target, measuring, province, reports.get(target.code))
            for target in plan.targets
        ]

    async def figure(self, plan_code: str, target_code: str) -> tuple[Figure, Behind | None]:
        """One target as it stands, with the records behind it.

        Raises:
            NotFound: ``programme.plan_unknown``, ``programme.target_unknown``.
        """
        plan = self.plan(plan_code)
        target = plan.target(target_code)
        province = await province_of(self._session, plan)
        measuring = self._measuring(plan, province)
        reports = await self._rows.latest_reports(plan.code, target.code)
        figure = await self._figure(target, measuring, province, reports.get(target.code))
        if target.kind is TargetKind.REPORTED:
            return figure, None
        return figure, await measuring.behind(target)

    async def report(self, plan_code: str, target_code: str, body: ReportCreate) -> TargetReport:
        """Add a report on a target that the records cannot tell; earlier ones stay as they are.

        Raises:
            NotFound: ``programme.plan_unknown``, ``programme.target_unknown``.
            Forbidden: ``auth.not_permitted`` for anybody but the province of the plan or its successor.
            RuleViolation: ``programme.target_computed``.
            Invalid: ``programme.report_mismatch``, ``programme.report_date``.
        """
        plan = self.plan(plan_code)
        target = plan.target(target_code)
        province = await province_of(self._session, plan)
        if not may_report(self._actor, province.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.PROGRAMME_REPORT.value)
        check_report(
            plan,
            target,
            value=body.value,
            done=body.done,
            reported_on=body.reported_on,
            today=self._today,
        )
        row = TargetReport(
            plan_code=plan.code,
            target_code=target.code,
            value=body.value,
            done=body.done,
            note=body.note,
            reported_on=body.reported_on,
            reported_by=self._actor.user_id,
            recorded_at=self._now,
        )
        self._session.add(row)
        await self._session.flush()  # the id goes into the ledger
        await record(
            self._session,
            kind="programme.target_reported",
            subject_type="programme_target",
            subject_id=f"{plan.code}/{target.code}",
            actor=self._actor,
            at=self._now,
            # The note is free text and may name people, so it stays out of the ledger.
            data={
                "report_id": str(row.id),
                "plan": plan.code,
                "target": target.code,
                "value": row.value,
                "done": row.done,
                "reported_on": row.reported_on.isoformat(),
            },
            area_path=province.area_path,
        )
        return row

    def _measuring(self, plan: Plan, province: Province) -> Measuring:
        return Measuring(self._session, self._actor, self._now, plan, province)

    async def _figure(
        self, target: Target, measuring: Measuring, province: Province, report: TargetReport | None
    ) -> Figure:
        if target.kind is TargetKind.COMPUTABLE:
            report = None
            measured = await measuring.measure(target)
        elif report is None:
            measured = Measured(None, self._today, Basis.NONE)
        else:
            measured = Measured(_reported(report), report.reported_on, Basis.REPORT)
        value = evaluate_target(target, measured.measurement)
        unmet = [place for place in province.districts if place.code in value.unmet_districts]
        return Figure(target, value, measured, report, unmet)


def _reported(report: TargetReport) -> Measurement | None:
    if report.done is not None:
        return Statement(report.done)
    return None if report.value is None else Count(report.value)
