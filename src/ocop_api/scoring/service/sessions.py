"""Reading sessions, and taking a dossier off the agenda."""

from datetime import datetime
from uuid import UUID

from ocop_api.db.paging import Rows
from ocop_api.domain.council_session import SessionAction, SessionState, session_step
from ocop_api.domain.errors import NotFound, RuleViolation
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.sessions import SessionFilter, SessionRead, SessionSummary
from ocop_api.scoring.service.desk import SessionDesk
from ocop_api.scoring.service.sittings import Sitting, agenda_item


class SessionService(SessionDesk):
    """Sessions as they are listed, read and shortened."""

    async def page(self, council_id: UUID, wanted: SessionFilter) -> tuple[Rows, list[SessionSummary]]:
        """One page of a council's sessions; ``NotFound`` ``scoring.unknown_council``."""
        if await self.councils.find(council_id, self.actor) is None:
            raise NotFound("scoring.unknown_council")
        rows = await self.councils.sessions_page(council_id, wanted)
        return rows, [SessionSummary.model_validate(row) for row in rows.items]

    async def drop(self, session_id: UUID, dossier_id: UUID, reason: str) -> SessionRead:
        """Take a dossier off the agenda without a result; sheets handed in are kept, sealed.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``scoring.dossier_done`` when it is concluded or dropped already.
        """
        sitting, seats = await self.locked(session_id)
        self.require_business(sitting, seats)
        item = await agenda_item(self.sessions, sitting, dossier_id)
        if item.state not in {"waiting", "scoring"}:
            raise RuleViolation("scoring.dossier_done", state=item.state)
        # Whoever is writing a sheet is waited for; a later one finds the dossier gone.
        await self.sessions.open_round(session_id, dossier_id, closing=True)
        item.state, item.dropped_reason = "dropped", reason
        await self.record(
            sitting.row, sitting.council, "session.dossier_dropped", {"dossier_id": str(dossier_id)}
        )
        await close_when_done(self.sessions, sitting, self.now)
        return await self.get(session_id)


async def close_when_done(sessions: SessionRepository, sitting: Sitting, now: datetime) -> None:
    """Close the session once no dossier is waiting; its row is held locked by the caller."""
    await sessions.flush()  # the states just set are read back
    row = sitting.row
    if all(item.state in {"concluded", "dropped"} for item in await sessions.agenda(row.id)):
        row.state = session_step(SessionState(row.state), SessionAction.CLOSE).target.value
        row.closed_at = now
    row.updated_at = now
    row.touch()
    await sessions.flush()
