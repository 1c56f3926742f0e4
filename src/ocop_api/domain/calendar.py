"""Counting days and months as Vietnamese law counts them; which days offices work is passed in.

The Civil Code (Bộ luật Dân sự 91/2015/QH13) fills what the OCOP decisions leave open: the day of the
event is not counted (Art. 147.2), a term in months ends with the corresponding day of its last month
or, where that month has no such day, with the month's last day (Art. 148.3), and a term that ends on
a day off runs to the end of the next working day (Art. 148.5).
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_FIRST_DAY_OF_WEEKEND = 5  # date.weekday(): Saturday
_MONTHS_IN_YEAR = 12


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which a term does not run: after ``since`` up to and including ``until``."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """The days on which offices work.

    Attributes:
        holidays: Public holidays and the days off given in lieu (Tết, ...).
        make_up_days: Weekend days worked in exchange for a swapped day off (*ngày làm bù*); they win
            over the weekend and over ``holidays``.
    """

    holidays: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work on ``day``."""
        if day in self.make_up_days:
            return True
        return day.weekday() < _FIRST_DAY_OF_WEEKEND and day not in self.holidays

    def add(self, start: date, days: int, stops: Iterable[Stop] = ()) -> date:
        """Return the last day of a term of ``days`` working days that an event on ``start`` sets running.

        ``start`` itself is not counted (Civil Code, Art. 147.2), so a file received on a Monday with a term
        of one working day is due at the end of Tuesday. Zero days return ``start`` unchanged.

        Raises:
            ValueError: ``days`` is negative; a term never runs backwards.
        """
        return _last_day(start, days, stops, self.is_working_day)

    def add_calendar_days(self, start: date, days: int, stops: Iterable[Stop] = ()) -> date:
        """As ``add`` for a term of calendar days, which runs on to a working day (Civil Code, Art. 148.5)."""
        return self.roll(_last_day(start, days, stops, lambda _: True))

    def between(self, start: date, end: date) -> int:
        """Count the working days after ``start`` up to and including ``end``; 0 when ``end`` is not later."""
        span = (end - start).days
        return sum(self.is_working_day(start + timedelta(days=offset)) for offset in range(1, span + 1))

    def roll(self, day: date) -> date:
        """Return ``day``, or the next working day when offices are closed on it (Civil Code, Art. 148.5)."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day


def _last_day(start: date, days: int, stops: Iterable[Stop], counts: Callable[[date], bool]) -> date:
    if days < 0:
        raise ValueError("a term cannot be negative")
    pauses = tuple(stops)
    day = start
    left = days
    while left:
        day += timedelta(days=1)
        if counts(day) and not any(pause.since < day <= pause.until for pause in pauses):
            left -= 1
    return day


def add_months(start: date, months: int) -> date:
    """Return the corresponding day ``months`` later, clamped to the month's end (Civil Code, Art. 148.3).

    29/02/2024 plus 36 months is 28/02/2027. ``months`` may be negative.

    Raises:
        ValueError: the result lies outside the years 1 to 9999.
    """
    ordinal = start.year * _MONTHS_IN_YEAR + (start.month - 1) + months
    year, month = ordinal // _MONTHS_IN_YEAR, ordinal % _MONTHS_IN_YEAR + 1
    if not date.min.year <= year <= date.max.year:
        raise ValueError("the result lies outside the calendar")
    return date(year, month, min(start.day, monthrange(year, month)[1]))
