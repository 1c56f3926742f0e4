"""Plans of inspections, what is on them, and how far they are."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.inserting import insert_rows
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.inspections import (
    Inspection,
    InspectionImprovement,
    InspectionPlan,
    InspectionPlanCertificate,
)
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.inspection import InspectionState
from ocop_api.domain.inspection_findings import ImprovementState, InspectionConclusion
from ocop_api.inspections.schemas.plans import InspectionPlanFilter, InspectionPlanProgress

_PLAN = InspectionPlan.__table__.c
_SORTS = Sorts(
    {
        "created_at": (SortKey(_PLAN.created_at, datetime), SortKey(_PLAN.id, UUID)),
        "-created_at": (
            SortKey(_PLAN.created_at, datetime, descending=True),
            SortKey(_PLAN.id, UUID, descending=True),
        ),
    },
    default="-created_at",
)
_SELECTED = (
    select(func.count())
    .where(InspectionPlanCertificate.plan_id == InspectionPlan.id)
    .correlate(InspectionPlan)
    .scalar_subquery()
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Plans of provinces the actor reads inspections in as an official; the ministry's for the ministry."""
    scope = actor.scope(Permission.INSPECTION_READ)
    if scope.everywhere:
        return true()
    inside: ColumnElement[bool] = InspectionPlan.area_path.overlap(
        literal(sorted(scope.place_ids), ARRAY(TEXT))
    )
    return inside


def _with_count() -> Select[InspectionPlan, int]:
    return select(InspectionPlan, _SELECTED)


class PlanRepository:
    """Plans in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, plan_id: UUID, actor: Actor) -> tuple[InspectionPlan, int] | None:
        """A visible plan, and how many certificates are on it."""
        statement = _with_count().where(InspectionPlan.id == plan_id, visible_to(actor))
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else (row[0], row[1])

    async def lock(self, plan_id: UUID, *, share: bool = False) -> InspectionPlan:
        """A plan that was found, read afresh and held; ``share`` only keeps others from changing it."""
        statement = select(InspectionPlan).where(InspectionPlan.id == plan_id).with_for_update(read=share)
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one()

    async def state(self, plan_id: UUID, *, hold: bool) -> str:
        """Where a plan stands; ``hold`` keeps it so until the transaction ends."""
        statement = select(InspectionPlan.state).where(InspectionPlan.id == plan_id)
        if hold:
            statement = statement.with_for_update(read=True)
        return (await self._session.execute(statement)).scalar_one()

    async def page(self, actor: Actor, wanted: InspectionPlanFilter) -> Rows:
        """One page of visible plans: ``(plan, certificates on it)``."""
        statement = _with_count().where(visible_to(actor))
        if wanted.year is not None:
            statement = statement.where(InspectionPlan.year == wanted.year)
        if wanted.state is not None:
            statement = statement.where(InspectionPlan.state == wanted.state)
        if wanted.level is not None:
            statement = statement.where(InspectionPlan.level == wanted.level)
        if wanted.place_id is not None:
            statement = statement.where(InspectionPlan.area_path.contains([wanted.place_id]))
        return await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)

    async def selected(self, plan_id: UUID) -> Sequence[Certificate]:
        """The certificates on a plan."""
        statement = (
            select(Certificate)
            .join(InspectionPlanCertificate, InspectionPlanCertificate.certificate_id == Certificate.id)
            .where(InspectionPlanCertificate.plan_id == plan_id)
            .order_by(Certificate.id)
        )
        return (await self._session.scalars(statement)).all()

    async def outside(self, certificate_ids: Collection[UUID], place_id: str | None) -> set[UUID]:
        """Those that are no certificates of the area."""
        statement = select(Certificate.id).where(Certificate.id.in_(certificate_ids))
        if place_id is not None:
            statement = statement.where(Certificate.area_path.contains([place_id]))
        return set(certificate_ids) - set(await self._session.scalars(statement))

    async def put(
        self, plan_id: UUID, certificate_ids: Collection[UUID], at: datetime, *, by_query: bool
    ) -> int:
        """Put certificates on a plan; how many of them were not there before."""
        rows = [
            {"plan_id": plan_id, "certificate_id": one, "by_query": by_query, "added_at": at}
            for one in dict.fromkeys(certificate_ids)
        ]
        key = "certificate_id"
        return len(
            await insert_rows(self._session, InspectionPlanCertificate, rows, unless_there=True, key=key)
        )

    async def count(self, plan_id: UUID) -> int:
        """How many certificates are on a plan."""
        statement = select(func.count()).where(InspectionPlanCertificate.plan_id == plan_id)
        return int((await self._session.execute(statement)).scalar_one())

    async def take_off(self, plan_id: UUID, certificate_id: UUID) -> bool:
        """Take a certificate off a plan; False when it was not on it."""
        gone = await self._session.execute(
            delete(InspectionPlanCertificate)
            .where(
                InspectionPlanCertificate.plan_id == plan_id,
                InspectionPlanCertificate.certificate_id == certificate_id,
            )
            .returning(InspectionPlanCertificate.certificate_id)
        )
        return gone.scalar_one_or_none() is not None

    async def left(self, plan_id: UUID) -> int:
        """Inspections of a plan that have not come to a conclusion."""
        waiting = (InspectionState.PLANNED.value, InspectionState.UNDER_WAY.value)
        statement = select(func.count()).where(Inspection.plan_id == plan_id, Inspection.state.in_(waiting))
        return int((await self._session.execute(statement)).scalar_one())

    async def progress(self, plan_id: UUID, year: int, today: date) -> InspectionPlanProgress:
        """How far the inspections of a plan are, in two statements."""
        state, conclusion = Inspection.state, Inspection.conclusion
        concluded = Inspection.concluded_at.is_not(None)
        ends = Certificate.valid_until.between(date(year, 1, 1), date(year, 12, 31))
        counts = {
            "planned": state == InspectionState.PLANNED,
            "under_way": state == InspectionState.UNDER_WAY,
            "concluded": concluded,
            "closed": state == InspectionState.CLOSED,
            "cancelled": state == InspectionState.CANCELLED,
            **{one.value: conclusion == one.value for one in InspectionConclusion},
            "expiring_in_year_concluded": and_(concluded, ends),
        }
        row = (
            await self._session.execute(
                select(*(func.count().filter(condition).label(name) for name, condition in counts.items()))
                .select_from(Inspection)
                .join(Certificate, Certificate.id == Inspection.certificate_id)
                .where(Inspection.plan_id == plan_id)
            )
        ).one()
        improvement = InspectionImprovement
        waits = improvement.state.in_([ImprovementState.REQUIRED, ImprovementState.NOT_ACCEPTED])
        still = or_(waits, improvement.state == ImprovementState.REPORTED)
        expiring = (
            select(func.count())
            .select_from(InspectionPlanCertificate)
            .join(Certificate, Certificate.id == InspectionPlanCertificate.certificate_id)
            .where(InspectionPlanCertificate.plan_id == plan_id, ends)
            .scalar_subquery()
        )
        mending = (
            await self._session.execute(
                select(
                    func.count().filter(still),
                    func.count().filter(and_(waits, improvement.due_on < today)),
                    expiring,
                )
                .select_from(improvement)
                .join(Inspection, Inspection.id == improvement.inspection_id)
                .where(Inspection.plan_id == plan_id)
            )
        ).one()
        return InspectionPlanProgress(
            **row._asdict(),
            improvements_open=mending[0],
            improvements_overdue=mending[1],
            expiring_in_year=mending[2],
        )
