"""What targets are counted from, read across the features' tables, and the reports."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, distinct, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.dossiers import Dossier, DossierStep
from ocop_api.db.tables.places import PlaceUnit
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.db.tables.programme import TargetReport
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.dossier import Action, DossierKind, State

RECORDS_TOLD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Which steps of dossiers are counted: those in the area, between the instants, that are all of this."""

    area: str
    since: datetime
    until: datetime
    """The first instant that does not count."""
    proposed_at: Level | None = None
    """Level whose council proposed a result: the product was rated there."""
    arrived_at: Level | None = None
    """Level the dossier was sent up to."""
    kind: DossierKind | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on ``dossier_step`` joined with ``dossier``."""
        found: list[ColumnElement[bool]] = [
            Dossier.area_path.overlap([self.area]),
            DossierStep.at >= self.since,
            DossierStep.at < self.until,
        ]
        if self.proposed_at is not None:
            found += [
                DossierStep.action == Action.PROPOSE.value,
                DossierStep.from_level == self.proposed_at.value,
            ]
        if self.arrived_at is not None:
            # Later steps at that level have it as their target too; only the first one is the arrival.
            found += [
                DossierStep.to_level == self.arrived_at.value,
                DossierStep.from_level != self.arrived_at.value,
            ]
        if self.kind is not None:
            found.append(Dossier.kind == self.kind.value)
        return found


class ProgrammeRepository:
    """Counts for targets, and the append-only reports."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def products_of_steps(self, steps: Steps) -> int:
        """How many products went through such a step; one that did twice counts once."""
        return await self._count(_over_steps(func.count(distinct(Dossier.product_id)), steps))

    async def dossiers_of_steps(self, steps: Steps) -> int:
        """How many dossiers went through such a step."""
        return await self._count(_over_steps(func.count(distinct(Dossier.id)), steps))

    async def products_by_unit(self, steps: Steps, unit_ids: Collection[str]) -> dict[str, int]:
        """How many products of each unit went through such a step; units without any are left out."""
        statement = (
            select(PlaceUnit.id, func.count(distinct(Dossier.product_id)))
            .select_from(DossierStep)
            .join(Dossier, Dossier.id == DossierStep.dossier_id)
            .join(PlaceUnit, PlaceUnit.id == any_(Dossier.area_path))
            .where(*steps.conditions(), PlaceUnit.id.in_(unit_ids))
            .group_by(PlaceUnit.id)
        )
        return {str(place_id): int(count) for place_id, count in await self._session.execute(statement)}

    async def behind_steps(self, steps: Steps, actor: Actor) -> tuple[int, Sequence[Any]]:
        """The products behind such steps that the actor may know of: their number and the first of them.

        A recognition is published; that a dossier is under way is known to its readers only.
        """
        scope = actor.scope(Permission.DOSSIER_READ)
        readable = [Dossier.state == State.RECOGNISED.value, true() if scope.everywhere else false()]
        if scope.place_ids:
            readable.append(Dossier.area_path.overlap(sorted(scope.place_ids)))
        if scope.producer_ids:
            readable.append(Dossier.producer_id.in_(scope.producer_ids))
        if scope.council_ids:
            readable.append(Dossier.council_id.in_(scope.council_ids))
        ids = _over_steps(Dossier.product_id, steps).where(or_(*readable)).distinct()
        return await self._products(Product.id.in_(ids))

    async def recognised(self, area: str, on: date) -> int:
        """Products of the area whose stars count on the day."""
        return await self._count(select(func.count()).select_from(Product).where(_recognised(area, on)))

    async def producers(self, area: str, on: date, forms: Collection[str]) -> tuple[int, int]:
        """Producers of such products: those of the legal forms, and all."""
        producer = distinct(Product.producer_id)
        row = (
            await self._session.execute(
                select(func.count(producer).filter(Producer.legal_form.in_(forms)), func.count(producer))
                .select_from(Product)
                .join(Producer, Producer.id == Product.producer_id)
                .where(_recognised(area, on))
            )
        ).one()
        return int(row[0]), int(row[1])

    async def behind_producers(
        self, area: str, on: date, forms: Collection[str]
    ) -> tuple[int, Sequence[Any]]:
        """The recognised products of producers of the legal forms: their number and the first of them."""
        return await self._products(and_(_recognised(area, on), Producer.legal_form.in_(forms)))

    async def latest_reports(self, plan: str, target: str | None = None) -> dict[str, TargetReport]:
        """The report that holds, by target: of the latest day, and of that day the last one made."""
        statement = (
            select(TargetReport)
            .ext(distinct_on(TargetReport.target_code))
            .where(TargetReport.plan_code == plan)
            .order_by(
                TargetReport.target_code,
                TargetReport.reported_on.desc(),
                TargetReport.recorded_at.desc(),
                TargetReport.id.desc(),
            )
        )
        if target is not None:
            statement = statement.where(TargetReport.target_code == target)
        return {row.target_code: row for row in await self._session.scalars(statement)}

    async def _count(self, statement: Select[Any]) -> int:
        return int((await self._session.execute(statement)).scalar_one())

    async def _products(self, condition: ColumnElement[bool]) -> tuple[int, Sequence[Any]]:
        statement = (
            select(Product.id.label("product_id"), Product.name, Producer.name.label("producer"))
            .join(Producer, Producer.id == Product.producer_id)
            .where(condition)
        )
        total = await self._count(select(func.count()).select_from(statement.subquery()))
        ordered = statement.order_by(Product.sort_key, Product.id).limit(RECORDS_TOLD)
        return total, (await self._session.execute(ordered)).all()


def _over_steps(column: Any, steps: Steps) -> Select[Any]:
    return (
        select(column)
        .select_from(DossierStep)
        .join(Dossier, Dossier.id == DossierStep.dossier_id)
        .where(*steps.conditions())
    )


def _recognised(area: str, on: date) -> ColumnElement[bool]:
    return and_(
        Product.recognition_status == "valid",
        Product.stars_valid_until >= on,
        Product.area_path.overlap([area]),
    )
