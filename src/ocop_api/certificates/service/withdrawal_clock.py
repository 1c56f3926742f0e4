"""What the calendar brings about for cases of withdrawal: reminders, and the end of those without object."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.service.withdrawal_procedure import WithdrawalCases
from ocop_api.certificates.service.withdrawals import level_deciding
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.withdrawal import reminder

_BATCH: Final = 200


class WithdrawalClock:
    """Cases of all certificates, for the system at one moment."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._cases = WithdrawalCases(session, SYSTEM, now)

    async def without_object(self) -> Sequence[UUID]:
        """Open cases whose certificate expired or was replaced."""
        return await self._cases.rows.without_object(self._cases.today)

    async def lapse(self, case_id: UUID) -> None:
        """Close such a case; nothing happens when it was closed, or the certificate stands after all."""
        await self._cases.lapse(case_id)

    async def remind(self) -> bool:
        """Remind the offices of the next terms that are near or over; False when none is left.

        Each is told once for each last day; a term that is seen late is told as overdue alone.
        """
        cases, today = self._cases, self._cases.today
        found = await cases.rows.to_remind_of(today, _BATCH)
        told = False
        for record in found:
            case, certificate = record.case, record.certificate
            mark = None if case.due_on is None else reminder(case.due_on, today)
            if case.due_on is None or mark is None:
                continue
            if await cases.rows.note_reminder(case.id, case.due_on, mark, today):
                told = True
                await cases.tell(
                    case,
                    certificate,
                    f"withdrawal.{mark}",
                    days_left=(case.due_on - today).days,
                    tell="office",
                    tell_level=level_deciding(certificate, today).value,
                )
        return told and len(found) == _BATCH
