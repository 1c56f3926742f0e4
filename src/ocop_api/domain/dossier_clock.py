"""Until when a step of a dossier is due, and why: terms of the decisions, rating rounds, plans.

Sources: Decision 26/2026, Art. 5 (rounds), 7.2 (15 working days of the commune), 7.6g (45 days for a
re-rating), 12.2 (files of earlier regimes); plans of provinces where a regime prescribes no rounds. While
the producer is asked for additions the term stands still.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ocop_api.domain.calendar import OfficeCalendar, Stop
from ocop_api.domain.dossier_terms import Acting, Party, Position, State
from ocop_api.domain.regimes import REGIMES, DossierKind, Level, Regime, RoundDates, Source

RECEIPT_WORKING_DAYS: Final = 3
"""Within which an office takes in what lies before it; the decisions are silent."""

_RATED: Final = frozenset(
    {
        State.FORWARDED,
        State.OFFICE_CHECK,
        State.UNDER_ASSESSMENT,
        State.IN_COUNCIL,
        State.AWAITING_DECISION,
        State.REMANDED,
    }
)
_AWAITED: Final = {
    State.DRAFT: Party.PRODUCER,
    State.LODGED: Party.OFFICE,
    State.COMMUNE_REVIEW: Party.OFFICE,
    State.FORWARDED: Party.OFFICE,
    State.OFFICE_CHECK: Party.OFFICE,
    State.SUPPLEMENT_REQUESTED: Party.PRODUCER,
    State.UNDER_ASSESSMENT: Party.ADVISORY_GROUP,
    State.IN_COUNCIL: Party.COUNCIL,
    State.AWAITING_DECISION: Party.AUTHORITY,
    State.REMANDED: Party.AUTHORITY,
}


def awaited_in(party: Party) -> frozenset[State]:
    """Return the states in which a file waits for a party, but for who reports in a re-rating."""
    return frozenset(state for state, waits_for in _AWAITED.items() if waits_for is party)


class DueBasis(StrEnum):
    """Why a step is due on its day."""

    RECEIPT = "receipt"
    """To be taken in at the desk (our default)."""
    COMMUNE_TERM = "commune_term"
    """Working days of the commune (Decision 26/2026, Art. 7.2)."""
    RERATING_TERM = "rerating_term"
    """Days for a re-rating (Art. 7.6g)."""
    RATING_ROUND = "rating_round"
    """End of the round the file is in (Art. 5), or of the province's plan."""
    SUPPLEMENT = "supplement"
    """The day by which the producer was asked to answer."""
    TRANSITION = "transition"
    """Last day for a file of an earlier regime (Art. 12.2)."""


@dataclass(frozen=True, slots=True)
class Due:
    """Last day of a step."""

    on: date
    basis: DueBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What of a dossier's history its terms are counted from.

    Attributes:
        kind: First rating, upgrade or re-rating.
        position: Where it stands.
        lodged_on: Day of lodging; None for a draft.
        received_on: Day on which the level that holds it took it in, or was sent it.
        requested_on: Day on which the level below sent it up; None where it was lodged at this level.
        asked_until: Day by which the producer is to answer, while a supplement is asked for.
        stops: Times since ``received_on`` in which the producer was asked for additions.
    """

    kind: DossierKind
    position: Position
    lodged_on: date | None
    received_on: date | None
    requested_on: date | None = None
    asked_until: date | None = None
    stops: Sequence[Stop] = ()


def awaited(regime: Regime, kind: DossierKind, position: Position) -> Acting | None:
    """Return who has to act next; None when the file is closed.

    Others may act too (the producer may withdraw), but the file waits for nobody else.
    """
    party = _AWAITED.get(position.state)
    if party is None:
        return None
    if party is Party.ADVISORY_GROUP and kind is DossierKind.RERATING:
        # Art. 7.6c: in a re-rating by written opinions the office reports.
        party = Party.OFFICE if regime.lodging.rerating_by_written_opinion else party
    return Acting(party, None if party is Party.PRODUCER else position.level)


def due(
    regime: Regime,
    progress: Progress,
    calendar: OfficeCalendar,
    rounds: Iterable[RoundDates] = (),
    *,
    today: date,
) -> Due | None:
    """Return the last day of the present step, the earliest where several terms run; None where none does.

    Args:
        regime: the law of the lodging day.
        progress: what the terms are counted from.
        calendar: the days on which offices work.
        rounds: rounds beside those of the regime: of a province's plan, or added by its council's rules.
        today: what later law says of files under way counts from the day it is in force.
    """
    if progress.position.state is State.SUPPLEMENT_REQUESTED:
        return None if progress.asked_until is None else Due(progress.asked_until, DueBasis.SUPPLEMENT)
    found = [
        *_terms(regime, progress, calendar),
        *_round(regime, progress, rounds),
        *_transition(progress, today),
    ]
    return min(found, key=lambda one: one.on, default=None)


def expected_decision(
    regime: Regime,
    kind: DossierKind,
    lodged_on: date,
    calendar: OfficeCalendar,
    rounds: Sequence[RoundDates] = (),
) -> date | None:
    """Return the day by which the province will have decided on a file lodged on a day; None without terms.

    The commune is taken to need its whole term.
    """
    days = regime.lodging.commune_working_days
    requested_on = lodged_on if days is None else calendar.add(lodged_on, days)
    if kind is DossierKind.RERATING and regime.lodging.rerating_days is not None:
        return calendar.add_calendar_days(requested_on, regime.lodging.rerating_days)
    found = round_of(regime, Level.PROVINCE, requested_on, rounds)
    return None if found is None else found.done_before - timedelta(days=1)


def round_of(
    regime: Regime, level: Level, requested_on: date, rounds: Iterable[RoundDates] = ()
) -> RoundDates | None:
    """Return the first round that a request is in time for, of the regime's and of further ones."""
    own = regime.round_for(level, requested_on)
    further = [one for one in rounds if one.level is level and requested_on < one.requested_before]
    candidates = further if own is None else [own, *further]
    return min(candidates, key=lambda one: (one.requested_before, one.done_before), default=None)


