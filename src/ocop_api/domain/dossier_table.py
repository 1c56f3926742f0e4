"""The transition table of dossiers, generated per regime from the regime's levels.

A level that disappears from the law disappears from the table. Sources: Decision 26/2026, Art. 6 and 7; for
the regimes of 2019 to 2025 the same steps are used with their own levels (148, 1489 and 1048 were read in
excerpts). The decisions are silent on withdrawal by the producer, on refusal by an office, on what a
council may send back, on what a province under 148 does with a file below its own stars, and on what
follows from an appeal; rows that rest on our default there say so in their source.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from ocop_api.domain import regimes
from ocop_api.domain.dossier_terms import (
    ALL_KINDS,
    Action,
    Guard,
    Party,
    Position,
    State,
    Transition,
)
from ocop_api.domain.regimes import DossierKind, Level, LevelRule, Regime, Source

_ART_6_1 = Source("26/2026/QĐ-TTg, Art. 6.1, 7.1")
_ART_7_2 = Source("26/2026/QĐ-TTg, Art. 7.2")
_ART_7_3 = Source("26/2026/QĐ-TTg, Art. 7.3, 7.4")
_ART_7_3E = Source("26/2026/QĐ-TTg, Art. 7.3e, 7.4e")
_ART_7_4G = Source("26/2026/QĐ-TTg, Art. 7.4g")
_ART_7_6C = Source("26/2026/QĐ-TTg, Art. 7.6c, 7.6e")
_DEFAULT = Source("the decisions are silent", silent=True)

_WITHDRAWABLE = (
    State.FORWARDED,
    State.OFFICE_CHECK,
    State.SUPPLEMENT_REQUESTED,
    State.UNDER_ASSESSMENT,
)


def transitions(regime: Regime) -> tuple[Transition, ...]:
    """Return every row of the regime's table, by level from the bottom up and then in order of procedure."""
    return _table(regime.code)


@cache
def _table(code: str) -> tuple[Transition, ...]:
    regime = regimes.regime(code)
    rows: list[Transition] = [*_lodging(regime)]
    for rule in regime.levels:
        rows += _rating(regime, rule) if rule.has_council else _commune_part(rule)
    return tuple(replace(row, source=_cite(regime, row.source)) for row in rows)


def _cite(regime: Regime, source: Source) -> Source:
    """Say so where an earlier regime borrows the step from Decision 26/2026, whose text is at hand."""
    if regime.transition is not None or source.silent:
        return source
    return Source(f"{regime.decisions[-1].number}, read in excerpts; step as in {source.text}")


def _lodging(regime: Regime) -> Iterator[Transition]:
    level = regime.entry_level
    draft, lodged = Position(State.DRAFT, level), Position(State.LODGED, level)
    common = {Guard.PRODUCER_ELIGIBLE, Guard.FILE_COMPLETE, Guard.PRODUCT_CODE_ALLOTTED}
    window = set() if regime.lodging.rerating_latest_days is None else {Guard.WITHIN_RERATING_WINDOW}
    extra: dict[DossierKind, set[Guard]] = {
        DossierKind.FIRST: set(),
        DossierKind.UPGRADE: {Guard.HOLDS_CERTIFICATE, Guard.CHANGES_SHOWN},
        DossierKind.RERATING: {Guard.HOLDS_CERTIFICATE, Guard.UPDATES_SHOWN, *window},
    }
    for kind, guards in extra.items():
        yield Transition(
            origin=draft,
            action=Action.LODGE,
            target=lodged,
            party=Party.PRODUCER,
            guards=frozenset(common | guards),
            kinds=frozenset({kind}),
            source=_ART_6_1,
        )
    first_desk = State.OFFICE_CHECK if regime.rule(level).has_council else State.COMMUNE_REVIEW
    yield Transition(
        origin=lodged,
        action=Action.RECEIVE,
        target=Position(first_desk, level),
        party=Party.OFFICE,
        source=_ART_7_2,
    )
    for origin in (draft, lodged):
        yield _withdraw(origin)


def _commune_part(rule: LevelRule) -> Iterator[Transition]:
    review = Position(State.COMMUNE_REVIEW, rule.level)
    if rule.forwards_to is not None:
        yield Transition(
            origin=review,
            action=Action.FORWARD,
            target=Position(State.FORWARDED, rule.forwards_to),
            party=Party.OFFICE,
            guards=frozenset(
                {Guard.FORM_03_ISSUED, Guard.REQUEST_LETTER_ISSUED, Guard.SAMPLES_HANDED_IN},
            ),
            source=_ART_7_2,
        )
    yield from _supplements(desk=review, askers=((review, Party.OFFICE, ALL_KINDS),))
    yield _withdraw(review)
    yield _withdraw(Position(State.SUPPLEMENT_REQUESTED, rule.level))


