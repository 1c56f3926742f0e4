"""Registering and changing products."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db import merging
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError, Forbidden, NotFound
from ocop_api.domain.vietnamese import fold
from ocop_api.ledger.history import history_of
from ocop_api.ledger.recording import record
from ocop_api.producers.history import entries
from ocop_api.producers.merge_schemas import HistoryEntry, HistoryFilter
from ocop_api.producers.policy import search_words
from ocop_api.producers.schemas import Outcome
from ocop_api.producers.service import ProducerService, area_of
from ocop_api.products.importing import ProductImport
from ocop_api.products.policy import (
    MEASURED,
    check_facts,
    check_recognition,
    created_facts,
    industry_after,
    industry_for,
    names_of,
    read_gtin,
    standing,
)
from ocop_api.products.primary_gtin import put_primary_gtins
from ocop_api.products.reading import full_product
from ocop_api.products.repository.registering import ProductRepository
from ocop_api.products.schemas import (
    ImportedFacts,
    ProductCreate,
    ProductRead,
    ProductUpdate,
)
from ocop_api.products.terms import Recognition, RecognitionToday
from ocop_api.web.schemas import Page


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """What a list may name a registered product by; plain values, which outlive a rolled back savepoint."""

    id: UUID
    producer_id: UUID
    name: str
    name_folded: str
    product_code: str | None
    gtin: str | None
    place_id: str | None
    area_path: tuple[str, ...]
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
        return [
            KnownProduct(
                id=product.id,
                producer_id=product.producer_id,
                name=product.name,
                name_folded=product.name_folded,
                product_code=product.product_code,
                gtin=product.gtin,
                place_id=product.place_id,
                area_path=tuple(product.area_path),
                producer_name=name,
                producer_folded=folded,
            )
            for product, name, folded in rows
        ]

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
        """The stored row as the public sees it today."""
        return await full_product(self._session, row.id, today=vietnam_date(self._now))

    async def history(self, product_id: UUID, wanted: HistoryFilter) -> Page[HistoryEntry]:
        """What happened to the product and to what was merged into it, newest first.

        Raises:
            NotFound: ``products.unknown``.
        """
        row = await self.get(product_id)
        scope = self._actor.scope(Permission.PRODUCT_READ)
        insider = scope.covers(area_path=row.area_path, producer_id=row.producer_id)
        ids = [row.id, *await merging.absorbed_by(self._session, row.id)]
        return entries(await history_of(self._session, "product", ids, wanted.slice()), insider=insider)

    async def part_changed(self, row: Product, part: str, part_id: UUID, change: str) -> None:
        """Count a change of something that stands beside the locked product; the part is flushed."""
        row.updated_at = self._now
        row.touch()
        # The primary GTIN may have changed with its part, and a taken one must show here.
        await self._session.flush()
        await self._record("product.updated", row, {"fields": [part], "change": change, "part": str(part_id)})

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
        if row.gtin is not None:
            await put_primary_gtins(self._session, [row], now=self._now)
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
        """``upsert_many`` of one.

        Raises:
            DomainError: the refusal that ``upsert_many`` would give.
        """
        (answer,) = await self.upsert_many([(body, facts)])
        if isinstance(answer, DomainError):
            raise answer
        return answer

    async def upsert_many(
        self, bodies: Sequence[tuple[ProductCreate, ImportedFacts | None]]
    ) -> list[tuple[Product, Outcome] | DomainError]:
        """Register products or complete registered ones with the facts given; safe to repeat.

        Each is recognised by its producer and folded name. A fact that is not given (None) never erases
        a known one; a recognition never undoes a withdrawal or replaces a better documented one. A body
        sees what those before it in the same call stored. The number of statements does not depend on
        the number of bodies; calls of about 500 are best.

        Returns:
            For each body, in order, the row with what was done, or its refusal: ``Conflict``
            ``products.gtin_taken``, ``products.product_code_taken``, ``products.duplicate``; ``Invalid``
            ``products.recognition_incomplete`` and as ``create``; ``NotFound``, ``Forbidden`` as ``create``.
        """
        return await ProductImport(self._session, self._actor, self._now).store(bodies)

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

    async def tell_of_expiry(self, product_id: UUID) -> None:
        """Tell whoever follows products that a recognition ran out: the row stays, what it is worth does not.

        Nothing is told while the product holds another recognition.

        Raises:
            NotFound: ``products.unknown``.
        """
        row = await self.get(product_id, lock=True)
        until, today = row.stars_valid_until, vietnam_date(self._now)
        held = standing(row.recognition_status, row.stars, until, today=today)
        if held.status is RecognitionToday.EXPIRED and until is not None:
            data = {"status": held.status.value, "stars": row.stars, "valid_until": until.isoformat()}
            await self._record("product.recognition_changed", row, data)

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
        values |= names_of(body.name, producer.name)
        values |= await self._place(body.place_id, producer)
        self._check_edit(values["area_path"], producer.id)
        values["gtin"] = read_gtin(body.gtin)
        values["industry"] = industry_for(body.set_number, body.industry)
        check_facts(values)
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
            values["industry"] = industry_after(row.set_number, row.industry, values)
        if {"name", "place_id"} & values.keys():
            producer = await self._producers.get(row.producer_id, share=True)
            if values.get("name", row.name) != row.name:
                values |= names_of(values["name"], producer.name)
            if "place_id" in values and (not row.has_own_place or values["place_id"] != row.place_id):
                values |= await self._place(values["place_id"], producer)
                self._check_edit(values["area_path"], row.producer_id)
        check_facts({name: values.get(name, getattr(row, name)) for name in MEASURED})
        before = {name: getattr(row, name) for name in values}
        if not await self._store(row, values):
            return False
        if "gtin" in values and before["gtin"] != values["gtin"]:
            await put_primary_gtins(self._session, [row], now=self._now)
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
        await self._record("product.created", row, created_facts(row))

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
