"""Rows of stored results with what they came from."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.scoring import (
    Council,
    CouncilResult,
    CouncilSession,
    ScoreSheet,
    ScoringRound,
    SessionRecusal,
)

_RESULTS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class FoundResult:
    """A stored result with what it came from; ``recused`` by the close of its round."""

    result: CouncilResult
    session: CouncilSession
    council: Council
    sheets: Sequence[ScoreSheet]
    recused: set[UUID]


class ResultRepository:
    """Stored results with the sheets they came from."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def with_sheets(
        self,
    ) -> AsyncIterator[tuple[CouncilResult, dict[str, Any], Sequence[ScoreSheet], set[UUID]]]:
        """Each result, the rules of its session, its round's sheets, and who was recused by its close."""
        statement = (
            select(CouncilResult, CouncilSession.rules, ScoringRound.closed_at)
            .join(CouncilSession, CouncilSession.id == CouncilResult.session_id)
            .join(ScoringRound, ScoringRound.id == CouncilResult.round_id)
            .order_by(CouncilResult.concluded_at, CouncilResult.id)
        )
        # Read in pieces: a province keeps thousands of results with everything that explains them.
        after: tuple[datetime, UUID] | None = None
        while True:
            page = statement
            if after is not None:
                page = page.where(tuple_(CouncilResult.concluded_at, CouncilResult.id) > tuple_(*after))
            rows = (await self._session.execute(page.limit(_RESULTS_AT_ONCE))).all()
            if not rows:
                return
            sheets = await self._sheets([result.round_id for result, _, _ in rows])
            recused = await self._recused([result.session_id for result, _, _ in rows])
            for result, rules, closed_at in rows:
                kept_out = {
                    user_id
                    for user_id, declared_at in recused.get((result.session_id, result.dossier_id), [])
                    if declared_at <= closed_at
                }
                yield result, rules, sheets.get(result.round_id, []), kept_out
            after = (rows[-1][0].concluded_at, rows[-1][0].id)
            self._session.expunge_all()

    async def latest(
        self, dossier_id: UUID, after: datetime | None = None
    ) -> tuple[CouncilResult, CouncilSession, Council] | None:
        """The last result on a dossier and where it was found; if wished only one from after an instant."""
        statement = (
            select(CouncilResult, CouncilSession, Council)
            .join(CouncilSession, CouncilSession.id == CouncilResult.session_id)
            .join(Council, Council.id == CouncilSession.council_id)
            .where(CouncilResult.dossier_id == dossier_id)
            .order_by(CouncilResult.concluded_at.desc(), CouncilResult.id.desc())
            .limit(1)
        )
        if after is not None:
            statement = statement.where(CouncilResult.concluded_at > after)
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    async def latest_with_sheets(self, dossier_id: UUID) -> FoundResult | None:
        """The last result on a dossier with what it came from."""
        found = await self.latest(dossier_id)
        if found is None:
            return None
        result, session, council = found
        sheets = await self._sheets([result.round_id])
        told = (await self._recused([session.id])).get((session.id, dossier_id), [])
        # Nobody is recused from a concluded dossier, so those who were, were by the close of its round.
        recused = {user_id for user_id, _ in told}
        return FoundResult(result, session, council, sheets.get(result.round_id, []), recused)

    async def _sheets(self, round_ids: Collection[UUID]) -> dict[UUID, list[ScoreSheet]]:
        statement = select(ScoreSheet).where(ScoreSheet.round_id.in_(round_ids)).order_by(ScoreSheet.id)
        found: dict[UUID, list[ScoreSheet]] = {}
        for sheet in await self._session.scalars(statement):
            found.setdefault(sheet.round_id, []).append(sheet)
        return found

    async def _recused(
        self, session_ids: Collection[UUID]
    ) -> dict[tuple[UUID, UUID], list[tuple[UUID, datetime]]]:
        statement = select(SessionRecusal).where(SessionRecusal.session_id.in_(session_ids))
        found: dict[tuple[UUID, UUID], list[tuple[UUID, datetime]]] = {}
        for one in await self._session.scalars(statement):
            found.setdefault((one.session_id, one.dossier_id), []).append((one.user_id, one.declared_at))
        return found