def _terms(regime: Regime, progress: Progress, calendar: OfficeCalendar) -> Iterable[Due]:
    state = progress.position.state
    terms = regime.lodging
    arrived = progress.lodged_on if state is State.LODGED else progress.requested_on
    if state in {State.LODGED, State.FORWARDED} and arrived is not None:
        yield Due(calendar.add(arrived, RECEIPT_WORKING_DAYS), DueBasis.RECEIPT)
    if progress.received_on is None:
        return
    if state is State.COMMUNE_REVIEW and terms.commune_working_days is not None:
        last = calendar.add(progress.received_on, terms.commune_working_days, progress.stops)
        yield Due(last, DueBasis.COMMUNE_TERM)
    if progress.kind is DossierKind.RERATING and state in _RATED and terms.rerating_days is not None:
        last = calendar.add_calendar_days(progress.received_on, terms.rerating_days, progress.stops)
        yield Due(last, DueBasis.RERATING_TERM)


def _round(regime: Regime, progress: Progress, rounds: Iterable[RoundDates]) -> Iterable[Due]:
    if progress.position.state not in _RATED:
        return
    if progress.kind is DossierKind.RERATING and regime.lodging.rerating_days is not None:
        # Its own term is the special rule (Art. 7.6g).
        return
    requested_on = progress.requested_on or progress.lodged_on
    if requested_on is not None:
        found = round_of(regime, progress.position.level, requested_on, rounds)
        if found is not None:
            yield Due(found.done_before - timedelta(days=1), DueBasis.RATING_ROUND)


def _transition(progress: Progress, today: date) -> Iterable[Due]:
    if progress.lodged_on is None or progress.position.state.is_final:
        return
    for later in REGIMES:
        if later.transition is not None and later.valid_from <= today:
            last = later.transition.finish_by(progress.kind, progress.lodged_on)
            if last is not None:
                yield Due(last, DueBasis.TRANSITION)


def plan_rounds(place_ids: Iterable[str]) -> list[RoundDates]:
    """Return the days that the plans of these provinces set for years in which the law set none."""
    wanted = set(place_ids)
    return [dates for place, dates, _ in PLAN_ROUNDS if place in wanted]


PLAN_ROUNDS: Final = (
    (
        "63:67",
        RoundDates(Level.DISTRICT, 1, date(2024, 10, 1), date(2024, 10, 1)),
        Source("Kế hoạch 230/KH-UBND 2024 of Đắk Nông: districts rate before 01/10"),
    ),
    (
        "63:67",
        RoundDates(Level.PROVINCE, 1, date(2024, 10, 15), date(2024, 10, 30)),
        Source("Kế hoạch 230/KH-UBND 2024 of Đắk Nông: candidates before 15/10, rated before 30/10"),
    ),
)
"""Province, days and source; both days are exclusive, as in the decisions."""
