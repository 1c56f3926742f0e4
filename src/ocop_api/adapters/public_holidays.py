"""Public holidays of Vietnam, and the weekend days worked in exchange, from the package ``holidays``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import holidays

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Years that the package reckons Tết for and that anybody may ask about."""


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """One year: names of the days off by day, and the weekend days worked (*ngày làm bù*)."""

    days_off: Mapping[date, tuple[str, str]]
    """Vietnamese and English name."""
    make_up_days: frozenset[date]


@lru_cache(maxsize=32)
def public_holidays(year: int) -> PublicHolidays:
    """The public holidays of a year as far as the government's decisions for it are known.

    Days off given in lieu, and swaps decided year by year, are those the installed package knows.
    """
    vietnamese = holidays.country_holidays("VN", years=year, language="vi")
    english = holidays.country_holidays("VN", years=year, language="en_US")
    return PublicHolidays(
        days_off=MappingProxyType({day: (vietnamese[day], english[day]) for day in sorted(vietnamese)}),
        make_up_days=frozenset(day for day in vietnamese.weekend_workdays if day.year == year),
    )


def in_years(years: Iterable[int]) -> tuple[set[date], set[date]]:
    """The days off and the make-up days of several years."""
    found = [public_holidays(year) for year in years if FIRST_YEAR <= year <= LAST_YEAR]
    return {day for one in found for day in one.days_off}, {day for one in found for day in one.make_up_days}
