"""Registering many products at once: the number of statements does not grow with their number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from ocop_api.ledger.recording import Happening, record_many
from ocop_api.places.service import PlaceService
from ocop_api.producers.schemas import Outcome
from ocop_api.producers.service import ProducerService
from ocop_api.products.policy import (
    MEASURED,
    check_facts,
    check_recognition,
    created_facts,
    imported,
    industry_after,
    industry_for,
    names_of,
    read_gtin,
)
from ocop_api.products.primary_gtin import put_primary_gtins
from ocop_api.products.repository.registering import ProductRepository
from ocop_api.products.schemas import ImportedFacts, ProductCreate
from ocop_api.products.terms import Recognition

_ROUNDS = 3
"""Looks at the register before a key that others keep taking and giving back is given up."""
_COLUMNS = [
    column.name for column in Product.__table__.columns if column.computed is None and column.name != "id"
]
_EMPTY: dict[str, Any] = dict.fromkeys(_COLUMNS) | {"recognition_status": Recognition.NONE.value}

Answer = tuple[Product, Outcome] | DomainError


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One body as it is compared: what it gives beside its producer, and its folded name."""

    producer_id: UUID
    given: dict[str, Any]
    folded: str
    facts: ImportedFacts
    area_path: list[str] | None
    """Of the product's own place; None when it follows its producer."""


@dataclass(slots=True)
class _Known:
    """What is registered: products by key, owners of GTINs and product codes, producers by id."""

    products: dict[tuple[UUID, str], Product]
    gtins: dict[str, UUID]
    codes: dict[str, UUID]
    producers: Mapping[UUID, Producer]
    locked: set[UUID]
    locked_producers: set[UUID]


