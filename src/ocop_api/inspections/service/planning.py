"""Planning inspections: one by one, who carries them out and when, and what inspectors declare."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from ocop_api.accounts.service import AccountService
from ocop_api.certificates.service import CertificateService
from ocop_api.certificates.standing import Standing
from ocop_api.db.base import uuid7
from ocop_api.db.tables.inspections import Inspection, InspectionInspector
from ocop_api.domain.actor import ROLE_PERMISSIONS, Bound, Level, Permission
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.inspection import Content, InspectionAction, InspectionParty, InspectionState, PlanState
from ocop_api.inspections.policy import inspection_parties
from ocop_api.inspections.repository.plans import PlanRepository
from ocop_api.inspections.schemas.inspections import (
    InspectionCreate,
    InspectionUpdate,
    InspectorAssigned,
    InterestDeclaration,
)
from ocop_api.inspections.service.inspections import Check, InspectionService, is_known
from ocop_api.places.service import PlaceService

_ENDED = frozenset({Standing.WITHDRAWN, Standing.SUPERSEDED})


class PlanningService(InspectionService):
    """What happens to an inspection before it begins."""

    async def plan(self, order: InspectionCreate) -> UUID:
        """Plan an inspection: a further one on an approved plan, or one without notice; gives its id.

        Raises:
            NotFound: ``certificate.not_found``; ``inspection.unknown_plan``; ``accounts.unknown_user``.
            Forbidden: ``auth.not_permitted`` unless the caller is of the inspecting office.
            RuleViolation: ``inspection.certificate_ended``; ``inspection.plan_not_approved``;
                ``inspection.not_an_inspector``, ``inspection.inspector_acts_for_producer``.
            Invalid: ``inspection.outside_area``; ``inspection.level_unknown``; ``inspection.scheduled_past``.
            Conflict: ``inspection.already_on_plan``, ``inspection.already_open``.
        """
        found = await CertificateService(self.session, self.actor, self.now).get(order.certificate_id)
        certificate = found.certificate
        inspection = Inspection(
            id=uuid7(),
            kind=order.kind.value,
            plan_id=order.plan_id,
            certificate_id=certificate.id,
            product_id=certificate.product_id,
            producer_id=certificate.producer_id,
            area_path=certificate.area_path,
            cause=None if order.cause is None else order.cause.value,
            cause_note=order.cause_note,
            state=InspectionState.PLANNED.value,
            created_by=self.actor.user_id,
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        if order.plan_id is not None:
            await self._follow_plan(inspection, order.plan_id)
        else:
            await self._without_notice(inspection, order)
        self._require_office(inspection)
        if found.life.standing(self.today) in _ENDED:
            raise RuleViolation(
                "inspection.certificate_ended", standing=found.life.standing(self.today).value
            )
        self._schedule(inspection, order)
        await self.rows.add(inspection)
        people = await self._team(inspection, order.inspectors, ())
        data = {"inspectors": [str(one.user_id) for one in people]}
        await self.note(inspection, "plan", None, InspectionParty.OFFICE, data=data)
        kind = "inspection.announced" if is_known(inspection) else "inspection.planned"
        await self.tell(inspection, kind, tell_users=data["inspectors"])
        return inspection.id

    async def assign(self, inspection_id: UUID, order: InspectionUpdate, check: Check) -> None:
        """Say who inspects and when, until the inspection begins.

        Raises:
            NotFound: ``inspection.unknown``; ``accounts.unknown_user``.
            Forbidden, RuleViolation: as ``domain.inspection.step`` and ``plan``.
            Invalid: ``inspection.scheduled_past``.
        """
        inspection = await self.held(inspection_id, InspectionAction.ASSIGN, check)
        if "scheduled_on" in order.model_fields_set:
            self._schedule(inspection, order)
        held = {one.user_id: one for one in await self.rows.inspectors(inspection.id)}
        people: Sequence[InspectionInspector] = list(held.values())
        if order.inspectors is not None:
            people = await self._team(inspection, order.inspectors, people)
        data = {
            "scheduled_on": None if inspection.scheduled_on is None else inspection.scheduled_on.isoformat(),
            "inspectors": [str(one.user_id) for one in people],
        }
        await self.take(inspection, InspectionAction.ASSIGN, data=data)
        # The day of one without notice is for those who go there.
        told = {"scheduled_on": data["scheduled_on"]} if is_known(inspection) else {}
        await self.tell(inspection, "inspection.scheduled", **told, tell_users=data["inspectors"])

    async def declare(self, inspection_id: UUID, order: InterestDeclaration) -> None:
        """Declare as an inspector whether one has an interest in the producer; said again, the last counts.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.inspection.step``.
        """
        inspection = await self.held(inspection_id, InspectionAction.DECLARE)
        people = await self.rows.inspectors(inspection.id)
        mine = next(one for one in people if one.user_id == self.actor.user_id)
        mine.declared_at, mine.has_interest, mine.declaration = self.now, order.has_interest, order.note
        data = {"user_id": str(mine.user_id), "has_interest": order.has_interest}
        await self.take(inspection, InspectionAction.DECLARE, reason=order.note, data=data)
        to = [str(inspection.created_by)] if order.has_interest and inspection.created_by else []
        await self.tell(
            inspection, "inspection.interest_declared", has_interest=order.has_interest, tell_users=to
        )

    async def _follow_plan(self, inspection: Inspection, plan_id: UUID) -> None:
        plans = PlanRepository(self.session)
        if await plans.find(plan_id, self.actor) is None:
            raise NotFound("inspection.unknown_plan")
        # Held so that the plan is not closed meanwhile.
        plan = await plans.lock(plan_id, share=True)
        if plan.state != PlanState.APPROVED:
            raise RuleViolation("inspection.plan_not_approved", state=plan.state)
        if plan.place_id is not None and plan.place_id not in inspection.area_path:
            raise Invalid("inspection.outside_area", certificate_ids=[str(inspection.certificate_id)])
        inspection.level, inspection.place_id = plan.level, plan.place_id
        inspection.contents = plan.contents
        await plans.put(plan.id, [inspection.certificate_id], self.now, by_query=False)

    async def _without_notice(self, inspection: Inspection, order: InspectionCreate) -> None:
        level = order.level
        if level is None:
            manages = self.actor.scope(Permission.INSPECTION_MANAGE, levels={Level.PROVINCE})
            level = Level.PROVINCE if manages.covers(area_path=inspection.area_path) else Level.CENTRAL
        if level not in {Level.PROVINCE, Level.CENTRAL}:
            raise Invalid("inspection.level_unknown", level=level.value)
        inspection.level = level.value
        inspection.place_id = await self._province_of(inspection) if level is Level.PROVINCE else None
        wanted = list(Content) if order.contents is None else order.contents
        inspection.contents = [one.value for one in dict.fromkeys(wanted)]

    async def _province_of(self, inspection: Inspection) -> str:
        units = await PlaceService(self.session).get_many(inspection.area_path)
        for unit_id in inspection.area_path:
            unit = units.get(unit_id)
            if unit is not None and unit.level is Level.PROVINCE and unit.in_force(self.today):
                return unit_id
        raise Invalid("inspection.outside_area", certificate_ids=[str(inspection.certificate_id)])

    def _require_office(self, inspection: Inspection) -> None:
        held = inspection_parties(
            self.actor,
            level=Level(inspection.level),
            area_path=inspection.area_path,
            producer_id=inspection.producer_id,
            inspectors=(),
        )
        if InspectionParty.OFFICE not in held:
            raise Forbidden("auth.not_permitted", permission=Permission.INSPECTION_MANAGE.value)

    def _schedule(self, inspection: Inspection, order: InspectionCreate | InspectionUpdate) -> None:
        day = order.scheduled_on
        if day is not None and day < self.today:
            raise Invalid("inspection.scheduled_past", scheduled_on=day, today=self.today)
        inspection.scheduled_on = day

    async def _team(
        self,
        inspection: Inspection,
        wanted: Sequence[InspectorAssigned],
        held: Sequence[InspectionInspector],
    ) -> list[InspectionInspector]:
        """Make these the inspectors; who stays keeps the declaration."""
        kept = {one.user_id: one for one in held}
        people = []
        for order in wanted:
            row = kept.pop(order.user_id, None)
            if row is None:
                row = InspectionInspector(
                    inspection_id=inspection.id,
                    user_id=order.user_id,
                    name=await self._fit(order.user_id, inspection),
                )
                self.session.add(row)
            row.lead = order.lead
            people.append(row)
        for gone in kept.values():
            await self.rows.remove(gone)
        await self.session.flush()
        return people

    async def _fit(self, user_id: UUID, inspection: Inspection) -> str:
        """The name of somebody who may inspect this producer."""
        # Whoever plans need not administer accounts.
        accounts = AccountService(self.session, replace(self.actor, system=True), self.now)
        account = await accounts.get(user_id)
        if any(grant.producer_id == inspection.producer_id for grant in account.grants):
            raise RuleViolation("inspection.inspector_acts_for_producer", user_id=user_id)
        able = account.disabled_at is None and any(
            Permission.INSPECTION_CONDUCT in ROLE_PERMISSIONS[grant.role]
            and grant.valid_from <= self.now
            and (grant.bound is Bound.EVERYWHERE or grant.place_id in inspection.area_path)
            for grant in account.grants
        )
        if not able:
            raise RuleViolation("inspection.not_an_inspector", user_id=user_id)
        return account.display_name
