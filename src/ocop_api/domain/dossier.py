"""The way of a dossier (*hồ sơ*): what may be done to it, by whom, and where its points send it.

A dossier's position is its state **and** the level that holds it. The table behind it is generated per
regime in ``dossier_table``; this module is the door to it and to the words, codes and outcomes around it.
"""

from collections.abc import Collection

from ocop_api.domain.dossier_table import (
    render_table,
    transitions,
)
from ocop_api.domain.dossier_terms import (
    ALL_KINDS,
    Acting,
    Action,
    Guard,
    Party,
    Position,
    State,
    Transition,
)
from ocop_api.domain.errors import (
    Forbidden,
    RuleViolation,
)
from ocop_api.domain.forwarding import (
    Outcome,
    OutcomeKind,
    OutcomeReason,
    check_rerating_lodging,
    forwarding,
    rerating_lodging_days,
)
from ocop_api.domain.product_code import (
    ProductCode,
    registration_slip_number,
)
from ocop_api.domain.regimes import (
    DossierKind,
    Level,
    Regime,
)

__all__ = [
    "ALL_KINDS",
    "Acting",
    "Action",
    "DossierKind",
    "Guard",
    "Level",
    "Outcome",
    "OutcomeKind",
    "OutcomeReason",
    "Party",
    "Position",
    "ProductCode",
    "State",
    "Transition",
    "allowed_actions",
    "apply",
    "check_rerating_lodging",
    "forwarding",
    "open_transitions",
    "registration_slip_number",
    "render_table",
    "rerating_lodging_days",
    "start",
    "transitions",
]


def start(regime: Regime) -> Position:
    """Return the position of a new draft."""
    return Position(State.DRAFT, regime.entry_level)


def open_transitions(regime: Regime, kind: DossierKind, position: Position) -> tuple[Transition, ...]:
    """Return the rows that lead on from a position for a kind of dossier; empty in a final state."""
    return tuple(row for row in transitions(regime) if row.origin == position and kind in row.kinds)


def allowed_actions(
    regime: Regime,
    kind: DossierKind,
    position: Position,
    capacities: Collection[Acting],
) -> tuple[Action, ...]:
    """Return what somebody with these capacities may do now, in order of procedure.

    Guards are left aside: an action is offered although, say, a report is still missing; trying it names
    what is missing.
    """
    rows = (row for row in open_transitions(regime, kind, position) if row.acting in capacities)
    return tuple(dict.fromkeys(row.action for row in rows))


def apply(
    regime: Regime,
    kind: DossierKind,
    position: Position,
    action: Action,
    *,
    capacities: Collection[Acting],
    satisfied: Collection[Guard],
) -> Position:
    """Return where the action takes the dossier.

    Raises:
        RuleViolation: ``dossier.action_not_allowed`` when the action has no place at this position (data:
            what the caller may do instead); ``dossier.guard_not_met`` with the ``missing`` guards.
        Forbidden: ``dossier.not_the_acting_party``, the action is there but belongs to somebody else.
    """
    row = next(
        (row for row in open_transitions(regime, kind, position) if row.action is action),
        None,
    )
    if row is None:
        raise RuleViolation(
            "dossier.action_not_allowed",
            action=action.value,
            state=position.state.value,
            level=position.level.value,
            regime=regime.code,
            allowed_actions=[a.value for a in allowed_actions(regime, kind, position, capacities)],
        )
    if row.acting not in capacities:
        raise Forbidden(
            "dossier.not_the_acting_party",
            action=action.value,
            party=row.party.value,
            level=None if row.acting.level is None else row.acting.level.value,
        )
    missing = sorted(guard.value for guard in row.guards if guard not in satisfied)
    if missing:
        raise RuleViolation("dossier.guard_not_met", action=action.value, missing=missing)
    return row.target
