"""Registering many producers at once: the number of statements does not grow with their number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.producers import Producer
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, DomainError, Forbidden, Invalid
from ocop_api.domain.vietnamese import fold
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import Happening, record_many
from ocop_api.places.service import PlaceService
from ocop_api.producers.policy import COUNTS, check_counts, created_facts, names_of, province_of
from ocop_api.producers.repository import ProducerRepository
from ocop_api.producers.schemas import Outcome, ProducerCreate, flat

_ROUNDS = 3
"""Looks at the register before a key that others keep taking and giving back is given up."""
_COLUMNS = [
    column.name for column in Producer.__table__.columns if column.computed is None and column.name != "id"
]
_EMPTY: dict[str, Any] = dict.fromkeys(_COLUMNS) | {"contacts": [], "area_path": []}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One body as it is compared: what it gives, and the keys by which its producer is recognised."""

    given: dict[str, Any]
    folded: str
    area_path: list[str]
    province_id: str | None

    @property
    def tax_code(self) -> str | None:
        code: str | None = self.given.get("tax_code")
        return code


class _Known:
    """Rows by their keys; new ones of the same call are put in as they come."""

    def __init__(self, rows: Iterable[Producer]) -> None:
        self._by_tax_code: dict[str, Producer] = {}
        self._by_name: dict[tuple[str, str | None], list[Producer]] = {}
        for row in rows:
            self.put(row)

    def put(self, row: Producer) -> None:
        if row.tax_code is not None:
            self._by_tax_code[row.tax_code] = row
        named = self._by_name.setdefault((row.name_folded, row.province_id), [])
        if row not in named:
            named.append(row)

    def meant(self, wanted: _Wanted) -> Producer | None:
        """The row of this tax code, else the only one of this name in this province.

        With a tax code a row of the same name counts only as long as it has none of its own.

        Raises:
            Conflict: ``producers.ambiguous``.
        """
        code = wanted.tax_code
        if code is not None and code in self._by_tax_code:
            return self._by_tax_code[code]
        named = self._by_name.get((wanted.folded, wanted.province_id), [])
        found = [row for row in named if code is None or row.tax_code is None]
        if len(found) > 1:
            raise Conflict("producers.ambiguous", name=wanted.given["name"], count=len(found))
        return found[0] if found else None


