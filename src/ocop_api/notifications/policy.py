"""Whom an event concerns. Pure decisions over the event and the levels of grants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ocop_api.domain.actor import Level

WATCHED = (
    "appeal.",
    "certificate.",
    "document.expiring",
    "dossier.",
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
        "withdrawal.answered",
        "withdrawal.opened",
        "withdrawal.returned",
    }
)
_NOT_FOR_PRODUCERS = frozenset(
    {"appeal.reported", "withdrawal.answered", "withdrawal.returned", "withdrawal.submitted"}
)
"""What the producer learns with the decision, or did themselves."""
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

    ``producer_id``: those who act for this producer. ``place_ids``: officers of these areas, at
    ``level`` when the event names one, otherwise at every level. ``user_ids``: these users.
    """

    producer_id: UUID | None = None
    place_ids: tuple[str, ...] = ()
    level: Level | None = None
    user_ids: tuple[UUID, ...] = ()

    @property
    def nobody(self) -> bool:
        """True when no grant can match."""
        return self.producer_id is None and not self.place_ids and not self.user_ids


def concern_of(kind: str, area_path: Sequence[str], data: Mapping[str, Any]) -> Concern:
    """Whom to tell: the producer of the dossier, certificate or document, and officers at the desk.

    Officers of the area are told of a dossier or an appeal that arrives with them. ``data`` may name
    ``producer_id``, the ``level`` the dossier is at now, and further people in ``tell_users``. An event with
    ``told_by`` tells nobody: another kind of event brings the same news.
    """
    if not kind.startswith(WATCHED) or kind in _TOLD_OTHERWISE or data.get("told_by") is not None:
        return Concern()
    if kind in _CLOCKS:
        return _concern_of_clock(kind, area_path, data)
    if kind == "dossier.assigned":
        assignee = _uuid(data.get("assignee_id"))
        return Concern() if assignee is None else Concern(user_ids=(assignee,))
    if kind == "session.invited":
        people = data.get("user_ids")
        invited = map(_uuid, people if isinstance(people, list) else [])
        return Concern(user_ids=tuple(one for one in invited if one is not None))
    if kind == "webhook.switched_off":
        owner = _uuid(data.get("owner_id"))
        return Concern() if owner is None else Concern(user_ids=(owner,))
    for_officers = kind in _FOR_OFFICERS
    return Concern(
        producer_id=None if kind in _NOT_FOR_PRODUCERS else _uuid(data.get("producer_id")),
        place_ids=tuple(area_path) if for_officers else (),
        level=_level(data.get("level")) if for_officers else None,
        user_ids=_uuids(data.get("tell_users")),
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
