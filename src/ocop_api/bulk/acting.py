"""Keeping who imports with the import, so that the job may do what the person might, and no more.

The rights are those of the order that still hold when a batch is stored: what was granted since adds
nothing, and what was taken away since is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role


def snapshot(actor: Actor) -> dict[str, Any]:
    """The actor as JSON, with the grants of this moment."""
    return {
        "user_id": None if actor.user_id is None else str(actor.user_id),
        "system": actor.system,
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
        "grants": [
            {
                "role": grant.role.value,
                "bound": grant.bound.value,
                "level": None if grant.level is None else grant.level.value,
                "place_id": grant.place_id,
                "council_id": None if grant.council_id is None else str(grant.council_id),
                "producer_id": None if grant.producer_id is None else str(grant.producer_id),
            }
            for grant in actor.grants
        ],
    }


def restored(kept: dict[str, Any]) -> Actor:
    """The actor a snapshot was made of; the display name is not kept."""
    return Actor(
        user_id=_uuid(kept["user_id"]),
        system=kept["system"],
        scopes=_scopes(kept.get("scopes")),
        grants=tuple(
            Grant(
                role=Role(grant["role"]),
                bound=Bound(grant["bound"]),
                level=None if grant["level"] is None else Level(grant["level"]),
                place_id=grant["place_id"],
                council_id=_uuid(grant["council_id"]),
                producer_id=_uuid(grant["producer_id"]),
            )
            for grant in kept["grants"]
        ),
    )


def _scopes(kept: list[str] | None) -> frozenset[Permission] | None:
    return None if kept is None else frozenset(Permission(name) for name in kept)


def still_granted(actor: Actor, current: Iterable[Grant], areas: Mapping[str, Sequence[str]]) -> Actor:
    """The actor with those grants only that are still held.

    Args:
        actor: as restored.
        current: what the person is granted now.
        areas: area paths of the places of the actor's grants; the grants of a key may be narrower than
            those of the person behind it.
    """
    held = list(current)

    def holds(grant: Grant) -> bool:
        area = set(areas.get(grant.place_id or "", ()))
        return any(
            known.role is grant.role
            and (
                known.bound is Bound.EVERYWHERE
                or (grant.bound is Bound.AREA and known.place_id in area)
                or (
                    known.bound is grant.bound
                    and known.place_id == grant.place_id
                    and known.council_id == grant.council_id
                    and known.producer_id == grant.producer_id
                )
            )
            for known in held
        )

    return replace(actor, grants=tuple(grant for grant in actor.grants if holds(grant)))


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
