"""Appeals as their services share them: finding one, who may act on it, its history and what is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.appeals_repository import AppealRecord, AppealRepository
from ocop_api.certificates.appeals_schemas import AppealFilter
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.standing import Standing
from ocop_api.db.paging import Rows
from ocop_api.db.tables.appeals import Appeal, AppealStep
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.appeal import AppealParty, AppealState
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import Office
from ocop_api.domain.dossier import Level, Party
from ocop_api.domain.errors import NotFound, RuleViolation
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.scoring.service.councils import CouncilService
from ocop_api.scoring.service.earlier_ratings import EarlierRatings

Check = Callable[[int], None]
"""Refuses a version that is not the caller's, such as ``ExpectedVersion.check``."""

SPEAK_FOR_PANEL = frozenset({Office.CHAIR, Office.SECRETARY})
"""Who files a panel's report."""
_PARTIES = {
    Party.PRODUCER: AppealParty.PRODUCER,
    Party.OFFICE: AppealParty.OFFICE,
    Party.AUTHORITY: AppealParty.AUTHORITY,
}


class AppealService:
    """Appeals for one actor at one instant; the caller's transaction closes at the edge."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.rows = AppealRepository(session)
        self.certificates = CertificateRepository(session)
        self.ratings = EarlierRatings(session, actor, now)
        # An appeal that is visible opens its dossier to what is done about it; who may do it is asked of
        # the actor's own grants.
        self.dossiers = DossierService(session, replace(actor, system=True), now)
        self.councils = CouncilService(session, replace(actor, system=True), now)

    @property
    def today(self) -> date:
        """The calendar day in Vietnam."""
        return vietnam_date(self.now)

    async def get(self, appeal_id: UUID) -> AppealRecord:
        """An appeal the actor may read; ``NotFound`` ``appeal.unknown`` otherwise."""
        found = await self.rows.find(appeal_id, self.actor)
        if found is None:
            raise NotFound("appeal.unknown", appeal_id=appeal_id)
        return found

    async def page(self, wanted: AppealFilter) -> tuple[Rows, list[AppealRecord]]:
        """One page of the appeals the actor may read."""
        return await self.rows.page(self.actor, wanted)

    async def parties(self, appeal: Appeal, dossier: Dossier) -> frozenset[AppealParty]:
        """Every capacity in which the actor may act on an appeal today.

        Offices and authorities are those of the level that decided on the dossier. Nobody who acts for the
        producer holds another capacity in their appeal.
        """
        where = DossierService(self.session, self.actor, self.now)
        level = Level(appeal.level)
        found = {
            _PARTIES[held.party]
            for held in where.capacities(dossier)
            if held.party in _PARTIES and held.level in {None, level}
        }
        if AppealParty.PRODUCER in found:
            return frozenset({AppealParty.PRODUCER})
        if await self._speaks_for_panel(appeal):
            found.add(AppealParty.PANEL)
        return frozenset(found)

    async def note(
        self,
        appeal: Appeal,
        action: str,
        origin: AppealState | None,
        party: AppealParty,
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Write a step into the history of an appeal that is in its new state already."""
        await self.rows.add(
            AppealStep(
                appeal_id=appeal.id,
                ordinal=await self.rows.next_ordinal(appeal.id),
                action=action,
                from_state=None if origin is None else origin.value,
                to_state=appeal.state,
                party=party.value,
                actor_id=self.actor.user_id,
                at=self.now,
                reason=reason,
                data=data or {},
            )
        )

    async def tell(self, appeal: Appeal, dossier: Dossier, kind: str, **data: object) -> None:
        """Write the ledger event; grounds, findings and reasons stay with the appeal."""
        await record(
            self.session,
            kind=kind,
            subject_type="appeal",
            subject_id=appeal.id,
            actor=self.actor,
            at=self.now,
            data={
                "dossier_id": str(dossier.id),
                "producer_id": str(dossier.producer_id),
                "product_id": str(dossier.product_id),
                "product_code": dossier.product_code,
                "level": appeal.level,
                "outcome": appeal.outcome,
                "state": appeal.state,
                **data,
            },
            area_path=dossier.area_path,
        )

    async def require_certificate(self, dossier: Dossier) -> CertificateRecord | None:
        """The certificate a dossier led to, which must not have been withdrawn or replaced.

        Raises:
            RuleViolation: ``appeal.certificate_ended`` with its ``standing``.
        """
        found = await self.certificates.of_dossier(dossier.id, None)
        standing = None if found is None else found.life.standing(self.today)
        if standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
            raise RuleViolation("appeal.certificate_ended", standing=standing.value)
        return found

    async def _speaks_for_panel(self, appeal: Appeal) -> bool:
        # A seat whose role has been taken back since does not count any more.
        held = (Permission.SHEET_SUBMIT, Permission.COUNCIL_MANAGE)
        if appeal.panel_id is None or not any(
            self.actor.scope(one, levels=()).covers(council_id=appeal.panel_id) for one in held
        ):
            return False
        panel = await self.councils.get(appeal.panel_id)
        return any(m.user_id == self.actor.user_id and m.office in SPEAK_FOR_PANEL for m in panel.members)
