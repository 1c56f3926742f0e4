"""Registering and changing producers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db import merging
from ocop_api.db.tables.producers import Producer
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.administration import LAST_DAY_OF_DISTRICTS
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError, Forbidden, Invalid, NotFound
from ocop_api.domain.vietnamese import fold
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.history import history_of
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.producers.history import PRIVATE_FIELDS, entries
from ocop_api.producers.importing import ProducerImport
from ocop_api.producers.merge_schemas import HistoryEntry, HistoryFilter
from ocop_api.producers.policy import (
    COUNTS,
    check_counts,
    created_facts,
    is_cooperative,
    may_create,
    names_of,
    province_of,
)
from ocop_api.producers.repository import ProducerRepository
from ocop_api.producers.schemas import (
    Outcome,
    ProducerCreate,
    ProducerFilter,
    ProducerPrivateRead,
    ProducerRead,
    ProducerUpdate,
    flat,
)
from ocop_api.web.schemas import Page


async def area_of(session: AsyncSession, place_id: str | None) -> list[str]:
    """The area path of a place; empty without one.

    Raises:
        Invalid: ``producers.unknown_place``.
    """
    if place_id is None:
        return []
    places = PlaceService(session)
    try:
        await places.get(place_id)
        return list(await places.area_path(place_id))
    except NotFound as error:
        raise Invalid("producers.unknown_place", place=place_id) from error


async def place_meant(session: AsyncSession, typed: str, *, on: date | None, today: date) -> str:
    """The id of the place a filter names by id, code or name.

    Without ``on`` a code is read as of today, and one that ended with the districts as of their last day.

    Raises:
        Invalid: ``producers.unknown_place``, or ``places.ambiguous`` for a name of several.
    """
    places = PlaceService(session)
    try:
        if ":" in typed:
            return (await places.get(typed)).id
        try:
            return (await places.resolve(typed, on=on or today)).id
        except NotFound:
            if on is not None or today <= LAST_DAY_OF_DISTRICTS:
                raise
            return (await places.resolve(typed, on=LAST_DAY_OF_DISTRICTS)).id
    except NotFound as error:
        raise Invalid("producers.unknown_place", place=typed) from error


class ProducerService:
    """The register of producers, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ProducerRepository(session)

    async def get(self, producer_id: UUID, *, lock: bool = False, share: bool = False) -> Producer:
        """The row, whoever asks; ``share`` holds off changes until the end of the transaction.

        Raises:
            NotFound: ``producers.unknown``.
        """
        row = await self._rows.find(producer_id, lock=lock, share=share)
        if row is None:
            raise NotFound("producers.unknown", producer_id=producer_id)
        return row

    async def many(self, producer_ids: Collection[UUID], *, share: bool = False) -> dict[UUID, Producer]:
        """The rows with these ids, whoever asks, in one query; unknown ids are left out."""
        return {row.id: row for row in await self._rows.many(producer_ids, share=share)}

    async def meant(
        self, *, names: Collection[str] = (), tax_codes: Collection[str] = ()
    ) -> Sequence[Producer]:
        """Producers that lists may mean, by folded name or tax code, in one query."""
        return await self._rows.meant(names_folded={fold(name) for name in names}, tax_codes=tax_codes)

    async def get_for_edit(self, producer_id: UUID) -> Producer:
        """The row locked, if the actor may change it.

        Raises:
            NotFound: ``producers.unknown``.
            Forbidden: ``auth.not_permitted``.
        """
        row = await self.get(producer_id, lock=True)
        self._check_edit(row)
        return row

    async def read(self, producer_id: UUID) -> ProducerRead:
        """The producer as the actor may see it."""
        return self.shown(await self.get(producer_id))

    async def page(self, wanted: ProducerFilter) -> Page[ProducerRead]:
        """One page of the register, each as the actor may see it."""
        place_id = None
        if wanted.place is not None:
            today = vietnam_date(self._now)
            place_id = await place_meant(self._session, wanted.place, on=wanted.place_on, today=today)
        rows = await self._rows.page(wanted, place_id=place_id)
        return Page.of(rows, [self.shown(row) for row in rows.items])

    async def create(self, body: ProducerCreate) -> Producer:
        """Register a producer.

        Raises:
            Invalid: ``producers.unknown_place``, ``producers.name_without_letters``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area.
            Conflict: ``producers.duplicate`` or ``producers.tax_code_taken``, at the flush.
        """
        row = Producer(**await self._new_values(body), version=1)
        self._session.add(row)
        # The id goes into the ledger, and a duplicate must show here rather than at the commit.
        await self._session.flush()
        await self._record_created(row)
        return row

    async def update(self, row: Producer, body: ProducerUpdate) -> Producer:
        """Apply the fields that were sent to a row from ``get_for_edit``; no difference changes nothing.

        Raises:
            Invalid: ``producers.unknown_place``, ``producers.name_without_letters``.
            Forbidden: ``auth.not_permitted`` when an officer moves it out of the own area.
            Conflict: ``producers.duplicate`` or ``producers.tax_code_taken``, at the flush.
        """
        await self._apply(row, flat(body))
        return row

    async def upsert(self, body: ProducerCreate) -> tuple[Producer, Outcome]:
        """``upsert_many`` of one.

        Raises:
            DomainError: the refusal that ``upsert_many`` would give.
        """
        (answer,) = await self.upsert_many([body])
        if isinstance(answer, DomainError):
            raise answer
        return answer

    async def upsert_many(
        self, bodies: Sequence[ProducerCreate]
    ) -> list[tuple[Producer, Outcome] | DomainError]:
        """Register producers or complete registered ones with the facts given; safe to repeat.

        Each is recognised by its tax code, else by its folded name within the province. A fact that is
        not given (None) never erases a known one, and a place never becomes coarser. A body sees what
        those before it in the same call stored. The number of statements does not depend on the number
        of bodies; calls of about 500 are best.

        Returns:
            For each body, in order, the row with what was done, or its refusal: ``Conflict``
            ``producers.ambiguous`` when several of the name are registered and no tax code says which,
            ``producers.duplicate`` when the key cannot be had; ``Invalid`` and ``Forbidden`` as ``create``
            and ``update``.
        """
        return await ProducerImport(self._session, self._actor, self._now).store(bodies)

    async def successor(self, producer_id: UUID) -> UUID | None:
        """The producer that absorbed this one, None for one that was never merged."""
        return await merging.successor_of(self._session, producer_id)

    async def history(self, producer_id: UUID, wanted: HistoryFilter) -> Page[HistoryEntry]:
        """What happened to the producer and to what was merged into it, newest first.

        Raises:
            NotFound: ``producers.unknown``.
        """
        row = await self.get(producer_id)
        scope = self._actor.scope(Permission.PRODUCER_READ)
        insider = scope.covers(area_path=row.area_path, producer_id=row.id)
        ids = [row.id, *await merging.absorbed_by(self._session, row.id)]
        rows = await history_of(self._session, "producer", ids, wanted.slice())
        return entries(rows, insider=insider, hidden=PRIVATE_FIELDS)

    def shown(self, row: Producer) -> ProducerRead:
        """The row as the actor may see it: the private part only within the scope of ``producer:read``."""
        scope = self._actor.scope(Permission.PRODUCER_READ)
        insider = scope.covers(area_path=row.area_path, producer_id=row.id)
        return ProducerRead.model_validate(
            {
                "id": row.id,
                "legal_form": row.legal_form,
                "is_cooperative": is_cooperative(row.legal_form),
                "name": row.name,
                "address": row.address,
                "place_id": row.place_id,
                "established_on": row.established_on,
                "website": row.website,
                "private": ProducerPrivateRead.model_validate(row) if insider else None,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
                "version": row.version,
            }
        )

    def _check_create(self, area_path: list[str]) -> None:
        if not may_create(self._actor, area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCER_CREATE)

    def _check_edit(self, row: Producer) -> None:
        scope = self._actor.scope(Permission.PRODUCER_EDIT)
        if not scope.covers(area_path=row.area_path, producer_id=row.id):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCER_EDIT)

    async def _new_values(self, body: ProducerCreate) -> dict[str, Any]:
        values = flat(body)
        values |= names_of(body.name)
        values |= await self._area(body.place_id)
        self._check_create(values["area_path"])
        check_counts(values)
        return values | {"created_at": self._now, "updated_at": self._now}

    async def _area(self, place_id: str | None) -> dict[str, Any]:
        area_path = await area_of(self._session, place_id)
        return {"area_path": area_path, "province_id": province_of(area_path)}

    async def _apply(self, row: Producer, given: Mapping[str, Any]) -> bool:
        changed = sorted(name for name, value in given.items() if getattr(row, name) != value)
        if not changed:
            return False
        if "name" in changed:
            self._assign(row, names_of(given["name"]))
        if "place_id" in changed:
            self._assign(row, await self._area(given["place_id"]))
        self._assign(row, {name: given[name] for name in changed})
        check_counts({name: getattr(row, name) for name in COUNTS})
        self._check_edit(row)
        row.updated_at = self._now
        row.touch()
        # A duplicate must show here rather than at the commit.
        await self._session.flush()
        # Names of fields only: some values are personal.
        await self._record("producer.updated", row, {"fields": changed})
        if {"name", "place_id"} & set(changed):
            await enqueue(self._session, "products.follow_producer", {"producer_id": str(row.id)})
        return True

    def _assign(self, row: Producer, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    async def _record_created(self, row: Producer) -> None:
        await self._record("producer.created", row, created_facts(row))

    async def _record(self, kind: str, row: Producer, data: dict[str, Any]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="producer",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=row.area_path,
        )
