"""Rows of appeals; ``visible_to`` is their only row scope."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.appeals_schemas import AppealFilter
from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.appeals import Appeal, AppealEvidence, AppealStep
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.appeal import AppealState

_APPEAL = Appeal.__table__.c
_SORTS = Sorts(
    {
        "created_at": (SortKey(_APPEAL.created_at, datetime), SortKey(_APPEAL.id, UUID)),
        "-created_at": (
            SortKey(_APPEAL.created_at, datetime, descending=True),
            SortKey(_APPEAL.id, UUID, descending=True),
        ),
    },
    default="-created_at",
)


@dataclass(frozen=True, slots=True)
class AppealRecord:
    """An appeal with the dossier it is about and the name of its product."""

    appeal: Appeal
    dossier: Dossier
    product_name: str


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Appeals the actor may read: of the own producer, of the areas they read dossiers in, of their panel.

    Members of the council whose rating is contested are none of these.
    """
    if actor.system:
        return true()
    scope = actor.scope(Permission.DOSSIER_READ)
    return or_(
        literal(scope.everywhere),
        Dossier.producer_id.in_(scope.producer_ids),
        Dossier.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT))),
        Appeal.panel_id.in_(scope.council_ids),
    )


class AppealRepository:
    """Appeals, their steps and evidence, in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, appeal_id: UUID, actor: Actor) -> AppealRecord | None:
        """One visible appeal with its dossier."""
        statement = (
            select(Appeal, Dossier, Product.name)
            .join(Dossier, Dossier.id == Appeal.dossier_id)
            .join(Product, Product.id == Dossier.product_id)
            .where(Appeal.id == appeal_id, visible_to(actor))
        )
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else AppealRecord(row[0], row[1], row[2])

    async def lock(self, appeal_id: UUID) -> Appeal:
        """An appeal that was found, read afresh and held until the transaction ends."""
        statement = select(Appeal).where(Appeal.id == appeal_id).with_for_update()
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one()

    async def page(self, actor: Actor, wanted: AppealFilter) -> tuple[Rows, list[AppealRecord]]:
        """One page of visible appeals."""
        statement = (
            select(Appeal, Dossier, Product.name)
            .join(Dossier, Dossier.id == Appeal.dossier_id)
            .join(Product, Product.id == Dossier.product_id)
            .where(visible_to(actor))
        )
        if wanted.state is not None:
            statement = statement.where(Appeal.state == wanted.state)
        if wanted.place_id is not None:
            statement = statement.where(Dossier.area_path.contains([wanted.place_id]))
        if wanted.dossier_id is not None:
            statement = statement.where(Appeal.dossier_id == wanted.dossier_id)
        if wanted.producer_id is not None:
            statement = statement.where(Dossier.producer_id == survivor_of(wanted.producer_id))
        rows = await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)
        return rows, [AppealRecord(*row) for row in rows.items]

    async def is_decided(self, dossier_id: UUID) -> bool:
        """Whether an appeal against a dossier was upheld or dismissed."""
        decided = [state.value for state in AppealState if state.is_decided]
        statement = select(Appeal.id).where(Appeal.dossier_id == dossier_id, Appeal.state.in_(decided))
        return await self._session.scalar(statement) is not None

    async def leading_to_ratings(self, dossier_ids: Collection[UUID]) -> dict[UUID, Appeal]:
        """By dossier, the appeal that had it rated again; dossiers without one are left out."""
        statement = select(Appeal).where(
            Appeal.dossier_id.in_(dossier_ids), Appeal.state == AppealState.UPHELD, Appeal.rescore.is_(True)
        )
        return {appeal.dossier_id: appeal for appeal in await self._session.scalars(statement)}

    async def steps(self, appeal_id: UUID) -> Sequence[AppealStep]:
        """The whole history, oldest first."""
        statement = select(AppealStep).where(AppealStep.appeal_id == appeal_id).order_by(AppealStep.ordinal)
        return (await self._session.scalars(statement)).all()

    async def next_ordinal(self, appeal_id: UUID) -> int:
        """Place of the next step; the unique constraint tells two writers of one place apart."""
        statement = select(func.coalesce(func.max(AppealStep.ordinal), 0) + 1).where(
            AppealStep.appeal_id == appeal_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def evidence(self, appeal_id: UUID) -> Sequence[UUID]:
        """Documents the appeal relies on."""
        statement = (
            select(AppealEvidence.document_id)
            .where(AppealEvidence.appeal_id == appeal_id)
            .order_by(AppealEvidence.document_id)
        )
        return (await self._session.scalars(statement)).all()

    async def add(self, *rows: Any) -> None:
        """Store new rows."""
        self._session.add_all(rows)
        await self._session.flush()  # constraints are to speak inside the use case
