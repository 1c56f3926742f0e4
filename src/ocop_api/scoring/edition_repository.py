"""Rows of added criteria editions, and what there is that cites them."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.criteria import CriteriaEdition
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import ScoreSheet
from ocop_api.db.tables.self_assessment import SelfAssessment


class EditionRepository:
    """Added editions in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, code: str) -> CriteriaEdition | None:
        """One added edition, read afresh."""
        statement = select(CriteriaEdition).where(CriteriaEdition.code == code)
        return await self._session.scalar(statement.execution_options(populate_existing=True))

    async def add(self, row: CriteriaEdition) -> None:
        """Store a new one; a constraint in the way shows here."""
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        """Write what changed; a constraint in the way shows here."""
        await self._session.flush()

    async def remove(self, row: CriteriaEdition) -> None:
        """Delete one."""
        await self._session.delete(row)
        await self._session.flush()

    async def citations(self, code: str) -> tuple[int, int]:
        """How many dossiers and how many self-assessments follow an edition; sheets count with dossiers."""
        dossiers = await self._session.scalar(
            select(func.count()).select_from(Dossier).where(Dossier.edition == code)
        )
        sheets = await self._session.scalar(
            select(func.count(func.distinct(ScoreSheet.dossier_id))).where(ScoreSheet.edition == code)
        )
        assessments = await self._session.scalar(
            select(func.count()).select_from(SelfAssessment).where(SelfAssessment.edition == code)
        )
        return max(dossiers or 0, sheets or 0), assessments or 0

    async def lodged(self, since: date, until: date | None) -> dict[date, int]:
        """How many dossiers were lodged on each day of a period under criteria that are held."""
        statement = (
            select(Dossier.lodged_on, func.count())
            .where(Dossier.lodged_on >= since, Dossier.edition.is_not(None))
            .group_by(Dossier.lodged_on)
        )
        if until is not None:
            statement = statement.where(Dossier.lodged_on <= until)
        return {day: count for day, count in await self._session.execute(statement) if day is not None}
