"""Who may administer which account and assign which role. Pure decisions.

An administrator acts inside the area of an own grant and never above its level. Both are needed: when
units were merged in 2025, the area path of a large former unit also names its small successors.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ocop_api.domain.actor import ROLE_BOUNDS, Actor, Bound, Grant, Level, Permission, Role
from ocop_api.domain.errors import Invalid

_RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where something is administered: an account's home, or the bound of a grant.

    ``area_path`` is empty and ``level`` None for what only an administrator of everything may touch;
    a council or producer has an area but no level.
    """

    area_path: tuple[str, ...] = ()
    level: Level | None = None


def reaches(actor: Actor, permission: Permission, standing: Standing) -> bool:
    """Whether the actor holds the permission there, inside the area of a grant and not above its level."""
    if actor.system:
        return True
    for grant in actor.grants_for(permission):
        if grant.bound is Bound.EVERYWHERE:
            return True
        if grant.place_id is None or grant.level is None or grant.place_id not in standing.area_path:
            continue
        if standing.level is None or _RANK[standing.level] <= _RANK[grant.level]:
            return True
    return False


def may_administer(actor: Actor, home: Standing, held: Iterable[Standing]) -> bool:
    """Whether the actor may rename or disable the account.

    Its home must be within reach and so must everything it holds, or a commune's administrator could
    disable a leader of the province who lives there.
    """
    return all(reaches(actor, Permission.USER_CREATE, standing) for standing in (home, *held))


@dataclass(frozen=True, slots=True)
class Target:
    """What a wanted grant names; which of them must be set follows from the bound."""

    place_id: str | None = None
    council_id: UUID | None = None
    producer_id: UUID | None = None


_NEEDED: dict[Bound, str | None] = {
    Bound.AREA: "place_id",
    Bound.COUNCIL: "council_id",
    Bound.PRODUCER: "producer_id",
    Bound.EVERYWHERE: None,
}


def check_bound(role: Role, bound: Bound, target: Target) -> None:
    """Refuse a bound the role cannot have, or a target that does not belong to the bound.

    Raises:
        Invalid: ``accounts.bound_does_not_fit_role`` with the ``offered`` bounds, or
            ``accounts.target_does_not_fit_bound`` with the one field ``needed``.
    """
    offered = ROLE_BOUNDS[role]
    if bound not in offered:
        raise Invalid("accounts.bound_does_not_fit_role", role=role, bound=bound, offered=_names(offered))
    needed = _NEEDED[bound]
    for name in ("place_id", "council_id", "producer_id"):
        if (getattr(target, name) is not None) != (name == needed):
            raise Invalid("accounts.target_does_not_fit_bound", bound=bound, needed=needed or "—")


def narrowed(grant: Grant, area_path: Collection[str], place_id: str, place: Standing) -> Grant | None:
    """What is left of a grant for a key that is bound to one place; None when it holds nothing there.

    The level stays the grant's own: an officer of the ministry acts in the place as the ministry does,
    and does not become an officer of the place.

    Args:
        grant: a live grant of the key's user.
        area_path: where the grant's place, council or producer lies.
        place_id: the place the key is bound to.
        place: its area and level.
    """
    if grant.bound is Bound.EVERYWHERE:
        return replace(grant, bound=Bound.AREA, level=Level.CENTRAL, place_id=place_id)
    if grant.bound is not Bound.AREA:
        return grant if place_id in area_path else None
    if grant.level is None or place.level is None:
        return None
    if grant.place_id in place.area_path and _RANK[place.level] <= _RANK[grant.level]:
        return replace(grant, place_id=place_id)
    lies_within = place_id in area_path and _RANK[grant.level] <= _RANK[place.level]
    return grant if lies_within else None


def _names(bounds: Iterable[Bound]) -> Sequence[str]:
    return sorted(str(bound) for bound in bounds)