class ProducerImport:
    """Stores bodies for one actor at one instant; see ``ProducerService.upsert_many``."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ProducerRepository(session)
        self._create = actor.scope(Permission.PRODUCER_CREATE)
        self._edit = actor.scope(Permission.PRODUCER_EDIT)
        self._happened: list[Happening] = []
        self._to_follow: dict[UUID, None] = {}

    async def store(self, bodies: Sequence[ProducerCreate]) -> list[tuple[Producer, Outcome] | DomainError]:
        """What became of each body, in their order."""
        answers: dict[int, tuple[Producer, Outcome] | DomainError] = {}
        wanted: dict[int, _Wanted] = {}
        places = {body.place_id for body in bodies if body.place_id is not None}
        areas = await PlaceService(self._session).area_paths(places) if places else {}
        for position, body in enumerate(bodies):
            try:
                wanted[position] = _read(body, areas)
            except DomainError as error:
                answers[position] = error
        left = list(wanted)
        for _ in range(_ROUNDS):
            if left:
                left = await self._round(wanted, left, answers)
        for position in left:
            answers[position] = Conflict("producers.duplicate")
        await record_many(self._session, self._happened, actor=self._actor, at=self._now)
        if self._to_follow:
            ids = [str(producer_id) for producer_id in self._to_follow]
            await enqueue(self._session, "products.follow_producer", {"producer_ids": ids})
        return [answers[position] for position in range(len(bodies))]

    async def _round(
        self,
        wanted: dict[int, _Wanted],
        left: list[int],
        answers: dict[int, tuple[Producer, Outcome] | DomainError],
    ) -> list[int]:
        """Store what can be stored now; give the positions that need another look."""
        rows = await self._rows.meant(
            names_folded={wanted[position].folded for position in left},
            tax_codes={code for position in left if (code := wanted[position].tax_code) is not None},
        )
        locked = await self._rows.lock(self._to_change(rows, [wanted[position] for position in left]))
        known = _Known(rows)
        again: list[int] = []
        new: dict[UUID, Producer] = {}
        touched: dict[int, UUID] = {}
        for position in left:
            try:
                row, outcome = self._stored(wanted[position], known, new, locked)
            except _ChangedMeanwhileError:
                again.append(position)
                continue
            except DomainError as error:
                answers[position] = error
                continue
            touched[position] = row.id
            answers[position] = (row, outcome)
        lost = await self._insert(new)
        # What was told about a row that another writer registered first is looked up once more.
        return sorted([*again, *(position for position, row_id in touched.items() if row_id in lost)])

    def _to_change(self, rows: Sequence[Producer], wanted: Iterable[_Wanted]) -> set[UUID]:
        """Rows that differ from what some body gives; the others need no lock."""
        known = _Known(rows)
        differ = set()
        for one in wanted:
            try:
                row = known.meant(one)
            except DomainError:
                continue
            if row is not None and _differences(row, one):
                differ.add(row.id)
        return differ

    def _stored(
        self, wanted: _Wanted, known: _Known, new: dict[UUID, Producer], locked: set[UUID]
    ) -> tuple[Producer, Outcome]:
        row = known.meant(wanted)
        if row is None:
            if not self._create.covers(area_path=wanted.area_path):
                raise Forbidden("auth.not_permitted", permission=Permission.PRODUCER_CREATE)
            row = self._new(wanted)
            new[row.id] = row
            known.put(row)
            return row, Outcome.CREATED
        self._check_edit(row, row.area_path)
        changed = _differences(row, wanted)
        if not changed:
            return row, Outcome.UNCHANGED
        if row.id not in locked and row.id not in new:
            raise _ChangedMeanwhileError
        values = {name: wanted.given[name] for name in changed}
        if "name" in changed:
            values |= names_of(wanted.given["name"])
        if "place_id" in changed:
            self._check_edit(row, wanted.area_path)
            values |= {"area_path": wanted.area_path, "province_id": wanted.province_id}
        check_counts({name: getattr(row, name) for name in COUNTS} | values)
        for name, value in values.items():
            setattr(row, name, value)
        known.put(row)
        if row.id not in new:
            row.updated_at = self._now
            row.touch()
            # Names of fields only: some values are personal.
            told = {"fields": changed}
            self._happened.append(Happening("producer.updated", "producer", row.id, told, row.area_path))
            if {"name", "place_id"} & set(changed):
                self._to_follow[row.id] = None
        return row, Outcome.UPDATED

    def _new(self, wanted: _Wanted) -> Producer:
        values = _EMPTY | wanted.given | names_of(wanted.given["name"])
        values |= {"area_path": wanted.area_path, "province_id": wanted.province_id}
        values |= {"created_at": self._now, "updated_at": self._now, "version": 1}
        check_counts(values)
        return Producer(id=uuid7(), **values)

    async def _insert(self, new: dict[UUID, Producer]) -> set[UUID]:
        """Insert the new rows and write the changed ones; give the ids whose key was taken."""
        # One order for all writers, so that two imports wait for each other and never in a circle.
        ordered = sorted(new.values(), key=lambda row: (row.name_folded, row.province_id or "", row.id))
        values = [{name: getattr(row, name) for name in ("id", *_COLUMNS)} for row in ordered]
        stored = await insert_rows(self._session, Producer, values, unless_there=True)
        for row_id, row in new.items():
            if row_id in stored:
                make_transient_to_detached(row)
                self._session.add(row)
                told = created_facts(row)
                self._happened.append(Happening("producer.created", "producer", row_id, told, row.area_path))
        # A duplicate must show here rather than at the commit.
        await self._session.flush()
        return new.keys() - stored

    def _check_edit(self, row: Producer, area_path: Sequence[str]) -> None:
        if not self._edit.covers(area_path=area_path, producer_id=row.id):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCER_EDIT)


class _ChangedMeanwhileError(Exception):
    """A row without a lock turned out to need a change after the others were locked."""


def _read(body: ProducerCreate, areas: dict[str, list[str]]) -> _Wanted:
    folded = fold(body.name)
    if not folded:
        raise Invalid("producers.name_without_letters", name=body.name)
    if body.place_id is not None and body.place_id not in areas:
        raise Invalid("producers.unknown_place", place=body.place_id)
    area_path = [] if body.place_id is None else areas[body.place_id]
    given = {name: value for name, value in flat(body).items() if value is not None}
    return _Wanted(given, folded, area_path, province_of(area_path))


def _differences(row: Producer, wanted: _Wanted) -> list[str]:
    """Fields that the body knows and the row does not, sorted; a place never becomes coarser."""
    return sorted(
        name
        for name, value in wanted.given.items()
        if getattr(row, name) != value and not (name == "place_id" and value in row.area_path)
    )
