"""Registering and changing products."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound
from ocop_api.domain.vietnamese import fold, sort_key
from ocop_api.ledger.recording import record
from ocop_api.producers.policy import search_words
from ocop_api.producers.schemas import Outcome
from ocop_api.producers.service import ProducerService, area_of
from ocop_api.products.policy import check_recognition, industry_for, outranks, read_gtin
from ocop_api.products.reading import full_product
from ocop_api.products.repository.registering import ProductRepository
from ocop_api.products.schemas import (
    ImportedFacts,
    ProductCreate,
    ProductRead,
    ProductUpdate,
)
from ocop_api.products.terms import Recognition


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A registered product as a list names it."""

    product: Product
    producer_name: str
    producer_folded: str


class ProductService:
    """The register of products, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ProductRepository(session)
        self._producers = ProducerService(session, actor, now)

    async def get(self, product_id: UUID, *, lock: bool = False) -> Product:
        """The row, whoever asks, locked for a change if wished.

        Raises:
            NotFound: ``products.unknown``.
        """
        row = await self._rows.find(product_id, lock=lock)
        if row is None:
            raise NotFound("products.unknown", product_id=product_id)
        return row

    async def meant(
        self,
        *,
        ids: Collection[UUID] = (),
        product_codes: Collection[str] = (),
        gtins: Collection[str] = (),
        names: Collection[str] = (),
        producers: Collection[str] = (),
    ) -> list[KnownProduct]:
        """Products that lists may mean, in one query: of one of these keys or names, or of these producers.

        Names are compared folded; the register is public, so no row is hidden from the actor.
        """
        rows = await self._rows.meant(
            ids=ids,
            product_codes=product_codes,
            gtins=gtins,
            names_folded={fold(name) for name in names},
            producers_folded={fold(name) for name in producers},
        )
        return [KnownProduct(product, name, folded) for product, name, folded in rows]

    async def get_for_edit(self, product_id: UUID) -> Product:
        """The row locked, if the actor may change it.

        Raises:
            NotFound: ``products.unknown``.
            Forbidden: ``auth.not_permitted``.
        """
        row = await self.get(product_id, lock=True)
        self._check_edit(row.area_path, row.producer_id)
        return row

    async def shown(self, row: Product) -> ProductRead:
        """The row as the public sees it today."""
        producer = await self._producers.get(row.producer_id)
        return full_product(row, producer, today=vietnam_date(self._now))

    async def create(self, body: ProductCreate) -> Product:
        """Register a product of a producer.

        Raises:
            NotFound: ``producers.unknown``.
            Invalid: ``producers.unknown_place``, ``products.name_without_letters``,
                ``products.gtin_invalid``, ``products.industry_mismatch``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area and producers.
            Conflict: ``products.duplicate``, ``products.gtin_taken``, at the flush.
        """
        row = Product(**await self._new_values(body), version=1)
        self._session.add(row)
        # The id goes into the ledger, and a duplicate must show here rather than at the commit.
        await self._session.flush()
        await self._record_created(row)
        return row

    async def update(self, row: Product, body: ProductUpdate) -> Product:
        """Apply the fields that were sent to a row from ``get_for_edit``; no difference changes nothing.

        Raises:
            Invalid, Forbidden, Conflict: as ``create``.
        """
        await self._apply(row, body.model_dump(exclude_unset=True))
        return row

    async def upsert(
        self, body: ProductCreate, facts: ImportedFacts | None = None
    ) -> tuple[Product, Outcome]:
        """Register the product or complete the registered one with the facts given; safe to repeat.

        It is recognised by its producer and folded name. A fact that is not given (None) never erases
        a known one; a recognition never undoes a withdrawal or replaces a better documented one.

        Raises:
            Invalid: as ``create``, and ``products.recognition_incomplete``.
            NotFound, Forbidden: as ``create``.
            Conflict: ``products.gtin_taken``, ``products.product_code_taken``, at the flush.
        """
        facts = facts or ImportedFacts()
        check_recognition(facts.recognition, facts.stars, facts.stars_valid_until)
        row = await self._rows.named(body.producer_id, fold(body.name))
        if row is None:
            values = await self._new_values(body) | _imported(facts, None)
            created = await self._rows.insert_unless_there(values)
            if created is not None:
                row = await self.get(created)
                await self._record_created(row)
                return row, Outcome.CREATED
            # Another writer registered it between the look and the insert.
            row = await self._rows.named(body.producer_id, fold(body.name))
            if row is None:
                raise Conflict("products.duplicate")
        self._check_edit(row.area_path, row.producer_id)
        given = {name: value for name, value in body.model_dump().items() if value is not None}
        del given["producer_id"]
        changed = await self._apply(row, given | _imported(facts, row))
        return row, Outcome.UPDATED if changed else Outcome.UNCHANGED

    async def set_recognition(
        self, product_id: UUID, *, stars: int | None, valid_until: date | None, status: str
    ) -> Product:
        """Copy a recognition onto the product: for the features that decide or import recognitions.

        The caller answers for the right to do so. The same values again change nothing.

        Args:
            product_id: the product.
            stars: 3 to 5, or None.
            valid_until: last day of validity.
            status: ``none``, ``valid``, ``reported`` or ``withdrawn``.

        Raises:
            NotFound: ``products.unknown``.
            Invalid: ``products.recognition_incomplete``.
        """
        wanted = Recognition(status)
        check_recognition(wanted, stars, valid_until)
        row = await self.get(product_id, lock=True)
        values = {"recognition_status": wanted.value, "stars": stars, "stars_valid_until": valid_until}
        if await self._store(row, values):
            data = {"status": wanted.value, "stars": stars}
            data["valid_until"] = None if valid_until is None else valid_until.isoformat()
            await self._record("product.recognition_changed", row, data)
        return row

    async def set_product_code(self, product_id: UUID, code: str | None) -> Product:
        """Keep the product code of the latest rating; the caller answers for the right to do so.

        Raises:
            NotFound: ``products.unknown``.
            Conflict: ``products.product_code_taken``, at the flush.
        """
        row = await self.get(product_id, lock=True)
        if await self._store(row, {"product_code": code}):
            await self._record("product.updated", row, {"fields": ["product_code"]})
        return row

    async def follow_producer(self, producer_id: UUID) -> int:
        """Carry a producer's name and place over to its products; gives how many changed."""
        producer = await self._producers.get(producer_id, share=True)
        followed = 0
        for row in await self._rows.of_producer(producer_id):
            values: dict[str, Any] = {"search_text": search_words(row.name, producer.name)}
            if not row.has_own_place:
                values |= {"place_id": producer.place_id, "area_path": list(producer.area_path)}
            if await self._store(row, values):
                await self._record("product.updated", row, {"fields": ["producer"]})
                followed += 1
        return followed

    async def _new_values(self, body: ProductCreate) -> dict[str, Any]:
        # Held against changes, so that the copied name and place are those of the committed producer.
        producer = await self._producers.get(body.producer_id, share=True)
        self._check_edit(producer.area_path, producer.id)
        values = body.model_dump()
        values |= _names(body.name, producer)
        values |= await self._place(body.place_id, producer)
        self._check_edit(values["area_path"], producer.id)
        values["gtin"] = read_gtin(body.gtin)
        values["industry"] = industry_for(body.set_number, body.industry)
        values["recognition_status"] = Recognition.NONE.value
        return values | {"created_at": self._now, "updated_at": self._now}

    async def _place(self, place_id: str | None, producer: Producer) -> dict[str, Any]:
        if place_id is None:
            return {
                "place_id": producer.place_id,
                "area_path": list(producer.area_path),
                "has_own_place": False,
            }
        area_path = await area_of(self._session, place_id)
        return {"place_id": place_id, "area_path": area_path, "has_own_place": True}

    async def _apply(self, row: Product, given: Mapping[str, Any]) -> bool:
        values = dict(given)
        if "gtin" in values:
            values["gtin"] = read_gtin(values["gtin"])
        if {"set_number", "industry"} & values.keys():
            values["industry"] = _industry_after(row, values)
        if {"name", "place_id"} & values.keys():
            producer = await self._producers.get(row.producer_id, share=True)
            if values.get("name", row.name) != row.name:
                values |= _names(values["name"], producer)
            if "place_id" in values and (not row.has_own_place or values["place_id"] != row.place_id):
                values |= await self._place(values["place_id"], producer)
                self._check_edit(values["area_path"], row.producer_id)
        before = {name: getattr(row, name) for name in values}
        if not await self._store(row, values):
            return False
        fields = sorted(name for name in given if before[name] != values[name])
        await self._record("product.updated", row, {"fields": fields})
        return True

    async def _store(self, row: Product, values: Mapping[str, Any]) -> bool:
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not changed:
            return False
        for name, value in changed.items():
            setattr(row, name, value)
        row.updated_at = self._now
        row.touch()
        # A duplicate must show here rather than at the commit.
        await self._session.flush()
        return True

    def _check_edit(self, area_path: list[str], producer_id: UUID) -> None:
        scope = self._actor.scope(Permission.PRODUCT_EDIT)
        if not scope.covers(area_path=area_path, producer_id=producer_id):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCT_EDIT)

    async def _record_created(self, row: Product) -> None:
        data = {"name": row.name, "producer_id": str(row.producer_id), "set_number": row.set_number}
        await self._record("product.created", row, data)

    async def _record(self, kind: str, row: Product, data: dict[str, Any]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="product",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=row.area_path,
        )


