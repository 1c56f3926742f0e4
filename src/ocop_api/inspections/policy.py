"""Decisions about inspections that need no database: who acts in which capacity, and who sees what."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.inspection import InspectionKind, InspectionParty

_READERS = {Level.PROVINCE: frozenset({Level.PROVINCE, Level.CENTRAL}), Level.CENTRAL: {Level.CENTRAL}}


def acts_for(actor: Actor, producer_id: UUID) -> bool:
    """Whether the actor is of the producer's side, whatever office and credential they hold."""
    return any(grant.producer_id == producer_id for grant in actor.grants)


def plan_parties(actor: Actor, level: Level, area_path: Iterable[str]) -> frozenset[InspectionParty]:
    """In which capacities the actor acts on a plan: as the office or the leader of exactly its level."""
    path = tuple(area_path)
    held = {
        InspectionParty.OFFICE: Permission.INSPECTION_MANAGE,
        InspectionParty.AUTHORITY: Permission.INSPECTION_APPROVE,
    }
    return frozenset(
        party
        for party, permission in held.items()
        if actor.scope(permission, levels={level}).covers(area_path=path)
    )


def inspection_parties(
    actor: Actor,
    *,
    level: Level,
    area_path: Sequence[str],
    producer_id: UUID,
    inspectors: Collection[UUID],
) -> frozenset[InspectionParty]:
    """In which capacities the actor acts on an inspection.

    Nobody who acts for the producer holds another capacity, and an inspector whose role has been taken back
    since is none any more.
    """
    if acts_for(actor, producer_id):
        answers = producer_id in actor.scope(Permission.INSPECTION_ANSWER).producer_ids
        return frozenset({InspectionParty.PRODUCER} if answers else ())
    found: set[InspectionParty] = set()
    if actor.scope(Permission.INSPECTION_MANAGE, levels={level}).covers(area_path=area_path):
        found.add(InspectionParty.OFFICE)
    conducts = actor.scope(Permission.INSPECTION_CONDUCT).covers(area_path=area_path)
    if conducts and actor.user_id in inspectors:
        found.add(InspectionParty.INSPECTOR)
    return frozenset(found)


def readers_of_secrets(level: Level) -> frozenset[Level]:
    """Levels whose officials know of an unannounced inspection before it begins.

    Those below the inspecting level do not: they meet the producer every day.
    """
    return frozenset(_READERS[level])


def known_to_producer(kind: InspectionKind, *, begun: bool) -> bool:
    """Whether the producer knows of the inspection: from its plan's approval, or once it has begun."""
    return begun or kind is InspectionKind.PERIODIC
