"""A rated coffee of Lâm Đồng that waits for its decision, and the people around it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ocop_api.certificates.service import CertificateService, HistoricRecognition, RecordingService
from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.producers.schemas import ProducerCreate, ProducerPrivate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.settings import Clock

COMMUNE = "34:24611"
PROVINCE = "34:68"


def leader(place_id: str | None = PROVINCE, level: Level = Level.PROVINCE) -> Actor:
    """Somebody who signs for an area; without a place, the minister."""
    bound = Bound.EVERYWHERE if place_id is None else Bound.AREA
    return Actor(uuid4(), "lãnh đạo", (Grant(Role.LEADER, bound, level=level, place_id=place_id),))


MINISTER = leader(None, Level.CENTRAL)
CHAIR = leader()


@dataclass(frozen=True)
class Rated:
    """A dossier with its product."""

    dossier_id: UUID
    product_id: UUID
    producer_id: UUID


class World:
    """Makes rows that other features own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.count = 0

    async def product(self, place_id: str = COMMUNE, name: str | None = None) -> tuple[UUID, UUID]:
        """A registered product; gives its id and its producer's."""
        self.count += 1
        async with self.database.transaction() as session:
            producer = await ProducerService(session, SYSTEM, self.clock()).create(
                ProducerCreate(
                    legal_form=ProducerForm.COOPERATIVE,
                    name=f"Hợp tác xã Nông nghiệp số {self.count}",
                    address="Tổ dân phố 3, phường Bắc Gia Nghĩa, tỉnh Lâm Đồng",
                    place_id=place_id,
                    private=ProducerPrivate(
                        representative_name="Nguyễn Thị Kín",
                        phone="0912 345 678",
                        email="kin@example.vn",
                        tax_code=f"067190{self.count:06d}",
                    ),
                )
            )
            product = await ProductService(session, SYSTEM, self.clock()).create(
                ProductCreate(producer_id=producer.id, name=name or f"Cà phê bột Đắk Nông {self.count}")
            )
            return product.id, producer.id

    async def rated(
        self,
        *,
        product: tuple[UUID, UUID] | None = None,
        points: str = "82.5",
        star: int | None = 4,
        level: Level = Level.PROVINCE,
        state: str = "awaiting_decision",
        regime: str = "qd26-2026",
        lodged_on: date = date(2026, 6, 1),
        place_id: str = COMMUNE,
    ) -> Rated:
        """A dossier whose council has spoken."""
        product_id, producer_id = product or await self.product(place_id)
        async with self.database.transaction() as session:
            row = await ProductService(session, SYSTEM, self.clock()).get(product_id)
            self.count += 1
            dossier = Dossier(
                product_id=product_id,
                producer_id=producer_id,
                kind="first",
                regime=regime,
                state=state,
                level=level.value,
                edition="qd26-2026",
                set_number=13,
                lodged_on=lodged_on,
                product_code=f"68-24611-{self.count}-2026",
                place_id=place_id,
                area_path=row.area_path,
                contents={},
                samples=5,
                points=Decimal(points),
                star=star,
                created_at=self.clock(),
                updated_at=self.clock(),
            )
            session.add(dossier)
            await session.flush()
            return Rated(dossier.id, product_id, producer_id)

    async def recorded(
        self,
        *,
        decided_on: date | None = date(2026, 6, 15),
        stars: int = 4,
        number: str | None = "68-01-2026",
        product_id: UUID | None = None,
    ) -> dict[str, Any]:
        """A recognition on record; gives its id, code and product."""
        if product_id is None:
            product_id, _ = await self.product()
        async with self.database.transaction() as session:
            found = await RecordingService(session, SYSTEM, self.clock()).record_recognition(
                product_id,
                HistoricRecognition(
                    stars=stars,
                    source="Báo địa phương",
                    confidence="press" if decided_on is None else "decision",
                    decision_number=None if decided_on is None else "1234/QĐ-UBND",
                    decided_on=decided_on,
                    number=number,
                    issuing_authority="Ủy ban nhân dân tỉnh Lâm Đồng",
                ),
            )
            code = (await CertificateService(session, SYSTEM, self.clock()).get(found)).certificate.code
        return {"id": str(found), "code": code, "product_id": product_id}


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    return World(database, clock)


AsActor = Callable[[Actor], dict[str, str]]
Issue = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def issue(client: httpx.AsyncClient, as_actor: AsActor) -> Issue:
    """Sends the order to issue; keywords change the body, ``by`` the person."""

    async def send(rated: Rated, by: Actor = CHAIR, **changes: Any) -> httpx.Response:
        body = {
            "dossier_id": str(rated.dossier_id),
            "decision_number": "1234/QĐ-UBND",
            "decided_on": "2026-06-15",
            "signed_by_title": "Chủ tịch",
            **changes,
        }
        return await client.post("/v1/certificates", json=body, headers=as_actor(by))

    return send