def _names(name: str, producer: Producer) -> dict[str, str]:
    folded = fold(name)
    if not folded:
        raise Invalid("products.name_without_letters", name=name)
    return {
        "name_folded": folded,
        "sort_key": sort_key(name),
        "search_text": search_words(name, producer.name),
    }


def _industry_after(row: Product, values: Mapping[str, Any]) -> str | None:
    set_number = values.get("set_number", row.set_number)
    if "industry" in values:
        # An emptied industry is filled again from the set.
        return industry_for(set_number, values["industry"])
    return industry_for(set_number, row.industry if set_number is None else None)


def _imported(facts: ImportedFacts, row: Product | None) -> dict[str, Any]:
    """Columns an import may write onto a row (None: a new one), without those it does not know."""
    values: dict[str, Any] = {
        "source": facts.source,
        "confidence": facts.confidence,
        "product_code": facts.product_code,
    }
    given = {name: value for name, value in values.items() if value is not None}
    stored = Recognition.NONE if row is None else Recognition(row.recognition_status)
    stored_until = None if row is None else row.stars_valid_until
    if outranks(facts.recognition, facts.stars_valid_until, stored=stored, stored_until=stored_until):
        given["recognition_status"] = facts.recognition.value
        given["stars"] = facts.stars
        given["stars_valid_until"] = facts.stars_valid_until
    return given
