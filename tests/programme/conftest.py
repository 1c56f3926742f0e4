"""Rated products of the former province Đắk Nông and the people who report for it."""

from datetime import date, datetime
from uuid import UUID, uuid4

import pytest

from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier, DossierStep
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.settings import Clock

PLAN = "/v1/programme/plans/ke-hoach-230-2024"


def officer(place_id: str, level: Level = Level.PROVINCE) -> Actor:
    grant = Grant(Role.OFFICER, Bound.AREA, level=level, place_id=place_id)
    return Actor(uuid4(), "Cán bộ", (grant,))


PROVINCE_OFFICER = officer("34:68")


class Records:
    """Makes products, dossiers and their steps."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.count = 0

    async def product(
        self,
        place_id: str = "63:24611",
        *,
        form: ProducerForm = ProducerForm.COOPERATIVE,
        valid_until: date | None = None,
        status: str = "valid",
    ) -> UUID:
        """A product of an own producer, recognised when ``valid_until`` is given."""
        self.count += 1
        async with self.database.transaction() as session:
            producer = await ProducerService(session, SYSTEM, self.clock()).create(
                ProducerCreate(legal_form=form, name=f"Chủ thể {self.count}", place_id=place_id)
            )
            products = ProductService(session, SYSTEM, self.clock())
            product = await products.create(
                ProductCreate(producer_id=producer.id, name=f"Sản phẩm {self.count:03d}")
            )
            if valid_until is not None:
                await products.set_recognition(product.id, stars=3, valid_until=valid_until, status=status)
            return product.id

    async def step(
        self,
        at: datetime,
        *,
        action: str = "propose",
        level: Level = Level.PROVINCE,
        to_level: Level | None = None,
        place_id: str = "63:24611",
        product_id: UUID | None = None,
        kind: str = "first",
        state: str = "recognised",
    ) -> UUID:
        """A dossier of a product with one step at an instant; gives the product."""
        product_id = product_id or await self.product(place_id)
        self.count += 1
        async with self.database.transaction() as session:
            product = await ProductService(session, SYSTEM, self.clock()).get(product_id)
            dossier = Dossier(
                product_id=product.id,
                producer_id=product.producer_id,
                kind=kind,
                regime="qd148-2023",
                state=state,
                level=level.value,
                edition="qd148-2023",
                set_number=13,
                lodged_on=date(2024, 6, 1),
                product_code=f"67-660-24611-{self.count}-2024",
                place_id=place_id,
                area_path=product.area_path,
                contents={},
                created_at=at,
                updated_at=at,
            )
            session.add(dossier)
            await session.flush()
            session.add(
                DossierStep(
                    dossier_id=dossier.id,
                    ordinal=1,
                    action=action,
                    from_state="in_council",
                    from_level=level.value,
                    to_state="awaiting_decision",
                    to_level=(to_level or level).value,
                    party="council",
                    at=at,
                    data={},
                )
            )
        return product_id


@pytest.fixture
def records(database: Database, clock: Clock) -> Records:
    """Rows of other features, at the moment the clock shows."""
    return Records(database, clock)


def vietnam(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """An instant by the clock of Vietnam."""
    return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)
