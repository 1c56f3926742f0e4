"""Who may do what with councils, sessions and sheets. Pure decisions."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import Council
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.council import CouncilRules, Office, Quorum, Seat, votes
from ocop_api.domain.dossier import State

VersionCheck = Callable[[int], None]
"""Called with the stored version of a locked row; raises when the client's copy is stale."""

OPINIONS_DIFFER = "opinions_differ"
"""Why a dossier leaves the agenda of written opinions: it needs a meeting."""


def may_manage(actor: Actor, level: str, area_path: Iterable[str], council_id: UUID) -> bool:
    """Whether the actor runs the council's business: an officer of its level and area, its secretary."""
    scope = actor.scope(Permission.COUNCIL_MANAGE, levels={Level(level)})
    return scope.covers(area_path=area_path, council_id=council_id)


def may_rate(council: Council, dossier: Dossier) -> bool:
    """Whether a dossier lies with a council: at its level and in its area, and with no other panel."""
    within = council.place_id is None or council.place_id in dossier.area_path
    here = dossier.state == State.IN_COUNCIL and dossier.level == council.level
    return here and within and dossier.panel_id in {None, council.id}


def chairs_or_keeps_minutes(user_id: UUID | None, seats: Iterable[Seat], presiding: object) -> bool:
    """Whether the person is the council's chair or secretary, or presides over the dossier instead."""
    offices = {seat.office for seat in seats if seat.person == user_id}
    return bool(offices & {Office.CHAIR, Office.SECRETARY}) or (user_id is not None and presiding == user_id)


def may_sign(
    actor: Actor,
    level: str,
    area_path: Iterable[str],
    council_id: UUID,
    *,
    seats: Iterable[Seat],
    presiding: object,
) -> bool:
    """Whether the actor hands in signed papers: chair, who presided, secretary, who runs the business."""
    if may_manage(actor, level, area_path, council_id):
        return True
    # A seat whose role has been taken back since does not count any more.
    held = (Permission.SHEET_SUBMIT, Permission.COUNCIL_MANAGE)
    seated = any(actor.scope(one).covers(council_id=council_id) for one in held)
    return seated and chairs_or_keeps_minutes(actor.user_id, seats, presiding)


def expected_sheets(
    seats: Sequence[Seat], present: Collection[UUID], recused: Collection[UUID], rules: CouncilRules
) -> list[UUID]:
    """The members whose sheets a round waits for: present, entitled to score and not recused."""
    return [
        seat.person
        for seat in seats
        if isinstance(seat.person, UUID)
        and votes(seat.office, rules)
        and seat.person in present
        and seat.person not in recused
    ]


def problem_of(decided: Quorum, dossier_id: UUID) -> dict[str, object]:
    """Why there is no quorum on a dossier, as data for the refusal."""
    return {
        "dossier_id": str(dossier_id),
        "problems": [problem.value for problem in decided.problems],
        "required": decided.required,
        "present": decided.present,
    }
