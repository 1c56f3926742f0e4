"""A cooperative, its plot and its coffee, driven through the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

Headers = dict[str, str]
Json = dict[str, Any]


class Trade:
    """What a producer does, as one signed in for it; every call must succeed unless ``post`` is used."""

    def __init__(self, client: httpx.AsyncClient, headers: Headers, producer: Json) -> None:
        self.client = client
        self.headers = headers
        self.producer = producer

    async def post(self, path: str, body: Json) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers)

    async def get(self, path: str) -> Json:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def _made(self, path: str, body: Json) -> Json:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"]
        found: Json = answer.json()
        return found

    async def plot(self, **fields: Any) -> Json:
        body = {"producer_id": self.producer["id"], "name": "Vườn cà phê thôn 5", **fields}
        return await self._made("/v1/growing-areas", body)

    async def material(self, name: str, code: str, quantity: str, unit: str = "KGM", **fields: Any) -> Json:
        body = {"producer_id": self.producer["id"], "material_name": name, "lot_code": code, **fields}
        return await self._made("/v1/lots", {**body, "unit": unit, "quantity": quantity})

    async def product(self, name: str = "Cà phê bột Đắk Mil", **fields: Any) -> Json:
        return await self._made("/v1/products", {"producer_id": self.producer["id"], "name": name, **fields})

    async def product_lot(self, product: Json, code: str, quantity: str, **fields: Any) -> Json:
        body = {"product_id": product["id"], "lot_code": code, "quantity": quantity, "unit": "KGM", **fields}
        return await self._made("/v1/lots", body)

    async def step(self, lot: Json, step: str, day: str, *inputs: tuple[Json, str], **fields: Any) -> Json:
        return await self._made(f"/v1/lots/{lot['id']}/steps", step_body(step, day, *inputs, **fields))

    async def try_step(
        self, lot: Json, step: str, *inputs: tuple[Json, str], **fields: Any
    ) -> tuple[int, str]:
        body = step_body(step, "2026-02-01", *inputs, **fields)
        answer = await self.post(f"/v1/lots/{lot['id']}/steps", body)
        return answer.status_code, answer.json().get("code", "")


def step_body(step: str, day: str, *inputs: tuple[Json, str], **fields: Any) -> Json:
    used = [{"lot_id": lot["id"], "quantity": quantity} for lot, quantity in inputs]
    return {"step": step, "at": f"{day}T08:00:00+07:00", "inputs": used, **fields}


class Chain:
    """Coffee from the plot to the bag: all lots and steps of it."""

    def __init__(self, trade: Trade) -> None:
        self.trade = trade
        self.steps: dict[str, Json] = {}

    async def run(self) -> "Chain":
        trade = self.trade
        self.plot = await trade.plot(code="vn-dnoor 0039", area_ha="1.2", place="34:24611")
        self.cherry = await trade.material("Cà phê quả tươi", "QUA-01", "1000")
        self.green = await trade.material("Cà phê nhân", "NHAN-01", "200")
        self.roasted = await trade.material("Cà phê rang", "RANG-01", "160")
        self.product = await trade.product(description="Robusta rang mộc.")
        self.bags = await trade.product_lot(
            self.product,
            "L2026-06-001",
            "300",
            unit="H87",
            net_quantity="500",
            net_unit="GRM",
            best_before="2027-06-01",
        )
        area = {"growing_area_id": self.plot["id"]}
        await self._step("growing", self.cherry, "2025-10-02", **area)
        await self._step("harvesting", self.cherry, "2025-12-01", note="Hái chín trên 95 %", **area)
        await self._step("processing", self.green, "2025-12-20", (self.cherry, "1000"))
        await self._step("roasting", self.roasted, "2026-02-10", (self.green, "200"))
        await self._step("packing", self.bags, "2026-02-12", (self.roasted, "155"))
        await self._step("shipping", self.bags, "2026-02-20")
        return self

    async def _step(self, step: str, lot: Json, day: str, *inputs: tuple[Json, str], **fields: Any) -> None:
        self.steps[step] = await self.trade.step(lot, step, day, *inputs, **fields)


@pytest.fixture
def officer(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Officer of the province the producers lie in."""
    grant = Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    return as_actor(Actor(user_id=uuid4(), name="Cán bộ", grants=(grant,)))


@pytest.fixture
def foreign_officer(as_actor: Callable[[Actor], Headers]) -> Headers:
    """Officer of another province."""
    grant = Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:01")
    return as_actor(Actor(user_id=uuid4(), name="Cán bộ", grants=(grant,)))


@pytest.fixture
def trading(
    client: httpx.AsyncClient, officer: Headers, as_actor: Callable[[Actor], Headers]
) -> Callable[..., Any]:
    """Registers a producer and gives somebody who acts for it."""

    async def register(name: str = "Hợp tác xã Nông nghiệp Đắk Wil") -> Trade:
        body = {"legal_form": "cooperative", "name": name, "place_id": "34:24611"}
        answer = await client.post("/v1/producers", json=body, headers=officer)
        assert answer.status_code == 201, answer.text
        producer = answer.json()
        grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=UUID(producer["id"]))
        return Trade(client, as_actor(Actor(user_id=uuid4(), name="Chủ thể", grants=(grant,))), producer)

    return register


@pytest.fixture
async def trade(trading: Callable[..., Any]) -> Trade:
    """Somebody acting for a cooperative."""
    made: Trade = await trading()
    return made


@pytest.fixture
async def chain(trade: Trade) -> Chain:
    """The whole way of one lot of coffee."""
    return await Chain(trade).run()