class ProductImport:
    """Stores bodies for one actor at one instant; see ``ProductService.upsert_many``."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ProductRepository(session)
        self._producers = ProducerService(session, actor, now)
        self._edit = actor.scope(Permission.PRODUCT_EDIT)
        self._happened: list[Happening] = []

    async def store(self, bodies: Sequence[tuple[ProductCreate, ImportedFacts | None]]) -> list[Answer]:
        """What became of each body, in their order."""
        answers: dict[int, Answer] = {}
        wanted: dict[int, _Wanted] = {}
        places = {body.place_id for body, _ in bodies if body.place_id is not None}
        areas = await PlaceService(self._session).area_paths(places) if places else {}
        for position, (body, facts) in enumerate(bodies):
            try:
                wanted[position] = _read(body, facts or ImportedFacts(), areas)
            except DomainError as error:
                answers[position] = error
        left = list(wanted)
        for _ in range(_ROUNDS):
            if left:
                left = await self._round(wanted, left, answers)
        for position in left:
            answers[position] = Conflict("products.duplicate")
        await record_many(self._session, self._happened, actor=self._actor, at=self._now)
        return [answers[position] for position in range(len(bodies))]

    async def _round(
        self, wanted: dict[int, _Wanted], left: list[int], answers: dict[int, Answer]
    ) -> list[int]:
        """Store what can be stored now; give the positions that need another look."""
        known = await self._look([wanted[position] for position in left])
        again: list[int] = []
        new: dict[UUID, Product] = {}
        primary: dict[UUID, Product] = {}
        touched: dict[int, UUID] = {}
        for position in left:
            try:
                row, outcome = self._stored(wanted[position], known, new, primary)
            except _ChangedMeanwhileError:
                again.append(position)
                continue
            except DomainError as error:
                answers[position] = error
                continue
            touched[position] = row.id
            answers[position] = (row, outcome)
        lost = await self._insert(new, primary)
        # What was told about a row that another writer registered first is looked up once more.
        return sorted([*again, *(position for position, row_id in touched.items() if row_id in lost)])

    async def _look(self, wanted: Sequence[_Wanted]) -> _Known:
        """What is registered of this, with locks on what will change: producers first, then products."""
        producers = await self._producers.many({one.producer_id for one in wanted})
        keys = {(one.producer_id, one.folded) for one in wanted}
        found = await self._rows.of_keys(keys)
        products = {(row.producer_id, row.name_folded): row for row in found}
        owners = {key[0] for key in keys if key not in products}
        if owners:
            # Held against changes, so that the copied name and place are those of the committed producer.
            producers = {**producers, **await self._producers.many(owners, share=True)}
        differ = set()
        for one in wanted:
            row = products.get((one.producer_id, one.folded))
            if row is not None and _differs(row, one, producers.get(one.producer_id)):
                differ.add(row.id)
        locked = await self._rows.lock(differ)
        given = {one.given["gtin"] for one in wanted if "gtin" in one.given}
        codes = {one.facts.product_code for one in wanted if one.facts.product_code is not None}
        return _Known(
            products={(row.producer_id, row.name_folded): row for row in found},
            gtins=await self._rows.owners_of_gtins(given) if given else {},
            codes=await self._rows.owners_of_codes(codes) if codes else {},
            producers=producers,
            locked=locked,
            locked_producers=owners,
        )

    def _stored(
        self, wanted: _Wanted, known: _Known, new: dict[UUID, Product], primary: dict[UUID, Product]
    ) -> tuple[Product, Outcome]:
        producer = known.producers.get(wanted.producer_id)
        if producer is None:
            raise NotFound("producers.unknown", producer_id=wanted.producer_id)
        row = known.products.get((wanted.producer_id, wanted.folded))
        if row is not None:
            return row, self._completed(row, wanted, producer, known, new, primary)
        if producer.id not in known.locked_producers:
            raise _ChangedMeanwhileError
        row = self._new(wanted, producer, known)
        new[row.id] = row
        known.products[row.producer_id, row.name_folded] = row
        self._note_keys(row, known, primary)
        return row, Outcome.CREATED

    def _completed(
        self,
        row: Product,
        wanted: _Wanted,
        producer: Producer,
        known: _Known,
        new: Mapping[UUID, Product],
        primary: dict[UUID, Product],
    ) -> Outcome:
        self._check_edit(row.area_path, row.producer_id)
        values = _differences(row, wanted, producer)
        if not values:
            return Outcome.UNCHANGED
        if row.id not in known.locked and row.id not in new:
            raise _ChangedMeanwhileError
        self._check_edit(values.get("area_path", row.area_path), row.producer_id)
        _check_keys(row.id, values, known)
        check_facts({name: getattr(row, name) for name in MEASURED} | values)
        for name, value in values.items():
            setattr(row, name, value)
        if row.id not in new:
            self._changed(row, values)
        if {"gtin", "product_code"} & values.keys():
            self._note_keys(row, known, primary)
        return Outcome.UPDATED

    def _note_keys(self, row: Product, known: _Known, primary: dict[UUID, Product]) -> None:
        if row.gtin is not None:
            known.gtins[row.gtin] = row.id
            primary[row.id] = row
        if row.product_code is not None:
            known.codes[row.product_code] = row.id

    def _changed(self, row: Product, values: Mapping[str, Any]) -> None:
        row.updated_at = self._now
        row.touch()
        fields = sorted(values.keys() - _DERIVED)
        told = Happening("product.updated", "product", row.id, {"fields": fields}, row.area_path)
        self._happened.append(told)

    def _new(self, wanted: _Wanted, producer: Producer, known: _Known) -> Product:
        self._check_edit(producer.area_path, producer.id)
        area_path = list(producer.area_path) if wanted.area_path is None else wanted.area_path
        self._check_edit(area_path, producer.id)
        values = _EMPTY | wanted.given | names_of(wanted.given["name"], producer.name)
        values |= {
            "producer_id": producer.id,
            "place_id": producer.place_id if wanted.area_path is None else wanted.given["place_id"],
            "area_path": area_path,
            "has_own_place": wanted.area_path is not None,
            "industry": industry_for(values["set_number"], values["industry"]),
        }
        values |= imported(wanted.facts, None)
        values |= {"created_at": self._now, "updated_at": self._now, "version": 1}
        check_facts(values)
        row_id = uuid7()
        _check_keys(row_id, values, known)
        return Product(id=row_id, **values)

    async def _insert(self, new: dict[UUID, Product], primary: dict[UUID, Product]) -> set[UUID]:
        """Insert the new rows and write the changed ones; give the ids whose key was taken."""
        # One order for all writers, so that two imports wait for each other and never in a circle.
        ordered = sorted(new.values(), key=lambda row: (row.producer_id, row.name_folded))
        values = [{name: getattr(row, name) for name in ("id", *_COLUMNS)} for row in ordered]
        stored = await insert_rows(self._session, Product, values, unless_there=True)
        for row_id, row in new.items():
            if row_id in stored:
                make_transient_to_detached(row)
                self._session.add(row)
                told = created_facts(row)
                self._happened.append(Happening("product.created", "product", row_id, told, row.area_path))
        # A duplicate must show here rather than at the commit.
        await self._session.flush()
        lost = new.keys() - stored
        gtins = {row_id: row for row_id, row in primary.items() if row_id not in lost}
        await put_primary_gtins(self._session, gtins.values(), now=self._now)
        return lost

    def _check_edit(self, area_path: Sequence[str], producer_id: UUID) -> None:
        if not self._edit.covers(area_path=area_path, producer_id=producer_id):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCT_EDIT)


class _ChangedMeanwhileError(Exception):
    """What was not locked turned out to need a change after the rest was locked."""


_DERIVED = frozenset({"name_folded", "sort_key", "search_text", "area_path", "has_own_place"})


def _read(body: ProductCreate, facts: ImportedFacts, areas: Mapping[str, list[str]]) -> _Wanted:
    check_recognition(facts.recognition, facts.stars, facts.stars_valid_until)
    if body.place_id is not None and body.place_id not in areas:
        raise Invalid("producers.unknown_place", place=body.place_id)
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    del given["producer_id"]
    if "gtin" in given:
        given["gtin"] = read_gtin(given["gtin"])
    area_path = None if body.place_id is None else areas[body.place_id]
    return _Wanted(body.producer_id, given, names_of(body.name, "")["name_folded"], facts, area_path)


def _differences(row: Product, wanted: _Wanted, producer: Producer | None) -> dict[str, Any]:
    """The columns a body would change, derived ones included; empty when it tells nothing new.

    Raises:
        Invalid: ``products.industry_mismatch``.
    """
    given = wanted.given | imported(wanted.facts, row)
    if not any(getattr(row, name) != value for name, value in given.items()) and (
        wanted.area_path is None or row.has_own_place
    ):
        return {}
    if {"set_number", "industry"} & given.keys():
        given["industry"] = industry_after(row.set_number, row.industry, given)
    if wanted.area_path is not None and (not row.has_own_place or given["place_id"] != row.place_id):
        given |= {"area_path": wanted.area_path, "has_own_place": True}
    if given["name"] != row.name and producer is not None:
        given |= names_of(given["name"], producer.name)
    return {name: value for name, value in given.items() if getattr(row, name) != value}


def _differs(row: Product, wanted: _Wanted, producer: Producer | None) -> bool:
    try:
        return bool(_differences(row, wanted, producer))
    except DomainError:
        # Told when the body's turn comes.
        return False


def _check_keys(row_id: UUID, values: Mapping[str, Any], known: _Known) -> None:
    """Refuse a GTIN or product code that another product holds.

    Raises:
        Conflict: ``products.gtin_taken``, ``products.product_code_taken``.
    """
    pairs: Iterable[tuple[str, Mapping[str, UUID], str]] = (
        ("gtin", known.gtins, "products.gtin_taken"),
        ("product_code", known.codes, "products.product_code_taken"),
    )
    for name, owners, code in pairs:
        value = values.get(name)
        if value is not None and owners.get(value, row_id) != row_id:
            raise Conflict(code)
