"""Rows of dossiers; ``visible_to`` is their only row scope."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.dossiers import Dossier, DossierStep, DossierVersion, ProductCodeSerial
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.dossiers.schemas import DossierFilter

_DOSSIER = Dossier.__table__.c
_ID = SortKey(_DOSSIER.id, UUID)
_LAST_ID = SortKey(_DOSSIER.id, UUID, descending=True)
_SORTS = Sorts(
    by_name={
        "created_at": [SortKey(_DOSSIER.created_at, datetime), _ID],
        "-created_at": [SortKey(_DOSSIER.created_at, datetime, descending=True), _LAST_ID],
        "due_on": [SortKey(func.coalesce(_DOSSIER.due_on, literal(date.max)), date), _ID],
    },
    default="-created_at",
)
_STEPS = Sorts(
    by_name={"ordinal": [SortKey(DossierStep.__table__.c.ordinal, int)]},
    default="ordinal",
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Dossiers the actor may read; what was never lodged is its producer's alone."""
    scope = actor.scope(Permission.DOSSIER_READ)
    if actor.system:
        return true()
    official = [
        Dossier.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT))),
        Dossier.council_id.in_(scope.council_ids),
        literal(scope.everywhere),
    ]
    return or_(
        Dossier.producer_id.in_(scope.producer_ids),
        and_(Dossier.lodged_on.is_not(None), or_(*official)),
    )


class DossierRepository:
    """Dossiers, their steps and versions, in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, dossier_id: UUID, actor: Actor, *, lock: bool) -> Dossier | None:
        """One visible dossier, read afresh and locked if wished."""
        statement = select(Dossier).where(Dossier.id == dossier_id, visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def page(self, actor: Actor, wanted: DossierFilter) -> Rows:
        """One page of ``(dossier, name of its product)``."""
        statement = (
            select(Dossier, Product.name)
            .join(Product, Product.id == Dossier.product_id)
            .where(visible_to(actor))
        )
        for name in ("state", "level", "kind", "regime", "product_id", "producer_id"):
            value = getattr(wanted, name)
            if value is not None:
                statement = statement.where(_DOSSIER[name] == value)
        if wanted.place is not None:
            statement = statement.where(Dossier.area_path.overlap([wanted.place]))
        return await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)

    async def steps(self, dossier_id: UUID, wanted: Slice) -> Rows:
        """One page of the history, oldest first."""
        statement = select(DossierStep).where(DossierStep.dossier_id == dossier_id)
        return await fetch_page(self._session, statement, _STEPS, wanted)

    async def last_step(self, dossier_id: UUID, action: str) -> DossierStep | None:
        """The latest step of one action."""
        statement = (
            select(DossierStep)
            .where(DossierStep.dossier_id == dossier_id, DossierStep.action == action)
            .order_by(DossierStep.ordinal.desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def next_ordinal(self, dossier_id: UUID) -> int:
        """Place of the next step; two writers of one place are told apart by the unique constraint."""
        statement = select(func.coalesce(func.max(DossierStep.ordinal), 0) + 1).where(
            DossierStep.dossier_id == dossier_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def versions(self, dossier_id: UUID) -> Sequence[DossierVersion]:
        """The frozen versions, oldest first."""
        statement = (
            select(DossierVersion)
            .where(DossierVersion.dossier_id == dossier_id)
            .order_by(DossierVersion.number)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def next_version(self, dossier_id: UUID) -> int:
        """Number of the next frozen version."""
        statement = select(func.coalesce(func.max(DossierVersion.number), 0) + 1).where(
            DossierVersion.dossier_id == dossier_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def next_serial(self, place_id: str, year: int) -> int:
        """The next serial of a commune and year; others of that commune wait until this one commits."""
        upsert = (
            insert(ProductCodeSerial)
            .values(place_id=place_id, year=year, serial=1)
            .on_conflict_do_update(
                index_elements=["place_id", "year"], set_={"serial": ProductCodeSerial.serial + 1}
            )
            .returning(ProductCodeSerial.serial)
        )
        return (await self._session.execute(upsert)).scalar_one()

    async def code_in_use(self, code: str) -> bool:
        """Whether a product bears the code already, from an import of earlier ratings."""
        statement = select(Product.id).where(Product.product_code == code)
        return (await self._session.execute(statement)).first() is not None
