"""What waits for an officer, and who deals with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ocop_api.accounts.grants import Colleague, colleagues
from ocop_api.db.paging import Rows
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Actor
from ocop_api.domain.dossier import Acting, DossierKind, Level, Party, State
from ocop_api.domain.dossier_clock import awaited
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation
from ocop_api.domain.regimes import regime
from ocop_api.dossiers.policy import Whereabouts, capacities
from ocop_api.dossiers.service.files import DossierService, position_of
from ocop_api.dossiers.work_schemas import StateCount, WorkCounts, WorkFilter


class WorkService(DossierService):
    """The desk of one actor at one instant."""

    async def waiting(self, wanted: WorkFilter) -> Rows:
        """One page of ``(dossier, name of its product)`` that wait for the actor, the first due first."""
        return await self.rows.waiting(self.actor, self.today, wanted)

    async def counts(self) -> WorkCounts:
        """How many wait, and how many files there are in each state."""
        week = self.today + timedelta(days=7)
        waiting = await self.rows.count_waiting(self.actor, self.today, week)
        states = await self.rows.count_by_state(self.actor, self.today)
        return WorkCounts(
            waiting=waiting.total,
            overdue=waiting.overdue,
            due_within_7_days=waiting.soon,
            mine=waiting.mine,
            unassigned=waiting.unassigned,
            states=[
                StateCount(level=Level(level), state=State(state), count=count, overdue=overdue)
                for level, state, count, overdue in states
            ],
        )

    async def colleagues(self, dossier_id: UUID) -> list[Colleague]:
        """Everybody who may act on a visible dossier where it lies, by name; nobody if it waits for no desk.

        Raises:
            NotFound: ``dossier.unknown``.
            Forbidden: ``dossier.not_the_acting_party``.
        """
        dossier = await self.get(dossier_id)
        if _desk_of(dossier) is None:
            return []
        return await self._colleagues(dossier, self._require_desk(dossier))

    async def assign(self, dossier_id: UUID, user_id: UUID | None, check: Callable[[int], None]) -> Dossier:
        """Say which colleague deals with a dossier; it stays so until the file leaves the desk.

        Raises:
            NotFound, Forbidden: as ``colleagues``.
            RuleViolation: ``dossier.waits_for_no_desk``.
            Invalid: ``dossier.assignee_cannot_act`` for somebody who does not sit at this desk.
            StaleVersion: of ``check``.
        """
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        desk = self._require_desk(dossier)
        if user_id is not None:
            able = {one.user_id for one in await self._colleagues(dossier, desk)}
            if user_id not in able:
                raise Invalid("dossier.assignee_cannot_act", user_id=user_id, party=desk.party)
        if dossier.assignee_id != user_id:
            dossier.assignee_id = user_id
            dossier.updated_at = self.now
            dossier.touch()
            # The answer shows the new version.
            await self.session.flush()
            await self.tell(
                dossier, "dossier.assigned", assignee_id=None if user_id is None else str(user_id)
            )
        return dossier

    def _require_desk(self, dossier: Dossier) -> Acting:
        """The capacity the file waits for, once it is certain that the actor holds it."""
        desk = _desk_of(dossier)
        if desk is None:
            raise RuleViolation("dossier.waits_for_no_desk", state=dossier.state)
        if desk not in self.capacities(dossier):
            raise Forbidden(
                "dossier.not_the_acting_party", action="assign", party=desk.party, level=dossier.level
            )
        return desk

    async def _colleagues(self, dossier: Dossier, desk: Acting) -> list[Colleague]:
        where = Whereabouts(
            level=Level(dossier.level),
            area_path=dossier.area_path,
            producer_id=dossier.producer_id,
            council_id=dossier.council_id,
        )
        found = await colleagues(
            self.session, self.now, place_ids=dossier.area_path, council_id=dossier.council_id
        )
        return [one for one in found if desk in capacities(_acting(one), where, self.today)]


def _desk_of(dossier: Dossier) -> Acting | None:
    """The desk a file waits for; None when it waits for the producer, a council or nobody."""
    desk = awaited(regime(dossier.regime), DossierKind(dossier.kind), position_of(dossier))
    return None if desk is None or desk.party in {Party.PRODUCER, Party.COUNCIL} else desk


def _acting(colleague: Colleague) -> Actor:
    return replace(Actor(), user_id=colleague.user_id, grants=colleague.grants)
