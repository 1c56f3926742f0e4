"""Merging two registrations of one product."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db import merging
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, RuleViolation
from ocop_api.ledger.recording import record
from ocop_api.producers.merge_schemas import Merge, MergeConflict, MergeRead
from ocop_api.producers.merging import AT_REST, taken_over
from ocop_api.producers.service import ProducerService
from ocop_api.products.policy import check_facts, industry_for, names_of
from ocop_api.products.repository.registering import FACT_COLUMNS
from ocop_api.products.service import ProductService
from ocop_api.products.terms import Recognition

_FIELDS = (
    "name",
    "set_number",
    "industry",
    "description",
    "story",
    "packaging",
    "pack",
    "price_vnd",
    "product_code",
    "source",
    "confidence",
    *FACT_COLUMNS,
)
_RECOGNITION = ("recognition_status", "stars", "stars_valid_until")


class ProductMerging:
    """Makes one product of two, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._products = ProductService(session, actor, now)
        self._producers = ProducerService(session, actor, now)

    async def merge(self, survivor_id: UUID, wanted: Merge) -> MergeRead:
        """Let the survivor absorb the other; with ``dry_run`` only tell what would happen.

        What belongs to the absorbed one goes to the survivor and its producer. The survivor's facts
        stand; its gaps are filled, and ``take`` names fields to take over all the same.

        Raises:
            NotFound: ``products.unknown``.
            Forbidden: ``auth.not_permitted`` unless an officer's area holds both.
            Invalid: ``producers.merge_with_itself``, ``producers.merge_unknown_field``.
            RuleViolation: ``products.merge_under_assessment`` when both have a dossier that is assessed,
                ``products.merge_both_recognised`` when both hold a recognition by decision.
            Conflict: ``products.merge_conflict`` with what has to be merged or removed first.
        """
        survivor, absorbed = await self._both(survivor_id, wanted.absorbed_id)
        await self._check_standing(survivor, absorbed)
        found = await merging.collisions(self._session, "product", old=absorbed.id, new=survivor.id)
        open_ = [collision for collision in found if not merging.is_settled(collision)]
        values, differing = taken_over(survivor, absorbed, _FIELDS, wanted.take)
        told = MergeRead(
            dry_run=wanted.dry_run,
            survivor_id=survivor.id,
            absorbed_id=absorbed.id,
            moved=await merging.count_pointers(self._session, "product", absorbed.id),
            filled=sorted(values),
            differing=differing,
            conflicts=[MergeConflict.of(collision) for collision in open_],
        )
        if wanted.dry_run:
            return told
        if open_:
            raise Conflict(
                "products.merge_conflict",
                count=len(open_),
                conflicts=[conflict.model_dump() for conflict in told.conflicts],
            )
        dropped = [
            await merging.settle(self._session, collision, at=self._now, by=self._actor.user_id)
            for collision in found
        ]
        moved = await merging.move_pointers(
            self._session,
            "product",
            old=absorbed.id,
            new=survivor.id,
            at=self._now,
            along={"producer_id": survivor.producer_id},
        )
        if survivor.recognition_status == Recognition.NONE.value:
            values |= {name: getattr(absorbed, name) for name in _RECOGNITION}
        if survivor.gtin is None:
            # The absorbed one's primary code came along with its packs and is the only one now.
            values["gtin"] = absorbed.gtin
        self._session.expunge(absorbed)
        await merging.absorb(
            self._session,
            "product",
            old=absorbed.id,
            new=survivor.id,
            at=self._now,
            by=self._actor.user_id,
            dropped=dropped,
        )
        await self._complete(survivor, values)
        await record(
            self._session,
            kind="product.merged",
            subject_type="product",
            subject_id=survivor.id,
            actor=self._actor,
            at=self._now,
            data={"absorbed_id": str(absorbed.id), "absorbed_name": absorbed.name, "moved": moved},
            area_path=list(dict.fromkeys([*survivor.area_path, *absorbed.area_path])),
        )
        return told.model_copy(update={"moved": moved})

    async def _both(self, survivor_id: UUID, absorbed_id: UUID) -> tuple[Product, Product]:
        if survivor_id == absorbed_id:
            raise Invalid("producers.merge_with_itself")
        # Always in the order of the ids, so that two mergers of the same pair wait for each other.
        ordered = sorted((survivor_id, absorbed_id))
        rows = {row_id: await self._products.get(row_id, lock=True) for row_id in ordered}
        scope = self._actor.scope(Permission.PRODUCT_EDIT)
        for row in rows.values():
            # Without the producer's id: whoever acts for it may still not decide that two are one.
            if not scope.covers(area_path=row.area_path):
                raise Forbidden("auth.not_permitted", permission=Permission.PRODUCT_EDIT)
        return rows[survivor_id], rows[absorbed_id]

    async def _check_standing(self, survivor: Product, absorbed: Product) -> None:
        granted = Recognition.VALID.value
        if survivor.recognition_status == granted and absorbed.recognition_status == granted:
            raise RuleViolation("products.merge_both_recognised")
        assessed = await self._session.scalars(
            select(Dossier.product_id)
            .where(Dossier.product_id.in_([survivor.id, absorbed.id]), Dossier.state.not_in(AT_REST))
            .group_by(Dossier.product_id)
            .having(func.count() > 0)
        )
        if len(assessed.all()) > 1:
            raise RuleViolation("products.merge_under_assessment")

    async def _complete(self, survivor: Product, values: dict[str, Any]) -> None:
        if "name" in values:
            producer = await self._producers.get(survivor.producer_id)
            values |= names_of(values["name"], producer.name)
        if "set_number" in values:
            values["industry"] = industry_for(values["set_number"], None)
        for name, value in values.items():
            setattr(survivor, name, value)
        check_facts({name: getattr(survivor, name) for name in FACT_COLUMNS})
        survivor.updated_at = self._now
        survivor.touch()
        # A key that a third product holds must show here rather than at the commit.
        await self._session.flush()
