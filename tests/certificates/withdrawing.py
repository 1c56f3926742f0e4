"""A certified coffee, everybody around a case of withdrawal, and the requests they make."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from tests.documents.conftest import pdf

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

from .conftest import COMMUNE, PROVINCE, AsActor, World, leader

Headers = dict[str, str]

FOUND = {
    "ground": "criteria_not_kept",
    "source": "own_finding",
    "found": "Cơ sở không còn vùng nguyên liệu tại địa phương.",
    "note": "Người phản ánh: hàng xóm của cơ sở.",
}
CONCLUSION = {
    "authority": "Sở Nông nghiệp và Môi trường tỉnh Lâm Đồng",
    "number": "45/KL-SNNMT",
    "concluded_on": "2026-06-15",
    "summary": "Sản phẩm không còn đạt tiêu chí về nguồn nguyên liệu.",
}
CONFIRMATION = {
    "authority": "Ủy ban nhân dân phường Bắc Gia Nghĩa",
    "concluded_on": "2026-06-15",
    "summary": "Cơ sở đã ngừng sản xuất từ tháng 5 năm 2026.",
}
DECISION = {"decision_number": "1300/QĐ-UBND", "decided_on": "2026-06-15", "signer_title": "Chủ tịch"}


def acting(
    role: Role, place_id: str | None = PROVINCE, level: Level | None = Level.PROVINCE, **bound: Any
) -> Actor:
    """Somebody with one role; without a place for the whole country, unless ``bound`` says otherwise."""
    kind = Bound.PRODUCER if bound else Bound.EVERYWHERE if place_id is None else Bound.AREA
    return Actor(uuid4(), str(role), (Grant(role, kind, level=level, place_id=place_id, **bound),))


@dataclass
class Matter:
    """One certificate and the people of its case."""

    client: httpx.AsyncClient
    world: World
    as_actor: AsActor
    known: dict[str, Any] = field(default_factory=dict)
    producer_id: UUID | None = None

    def __post_init__(self) -> None:
        self.officer = self.as_actor(acting(Role.OFFICER))
        self.commune = self.as_actor(acting(Role.OFFICER, COMMUNE, Level.COMMUNE))
        self.ministry = self.as_actor(acting(Role.OFFICER, None, Level.CENTRAL))
        self.inspector = self.as_actor(acting(Role.INSPECTOR))
        self.chair = self.as_actor(leader())
        self.minister = self.as_actor(leader(None, Level.CENTRAL))
        self.elsewhere = self.as_actor(acting(Role.OFFICER, "34:75"))

    async def certified(self, **facts: Any) -> "Matter":
        """Give the matter its certificate."""
        product_id, self.producer_id = await self.world.product()
        self.known = await self.world.recorded(product_id=product_id, **facts)
        self.producer = self.as_actor(acting(Role.PRODUCER, None, None, producer_id=self.producer_id))
        return self

    @property
    def certificate(self) -> str:
        return f"/v1/certificates/{self.known['id']}"

    async def open(self, by: Headers | None = None, **changes: Any) -> httpx.Response:
        return await self.client.post(
            f"{self.certificate}/withdrawal-cases", json={**FOUND, **changes}, headers=by or self.officer
        )

    async def opened(self, by: Headers | None = None, **changes: Any) -> str:
        """Open a case; gives its path."""
        answer = await self.open(by, **changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def act(
        self, case: str, action: str, body: dict[str, Any] | None = None, by: Headers | None = None
    ) -> httpx.Response:
        return await self.client.post(f"{case}/{action}", json=body or {}, headers=by or self.officer)

    async def acted(
        self, case: str, action: str, body: dict[str, Any] | None = None, by: Headers | None = None
    ) -> dict[str, Any]:
        answer = await self.act(case, action, body, by)
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def concluded(self, **changes: Any) -> str:
        case = await self.opened()
        await self.acted(case, "conclude", {**CONCLUSION, **changes})
        return case

    async def submitted(self, **changes: Any) -> str:
        case = await self.concluded(**changes)
        await self.acted(case, "submit", {"note": "Trình lãnh đạo: đề nghị thu hồi."})
        return case

    async def decided(self, **changes: Any) -> str:
        case = await self.submitted()
        await self.acted(case, "decide", {**DECISION, **changes}, self.chair)
        return case

    async def case(self, path: str, by: Headers | None = None) -> dict[str, Any]:
        answer = await self.client.get(path, headers=by or self.officer)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def listed(self, by: Headers | None = None, **wanted: Any) -> list[str]:
        """Ids of the cases in a list, in its order."""
        answer = await self.client.get("/v1/withdrawal-cases", params=wanted, headers=by or self.officer)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    async def document(self, title: str = "Phiếu kết quả thử nghiệm") -> str:
        """A document of the producer, handed in by the office."""
        facts = {"producer_id": str(self.producer_id), "kind": "test_report", "title": title}
        answer = await self.client.post(
            "/v1/documents",
            data=facts,
            files={"file": ("a.pdf", pdf(f"Ket qua {uuid4()}"), "application/pdf")},
            headers=self.officer,
        )
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found


def actions(shown: dict[str, Any]) -> list[str]:
    """What the reader of a case may do."""
    return [one["action"] for one in shown["allowed_actions"]]


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json().get("code", answer.text)
