"""Counting days and months as Vietnamese law counts them; holidays are always passed in.

The Civil Code (Bộ luật Dân sự 91/2015/QH13) fills what the OCOP decisions leave open: the day of the
event is not counted (Art. 147.2), a term in months ends with the corresponding day of its last month
or, where that month has no such day, with the month's last day (Art. 148.3), and a term that ends on
a day off runs to the end of the next working day (Art. 148.5).
"""

from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta

_FIRST_DAY_OF_WEEKEND = 5  # date.weekday(): Saturday
_MONTHS_IN_YEAR = 12


def is_working_day(day: date, holidays: Collection[date] = (), make_up_days: Collection[date] = ()) -> bool:
    """Tell whether offices work on ``day``.

    Args:
        day: The calendar day in question.
        holidays: Public holidays and the days off given in lieu (Tết, ...).
        make_up_days: Weekend days worked in exchange for a swapped day off (*ngày làm bù*); they win
            over the weekend and over ``holidays``.
    """
    if day in make_up_days:
        return True
    return day.weekday() < _FIRST_DAY_OF_WEEKEND and day not in holidays


def add_working_days(
    start: date,
    days: int,
    holidays: Collection[date] = (),
    make_up_days: Collection[date] = (),
) -> date:
    """Return the last day of a term of ``days`` working days that an event on ``start`` sets running.

    ``start`` itself is not counted (Civil Code, Art. 147.2), so a file received on a Monday with a term
    of one working day is due at the end of Tuesday. Zero days return ``start`` unchanged.

    Raises:
        ValueError: ``days`` is negative; a term never runs backwards.
    """
    if days < 0:
        raise ValueError("a term of working days cannot be negative")
    day = start
    left = days
    while left:
        day += timedelta(days=1)
        if is_working_day(day, holidays, make_up_days):
            left -= 1
    return day


def working_days_between(
    start: date,
    end: date,
    holidays: Collection[date] = (),
    make_up_days: Collection[date] = (),
) -> int:
    """Count the working days after ``start`` up to and including ``end``; 0 when ``end`` is not later."""
    span = (end - start).days
    return sum(
        is_working_day(start + timedelta(days=offset), holidays, make_up_days)
        for offset in range(1, span + 1)
    )


def roll_to_working_day(
    day: date,
    holidays: Collection[date] = (),
    make_up_days: Collection[date] = (),
) -> date:
    """Return ``day``, or the next working day when offices are closed on it (Civil Code, Art. 148.5)."""
    while not is_working_day(day, holidays, make_up_days):
        day += timedelta(days=1)
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
