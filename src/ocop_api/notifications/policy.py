"""Whom an event concerns. Pure decisions over the event and the levels of grants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ocop_api.domain.actor import Level

WATCHED = ("certificate.", "document.expiring", "dossier.")
"""Kinds of events, by their beginning, that anybody is told about."""
_FOR_OFFICERS = frozenset({"dossier.lodged", "dossier.forwarded"})


@dataclass(frozen=True, slots=True)
class Concern:
    """Whose grants make an event theirs.

    ``producer_id``: those who act for this producer. ``place_ids``: officers of these areas, at
    ``level`` when the event names one, otherwise at every level.
    """

    producer_id: UUID | None = None
    place_ids: tuple[str, ...] = ()
    level: Level | None = None

    @property
    def nobody(self) -> bool:
        """True when no grant can match."""
        return self.producer_id is None and not self.place_ids


def concern_of(kind: str, area_path: Sequence[str], data: Mapping[str, Any]) -> Concern:
    """Whom to tell: the producer of the dossier, certificate or document, and officers at the desk.

    Officers of the area are told of a dossier that arrives with them. ``data`` may name ``producer_id``
    and the ``level`` the dossier is at now.
    """
    if not kind.startswith(WATCHED):
        return Concern()
    for_officers = kind in _FOR_OFFICERS
    return Concern(
        producer_id=_uuid(data.get("producer_id")),
        place_ids=tuple(area_path) if for_officers else (),
        level=_level(data.get("level")) if for_officers else None,
    )


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _level(value: object) -> Level | None:
    return Level(value) if isinstance(value, str) and value in set(Level) else None