def _rating(regime: Regime, rule: LevelRule) -> Iterator[Transition]:
    level = rule.level
    desk = Position(State.OFFICE_CHECK, level)
    assessment = Position(State.UNDER_ASSESSMENT, level)
    council = Position(State.IN_COUNCIL, level)
    proposed = Position(State.AWAITING_DECISION, level)

    if level is not regime.entry_level:
        yield Transition(
            origin=Position(State.FORWARDED, level),
            action=Action.RECEIVE,
            target=desk,
            party=Party.OFFICE,
            source=_ART_7_3,
        )
    yield Transition(
        origin=desk,
        action=Action.START_ASSESSMENT,
        target=assessment,
        party=Party.OFFICE,
        guards=frozenset({Guard.FILE_COMPLETE, Guard.SAMPLES_HANDED_IN}),
        source=_ART_7_3,
    )
    assessors = tuple(_assessors(regime))
    for party, kinds, source in assessors:
        yield Transition(
            origin=assessment,
            action=Action.SUBMIT_REPORT,
            target=council,
            party=party,
            guards=frozenset({Guard.ASSESSMENT_REPORT_FILED}),
            kinds=kinds,
            source=source,
        )
    yield from _supplements(
        desk=desk,
        askers=(
            (desk, Party.OFFICE, ALL_KINDS),
            *((assessment, party, kinds) for party, kinds, _ in assessors),
        ),
    )
    yield Transition(
        origin=council,
        action=Action.PROPOSE,
        target=proposed,
        party=Party.COUNCIL,
        guards=frozenset({Guard.ROUND_CLOSED}),
        source=_ART_7_3,
    )
    # A panel rates what was rated before together with the appeal; additions would make it another file.
    yield _back(council, Action.RETURN_TO_ASSESSMENT, assessment, Party.COUNCIL, Guard.NO_PANEL)
    yield _back(proposed, Action.RETURN_TO_COUNCIL, council, Party.AUTHORITY)
    yield _reject(proposed, Party.AUTHORITY, Guard.NO_RECOGNITION_STANDS)
    yield from _decisions(regime, rule, proposed)
    if any(regime.deciding_level_below(higher.level) is level for higher in regime.levels):
        remanded = Position(State.REMANDED, level)
        yield from _decisions(regime, rule, remanded)
        yield Transition(
            origin=remanded,
            action=Action.REORGANISE,
            target=desk,
            party=Party.AUTHORITY,
            guards=frozenset({Guard.REASON_GIVEN}),
            source=_ART_7_4G,
        )
    yield from _reopenings(regime, rule, council)
    for state in _WITHDRAWABLE:
        if state is not State.FORWARDED or level is not regime.entry_level:
            yield _withdraw(Position(state, level))


def _reopenings(regime: Regime, rule: LevelRule, council: Position) -> Iterator[Transition]:
    """Yield the way of a closed file back to a council of the level that decided on it."""
    ends: list[tuple[State, set[Guard]]] = [(State.REJECTED, {Guard.RATED})]
    if regime.deciding_level_below(rule.level) is None:
        ends.append((State.NOT_REACHED, set()))
    if rule.decides:
        ends.append((State.RECOGNISED, set()))
    for state, guards in ends:
        yield Transition(
            origin=Position(state, rule.level),
            action=Action.REOPEN,
            target=council,
            party=Party.AUTHORITY,
            guards=frozenset({Guard.APPEAL_UPHELD, *guards}),
            source=_DEFAULT,
        )


def _assessors(regime: Regime) -> Iterator[tuple[Party, frozenset[DossierKind], Source]]:
    """Yield who reports to the council: the office in a re-rating (Art. 7.6c), else the advisory group."""
    if not regime.lodging.rerating_by_written_opinion:
        yield Party.ADVISORY_GROUP, ALL_KINDS, _ART_7_3
        return
    yield Party.ADVISORY_GROUP, ALL_KINDS - {DossierKind.RERATING}, _ART_7_3
    yield Party.OFFICE, frozenset({DossierKind.RERATING}), _ART_7_6C


