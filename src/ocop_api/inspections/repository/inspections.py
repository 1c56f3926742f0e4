"""Inspections with their checklists, people, photos, steps and what follows from them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, not_, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.inspections import (
    Inspection,
    InspectionEvidence,
    InspectionImprovement,
    InspectionImprovementStep,
    InspectionInspector,
    InspectionItem,
    InspectionMinutes,
    InspectionPhoto,
    InspectionStep,
)
from ocop_api.db.tables.withdrawals import WithdrawalCase
from ocop_api.domain.actor import Actor, Level, Permission, Scope
from ocop_api.domain.inspection import InspectionKind
from ocop_api.domain.inspection_findings import REMIND_DAYS, ImprovementState
from ocop_api.inspections.policy import readers_of_secrets
from ocop_api.inspections.schemas.inspections import InspectionFilter

_ROW = Inspection.__table__.c
_SORTS = Sorts(
    {
        "created_at": (SortKey(_ROW.created_at, datetime), SortKey(_ROW.id, UUID)),
        "-created_at": (
            SortKey(_ROW.created_at, datetime, descending=True),
            SortKey(_ROW.id, UUID, descending=True),
        ),
        "scheduled_on": (SortKey(func.coalesce(_ROW.scheduled_on, date.max), date), SortKey(_ROW.id, UUID)),
    },
    default="-created_at",
)
_WAITS = InspectionImprovement.state.in_(
    [ImprovementState.REQUIRED.value, ImprovementState.NOT_ACCEPTED.value]
)
_MENDING = (
    select(
        func.count().filter(InspectionImprovement.state != ImprovementState.ACCEPTED.value).label("open"),
        func.min(case((_WAITS, InspectionImprovement.due_on))).label("due_on"),
    )
    .where(InspectionImprovement.inspection_id == Inspection.id)
    .correlate(Inspection)
    .lateral("mending")
)


@dataclass(frozen=True, slots=True)
class InspectionRecord:
    """An inspection with the certificate it is about, and what is left to be mended."""

    inspection: Inspection
    certificate: Certificate
    improvements_open: int
    next_due_on: date | None


def _inside(scope: Scope) -> ColumnElement[bool]:
    """Inspections in the areas of a scope, for officials."""
    if scope.everywhere:
        return true()
    inside: ColumnElement[bool] = Inspection.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT)))
    return inside


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Inspections the actor may read: of their areas, of the own producer, and those they carry out.

    An unannounced one that has not begun is known to the officials of the inspecting level and above and to
    its inspectors, and to nobody who acts for the producer, whatever else they are.
    """
    if actor.system:
        return true()
    read = actor.scope(Permission.INSPECTION_READ)
    known = or_(Inspection.kind == InspectionKind.PERIODIC.value, Inspection.begun_at.is_not(None))
    mine = and_(
        literal(actor.may(Permission.INSPECTION_CONDUCT)),
        exists()
        .where(InspectionInspector.inspection_id == Inspection.id)
        .where(InspectionInspector.user_id == actor.user_id),
    )
    secret = or_(
        mine,
        *(
            and_(
                Inspection.level == level.value,
                _inside(actor.scope(Permission.INSPECTION_READ, levels=readers_of_secrets(level))),
            )
            for level in (Level.PROVINCE, Level.CENTRAL)
        ),
    )
    own = [grant.producer_id for grant in actor.grants if grant.producer_id is not None]
    return or_(
        and_(known, or_(_inside(read), Inspection.producer_id.in_(read.producer_ids), mine)),
        and_(not_(known), Inspection.producer_id.not_in(own), secret),
    )


def _with_certificate() -> Select[Inspection, Certificate, int, date | None]:
    return (
        select(Inspection, Certificate, _MENDING.c.open, _MENDING.c.due_on)
        .join(Certificate, Certificate.id == Inspection.certificate_id)
        .join(_MENDING, true())
    )


