"""A producer with its product, the officers around it, and a file that lacks nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.regimes import ProducerForm
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService

Headers = dict[str, str]
NEW_COMMUNE, OLD_COMMUNE = "34:24611", "63:24611"
UNDER_148 = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)


def area_actor(role: Role, place_id: str, level: Level) -> Actor:
    grant = Grant(role, Bound.AREA, level=level, place_id=place_id)
    return Actor(user_id=uuid4(), name=role.value, grants=(grant,))


def central_actor(role: Role) -> Actor:
    grant = Grant(role, Bound.EVERYWHERE, level=Level.CENTRAL)
    return Actor(user_id=uuid4(), name=role.value, grants=(grant,))


def producer_actor(producer_id: UUID) -> Actor:
    grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=producer_id)
    return Actor(user_id=uuid4(), name="Chủ thể", grants=(grant,))


def full_contents(edition: str, set_number: int = 13) -> dict[str, Any]:
    criteria = load_edition(edition).criteria_set(set_number).criteria
    return {
        "registration": {
            "organisation": "Hợp tác xã Nông nghiệp Đắk Wil",
            "representative": "Nguyễn Thị Hoa",
            "position": "Giám đốc",
            "address": "Tổ dân phố 3",
            "phone": "0261 3 123 456",
            "product_name": "Cà phê bột",
        },
        "report": {
            "general_information": "Thành lập năm 2018.",
            "plan_results": "Đạt kế hoạch.",
            "production_plan": "Mở rộng 20 ha.",
            "organisation_chart": "Giám đốc, kế toán, hai tổ sản xuất.",
        },
        "self_assessment": {code: {"level": c.options[-1].level} for code, c in criteria.items()},
        "evidence": [{"kind": "business_registration", "number": "6400123456"}],
    }


class Trade:
    """Drives the API as its people do; every call answers with the response."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, as_actor: Callable[[Actor], Headers]
    ) -> None:
        self.client = client
        self.database = database
        self.as_actor = as_actor

    async def product(
        self,
        name: str = "Cà phê bột",
        *,
        at: datetime,
        place_id: str | None = NEW_COMMUNE,
        set_number: int | None = 13,
        form: ProducerForm = ProducerForm.COOPERATIVE,
    ) -> tuple[str, Headers]:
        """The id of a new product of a new producer, and the headers of its producer."""
        async with self.database.transaction() as session:
            producer = await ProducerService(session, SYSTEM, at).create(
                ProducerCreate(legal_form=form, name=f"Chủ thể {name}", place_id=place_id)
            )
            product = await ProductService(session, SYSTEM, at).create(
                ProductCreate(producer_id=producer.id, name=name, set_number=set_number)
            )
            return str(product.id), self.as_actor(producer_actor(producer.id))

    async def draft(self, product_id: str, producer: Headers, **fields: Any) -> dict[str, Any]:
        """A new draft."""
        body = {"product_id": product_id, **fields}
        answer = await self.client.post("/v1/dossiers", json=body, headers=producer)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/dossiers/{answer.json()['id']}"
        found: dict[str, Any] = answer.json()
        return found

    async def write(self, dossier_id: str, producer: Headers, contents: dict[str, Any]) -> httpx.Response:
        """Replace parts of the file."""
        return await self.client.patch(
            f"/v1/dossiers/{dossier_id}", json=contents, headers={**producer, "If-Match": "*"}
        )

    async def act(self, dossier_id: str, action: str, actor: Headers, **body: Any) -> httpx.Response:
        """Take a step."""
        return await self.client.post(f"/v1/dossiers/{dossier_id}/{action}", json=body, headers=actor)

    async def done(self, dossier_id: str, action: str, actor: Headers, **body: Any) -> dict[str, Any]:
        """Take a step that must succeed; gives the dossier after it."""
        answer = await self.act(dossier_id, action, actor, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def lodged(
        self, at: datetime, *, edition: str = "qd26-2026", place_id: str = NEW_COMMUNE, name: str = "Cà phê"
    ) -> tuple[dict[str, Any], Headers]:
        """A lodged dossier and its producer."""
        product_id, producer = await self.product(name, at=at, place_id=place_id)
        dossier = await self.draft(product_id, producer)
        written = await self.write(dossier["id"], producer, full_contents(edition))
        assert written.status_code == 200, written.text
        return await self.done(dossier["id"], "lodge", producer), producer

    async def read(self, dossier_id: str, actor: Headers) -> dict[str, Any]:
        """The dossier as somebody sees it."""
        answer = await self.client.get(f"/v1/dossiers/{dossier_id}", headers=actor)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def trade(client: httpx.AsyncClient, database: Database, as_actor: Callable[[Actor], Headers]) -> Trade:
    return Trade(client, database, as_actor)


@pytest.fixture
def people(as_actor: Callable[[Actor], Headers]) -> dict[str, Headers]:
    """Headers by role and place: the new structure's, and the old district and province."""
    places = {
        "commune": (NEW_COMMUNE, Level.COMMUNE),
        "province": ("34:68", Level.PROVINCE),
        "old_district": ("63:660", Level.DISTRICT),
        "old_province": ("63:67", Level.PROVINCE),
        "elsewhere": ("34:01", Level.PROVINCE),
    }
    found = {
        f"{name}_{role.value}": as_actor(area_actor(role, place_id, level))
        for name, (place_id, level) in places.items()
        for role in (Role.OFFICER, Role.LEADER, Role.INSPECTOR)
    }
    for role in (Role.OFFICER, Role.LEADER):
        found[f"central_{role.value}"] = as_actor(central_actor(role))
    return found


FORM_03 = {
    topic: {"finding": "Đúng như hồ sơ.", "supported": True}
    for topic in (
        "origin_and_local_material",
        "local_labour",
        "origin_of_idea",
        "local_identity_and_knowledge",
    )
}
LETTER = {"number": "45/TTr-UBND", "issued_on": "2026-06-15"}
