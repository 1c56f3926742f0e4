"""What every use case around a session needs: its rows, the files it is about, and who runs its business."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import Council, CouncilSession
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import Office, Seat
from ocop_api.domain.council_session import SessionAction, SessionState, SessionStep, session_step
from ocop_api.domain.errors import Forbidden, NotFound, RuleViolation
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.scoring.policy import chairs_or_keeps_minutes, may_manage, may_rate
from ocop_api.scoring.repository import CouncilRepository, SessionRepository
from ocop_api.scoring.schemas.sessions import SessionRead
from ocop_api.scoring.service.reading import describe
from ocop_api.scoring.service.sittings import Sitting, load_sitting


class SessionDesk:
    """Sessions of the councils that the actor may see, at one moment."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.councils = CouncilRepository(session)
        self.sessions = SessionRepository(session)
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        # The right to the council's business has been checked before a file is touched; the files of
        # the council are then reached whatever area grants its secretary holds.
        self.dossiers = DossierService(session, replace(actor, system=True), now)

    async def get(self, session_id: UUID) -> SessionRead:
        """A session: seats, agenda, who has handed in a sheet; ``NotFound`` ``scoring.unknown_session``."""
        sitting = await load_sitting(self.sessions, session_id, self.actor)
        members = await self.councils.members(sitting.council.id)
        return await describe(self.sessions, sitting, self.actor, members)

    async def locked(self, session_id: UUID) -> tuple[Sitting, list[Seat]]:
        """The session, locked with its council, and who sits on it: as it opened, today's before that.

        Raises:
            NotFound: ``scoring.unknown_session``.
        """
        sitting = await load_sitting(self.sessions, session_id, self.actor, lock=True)
        return sitting, sitting.seats or await self.seated(sitting.council)

    async def seated(self, council: Council) -> list[Seat]:
        """Who sits on the council today."""
        members = await self.councils.members(council.id)
        return [Seat(member.user_id, Office(member.office)) for member in members]

    def require_business(self, sitting: Sitting, seats: Sequence[Seat]) -> None:
        """Refuse whoever does not run the council's business; ``Forbidden`` ``auth.not_permitted``."""
        council = sitting.council
        if may_manage(self.actor, council.level, council.area_path, council.id):
            return
        if not chairs_or_keeps_minutes(self.actor.user_id, seats, None):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)

    def step(self, sitting: Sitting, action: SessionAction) -> SessionStep:
        """The row of the table for an action now; raises as ``session_step``."""
        return session_step(SessionState(sitting.row.state), action)

    def changed(self, row: CouncilSession) -> None:
        """Count a change of the session."""
        row.updated_at = self.now
        row.touch()

    async def ready(self, council: Council, dossier_ids: Sequence[UUID]) -> dict[UUID, Dossier]:
        """Dossiers, locked, that all lie with the council and can be scored.

        Raises:
            RuleViolation: ``scoring.dossiers_not_ready`` with those that do not lie with this council;
                ``scoring.no_criteria``.
        """
        found: dict[UUID, Dossier] = {}
        for dossier_id in sorted(dossier_ids):
            try:
                dossier = await self.dossiers.get(dossier_id, lock=True)
            except NotFound:
                continue
            if may_rate(council, dossier):
                found[dossier_id] = dossier
        # One answer for what does not exist and what lies elsewhere, so nothing is learnt from it.
        missing = [str(one) for one in dossier_ids if one not in found]
        if missing:
            raise RuleViolation("scoring.dossiers_not_ready", dossiers=missing)
        unscorable = [str(one.id) for one in found.values() if one.edition is None]
        if unscorable:
            raise RuleViolation("scoring.no_criteria", dossiers=unscorable)
        return {dossier_id: found[dossier_id] for dossier_id in dossier_ids}

    async def record(self, row: CouncilSession, council: Council, kind: str, data: dict[str, object]) -> None:
        """Write what happened to a session into the ledger."""
        await record(
            self.session,
            kind=kind,
            subject_type="council_session",
            subject_id=row.id,
            actor=self.actor,
            at=self.now,
            data={"council_id": str(council.id), **data},
            area_path=council.area_path,
        )