class InspectionRepository:
    """Inspections in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, inspection_id: UUID, actor: Actor) -> InspectionRecord | None:
        """One visible inspection."""
        statement = _with_certificate().where(Inspection.id == inspection_id, visible_to(actor))
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else InspectionRecord(*row)

    async def lock(self, inspection_id: UUID) -> Inspection:
        """An inspection that was found, read afresh and held until the transaction ends."""
        statement = select(Inspection).where(Inspection.id == inspection_id).with_for_update()
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one()

    async def page(
        self, actor: Actor, wanted: InspectionFilter, today: date
    ) -> tuple[Rows, list[InspectionRecord]]:
        """One page of visible inspections."""
        statement = _with_certificate().where(visible_to(actor))
        same: dict[Any, Any] = {
            Inspection.state: wanted.state,
            Inspection.kind: wanted.kind,
            Inspection.plan_id: wanted.plan_id,
            Inspection.certificate_id: wanted.certificate_id,
            Inspection.conclusion: wanted.conclusion,
        }
        statement = statement.where(*(column == value for column, value in same.items() if value is not None))
        if wanted.product_id is not None:
            statement = statement.where(Inspection.product_id == survivor_of(wanted.product_id))
        if wanted.producer_id is not None:
            statement = statement.where(Inspection.producer_id == survivor_of(wanted.producer_id))
        if wanted.place_id is not None:
            statement = statement.where(Inspection.area_path.contains([wanted.place_id]))
        if wanted.overdue is not None:
            overdue = func.coalesce(_MENDING.c.due_on < today, False)
            statement = statement.where(overdue if wanted.overdue else not_(overdue))
        if wanted.mine is not None:
            mine = (
                exists()
                .where(InspectionInspector.inspection_id == Inspection.id)
                .where(InspectionInspector.user_id == actor.user_id)
            )
            statement = statement.where(mine if wanted.mine else not_(mine))
        rows = await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)
        return rows, [InspectionRecord(*row) for row in rows.items]

    async def inspectors(self, inspection_id: UUID) -> Sequence[InspectionInspector]:
        """Everybody assigned, the head first."""
        statement = (
            select(InspectionInspector)
            .where(InspectionInspector.inspection_id == inspection_id)
            .order_by(InspectionInspector.lead.desc(), InspectionInspector.name, InspectionInspector.user_id)
        )
        return (await self._session.scalars(statement)).all()

    async def items(self, inspection_id: UUID) -> Sequence[InspectionItem]:
        """The checklist in its order."""
        statement = (
            select(InspectionItem)
            .where(InspectionItem.inspection_id == inspection_id)
            .order_by(InspectionItem.ordinal)
        )
        return (await self._session.scalars(statement)).all()

    async def photos(self, inspection_id: UUID) -> Sequence[InspectionPhoto]:
        """Photos, oldest first."""
        statement = (
            select(InspectionPhoto)
            .where(InspectionPhoto.inspection_id == inspection_id)
            .order_by(InspectionPhoto.created_at, InspectionPhoto.id)
        )
        return (await self._session.scalars(statement)).all()

    async def hold_content(self, sha256: str) -> None:
        """Wait for, and until the end keep off, whoever stores or erases a picture of this content."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(sha256, 39))))

    async def shows(self, sha256: str) -> bool:
        """Whether any inspection keeps a picture of this content."""
        statement = select(InspectionPhoto.id).where(InspectionPhoto.sha256 == sha256).limit(1)
        return await self._session.scalar(statement) is not None

    async def steps(self, inspection_id: UUID) -> Sequence[InspectionStep]:
        """The whole history, oldest first."""
        statement = (
            select(InspectionStep)
            .where(InspectionStep.inspection_id == inspection_id)
            .order_by(InspectionStep.ordinal)
        )
        return (await self._session.scalars(statement)).all()

    async def next_ordinal(self, inspection_id: UUID) -> int:
        """Place of the next step; the unique constraint tells two writers of one place apart."""
        statement = select(func.coalesce(func.max(InspectionStep.ordinal), 0) + 1).where(
            InspectionStep.inspection_id == inspection_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def improvements(self, inspection_id: UUID) -> Sequence[InspectionImprovement]:
        """What has to be mended, in the order of the conclusion."""
        statement = (
            select(InspectionImprovement)
            .where(InspectionImprovement.inspection_id == inspection_id)
            .order_by(InspectionImprovement.ordinal)
        )
        return (await self._session.scalars(statement)).all()

    async def improvement_steps(
        self, improvement_ids: Collection[UUID]
    ) -> dict[UUID, list[InspectionImprovementStep]]:
        """Reports and verdicts by improvement, oldest first."""
        found: dict[UUID, list[InspectionImprovementStep]] = {one: [] for one in improvement_ids}
        if not found:
            return found
        statement = (
            select(InspectionImprovementStep)
            .where(InspectionImprovementStep.improvement_id.in_(found))
            .order_by(InspectionImprovementStep.ordinal)
        )
        for step in await self._session.scalars(statement):
            found[step.improvement_id].append(step)
        return found

    async def evidence(self, inspection_id: UUID) -> dict[UUID, list[UUID]]:
        """Documents by the report that relies on them."""
        statement = (
            select(InspectionEvidence.step_id, InspectionEvidence.document_id)
            .join(InspectionImprovementStep, InspectionImprovementStep.id == InspectionEvidence.step_id)
            .join(InspectionImprovement, InspectionImprovement.id == InspectionImprovementStep.improvement_id)
            .where(InspectionImprovement.inspection_id == inspection_id)
            .order_by(InspectionEvidence.document_id)
        )
        found: dict[UUID, list[UUID]] = {}
        for step_id, document_id in await self._session.execute(statement):
            found.setdefault(step_id, []).append(document_id)
        return found

    async def to_remind(
        self, today: date, limit: int
    ) -> Sequence[tuple[InspectionImprovement, Inspection, str]]:
        """Open improvements that stand at an untold mark, with it; none that somebody else holds."""
        due_on = InspectionImprovement.due_on
        near = [(due_on <= today + timedelta(days=days), str(days)) for days in sorted(REMIND_DAYS)]
        mark = case((due_on < today, "overdue"), *near)
        statement = (
            select(InspectionImprovement, Inspection, mark)
            .join(Inspection, Inspection.id == InspectionImprovement.inspection_id)
            .where(_WAITS, mark.is_not(None), InspectionImprovement.reminded.is_distinct_from(mark))
            .order_by(due_on, InspectionImprovement.id)
            .limit(limit)
            .with_for_update(of=InspectionImprovement, skip_locked=True)
        )
        return [(row[0], row[1], row[2]) for row in await self._session.execute(statement)]

    async def withdrawal_case(self, inspection_id: UUID) -> UUID | None:
        """The case of withdrawal that an inspection led to."""
        statement = select(WithdrawalCase.id).where(WithdrawalCase.inspection_id == inspection_id)
        found: UUID | None = await self._session.scalar(statement.order_by(WithdrawalCase.id).limit(1))
        return found

    async def minutes(self, inspection_id: UUID) -> Sequence[InspectionMinutes]:
        """Signed minutes, the newest first."""
        statement = (
            select(InspectionMinutes)
            .where(InspectionMinutes.inspection_id == inspection_id)
            .order_by(InspectionMinutes.uploaded_at.desc(), InspectionMinutes.id.desc())
        )
        return (await self._session.scalars(statement)).all()

    async def add(self, *rows: Any) -> None:
        """Store new rows."""
        self._session.add_all(rows)
        await self._session.flush()  # constraints are to speak inside the use case

    async def remove(self, row: Any) -> None:
        """Remove a row."""
        await self._session.delete(row)
        await self._session.flush()  # a trigger may refuse
