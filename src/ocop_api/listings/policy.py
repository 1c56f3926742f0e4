"""Who may do what to a listing."""

from collections.abc import Sequence
from uuid import UUID

from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.listing import ListingAction, ListingState, allowed

_OFFICERS = frozenset({ListingAction.REVIEW, ListingAction.REJECT})


def may_edit(actor: Actor, producer_id: UUID, area_path: Sequence[str]) -> bool:
    """The producer's own people, and the officers of its area."""
    return actor.scope(Permission.LISTING_EDIT).covers(
        area_path=area_path, producer_id=producer_id
    ) or may_verify(actor, area_path)


def may_verify(actor: Actor, area_path: Sequence[str]) -> bool:
    """Officers of the area."""
    return actor.scope(Permission.LISTING_VERIFY).covers(area_path=area_path)


def actions_for(
    actor: Actor, state: ListingState, producer_id: UUID, area_path: Sequence[str]
) -> list[ListingAction]:
    """The actions that have a place in the state and are this caller's."""
    if not may_edit(actor, producer_id, area_path):
        return []
    officer = may_verify(actor, area_path)
    return [action for action in allowed(state) if officer or action not in _OFFICERS]
