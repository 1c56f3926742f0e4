"""Whom an event concerns. Pure decisions over the event and the levels of grants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ocop_api.domain.actor import Level, Role

WATCHED = (
    "appeal.",
    "certificate.",
    "document.expiring",
    "dossier.",
    "inspection.",
    "inspection_plan.approved",
    "session.invited",
    "webhook.switched_off",
    "withdrawal.",
)
"""Kinds of events, by their beginning, that anybody is told about."""
_FOR_OFFICERS = frozenset(
    {
        "appeal.lodged",
        "appeal.reported",
        "appeal.withdrawn",
        "certificate.withdrawn",
        "dossier.lodged",
        "dossier.forwarded",
        "inspection_plan.approved",
        "withdrawal.answered",
        "withdrawal.opened",
        "withdrawal.returned",
    }
)
_FOR_LEADERS = frozenset({"appeal.reported", "withdrawal.submitted"})
"""What lies before whoever decides."""
_NOT_FOR_PRODUCERS = frozenset(
    {"appeal.reported", "withdrawal.answered", "withdrawal.returned", "withdrawal.submitted"}
)
"""What the producer learns with the decision, or did themselves."""
_PERSONAL = {
    "dossier.assigned": "assignee_id",
    "session.invited": "user_ids",
    "webhook.switched_off": "owner_id",
}
"""Kinds that concern the people that this part of their data names, and nobody else."""
_INSPECTED = frozenset(
    {
        "inspection.announced",
        "inspection.begun",
        "inspection.cancelled",
        "inspection.concluded",
        "inspection.improvement_checked",
        "inspection.improvement_due",
        "inspection.improvement_overdue",
        "inspection.scheduled",
    }
)
"""What of an inspection concerns its producer; anything else is for the people it names."""
_TOLD_OTHERWISE = frozenset({"certificate.superseded", "dossier.panel_assigned", "withdrawal.decided"})
"""What another event of the same step tells already."""
_CLOCKS = frozenset(
    {
        "dossier.due_soon",
        "dossier.overdue",
        "dossier.supplement_overdue",
        "dossier.escalated",
        "withdrawal.due_soon",
        "withdrawal.overdue",
    }
)
MAILED = _CLOCKS | {
    "appeal.accepted",
    "appeal.dismissed",
    "appeal.lodged",
    "appeal.refused",
    "appeal.upheld",
    "dossier.assigned",
    "dossier.examination_requested",
    "dossier.rerating_window_closing",
    "dossier.rerating_window_half_over",
    "dossier.rerating_window_opened",
    "dossier.supplement_requested",
    "document.expiring",
    "inspection.announced",
    "inspection.concluded",
    "inspection.improvement_checked",
    "inspection.improvement_due",
    "inspection.improvement_overdue",
    "inspection.planned",
    "inspection.scheduled",
    "certificate.expired",
    "certificate.expiring",
    "certificate.extended",
    "certificate.withdrawn",
    "session.invited",
    "webhook.switched_off",
    "withdrawal.decision_signed",
    "withdrawal.opened",
}
"""Kinds that are also written by e-mail: what somebody has to do by a day, and how something ended."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Whose grants make an event theirs.

    ``producer_id``: those who act for this producer. ``place_ids``: those with one of ``roles`` in these
    areas, at ``level`` when the event names one, otherwise at every level. ``user_ids``: these users.
    """

    producer_id: UUID | None = None
    place_ids: tuple[str, ...] = ()
    level: Level | None = None
    user_ids: tuple[UUID, ...] = ()
    roles: frozenset[Role] = frozenset({Role.OFFICER})

    @property
    def nobody(self) -> bool:
        """True when no grant can match."""
        return self.producer_id is None and not self.place_ids and not self.user_ids


def concern_of(kind: str, area_path: Sequence[str], data: Mapping[str, Any]) -> Concern:
    """Whom to tell: the producer of the dossier, certificate or document, and officers at the desk.

    Officers of the area are told of a dossier or an appeal that arrives with them, its leader of what is to
    be decided. ``data`` may name
    ``producer_id``, the ``level`` the dossier is at now, and further people in ``tell_users``. An event with
    ``told_by`` tells nobody: another kind of event brings the same news.
    """
    if not kind.startswith(WATCHED) or kind in _TOLD_OTHERWISE or data.get("told_by") is not None:
        return Concern()
    if kind in _CLOCKS:
        return _concern_of_clock(kind, area_path, data)
    if kind in _PERSONAL:
        people = data.get(_PERSONAL[kind])
        return Concern(user_ids=_uuids(people if isinstance(people, list) else [people]))
    if kind.startswith("inspection."):
        told = _uuid(data.get("producer_id")) if kind in _INSPECTED else None
        return Concern(producer_id=told, user_ids=_uuids(data.get("tell_users")))
    roles = {Role.OFFICER: kind in _FOR_OFFICERS, Role.LEADER: kind in _FOR_LEADERS}
    for_officials = any(roles.values())
    return Concern(
        producer_id=None if kind in _NOT_FOR_PRODUCERS else _uuid(data.get("producer_id")),
        place_ids=tuple(area_path) if for_officials else (),
        level=_level(data.get("level")) if for_officials else None,
        user_ids=_uuids(data.get("tell_users")),
        roles=frozenset(role for role, told in roles.items() if told),
    )


def _concern_of_clock(kind: str, area_path: Sequence[str], data: Mapping[str, Any]) -> Concern:
    """A term concerns whoever the file waits for: the producer, the colleague in charge, or the desk."""
    if data.get("tell") == "producer":
        return Concern(producer_id=_uuid(data.get("producer_id")))
    assignee = _uuid(data.get("assignee_id"))
    if assignee is not None and kind == "dossier.due_soon":
        return Concern(user_ids=(assignee,))
    return Concern(
        place_ids=tuple(area_path),
        level=_level(data.get("tell_level")),
        user_ids=() if assignee is None else (assignee,),
    )


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _uuids(values: object) -> tuple[UUID, ...]:
    found = [_uuid(value) for value in values] if isinstance(values, list) else []
    return tuple(value for value in found if value is not None)


def _level(value: object) -> Level | None:
    return Level(value) if isinstance(value, str) and value in set(Level) else None
