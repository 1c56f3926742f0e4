"""A product of a producer with its self-assessments, and the people around it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.conftest import MovableClock
from tests.documents.conftest import pdf
from tests.dossiers.conftest import Headers, Trade, area_actor

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Level, Role
from ocop_api.domain.rubric.edition import load_edition

EDITION, COFFEE = "qd26-2026", 13
CRITERIA = load_edition(EDITION).criteria_set(COFFEE).criteria
BEST = {code: {"level": c.options[-1].level} for code, c in CRITERIA.items()}


@dataclass
class Desk:
    """What the producer of one product does; every call answers with the response."""

    trade: Trade
    client: httpx.AsyncClient
    product_id: str
    owner: Headers
    officer: Headers
    stranger: Headers
    documents: int = field(default=0)

    @property
    def of_product(self) -> str:
        return f"/v1/products/{self.product_id}/self-assessments"

    async def started(self, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(self.of_product, json=body, headers=self.owner)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/self-assessments/{answer.json()['id']}"
        found: dict[str, Any] = answer.json()
        return found

    async def put(
        self, assessment: dict[str, Any], code: str, version: int | str = "*", **body: Any
    ) -> httpx.Response:
        tag = version if version == "*" else f'"{version}"'
        return await self.client.put(
            f"/v1/self-assessments/{assessment['id']}/choices/{code}",
            json=body,
            headers={**self.owner, "If-Match": tag},
        )

    async def put_all(
        self, assessment: dict[str, Any], choices: dict[str, Any], **body: Any
    ) -> httpx.Response:
        return await self.client.put(
            f"/v1/self-assessments/{assessment['id']}/choices",
            json={"choices": choices, **body},
            headers={**self.owner, "If-Match": "*"},
        )

    async def read(self, assessment: dict[str, Any], who: Headers | None = None) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/self-assessments/{assessment['id']}", headers=who or self.owner)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def finish(self, assessment: dict[str, Any]) -> httpx.Response:
        return await self.client.post(f"/v1/self-assessments/{assessment['id']}/finish", headers=self.owner)

    async def document(self, owner: Headers | None = None, product_id: str = "", **facts: Any) -> str:
        """The id of a new document of the product's producer."""
        self.documents += 1
        product = await self.client.get(f"/v1/products/{product_id or self.product_id}")
        answer = await self.client.post(
            "/v1/documents",
            data={
                "producer_id": product.json()["producer"]["id"],
                "kind": "test_report",
                "title": f"Phiếu kiểm nghiệm {self.documents}",
                **facts,
            },
            files={"file": ("a.pdf", pdf(f"words {self.documents}"), "application/pdf")},
            headers=owner or self.owner,
        )
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found


@pytest.fixture
async def desk(
    client: httpx.AsyncClient,
    database: Database,
    as_actor: Callable[[Actor], Headers],
    clock: MovableClock,
) -> Desk:
    trade = Trade(client, database, as_actor)
    product_id, owner = await trade.product(at=clock())
    officer = as_actor(area_actor(Role.OFFICER, "34:68", Level.PROVINCE))
    stranger = as_actor(area_actor(Role.OFFICER, "34:01", Level.PROVINCE))
    return Desk(trade, client, product_id, owner, officer, stranger)


@pytest.fixture
def inspector(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Reads what lies in the area, and changes nothing."""
    return as_actor(area_actor(Role.INSPECTOR, "34:68", Level.PROVINCE))
