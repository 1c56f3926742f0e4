"""Every state, action, capacity, level, kind and regime against the procedure as it is told in words.

``said`` is written from the decisions and from our defaults where they are silent, not from the table.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from ocop_api.domain.dossier import (
    Acting,
    Action,
    DossierKind,
    Guard,
    Level,
    Party,
    Position,
    State,
    allowed_actions,
    apply,
)
from ocop_api.domain.errors import DomainError
from ocop_api.domain.regimes import REGIMES, Regime

COMMUNE, DISTRICT, PROVINCE, CENTRAL = Level.COMMUNE, Level.DISTRICT, Level.PROVINCE, Level.CENTRAL
OFFICE, ADVISERS, COUNCIL, AUTHORITY = Party.OFFICE, Party.ADVISORY_GROUP, Party.COUNCIL, Party.AUTHORITY
PRODUCER = Party.PRODUCER
EVERY_CAPACITY = [
    Acting(PRODUCER),
    *(Acting(party, level) for party, level in product(Party, Level) if party is not PRODUCER),
]
Step = tuple[Party, frozenset[Guard], State, Level]


@dataclass(frozen=True)
class Law:
    """What matters of a regime: the way up, where stars are recognised, and the rules of re-ratings."""

    way: tuple[Level, ...]
    recognises: tuple[Level, ...]
    window: bool = False
    written_opinions: bool = False


LAWS = {
    "qd1048-2019": Law((DISTRICT, PROVINCE, CENTRAL), (PROVINCE, CENTRAL)),
    "qd148-2023": Law((DISTRICT, PROVINCE, CENTRAL), (DISTRICT, PROVINCE, CENTRAL)),
    "qd1489-2025": Law((COMMUNE, PROVINCE, CENTRAL), (PROVINCE, CENTRAL)),
    "qd26-2026": Law((COMMUNE, PROVINCE, CENTRAL), (PROVINCE, CENTRAL), window=True, written_opinions=True),
}


def said(law: Law, kind: DossierKind, state: State, level: Level, action: Action) -> Step | None:
    """Who may take the action there, on which conditions, and where it leads; None when nobody may."""
    if level not in law.way:
        return None
    if state in {State.DRAFT, State.LODGED}:
        return entering(law, kind, state, action) if level is law.way[0] else None
    return at_commune(state, action) if level is COMMUNE else at_council(law, kind, state, level, action)


def step(party: Party, state: State, level: Level, *guards: Guard) -> Step:
    return party, frozenset(guards), state, level


def entering(law: Law, kind: DossierKind, state: State, action: Action) -> Step | None:
    entry = law.way[0]
    if action is Action.WITHDRAW:
        return step(PRODUCER, State.WITHDRAWN, entry)
    if state is State.LODGED:
        desk = State.COMMUNE_REVIEW if entry is COMMUNE else State.OFFICE_CHECK
        return step(OFFICE, desk, entry) if action is Action.RECEIVE else None
    if action is not Action.LODGE:
        return None
    needs = [Guard.PRODUCER_ELIGIBLE, Guard.FILE_COMPLETE, Guard.PRODUCT_CODE_ALLOTTED]
    if kind is DossierKind.UPGRADE:
        needs += [Guard.HOLDS_CERTIFICATE, Guard.CHANGES_SHOWN]
    if kind is DossierKind.RERATING:
        needs += [Guard.HOLDS_CERTIFICATE, Guard.UPDATES_SHOWN]
        needs += [Guard.WITHIN_RERATING_WINDOW] if law.window else []
    return step(PRODUCER, State.LODGED, entry, *needs)


def asked(state: State, action: Action, level: Level, desk: State) -> Step | None:
    """While the producer is asked for additions."""
    if state is not State.SUPPLEMENT_REQUESTED:
        return None
    return {
        Action.RESUBMIT: step(PRODUCER, desk, level, Guard.ITEMS_ANSWERED),
        Action.REJECT: step(OFFICE, State.REJECTED, level, Guard.REASON_GIVEN, Guard.SUPPLEMENT_OVERDUE),
        Action.WITHDRAW: step(PRODUCER, State.WITHDRAWN, level),
    }.get(action)


def at_commune(state: State, action: Action) -> Step | None:
    if state is not State.COMMUNE_REVIEW:
        return asked(state, action, COMMUNE, State.COMMUNE_REVIEW)
    papers = (Guard.FORM_03_ISSUED, Guard.REQUEST_LETTER_ISSUED, Guard.SAMPLES_HANDED_IN)
    return {
        Action.FORWARD: step(OFFICE, State.FORWARDED, PROVINCE, *papers),
        Action.REQUEST_SUPPLEMENT: step(OFFICE, State.SUPPLEMENT_REQUESTED, COMMUNE, Guard.ITEMS_LISTED),
        Action.REJECT: step(OFFICE, State.REJECTED, COMMUNE, Guard.REASON_GIVEN),
        Action.WITHDRAW: step(PRODUCER, State.WITHDRAWN, COMMUNE),
    }.get(action)


def at_council(law: Law, kind: DossierKind, state: State, level: Level, action: Action) -> Step | None:
    reporter = OFFICE if kind is DossierKind.RERATING and law.written_opinions else ADVISERS
    withdraw = {Action.WITHDRAW: step(PRODUCER, State.WITHDRAWN, level)}
    ask = step(OFFICE, State.SUPPLEMENT_REQUESTED, level, Guard.ITEMS_LISTED)
    steps: dict[State, dict[Action, Step]] = {
        State.OFFICE_CHECK: {
            Action.START_ASSESSMENT: step(
                OFFICE, State.UNDER_ASSESSMENT, level, Guard.FILE_COMPLETE, Guard.SAMPLES_HANDED_IN
            ),
            Action.REQUEST_SUPPLEMENT: ask,
            Action.REJECT: step(OFFICE, State.REJECTED, level, Guard.REASON_GIVEN),
            **withdraw,
        },
        State.UNDER_ASSESSMENT: {
            Action.SUBMIT_REPORT: step(reporter, State.IN_COUNCIL, level, Guard.ASSESSMENT_REPORT_FILED),
            Action.REQUEST_SUPPLEMENT: (reporter, *ask[1:]),
            **withdraw,
        },
        State.IN_COUNCIL: {
            Action.PROPOSE: step(COUNCIL, State.AWAITING_DECISION, level, Guard.ROUND_CLOSED),
            Action.RETURN_TO_ASSESSMENT: step(
                COUNCIL, State.UNDER_ASSESSMENT, level, Guard.REASON_GIVEN, Guard.NO_PANEL
            ),
        },
        State.AWAITING_DECISION: {
            Action.RETURN_TO_COUNCIL: step(AUTHORITY, State.IN_COUNCIL, level, Guard.REASON_GIVEN),
            Action.REJECT: step(
                AUTHORITY, State.REJECTED, level, Guard.REASON_GIVEN, Guard.NO_RECOGNITION_STANDS
            ),
            **decisions(law, level, remanded=False),
        },
        # An appeal that is upheld takes what this level closed after a rating back to a council of its own.
        State.REJECTED: {
            Action.REOPEN: step(AUTHORITY, State.IN_COUNCIL, level, Guard.APPEAL_UPHELD, Guard.RATED)
        },
    }
    again = {Action.REOPEN: step(AUTHORITY, State.IN_COUNCIL, level, Guard.APPEAL_UPHELD)}
    if level in law.recognises:
        steps[State.RECOGNISED] = again
    if nearest_below(law, level) is None:
        steps[State.NOT_REACHED] = again
    if level is not law.way[0]:
        steps[State.FORWARDED] = {Action.RECEIVE: step(OFFICE, State.OFFICE_CHECK, level), **withdraw}
    if level in {nearest_below(law, higher) for higher in law.way}:
        steps[State.REMANDED] = {
            Action.REORGANISE: step(AUTHORITY, State.OFFICE_CHECK, level, Guard.REASON_GIVEN),
            **decisions(law, level, remanded=True),
        }
    return steps.get(state, {}).get(action) or asked(state, action, level, State.OFFICE_CHECK)


def decisions(law: Law, level: Level, *, remanded: bool) -> dict[Action, Step]:
    found: dict[Action, Step] = {}
    if level in law.recognises:
        found[Action.RECOGNISE] = step(
            AUTHORITY, State.RECOGNISED, level, Guard.OUTCOME_IS_RECOGNISE, Guard.ADDS_STARS
        )
        found[Action.CONFIRM] = step(AUTHORITY, State.RECOGNISED, level, Guard.RECOGNITION_STANDS)
    if level is not CENTRAL and not remanded:
        above = law.way[law.way.index(level) + 1]
        letter = (Guard.OUTCOME_IS_FORWARD, Guard.REQUEST_LETTER_ISSUED)
        found[Action.FORWARD] = step(AUTHORITY, State.FORWARDED, above, *letter)
    below = nearest_below(law, level)
    if below is None:
        found[Action.CONCLUDE_NOT_REACHED] = step(
            AUTHORITY,
            State.NOT_REACHED,
            level,
            Guard.OUTCOME_IS_NOT_REACHED,
            Guard.NO_RECOGNITION_STANDS,
        )
    else:
        found[Action.REMAND] = step(
            AUTHORITY, State.REMANDED, below, Guard.OUTCOME_IS_REMAND, Guard.NO_RECOGNITION_STANDS
        )
    return found


def nearest_below(law: Law, level: Level) -> Level | None:
    """The next level down that recognises stars, to which a result too low for this one goes."""
    below = [one for one in law.way[: law.way.index(level)] if one in law.recognises]
    return below[-1] if below else None


def answer(
    law: Regime, kind: DossierKind, position: Position, action: Action, by: Acting, shown: Iterable[Guard]
) -> tuple[str, list[str] | Position]:
    """Where the action leads, or how it is refused and what is missing."""
    try:
        return "", apply(law, kind, position, action, capacities=[by], satisfied=list(shown))
    except DomainError as refused:
        return refused.code, list(refused.data.get("missing", []))  # type: ignore[call-overload]


def everything() -> Iterator[tuple[DossierKind, State, Level, Action]]:
    return product(DossierKind, State, Level, Action)


@pytest.mark.parametrize("law", REGIMES, ids=lambda law: law.code)
def test_every_action_everywhere_does_what_the_procedure_says_and_nothing_else(law: Regime) -> None:
    steps = 0
    for kind, state, level, action in everything():
        position = Position(state, level)
        wanted = said(LAWS[law.code], kind, state, level, action)
        for capacity in EVERY_CAPACITY:
            case = (kind, state, level, action, capacity)
            found = answer(law, kind, position, action, capacity, Guard)
            if wanted is None:
                assert found[0] == "dossier.action_not_allowed", case
                continue
            party, guards, target_state, target_level = wanted
            if capacity != Acting(party, None if party is PRODUCER else level):
                assert found[0] == "dossier.not_the_acting_party", case
                continue
            steps += 1
            reached = answer(law, kind, position, action, capacity, guards)
            assert reached == ("", Position(target_state, target_level)), case
            for guard in guards:
                without = answer(law, kind, position, action, capacity, set(Guard) - {guard})
                assert without == ("dossier.guard_not_met", [guard.value]), case
    assert steps > 100


@pytest.mark.parametrize("law", REGIMES, ids=lambda law: law.code)
def test_what_is_offered_is_what_is_accepted(law: Regime) -> None:
    for kind, state, level in product(DossierKind, State, Level):
        for capacity in EVERY_CAPACITY:
            offered = set(allowed_actions(law, kind, Position(state, level), [capacity]))
            accepted = {
                action
                for action in Action
                if (wanted := said(LAWS[law.code], kind, state, level, action)) is not None
                and capacity == Acting(wanted[0], None if wanted[0] is PRODUCER else level)
            }
            assert offered == accepted, (kind, state, level, capacity)


def test_every_regime_is_told() -> None:
    assert set(LAWS) == {law.code for law in REGIMES}
