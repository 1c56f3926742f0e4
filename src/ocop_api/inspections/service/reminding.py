"""The daily look at improvements that are due: each reminder is told once for each due day."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.actor import SYSTEM
from ocop_api.inspections.service.inspections import InspectionService

_BATCH: Final = 200


class ReminderService(InspectionService):
    """Reminders of all improvements, for the system."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        super().__init__(session, SYSTEM, now)

    async def remind(self) -> bool:
        """Tell of the next improvements that are due in 7 days, in one, or overdue; False when none is left.

        A job that missed a day tells the mark an improvement stands at, not those it has passed. One that
        somebody is changing right now is left for the next run.
        """
        found = await self.rows.to_remind(self.today, _BATCH)
        for row, inspection, mark in found:
            row.reminded = mark
            people = [str(one.user_id) for one in await self.rows.inspectors(inspection.id)]
            await self.tell(
                inspection,
                f"inspection.improvement_{'overdue' if mark == 'overdue' else 'due'}",
                improvement=row.ordinal,
                due_on=row.due_on.isoformat(),
                tell_users=people if mark == "overdue" else [],
            )
        return len(found) == _BATCH


async def photo_is_kept(session: AsyncSession, sha256: str, now: datetime) -> bool:
    """Whether any inspection keeps a picture of this content; nobody stores it anew before the end."""
    rows = InspectionService(session, SYSTEM, now).rows
    await rows.hold_content(sha256)
    return await rows.shows(sha256)
