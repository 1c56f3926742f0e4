"""Pure decisions about dossiers: who acts in which capacity, and what each step is called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.dossier import Acting, Action, Guard, Level, Party

DESKS: Final = {
    Party.OFFICE: Permission.DOSSIER_RECEIVE,
    Party.ADVISORY_GROUP: Permission.DOSSIER_ASSESS,
    Party.AUTHORITY: Permission.DOSSIER_DECIDE,
}
"""What each party needs to act at a level."""
EVENTS: Final = {
    Action.LODGE: "dossier.lodged",
    Action.RECEIVE: "dossier.received",
    Action.FORWARD: "dossier.forwarded",
    Action.REQUEST_SUPPLEMENT: "dossier.supplement_requested",
    Action.RESUBMIT: "dossier.resubmitted",
    Action.START_ASSESSMENT: "dossier.assessment_started",
    Action.SUBMIT_REPORT: "dossier.report_submitted",
    Action.PROPOSE: "dossier.proposed",
    Action.RETURN_TO_ASSESSMENT: "dossier.returned_to_assessment",
    Action.RETURN_TO_COUNCIL: "dossier.returned_to_council",
    Action.RECOGNISE: "dossier.recognised",
    Action.CONCLUDE_NOT_REACHED: "dossier.concluded_not_reached",
    Action.REMAND: "dossier.remanded",
    Action.REORGANISE: "dossier.reorganised",
    Action.REJECT: "dossier.rejected",
    Action.WITHDRAW: "dossier.withdrawn",
    Action.REOPEN: "dossier.reopened",
    Action.CONFIRM: "dossier.confirmed",
}
"""Kind of the ledger event each action writes."""

ELSEWHERE: Final = frozenset({Action.PROPOSE, Action.RECOGNISE, Action.REOPEN})
"""Actions done through a council's session, a certificate or an appeal, not on the dossier itself."""

FIELDS_OF_GUARDS: Final = {
    Guard.FORM_03_ISSUED: ("form_03",),
    Guard.REQUEST_LETTER_ISSUED: ("request_letter",),
    Guard.SAMPLES_HANDED_IN: ("samples",),
    Guard.ITEMS_LISTED: ("items", "due_on"),
    Guard.ITEMS_ANSWERED: ("answers",),
    Guard.ASSESSMENT_REPORT_FILED: ("report", "recommendation"),
    Guard.REASON_GIVEN: ("reason",),
}
"""Fields of an action's body by which the caller shows that a guard holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What of a dossier decides who may act on it."""

    level: Level
    area_path: Sequence[str]
    producer_id: UUID
    council_id: UUID | None = None


def capacities(actor: Actor, dossier: Whereabouts, today: date) -> frozenset[Acting]:
    """Every capacity in which the actor may act on a dossier where it lies today.

    The advisory group is the officers of the level and, where the dossier names a council, its advisers.
    The council acts through its own secretary here; the session's features name the council themselves.
    """
    level = dossier.level
    found: set[Acting] = set()
    own = actor.scope(Permission.DOSSIER_READ).covers(producer_id=dossier.producer_id)
    if actor.scope(Permission.DOSSIER_LODGE).covers(producer_id=dossier.producer_id):
        found.add(Acting(Party.PRODUCER))
    for party, permission in DESKS.items():
        scope = actor.scope(permission, levels={level_in_charge(level, today)})
        # Whoever acts for the producer does not advise on the own file.
        advises = party is Party.ADVISORY_GROUP and not own
        council_id = dossier.council_id if advises else None
        if scope.covers(area_path=dossier.area_path, council_id=council_id):
            found.add(Acting(party, level))
    if actor.scope(Permission.COUNCIL_MANAGE, levels=()).covers(council_id=dossier.council_id):
        found.add(Acting(Party.COUNCIL, level))
    return frozenset(found)
