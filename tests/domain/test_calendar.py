"""Working days over Tết and swapped days, months over short Februaries."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.calendar import (
    add_months,
    add_working_days,
    is_working_day,
    roll_to_working_day,
    working_days_between,
)

TET_2025 = frozenset(date(2025, 1, 25) + timedelta(days=offset) for offset in range(9))
# Friday 02/05/2025 was given off in exchange for Saturday 26/04/2025.
SPRING_2025 = frozenset({date(2025, 4, 30), date(2025, 5, 1), date(2025, 5, 2)})
MADE_UP_2025 = frozenset({date(2025, 4, 26)})

days = st.dates(min_value=date(2019, 1, 1), max_value=date(2035, 12, 31))


def test_the_day_of_receipt_is_not_counted() -> None:
    monday = date(2026, 6, 1)
    assert add_working_days(monday, 1) == date(2026, 6, 2)
    assert add_working_days(monday, 0) == monday


def test_fifteen_working_days_are_three_weeks_without_holidays() -> None:
    assert add_working_days(date(2026, 6, 1), 15) == date(2026, 6, 22)


def test_tet_stretches_the_commune_term() -> None:
    lodged = date(2025, 1, 22)
    assert add_working_days(lodged, 15) == date(2025, 2, 12)
    assert add_working_days(lodged, 15, TET_2025) == date(2025, 2, 19)


def test_a_made_up_saturday_counts_as_a_working_day() -> None:
    friday = date(2025, 4, 25)
    assert add_working_days(friday, 1, SPRING_2025, MADE_UP_2025) == date(2025, 4, 26)
    assert add_working_days(friday, 4, SPRING_2025, MADE_UP_2025) == date(2025, 5, 5)
    assert not is_working_day(date(2025, 5, 2), SPRING_2025, MADE_UP_2025)


def test_a_term_ending_on_a_day_off_rolls_to_the_next_working_day() -> None:
    assert roll_to_working_day(date(2025, 1, 27), TET_2025) == date(2025, 2, 3)
    assert roll_to_working_day(date(2025, 1, 24), TET_2025) == date(2025, 1, 24)


def test_a_negative_term_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_working_days(date(2026, 1, 1), -1)


@given(days, st.integers(min_value=1, max_value=120))
def test_the_last_day_is_a_working_day_and_the_count_agrees(start: date, count: int) -> None:
    end = add_working_days(start, count, TET_2025, MADE_UP_2025)
    assert is_working_day(end, TET_2025, MADE_UP_2025)
    assert working_days_between(start, end, TET_2025, MADE_UP_2025) == count


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
