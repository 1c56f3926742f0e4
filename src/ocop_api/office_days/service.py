"""Which days offices work, for whoever counts terms, and entering what a decision changed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.public_holidays import FIRST_YEAR, LAST_YEAR, in_years, public_holidays
from ocop_api.db.tables.office_days import OfficeDay
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.calendar import OfficeCalendar
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.office_days.repository import OfficeDayRepository
from ocop_api.office_days.schemas import OfficeDayList, OfficeDayOrder, OfficeDayRead, TermRead

_LONGEST: Final = timedelta(days=3660)
_SATURDAY: Final = 5
RECOUNT: Final = "dossiers.recount"
"""Job that reckons the terms of open dossiers anew when a day has changed."""

Check = Callable[[int], None]
"""Refuses a version that is not the caller's, such as ``ExpectedVersion.check``."""


class OfficeDayService:
    """The calendar, and its entries for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._rows = OfficeDayRepository(session)
        self._actor = actor
        self._now = now

    async def listed(self, since: date | None, until: date | None) -> OfficeDayList:
        """The days of a period that are not what their weekday says.

        Raises:
            Invalid: ``office_days.period`` for one that ends before it begins, is longer than ten years or
                lies outside of the years that are known.
        """
        first = since or date((until or vietnam_date(self._now)).year, 1, 1)
        last = until or date(first.year, 12, 31)
        known = first.year >= FIRST_YEAR and last.year <= LAST_YEAR
        if not known or not first <= last <= first + _LONGEST:
            raise Invalid("office_days.period", since=first, until=last, first=FIRST_YEAR, last=LAST_YEAR)
        return OfficeDayList(since=first, until=last, items=await self._days(first, last))

    async def term(self, start: date, working_days: int) -> TermRead:
        """When a term of working days ends, and what moved it; ``Invalid`` ``office_days.period``."""
        end = (await calendar_from(self._session, start)).add(start, working_days)
        days_off = [day for day in await self._days(start, end) if day.day != start]
        return TermRead(start=start, working_days=working_days, end=end, days_off=days_off)

    async def enter(self, day: date, order: OfficeDayOrder, check: Check) -> OfficeDayRead:
        """Say what a day is; terms of open dossiers are reckoned anew.

        Raises:
            Forbidden: ``auth.not_permitted``.
            Invalid: ``office_days.period``.
            StaleVersion: of ``check``, which is called when there is an entry already.
        """
        self._require_right()
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Invalid("office_days.period", since=day, until=day, first=FIRST_YEAR, last=LAST_YEAR)
        row = await self._rows.find(day)
        values = order.model_dump()
        if row is None:
            row = OfficeDay(
                day=day,
                **values,
                created_by=self._actor.user_id,
                created_at=self._now,
                updated_at=self._now,
                version=1,
            )
            await self._rows.add(row)
        else:
            check(row.version)
            for name, value in values.items():
                setattr(row, name, value)
            row.updated_at = self._now
            row.touch()
            await self._rows.flush()
        await self._tell("office_day.entered", row)
        return OfficeDayRead.model_validate(row)

    async def remove(self, day: date, check: Check) -> None:
        """Take an entry back: the day is again what the law says.

        Raises:
            Forbidden: ``auth.not_permitted``.
            NotFound: ``office_days.not_entered``.
            StaleVersion: of ``check``.
        """
        self._require_right()
        row = await self._rows.find(day)
        if row is None:
            raise NotFound("office_days.not_entered", day=day)
        check(row.version)
        await self._rows.remove(row)
        await self._tell("office_day.removed", row)

    def _require_right(self) -> None:
        if not self._actor.scope(Permission.CALENDAR_MANAGE).everywhere:
            raise Forbidden("auth.not_permitted", permission=Permission.CALENDAR_MANAGE)

    async def _days(self, first: date, last: date) -> list[OfficeDayRead]:
        found: dict[date, OfficeDayRead] = {}
        for year in range(max(first.year, FIRST_YEAR), min(last.year, LAST_YEAR) + 1):
            known = public_holidays(year)
            for day, (vi, en) in known.days_off.items():
                found[day] = OfficeDayRead(day=day, working=False, vi=vi, en=en, source=None, version=None)
            for day in known.make_up_days:
                found[day] = OfficeDayRead(
                    day=day,
                    working=True,
                    vi="Ngày làm bù",
                    en="Worked in exchange",
                    source=None,
                    version=None,
                )
        for row in await self._rows.between(first, last):
            found[row.day] = OfficeDayRead.model_validate(row)
        return [
            found[day]
            for day in sorted(found)
            if first <= day <= last and found[day].working == (day.weekday() >= _SATURDAY)
        ]

    async def _tell(self, kind: str, row: OfficeDay) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="office_day",
            subject_id=row.day.isoformat(),
            actor=self._actor,
            at=self._now,
            data={"working": row.working, "source": row.source},
        )
        await enqueue(self._session, RECOUNT, {})


async def calendar_from(session: AsyncSession, start: date, until: date | None = None) -> OfficeCalendar:
    """The days on which offices work from a day on, for terms of up to two years; one query.

    Args:
        session: any session.
        start: the earliest day that is counted from.
        until: the latest day that is counted from; ``start`` if left out.

    Raises:
        Invalid: ``office_days.period`` outside of the years that are known.
    """
    last_year = (until or start).year + 2
    if not (start.year >= FIRST_YEAR and last_year <= LAST_YEAR + 2):
        raise Invalid("office_days.period", since=start, until=until, first=FIRST_YEAR, last=LAST_YEAR)
    holidays, make_up_days = in_years(range(start.year, last_year + 1))
    for row in await OfficeDayRepository(session).between(start, date(last_year, 12, 31)):
        (make_up_days if row.working else holidays).add(row.day)
        (holidays if row.working else make_up_days).discard(row.day)
    return OfficeCalendar(frozenset(holidays), frozenset(make_up_days))
