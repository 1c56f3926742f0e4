"""Merging two registrations of one producer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db import merging
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.producers import Producer
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, RuleViolation
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.producers.merge_schemas import Merge, MergeConflict, MergeRead
from ocop_api.producers.policy import check_counts, names_of
from ocop_api.producers.service import ProducerService

AT_REST = ("draft", "recognised", "not_reached", "rejected", "withdrawn")
"""States of a dossier in which nobody assesses it."""
_FIELDS = (
    "legal_form",
    "name",
    "tax_code",
    "registration_number",
    "registered_on",
    "registration_issuer",
    "established_on",
    "website",
    "cooperative_class",
    "cooperative_class_year",
    "address",
    "representative_name",
    "representative_position",
    "representative_is_woman",
    "representative_is_ethnic_minority",
    "representative_has_disability",
    "phone",
    "email",
    "contacts",
    "member_count",
    "members_women",
    "members_ethnic_minority",
    "members_poor_households",
    "labour_count",
    "labour_in_commune",
    "labour_in_province",
    "labour_women",
    "labour_ethnic_minority",
    "labour_disabled",
    "source",
    "notes",
)
_PLACE = ("place_id", "province_id", "area_path")


class ProducerMerging:
    """Makes one producer of two, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._producers = ProducerService(session, actor, now)

    async def merge(self, survivor_id: UUID, wanted: Merge) -> MergeRead:
        """Let the survivor absorb the other; with ``dry_run`` only tell what would happen.

        The survivor's facts stand; its gaps are filled from the absorbed one, and ``take`` names fields
        to take over all the same.

        Raises:
            NotFound: ``producers.unknown``.
            Forbidden: ``auth.not_permitted`` unless an officer's area holds both.
            Invalid: ``producers.merge_with_itself``, ``producers.merge_unknown_field``.
            RuleViolation: ``producers.merge_under_assessment`` when dossiers of both are being assessed.
            Conflict: ``producers.merge_conflict`` with what has to be merged or removed first.
        """
        survivor, absorbed = await self._both(survivor_id, wanted.absorbed_id)
        await self._check_dossiers(survivor.id, absorbed.id)
        found = await merging.collisions(self._session, "producer", old=absorbed.id, new=survivor.id)
        open_ = [c for c in found if not merging.is_settled(c)]
        values, differing = taken_over(survivor, absorbed, _FIELDS, wanted.take)
        told = MergeRead(
            dry_run=wanted.dry_run,
            survivor_id=survivor.id,
            absorbed_id=absorbed.id,
            moved=await merging.count_pointers(self._session, "producer", absorbed.id),
            filled=sorted(values),
            differing=differing,
            conflicts=[MergeConflict.of(collision) for collision in open_],
        )
        if wanted.dry_run:
            return told
        if open_:
            raise Conflict(
                "producers.merge_conflict",
                count=len(open_),
                conflicts=[conflict.model_dump() for conflict in told.conflicts],
            )
        dropped = [
            await merging.settle(self._session, collision, at=self._now, by=self._actor.user_id)
            for collision in found
        ]
        moved = await merging.move_pointers(
            self._session, "producer", old=absorbed.id, new=survivor.id, at=self._now
        )
        absorbed_name, absorbed_path = absorbed.name, absorbed.area_path
        if survivor.place_id is None and absorbed.place_id is not None:
            values |= {name: getattr(absorbed, name) for name in _PLACE}
        self._session.expunge(absorbed)
        await merging.absorb(
            self._session,
            "producer",
            old=absorbed.id,
            new=survivor.id,
            at=self._now,
            by=self._actor.user_id,
            dropped=dropped,
        )
        await self._complete(survivor, values)
        await record(
            self._session,
            kind="producer.merged",
            subject_type="producer",
            subject_id=survivor.id,
            actor=self._actor,
            at=self._now,
            data={"absorbed_id": str(absorbed.id), "absorbed_name": absorbed_name, "moved": moved},
            area_path=list(dict.fromkeys([*survivor.area_path, *absorbed_path])),
        )
        await enqueue(self._session, "products.follow_producer", {"producer_id": str(survivor.id)})
        return told.model_copy(update={"moved": moved})

    async def _both(self, survivor_id: UUID, absorbed_id: UUID) -> tuple[Producer, Producer]:
        if survivor_id == absorbed_id:
            raise Invalid("producers.merge_with_itself")
        # Always in the order of the ids, so that two mergers of the same pair wait for each other.
        rows = {
            row_id: await self._producers.get(row_id, lock=True)
            for row_id in _ordered(survivor_id, absorbed_id)
        }
        scope = self._actor.scope(Permission.PRODUCER_EDIT)
        for row in rows.values():
            # Without the producer's id: whoever acts for both may still not decide that they are one.
            if not scope.covers(area_path=row.area_path):
                raise Forbidden("auth.not_permitted", permission=Permission.PRODUCER_EDIT)
        return rows[survivor_id], rows[absorbed_id]

    async def _check_dossiers(self, *producer_ids: UUID) -> None:
        assessed = await self._session.scalars(
            select(Dossier.producer_id)
            .where(Dossier.producer_id.in_(producer_ids), Dossier.state.not_in(AT_REST))
            .group_by(Dossier.producer_id)
            .having(func.count() > 0)
        )
        if len(assessed.all()) == len(producer_ids):
            raise RuleViolation("producers.merge_under_assessment")

    async def _complete(self, survivor: Producer, values: dict[str, Any]) -> None:
        if "name" in values:
            values |= names_of(values["name"])
        for name, value in values.items():
            setattr(survivor, name, value)
        check_counts({name: getattr(survivor, name) for name in _FIELDS})
        survivor.updated_at = self._now
        survivor.touch()
        # A key that a third producer holds must show here rather than at the commit.
        await self._session.flush()


def taken_over(
    survivor: Any, absorbed: Any, fields: tuple[str, ...], take: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """What the survivor takes over from the absorbed row, and the fields in which they differ.

    Raises:
        Invalid: ``producers.merge_unknown_field``.
    """
    unknown = sorted(set(take) - set(fields))
    if unknown:
        raise Invalid("producers.merge_unknown_field", fields=unknown, offered=sorted(fields))
    values: dict[str, Any] = {}
    differing = []
    for name in fields:
        own, other = getattr(survivor, name), getattr(absorbed, name)
        if other in (None, []) or own == other:
            continue
        if own in (None, []) or name in take:
            values[name] = other
        else:
            differing.append(name)
    return values, sorted(differing)


def _ordered(*ids: UUID) -> list[UUID]:
    return sorted(ids)
