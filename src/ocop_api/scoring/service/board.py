"""The board of a session for whoever runs its business."""

from typing import Any
from uuid import UUID

from ocop_api.domain.council_session import SessionState
from ocop_api.scoring.schemas.board import BoardRead, board_of
from ocop_api.scoring.service.desk import SessionDesk
from ocop_api.scoring.service.sittings import load_sitting


class BoardService(SessionDesk):
    """Boards as they are now."""

    async def permitted(self, session_id: UUID) -> UUID:
        """The id, if the actor may follow the session.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``auth.not_permitted`` to others than those who run the council's business.
        """
        sitting = await load_sitting(self.sessions, session_id, self.actor)
        self.require_business(sitting, sitting.seats or await self.seated(sitting.council))
        return sitting.row.id

    async def board(self, session_id: UUID) -> BoardRead:
        """Who has handed in a sheet, and what closed rounds gave; raises as ``permitted``."""
        await self.permitted(session_id)
        shown = await self.get(session_id)
        names = await self.dossiers.product_names([one.dossier_id for one in shown.dossiers])
        results: dict[UUID, list[tuple[int, Any, dict[str, Any]]]] = {}
        for dossier_id, number, closed_at, facts in await self.sessions.told_results(session_id):
            results.setdefault(dossier_id, []).append((number, closed_at, facts))
        return board_of(shown, names, results)

    async def mark(self, session_id: UUID) -> tuple[SessionState, str]:
        """The state, and a word that changes with the board; cheap enough to ask every second."""
        return await self.sessions.signs_of_life(session_id)
