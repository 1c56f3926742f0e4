"""Plans of inspections: drafting, choosing certificates, approval, the end."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.paging import Rows, Slice
from ocop_api.db.tables.inspections import Inspection, InspectionPlan, InspectionStep
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.inspection import (
    PLAN_TABLE,
    InspectionKind,
    InspectionParty,
    InspectionState,
    PlanAction,
    PlanState,
    plan_step,
)
from ocop_api.inspections.policy import plan_parties
from ocop_api.inspections.repository.candidates import CandidateRepository
from ocop_api.inspections.repository.plans import PlanRepository
from ocop_api.inspections.schemas.plans import (
    MOST_SELECTED,
    InspectionCandidate,
    InspectionCandidateFilter,
    InspectionPlanAllowedAction,
    InspectionPlanCreate,
    InspectionPlanFilter,
    InspectionPlanRead,
    InspectionPlanSelect,
    InspectionPlanSummary,
    InspectionPlanUpdate,
    InspectionQueryRead,
    PlannedCertificateRead,
)
from ocop_api.inspections.service.inspections import Check
from ocop_api.ledger.recording import Happening, record, record_many
from ocop_api.places.service import PlaceService


class PlanService:
    """Plans for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = PlanRepository(session)
        self._candidates = CandidateRepository(session)

    @property
    def today(self) -> date:
        """The calendar day in Vietnam."""
        return vietnam_date(self._now)

    async def candidates(self, wanted: InspectionCandidateFilter) -> tuple[Rows, list[InspectionCandidate]]:
        """Certificates to choose among, for officials.

        Raises:
            Forbidden: ``auth.not_permitted`` to whoever reads inspections in no area.
        """
        scope = self._actor.scope(Permission.INSPECTION_READ)
        if not (scope.everywhere or scope.place_ids):
            raise Forbidden("auth.not_permitted", permission=Permission.INSPECTION_READ.value)
        return await self._candidates.page(self._actor, wanted, wanted.slice(), self.today)

    async def create(self, order: InspectionPlanCreate) -> UUID:
        """Draft a plan; gives its id.

        Raises:
            NotFound: ``places.unknown``.
            Invalid: ``inspection.not_a_province``.
            Forbidden: ``auth.not_permitted`` unless the caller is of the office of that level and place.
        """
        level, area_path = Level.CENTRAL, []
        if order.place_id is not None:
            places = PlaceService(self._session)
            place = await places.get(order.place_id)
            if place.level is not Level.PROVINCE or not place.in_force(self.today):
                raise Invalid("inspection.not_a_province", place_id=order.place_id)
            level, area_path = Level.PROVINCE, await places.area_path(order.place_id)
        if InspectionParty.OFFICE not in plan_parties(self._actor, level, area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.INSPECTION_MANAGE.value)
        plan = InspectionPlan(
            id=uuid7(),
            **order.model_dump(exclude={"contents"}),
            contents=[one.value for one in dict.fromkeys(order.contents)],
            level=level.value,
            area_path=area_path,
            state=PlanState.DRAFT.value,
            queries=[],
            created_by=self._actor.user_id,
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        self._session.add(plan)
        await self._session.flush()
        await self._tell(plan, "inspection_plan.drafted")
        return plan.id

    async def update(self, plan_id: UUID, order: InspectionPlanUpdate, check: Check) -> None:
        """Change a draft by the fields that were sent.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.plan_step``.
            Invalid: ``inspection.plan_period``, ``inspection.plan_basis``.
        """
        plan = await self._held(plan_id, PlanAction.UPDATE, check)
        given = order.model_dump(exclude_unset=True)
        nullable = {"basis_number", "basis_on"}
        given = {name: value for name, value in given.items() if value is not None or name in nullable}
        if "contents" in given:
            given["contents"] = [one.value for one in dict.fromkeys(given["contents"])]
        changed = {name: value for name, value in given.items() if getattr(plan, name) != value}
        for name, value in changed.items():
            setattr(plan, name, value)
        if plan.period_from > plan.period_to:
            raise Invalid("inspection.plan_period", first=plan.period_from, last=plan.period_to)
        if (plan.basis_number is None) != (plan.basis_on is None):
            raise Invalid("inspection.plan_basis")
        if changed:
            await self._changed(plan, "inspection_plan.updated", fields=sorted(changed))

    async def select(self, plan_id: UUID, order: InspectionPlanSelect, check: Check) -> None:
        """Put certificates on a draft: those that are named and those a query finds today.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.plan_step``.
            Invalid: ``inspection.outside_area`` with named certificates that are none of the plan's area;
                ``inspection.plan_too_large``.
        """
        plan = await self._held(plan_id, PlanAction.SELECT, check)
        outside = await self._rows.outside(order.certificate_ids, plan.place_id)
        if outside:
            raise Invalid("inspection.outside_area", certificate_ids=sorted(map(str, outside)))
        added = await self._rows.put(plan.id, order.certificate_ids, self._now, by_query=False)
        if order.query is not None:
            found = await self._candidates.found(order.query, self.today, plan.place_id, MOST_SELECTED)
            if len(found) > MOST_SELECTED:
                raise Invalid("inspection.plan_too_large", limit=MOST_SELECTED)
            by_query = await self._rows.put(plan.id, found, self._now, by_query=True)
            kept = {
                "at": self._now.isoformat(),
                "by": None if self._actor.user_id is None else str(self._actor.user_id),
                "query": order.query.model_dump(mode="json", exclude_none=True),
                "added": by_query,
            }
            plan.queries = [*plan.queries, kept]
            added += by_query
        if await self._rows.count(plan.id) > MOST_SELECTED:
            raise Invalid("inspection.plan_too_large", limit=MOST_SELECTED)
        await self._changed(plan, "inspection_plan.selected", added=added)

    async def take_off(self, plan_id: UUID, certificate_id: UUID, check: Check) -> None:
        """Take a certificate off a draft.

        Raises:
            NotFound: ``inspection.unknown_plan``; ``inspection.not_on_plan``.
            Forbidden, RuleViolation: as ``domain.inspection.plan_step``.
        """
        plan = await self._held(plan_id, PlanAction.SELECT, check)
        if not await self._rows.take_off(plan.id, certificate_id):
            raise NotFound("inspection.not_on_plan")
        await self._changed(plan, "inspection_plan.unselected")

    async def approve(self, plan_id: UUID, check: Check) -> None:
        """Approve a plan: an inspection of every certificate on it is planned and announced.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.plan_step``.
        """
        plan = await self._held(plan_id, PlanAction.APPROVE, check)
        plan.state = PlanState.APPROVED.value
        plan.approved_by, plan.approved_at = self._actor.user_id, self._now
        certificates = await self._rows.selected(plan.id)
        await self._changed(plan, "inspection_plan.approved", inspections=len(certificates))
        made: dict[UUID, Any] = {uuid7(): certificate for certificate in certificates}
        rows = [
            {
                "id": inspection_id,
                "kind": InspectionKind.PERIODIC.value,
                "plan_id": plan.id,
                "certificate_id": one.id,
                "product_id": one.product_id,
                "producer_id": one.producer_id,
                "level": plan.level,
                "place_id": plan.place_id,
                "area_path": one.area_path,
                "contents": plan.contents,
                "state": InspectionState.PLANNED.value,
                "created_by": self._actor.user_id,
                "created_at": self._now,
                "updated_at": self._now,
                "version": 1,
            }
            for inspection_id, one in made.items()
        ]
        await insert_rows(self._session, Inspection, rows)
        steps: list[dict[str, Any]] = [
            {
                "id": uuid7(),
                "inspection_id": inspection_id,
                "ordinal": 1,
                "action": "plan",
                "to_state": InspectionState.PLANNED.value,
                "party": InspectionParty.AUTHORITY.value,
                "actor_id": self._actor.user_id,
                "at": self._now,
                "data": {},
            }
            for inspection_id in made
        ]
        await insert_rows(self._session, InspectionStep, steps)
        announced = [
            Happening(
                "inspection.announced",
                "inspection",
                inspection_id,
                {
                    "kind": InspectionKind.PERIODIC.value,
                    "level": plan.level,
                    "plan_id": str(plan.id),
                    "certificate_id": str(one.id),
                    "product_id": str(one.product_id),
                    "producer_id": str(one.producer_id),
                    "state": InspectionState.PLANNED.value,
                },
                one.area_path,
            )
            for inspection_id, one in made.items()
        ]
        await record_many(self._session, announced, actor=self._actor, at=self._now)

    async def close(self, plan_id: UUID, check: Check) -> None:
        """Close a plan on which no inspection waits for its conclusion.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.plan_step``;
                ``inspection.plan_unfinished`` with how many are ``left``.
        """
        plan = await self._held(plan_id, PlanAction.CLOSE, check)
        left = await self._rows.left(plan.id)
        if left:
            raise RuleViolation("inspection.plan_unfinished", left=left)
        plan.state, plan.closed_at = PlanState.CLOSED.value, self._now
        await self._changed(plan, "inspection_plan.closed")

    async def page(self, wanted: InspectionPlanFilter) -> tuple[Rows, list[InspectionPlanSummary]]:
        """One page of the plans the actor may read."""
        rows = await self._rows.page(self._actor, wanted)
        return rows, [InspectionPlanSummary(**_summary(plan, selected)) for plan, selected in rows.items]

    async def shown(self, plan_id: UUID) -> InspectionPlanRead:
        """A plan in full; ``NotFound`` ``inspection.unknown_plan``."""
        plan, selected = await self._get(plan_id)
        mine = plan_parties(self._actor, Level(plan.level), plan.area_path)
        return InspectionPlanRead(
            **_summary(plan, selected),
            basis_number=plan.basis_number,
            basis_on=plan.basis_on,
            contents=plan.contents,
            taking_part=plan.taking_part,
            queries=[InspectionQueryRead.model_validate(one) for one in plan.queries],
            approved_by=plan.approved_by,
            closed_at=plan.closed_at,
            progress=await self._rows.progress(plan.id, plan.year, self.today),
            allowed_actions=[
                InspectionPlanAllowedAction(action=row.action, party=row.party)
                for row in PLAN_TABLE
                if row.origin.value == plan.state and row.party in mine
            ],
        )

    async def certificates(self, plan_id: UUID, wanted: Slice) -> tuple[Rows, list[PlannedCertificateRead]]:
        """One page of the certificates on a visible plan; ``NotFound`` as ``shown``."""
        await self._get(plan_id)
        return await self._candidates.of_plan(plan_id, wanted, self.today)

    async def _get(self, plan_id: UUID) -> tuple[InspectionPlan, int]:
        found = await self._rows.find(plan_id, self._actor)
        if found is None:
            raise NotFound("inspection.unknown_plan")
        return found

    async def _held(self, plan_id: UUID, action: PlanAction, check: Check) -> InspectionPlan:
        _, selected = await self._get(plan_id)
        plan = await self._rows.lock(plan_id)
        if action is PlanAction.APPROVE:
            selected = await self._rows.count(plan_id)
        parties = plan_parties(self._actor, Level(plan.level), plan.area_path)
        plan_step(PlanState(plan.state), action, parties=parties, selected=selected)
        check(plan.version)
        return plan

    async def _changed(self, plan: InspectionPlan, kind: str, **data: object) -> None:
        plan.updated_at = self._now
        plan.touch()
        # The answer is read by the same session.
        await self._session.flush()
        await self._tell(plan, kind, **data)

    async def _tell(self, plan: InspectionPlan, kind: str, **data: object) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="inspection_plan",
            subject_id=plan.id,
            actor=self._actor,
            at=self._now,
            data={"year": plan.year, "level": plan.level, "state": plan.state, **data},
            area_path=plan.area_path,
        )


def _summary(plan: InspectionPlan, selected: int) -> dict[str, Any]:
    names = InspectionPlanSummary.model_fields.keys() - {"selected"}
    return {name: getattr(plan, name) for name in names} | {"selected": selected}
