"""Keeping who imports with the import, so that the job may do what the person might, and no more."""

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


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
