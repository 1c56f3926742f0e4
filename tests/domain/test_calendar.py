"""Working days over Tết and swapped days, months over short Februaries."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.calendar import OfficeCalendar, Stop, add_months

TET_2025 = frozenset(date(2025, 1, 25) + timedelta(days=offset) for offset in range(9))
# Friday 02/05/2025 was given off in exchange for Saturday 26/04/2025.
SPRING_2025 = frozenset({date(2025, 4, 30), date(2025, 5, 1), date(2025, 5, 2)})
MADE_UP_2025 = frozenset({date(2025, 4, 26)})

PLAIN, TET = OfficeCalendar(), OfficeCalendar(TET_2025)
SPRING = OfficeCalendar(SPRING_2025, MADE_UP_2025)
BOTH = OfficeCalendar(TET_2025, MADE_UP_2025)

days = st.dates(min_value=date(2019, 1, 1), max_value=date(2035, 12, 31))


def test_the_day_of_receipt_is_not_counted() -> None:
    monday = date(2026, 6, 1)
    assert PLAIN.add(monday, 1) == date(2026, 6, 2)
    assert PLAIN.add(monday, 0) == monday


def test_fifteen_working_days_are_three_weeks_without_holidays() -> None:
    assert PLAIN.add(date(2026, 6, 1), 15) == date(2026, 6, 22)


def test_tet_stretches_the_commune_term() -> None:
    lodged = date(2025, 1, 22)
    assert PLAIN.add(lodged, 15) == date(2025, 2, 12)
    assert TET.add(lodged, 15) == date(2025, 2, 19)


def test_a_made_up_saturday_counts_as_a_working_day() -> None:
    friday = date(2025, 4, 25)
    assert SPRING.add(friday, 1) == date(2025, 4, 26)
    assert SPRING.add(friday, 4) == date(2025, 5, 5)
    assert not SPRING.is_working_day(date(2025, 5, 2))


def test_a_term_ending_on_a_day_off_rolls_to_the_next_working_day() -> None:
    assert TET.roll(date(2025, 1, 27)) == date(2025, 2, 3)
    assert TET.roll(date(2025, 1, 24)) == date(2025, 1, 24)


def test_a_negative_term_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        PLAIN.add(date(2026, 1, 1), -1)


@given(days, st.integers(min_value=1, max_value=120))
def test_the_last_day_is_a_working_day_and_the_count_agrees(start: date, count: int) -> None:
    end = BOTH.add(start, count)
    assert BOTH.is_working_day(end)
    assert BOTH.between(start, end) == count


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2024, 9, 19), date(2027, 9, 19)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2025, 2, 28), date(2028, 2, 28)),
        (date(2023, 12, 31), date(2026, 12, 31)),
    ],
)
def test_thirty_six_months(start: date, end: date) -> None:
    assert add_months(start, 36) == end


def test_short_months_clamp_and_years_carry() -> None:
    assert add_months(date(2025, 8, 31), 1) == date(2025, 9, 30)
    assert add_months(date(2025, 12, 31), 2) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)


def test_months_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="calendar"):
        add_months(date(9999, 12, 1), 1)


def test_a_stopped_term_goes_on_where_it_stood() -> None:
    monday = date(2026, 6, 1)
    asked, answered = date(2026, 6, 8), date(2026, 6, 15)
    assert PLAIN.add(monday, 15, [Stop(asked, answered)]) == date(2026, 6, 29)
    assert PLAIN.add(monday, 5, [Stop(asked, answered)]) == asked
    weekend = Stop(date(2026, 6, 5), date(2026, 6, 7))
    assert PLAIN.add(monday, 15, [weekend]) == PLAIN.add(monday, 15)


def test_a_term_of_calendar_days_ends_on_a_working_day() -> None:
    assert PLAIN.add_calendar_days(date(2026, 6, 15), 45) == date(2026, 7, 30)
    assert PLAIN.add_calendar_days(date(2026, 6, 17), 45) == date(2026, 8, 3)
    assert TET.add_calendar_days(date(2024, 12, 13), 45) == date(2025, 2, 3)
    stopped = [Stop(date(2026, 6, 20), date(2026, 6, 30))]
    assert PLAIN.add_calendar_days(date(2026, 6, 15), 45, stopped) == date(2026, 8, 10)


@given(days, st.integers(min_value=0, max_value=60), days, st.integers(min_value=0, max_value=40))
def test_a_stop_moves_the_end_by_its_working_days_or_not_at_all(
    start: date, count: int, since: date, span: int
) -> None:
    stop = Stop(since, since + timedelta(days=span))
    plain, stopped = BOTH.add(start, count), BOTH.add(start, count, [stop])
    assert plain <= stopped
    assert BOTH.between(start, stopped) - count <= BOTH.between(stop.since, stop.until)
