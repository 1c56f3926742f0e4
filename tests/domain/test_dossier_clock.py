"""Until when a step is due, by regime, level, kind and history, and for whom a file waits."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.adapters.public_holidays import in_years
from ocop_api.domain.calendar import OfficeCalendar, Stop
from ocop_api.domain.dossier import Acting, Action, DossierKind, Level, Party, Position, State, transitions
from ocop_api.domain.dossier_clock import (
    PLAN_ROUNDS,
    Due,
    DueBasis,
    Progress,
    awaited,
    due,
    expected_decision,
    plan_rounds,
    round_of,
)
from ocop_api.domain.regimes import REGIMES, Regime, RoundDates, regime

HOLIDAYS, MAKE_UP = in_years(range(2023, 2029))
CALENDAR = OfficeCalendar(frozenset(HOLIDAYS), frozenset(MAKE_UP))
QD26, QD148, QD1489 = regime("qd26-2026"), regime("qd148-2023"), regime("qd1489-2025")
MONDAY = date(2026, 6, 15)


def at(
    state: State,
    level: Level,
    *,
    law: Regime = QD26,
    kind: DossierKind = DossierKind.FIRST,
    lodged: date = MONDAY,
    received: date | None = None,
    requested: date | None = None,
    asked_until: date | None = None,
    stops: tuple[Stop, ...] = (),
    rounds: tuple[RoundDates, ...] = (),
    today: date | None = None,
) -> Due | None:
    progress = Progress(
        kind=kind,
        position=Position(state, level),
        lodged_on=lodged,
        received_on=received,
        requested_on=requested,
        asked_until=asked_until,
        stops=stops,
    )
    return due(law, progress, CALENDAR, rounds, today=today or lodged)


def test_commune_has_fifteen_working_days_from_receipt() -> None:
    found = at(State.COMMUNE_REVIEW, Level.COMMUNE, received=MONDAY)
    assert found == Due(date(2026, 7, 6), DueBasis.COMMUNE_TERM)


def test_commune_term_skips_national_day_and_counts_the_saturday_worked_for_it() -> None:
    # Received on Thursday 20/08/2026: Saturday 22/08 is worked, 31/08 to 02/09 are off.
    found = at(State.COMMUNE_REVIEW, Level.COMMUNE, lodged=date(2026, 8, 20), received=date(2026, 8, 20))
    assert found == Due(date(2026, 9, 14), DueBasis.COMMUNE_TERM)


def test_term_stands_still_while_the_producer_is_asked() -> None:
    asked = at(State.SUPPLEMENT_REQUESTED, Level.COMMUNE, received=MONDAY, asked_until=date(2026, 7, 10))
    assert asked == Due(date(2026, 7, 10), DueBasis.SUPPLEMENT)
    stop = Stop(date(2026, 6, 22), date(2026, 7, 1))
    back = at(State.COMMUNE_REVIEW, Level.COMMUNE, received=MONDAY, stops=(stop,))
    assert back == Due(date(2026, 7, 15), DueBasis.COMMUNE_TERM)


def test_office_takes_in_within_three_working_days() -> None:
    assert at(State.LODGED, Level.COMMUNE) == Due(date(2026, 6, 18), DueBasis.RECEIPT)
    sent = at(State.FORWARDED, Level.PROVINCE, received=MONDAY, requested=MONDAY)
    assert sent == Due(date(2026, 6, 18), DueBasis.RECEIPT)


@pytest.mark.parametrize(
    ("level", "requested", "last"),
    [
        (Level.PROVINCE, date(2027, 4, 29), date(2027, 6, 29)),
        (Level.PROVINCE, date(2027, 4, 30), date(2027, 12, 29)),
        (Level.PROVINCE, date(2026, 10, 30), date(2027, 6, 29)),
        (Level.CENTRAL, date(2026, 7, 29), date(2026, 9, 29)),
        (Level.CENTRAL, date(2026, 7, 30), date(2027, 3, 29)),
    ],
)
def test_rounds_of_the_year_decide_for_rated_files(level: Level, requested: date, last: date) -> None:
    for state in (State.OFFICE_CHECK, State.UNDER_ASSESSMENT, State.IN_COUNCIL, State.AWAITING_DECISION):
        found = at(state, level, received=requested, requested=requested)
        assert found == Due(last, DueBasis.RATING_ROUND)


def test_added_round_that_ends_sooner_wins() -> None:
    extra = RoundDates(Level.PROVINCE, 0, date(2026, 7, 20), date(2026, 8, 31))
    found = at(State.IN_COUNCIL, Level.PROVINCE, requested=date(2026, 7, 7), rounds=(extra,))
    assert found == Due(date(2026, 8, 30), DueBasis.RATING_ROUND)
    late = at(State.IN_COUNCIL, Level.PROVINCE, requested=date(2026, 7, 20), rounds=(extra,))
    assert late == Due(date(2026, 12, 29), DueBasis.RATING_ROUND)


def test_rerating_is_decided_within_45_days_and_never_by_the_round() -> None:
    for level in (Level.PROVINCE, Level.CENTRAL):
        found = at(State.IN_COUNCIL, level, kind=DossierKind.RERATING, received=MONDAY, requested=MONDAY)
        assert found == Due(date(2026, 7, 30), DueBasis.RERATING_TERM)
    under_148 = at(
        State.IN_COUNCIL,
        Level.DISTRICT,
        law=QD148,
        kind=DossierKind.RERATING,
        lodged=date(2024, 3, 4),
        received=date(2024, 3, 4),
    )
    assert under_148 is None


def test_plan_of_2024_sets_the_days_where_the_regime_sets_none() -> None:
    dak_nong = tuple(plan_rounds(["63:660", "63:67"]))
    lodged = date(2024, 3, 4)
    district = at(State.IN_COUNCIL, Level.DISTRICT, law=QD148, lodged=lodged, rounds=dak_nong)
    assert district == Due(date(2024, 9, 30), DueBasis.RATING_ROUND)
    province = at(
        State.IN_COUNCIL,
        Level.PROVINCE,
        law=QD148,
        lodged=lodged,
        requested=date(2024, 10, 14),
        rounds=dak_nong,
    )
    assert province == Due(date(2024, 10, 29), DueBasis.RATING_ROUND)
    assert plan_rounds(["63:66"]) == []
    assert all(dates.requested_before <= dates.done_before for _, dates, _ in PLAN_ROUNDS)


def test_new_law_ends_files_of_the_old_one_from_its_first_day() -> None:
    lodged = date(2026, 4, 1)
    before = at(State.IN_COUNCIL, Level.PROVINCE, law=QD1489, lodged=lodged, today=date(2026, 5, 21))
    assert before is None
    after = at(State.IN_COUNCIL, Level.PROVINCE, law=QD1489, lodged=lodged, today=date(2026, 5, 22))
    assert after == Due(date(2026, 7, 21), DueBasis.TRANSITION)


def test_drafts_and_closed_files_are_never_due() -> None:
    for law in REGIMES:
        for state in State:
            if state.is_final:
                assert at(state, Level.PROVINCE, law=law, received=MONDAY, today=date(2026, 6, 1)) is None
    draft = Progress(
        kind=DossierKind.FIRST,
        position=Position(State.DRAFT, Level.COMMUNE),
        lodged_on=None,
        received_on=None,
    )
    assert due(QD26, draft, CALENDAR, today=MONDAY) is None


def test_decision_to_expect_of_a_file_lodged_today() -> None:
    assert expected_decision(QD26, DossierKind.FIRST, MONDAY, CALENDAR) == date(2026, 12, 29)
    assert expected_decision(QD26, DossierKind.RERATING, MONDAY, CALENDAR) == date(2026, 8, 20)
    assert expected_decision(QD1489, DossierKind.FIRST, date(2026, 1, 5), CALENDAR) is None


@pytest.mark.parametrize("law", REGIMES, ids=lambda law: law.code)
def test_whoever_a_file_waits_for_can_act_on_it(law: Regime) -> None:
    seen: set[Position] = set()
    for row in transitions(law):
        if row.origin.state.is_final:
            # A closed file waits for nobody, although an appeal may open it again.
            assert row.action is Action.REOPEN
            continue
        for kind in row.kinds:
            waits_for = awaited(law, kind, row.origin)
            assert waits_for is not None
            able = {r.acting for r in transitions(law) if r.origin == row.origin and kind in r.kinds}
            assert waits_for in able, (row.origin, kind)
            seen.add(row.origin)
    assert seen
    for state in State:
        if state.is_final:
            assert awaited(law, DossierKind.FIRST, Position(state, Level.PROVINCE)) is None
    if law.lodging.rerating_by_written_opinion:
        position = Position(State.UNDER_ASSESSMENT, Level.PROVINCE)
        assert awaited(law, DossierKind.RERATING, position) == Acting(Party.OFFICE, Level.PROVINCE)


# Days off from Monday to Friday and Saturdays worked in exchange, as announced up to 2026; for 2027 what
# follows from the law and the lunar calendar, before anything has been announced.
OFF = {
    2024: "01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03",
    2025: "01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02",
    2026: "01-01 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24",
    2027: "01-01 02-04 02-05 02-08 02-09 02-10 04-16 04-30 05-03 09-02 09-03 11-24",
}
WORKED = {2024: "05-04", 2025: "04-26", 2026: "08-22", 2027: ""}


@pytest.mark.parametrize("year", OFF)
def test_calendar_of_the_year(year: int) -> None:
    off = {date.fromisoformat(f"{year}-{day}") for day in OFF[year].split()}
    worked = {date.fromisoformat(f"{year}-{day}") for day in WORKED[year].split()}
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + (year % 4 == 0))]
    expected = [day for day in days if (day.weekday() < 5 and day not in off) or day in worked]
    assert [day for day in days if CALENDAR.is_working_day(day)] == expected


@given(
    st.dates(date(2024, 1, 1), date(2026, 5, 1)) | st.dates(date(2026, 5, 22), date(2027, 6, 1)),
    st.integers(min_value=0, max_value=14),
    st.integers(min_value=0, max_value=90),
)
def test_term_after_a_stop_has_as_many_working_days_as_before(received: date, used: int, pause: int) -> None:
    asked = CALENDAR.add(received, used)
    stop = Stop(asked, asked + timedelta(days=pause))
    end = CALENDAR.add(received, 15, [stop])
    assert CALENDAR.between(received, asked) + CALENDAR.between(stop.until, end) == 15


@given(st.dates(date(2026, 5, 22), date(2030, 12, 31)))
def test_every_request_finds_a_round_that_is_still_open(requested: date) -> None:
    for level in (Level.PROVINCE, Level.CENTRAL):
        found = round_of(QD26, level, requested)
        assert found is not None
        assert requested < found.requested_before < found.done_before
