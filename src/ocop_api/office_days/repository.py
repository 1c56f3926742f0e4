"""Rows of office days; the calendar is public and has no row scope."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.office_days import OfficeDay


class OfficeDayRepository:
    """Entered days in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def between(self, since: date, until: date) -> Sequence[OfficeDay]:
        """The entered days of a period, in order."""
        statement = select(OfficeDay).where(OfficeDay.day.between(since, until)).order_by(OfficeDay.day)
        return (await self._session.scalars(statement)).all()

    async def find(self, day: date) -> OfficeDay | None:
        """One entered day, locked."""
        return await self._session.get(OfficeDay, day, with_for_update=True, populate_existing=True)

    async def add(self, row: OfficeDay) -> None:
        """Store a new one."""
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        """Write what changed."""
        await self._session.flush()

    async def remove(self, row: OfficeDay) -> None:
        """Delete one."""
        await self._session.delete(row)
        await self._session.flush()