def _decisions(regime: Regime, rule: LevelRule, origin: Position) -> Iterator[Transition]:
    """Yield what the authority of a level may do with a result, be it its council's or one sent down."""
    source = _ART_7_4G if origin.state is State.REMANDED else _ART_7_3E
    rows: list[tuple[Action, Position, set[Guard], Source]] = []
    if rule.decides:
        rows.append(
            (
                Action.RECOGNISE,
                Position(State.RECOGNISED, rule.level),
                {Guard.OUTCOME_IS_RECOGNISE, Guard.ADDS_STARS},
                source,
            ),
        )
        rows.append(
            (
                Action.CONFIRM,
                Position(State.RECOGNISED, rule.level),
                {Guard.RECOGNITION_STANDS},
                _DEFAULT,
            ),
        )
    if rule.forwards_to is not None and origin.state is not State.REMANDED:
        rows.append(
            (
                Action.FORWARD,
                Position(State.FORWARDED, rule.forwards_to),
                {Guard.OUTCOME_IS_FORWARD, Guard.REQUEST_LETTER_ISSUED},
                source,
            ),
        )
    lower = regime.deciding_level_below(rule.level)
    if lower is None:
        rows.append(
            (
                Action.CONCLUDE_NOT_REACHED,
                Position(State.NOT_REACHED, rule.level),
                {Guard.OUTCOME_IS_NOT_REACHED, Guard.NO_RECOGNITION_STANDS},
                source,
            ),
        )
    else:
        rows.append(
            (
                Action.REMAND,
                Position(State.REMANDED, lower),
                {Guard.OUTCOME_IS_REMAND, Guard.NO_RECOGNITION_STANDS},
                _ART_7_4G if rule.level is Level.CENTRAL else _DEFAULT,
            ),
        )
    for action, target, guards, row_source in rows:
        yield Transition(
            origin=origin,
            action=action,
            target=target,
            party=Party.AUTHORITY,
            guards=frozenset(guards),
            source=row_source,
        )


def _supplements(
    *,
    desk: Position,
    askers: Iterable[tuple[Position, Party, frozenset[DossierKind]]],
) -> Iterator[Transition]:
    """Yield the loop of additions at one level; every answer comes back to the level's desk."""
    waiting = Position(State.SUPPLEMENT_REQUESTED, desk.level)
    for origin, party, kinds in askers:
        yield Transition(
            origin=origin,
            action=Action.REQUEST_SUPPLEMENT,
            target=waiting,
            party=party,
            guards=frozenset({Guard.ITEMS_LISTED}),
            kinds=kinds,
            # Art. 7.2a lets the commune check the components without saying what follows from a gap.
            source=_DEFAULT if desk.state is State.COMMUNE_REVIEW else _ART_7_3,
        )
    yield Transition(
        origin=waiting,
        action=Action.RESUBMIT,
        target=desk,
        party=Party.PRODUCER,
        guards=frozenset({Guard.ITEMS_ANSWERED}),
        source=_DEFAULT,
    )
    yield _reject(desk, Party.OFFICE)
    yield _reject(waiting, Party.OFFICE, Guard.SUPPLEMENT_OVERDUE)


def _withdraw(origin: Position) -> Transition:
    return Transition(
        origin=origin,
        action=Action.WITHDRAW,
        target=Position(State.WITHDRAWN, origin.level),
        party=Party.PRODUCER,
        source=_DEFAULT,
    )


def _reject(origin: Position, party: Party, *guards: Guard) -> Transition:
    return Transition(
        origin=origin,
        action=Action.REJECT,
        target=Position(State.REJECTED, origin.level),
        party=party,
        guards=frozenset({Guard.REASON_GIVEN, *guards}),
        source=_DEFAULT,
    )


def _back(origin: Position, action: Action, target: Position, party: Party, *guards: Guard) -> Transition:
    return Transition(
        origin=origin,
        action=action,
        target=target,
        party=party,
        guards=frozenset({Guard.REASON_GIVEN, *guards}),
        source=_DEFAULT,
    )


def render_table(regime: Regime) -> str:
    """Return the regime's table as Markdown for the documentation, ending in a newline."""
    head = ("Level", "State", "Action", "Kinds", "Who", "Conditions", "Then", "Source")
    lines = [" | ".join(("", *head, "")).strip(), "|" + "---|" * len(head)]
    for row in transitions(regime):
        kinds = "all" if row.kinds == ALL_KINDS else ", ".join(k for k in DossierKind if k in row.kinds)
        then = row.target.state.value
        if row.target.level is not row.origin.level:
            then = f"{then} ({row.target.level.value})"
        cells = (
            row.origin.level.value,
            row.origin.state.value,
            row.action.value,
            kinds,
            row.party.value,
            ", ".join(sorted(row.guards)),
            then,
            row.source.text + (" (our default)" if row.source.silent else ""),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
