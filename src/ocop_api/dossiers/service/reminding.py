"""The daily look at every open dossier: terms reckoned anew, reminders, and what goes to the level above."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import SYSTEM, Level
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.calendar import OfficeCalendar
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import DossierKind, Party
from ocop_api.domain.dossier_clock import awaited
from ocop_api.domain.regimes import Regime, regime, regime_on
from ocop_api.dossiers.repository import DossierRepository
from ocop_api.dossiers.service.files import position_of
from ocop_api.dossiers.service.terms import TermService
from ocop_api.ledger.recording import record
from ocop_api.office_days.service import calendar_from

_BATCH: Final = 200
_SOON, _NEXT_DAY, _ESCALATED = 5, 1, -5
"""Working days left at which somebody is told; negative ones have passed."""
_WINDOW_NOTICES: Final = (("opened", 0), ("half_over", 30), ("closing", 53))
"""Days after a re-rating window (60 days) opens on which the producer is told."""


@dataclass(frozen=True, slots=True)
class _Notice:
    """One thing to tell once for each day a dossier is due."""

    key: str
    event: str
    tell: str
    level: Level | None


class ReminderService:
    """Terms and reminders of all dossiers, for the system."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._rows = DossierRepository(session)
        self._now = now
        self._today = vietnam_date(now)

    async def advance(self, after: UUID | None, *, tell: bool) -> UUID | None:
        """Deal with the next open dossiers in the order of their ids; the last one's id, None at the end.

        A dossier that somebody is changing right now is left out: its step reckons the term itself, and what
        is to be told is told the next day.
        """
        dossiers = list(await self._rows.under_way(after, _BATCH))
        found = await TermService(self._session, self._today).due_of_all(dossiers)
        for dossier in dossiers:
            due = found[dossier.id]
            dossier.due_on, dossier.due_basis = (None, None) if due is None else (due.on, due.basis.value)
        await self._session.flush()
        if tell:
            await self._remind([one for one in dossiers if one.due_on is not None])
        return dossiers[-1].id if dossiers else None

    async def tell_of_windows(self) -> None:
        """Tell producers that the window of a re-rating has opened, is half over, and closes in a week.

        The window is that of the regime in force today (Decision 26/2026, Art. 7.6a). A product with a
        dossier under way is left out. One that is seen late is told how things stand, not what it missed.
        """
        terms = regime_on(self._today).lodging
        if terms.rerating_earliest_days is None or terms.rerating_latest_days is None:
            return
        latest = terms.rerating_latest_days
        begins = [(key, terms.rerating_earliest_days - days) for key, days in _WINDOW_NOTICES]
        ends = [*(left + 1 for _, left in begins[1:]), latest]
        for (key, most), least in zip(begins, ends, strict=True):
            for product in await self._rows.expiring(self._today, most, least):
                if not await self._rows.note_window(product.id, product.stars_valid_until, key, self._now):
                    continue
                await record(
                    self._session,
                    kind=f"dossier.rerating_window_{key}",
                    subject_type="product",
                    subject_id=product.id,
                    actor=SYSTEM,
                    at=self._now,
                    data={
                        "producer_id": str(product.producer_id),
                        "product_id": str(product.id),
                        "valid_until": product.stars_valid_until.isoformat(),
                    },
                    area_path=product.area_path,
                )

    async def _remind(self, dossiers: list[Dossier]) -> None:
        days = [one.due_on for one in dossiers if one.due_on is not None]
        if not days:
            return
        calendar = await calendar_from(self._session, min(*days, self._today), max(*days, self._today))
        for dossier in dossiers:
            if dossier.due_on is None:
                continue
            left = _working_days_left(calendar, self._today, dossier.due_on)
            for notice in self._notices(dossier, left):
                if await self._rows.note_reminder(dossier.id, dossier.due_on, notice.key, self._now):
                    await self._tell(dossier, notice, left)

    def _notices(self, dossier: Dossier, left: int) -> Iterator[_Notice]:
        law = regime(dossier.regime)
        waits_for = awaited(law, DossierKind(dossier.kind), position_of(dossier))
        if waits_for is None:
            return
        level = level_in_charge(Level(dossier.level), self._today)
        by_producer = waits_for.party is Party.PRODUCER
        tell = "producer" if by_producer else "office"
        if _NEXT_DAY < left <= _SOON:
            yield _Notice("due_in_5", "dossier.due_soon", tell, level)
        elif 0 <= left <= _NEXT_DAY:
            yield _Notice("due_in_1", "dossier.due_soon", tell, level)
        elif left < 0:
            yield _Notice("overdue", "dossier.overdue", tell, level)
            if by_producer:
                # The office may refuse the file now.
                yield _Notice("unanswered", "dossier.supplement_overdue", "office", level)
            above = _level_above(law, Level(dossier.level))
            if left <= _ESCALATED and not by_producer and above is not None:
                yield _Notice("escalated", "dossier.escalated", "office", level_in_charge(above, self._today))

    async def _tell(self, dossier: Dossier, notice: _Notice, left: int) -> None:
        await record(
            self._session,
            kind=notice.event,
            subject_type="dossier",
            subject_id=dossier.id,
            actor=SYSTEM,
            at=self._now,
            data={
                "producer_id": str(dossier.producer_id),
                "product_id": str(dossier.product_id),
                "product_code": dossier.product_code,
                "state": dossier.state,
                "level": dossier.level,
                "due_on": None if dossier.due_on is None else dossier.due_on.isoformat(),
                "due_basis": dossier.due_basis,
                "working_days_left": left,
                "tell": notice.tell,
                "tell_level": notice.level,
                "assignee_id": None if dossier.assignee_id is None else str(dossier.assignee_id),
            },
            area_path=dossier.area_path,
        )


def _working_days_left(calendar: OfficeCalendar, today: date, due_on: date) -> int:
    """Negative once the day has passed, also when no working day lies between."""
    if due_on >= today:
        return calendar.between(today, due_on)
    return min(-1, -calendar.between(due_on, today))


def _level_above(law: Regime, level: Level) -> Level | None:
    levels = [rule.level for rule in law.levels]
    place = levels.index(level) + 1
    return levels[place] if place < len(levels) else None
