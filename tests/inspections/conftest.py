"""Certificates of Lâm Đồng to inspect, and the people around them with real accounts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.certificates.conftest import PROVINCE, World
from tests.conftest import MovableClock

from ocop_api.db.session import Database
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

AsActor = Callable[[Actor], dict[str, str]]
Headers = dict[str, str]


def area(role: Role, place_id: str | None = PROVINCE, level: Level = Level.PROVINCE) -> Grant:
    """A grant for an area; without a place, the ministry's."""
    bound = Bound.EVERYWHERE if place_id is None else Bound.AREA
    return Grant(role, bound, level=level, place_id=place_id)


@dataclass
class Stage:
    """Sends requests as somebody, and makes accounts that can be appointed."""

    http: httpx.AsyncClient
    as_actor: AsActor
    database: Database
    clock: MovableClock
    certificates: World
    officer: Headers = field(default_factory=dict)
    leader: Headers = field(default_factory=dict)

    def someone(self, *grants: Grant, user_id: UUID | None = None) -> Headers:
        """Headers of a person with these grants."""
        return self.as_actor(Actor(user_id or uuid4(), "ai đó", grants))

    def producer(self, producer_id: UUID) -> Headers:
        """Headers of somebody who acts for a producer."""
        return self.someone(Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=producer_id))

    async def account(self, *grants: Grant, name: str = "Trần Thị Lan") -> tuple[UUID, Headers]:
        """A stored account with these grants; its id and headers."""
        user_id = uuid4()
        async with self.database.transaction() as session:
            session.add(
                AccountUser(
                    id=user_id,
                    email=f"{user_id}@tinh.example",
                    email_folded=f"{user_id}@tinh.example",
                    display_name=name,
                    name_sort=name,
                    search=name,
                    password_hash="-",
                    area_path=[],
                    version=1,
                    created_at=self.clock(),
                    updated_at=self.clock(),
                )
            )
            await session.flush()
            for grant in grants:
                session.add(
                    RoleGrant(
                        id=uuid4(),
                        user_id=user_id,
                        role=grant.role.value,
                        bound=grant.bound.value,
                        level=grant.level.value if grant.level is not None and grant.place_id else None,
                        place_id=grant.place_id,
                        council_id=grant.council_id,
                        producer_id=grant.producer_id,
                        area_path=[],
                        valid_from=self.clock(),
                        granted_at=self.clock(),
                        version=1,
                    )
                )
        return user_id, self.as_actor(Actor(user_id, name, grants))

    async def inspector(self, name: str = "Trần Thị Lan") -> tuple[UUID, Headers]:
        """An inspector of the province."""
        return await self.account(area(Role.INSPECTOR), name=name)

    async def certificate(self, **facts: Any) -> dict[str, Any]:
        """A recorded certificate; ``id``, ``product_id``, ``producer_id``."""
        self.certificates.count += 1
        facts.setdefault("number", f"68-{self.certificates.count:02}-2026")
        facts.setdefault("decided_on", date(2026, 6, 1))
        product = await self.certificates.product()
        made = await self.certificates.recorded(product_id=product[0], **facts)
        return {**made, "producer_id": product[1]}

    async def post(self, path: str, headers: Headers, body: Any = None, status: int = 200) -> dict[str, Any]:
        """A POST that must be answered so."""
        answer = await self.http.post(f"/v1{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str, headers: Headers, status: int = 200) -> dict[str, Any]:
        """A GET that must be answered so."""
        answer = await self.http.get(f"/v1{path}", headers=headers)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def plan(self, *certificate_ids: str, **changes: Any) -> dict[str, Any]:
        """A draft with these certificates."""
        body = {
            "name": "Kế hoạch kiểm tra sản phẩm OCOP năm 2026",
            "year": 2026,
            "place_id": PROVINCE,
            "period_from": "2026-06-01",
            "period_to": "2026-11-30",
            "lead_body": "Văn phòng điều phối nông thôn mới tỉnh",
            **changes,
        }
        made = await self.post("/inspection-plans", self.officer, body, 201)
        if certificate_ids:
            wanted = {"certificate_ids": list(certificate_ids)}
            made = await self.post(f"/inspection-plans/{made['id']}/select", self.officer, wanted)
        return made

    async def planned(self, certificate_id: str) -> dict[str, Any]:
        """A periodic inspection of a certificate on an approved plan."""
        plan = await self.plan(certificate_id)
        await self.post(f"/inspection-plans/{plan['id']}/approve", self.leader)
        found = await self.get(f"/inspections?plan_id={plan['id']}", self.officer)
        item: dict[str, Any] = found["items"][0]
        return item

    async def assigned(self, inspection_id: str, inspector: tuple[UUID, Headers]) -> dict[str, Any]:
        """The inspection with this inspector, who has declared to have no interest."""
        answer = await self.http.patch(
            f"/v1/inspections/{inspection_id}",
            json={"scheduled_on": "2026-06-15", "inspectors": [{"user_id": str(inspector[0]), "lead": True}]},
            headers={**self.officer, "If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text
        return await self.post(f"/inspections/{inspection_id}/declare", inspector[1], {"has_interest": False})

    async def begun(self, certificate_id: str, inspector: tuple[UUID, Headers]) -> dict[str, Any]:
        """A periodic inspection that is under way."""
        made = await self.planned(certificate_id)
        await self.assigned(made["id"], inspector)
        return await self.post(f"/inspections/{made['id']}/begin", inspector[1])

    async def answer(self, inspection: dict[str, Any], headers: Headers, **not_kept: str) -> dict[str, Any]:
        """Every item kept but those that are named with a note (``__`` for dots)."""
        faults = {code.replace("__", "."): note for code, note in not_kept.items()}
        items = [
            {
                "code": one["code"],
                "finding": "not_kept" if one["code"] in faults else "kept",
                "note": faults.get(one["code"], ""),
            }
            for one in inspection["items"]
        ]
        answer = await self.http.put(
            f"/v1/inspections/{inspection['id']}/items",
            json={"items": items},
            headers={**headers, "If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def concluded(
        self, inspection: dict[str, Any], headers: Headers, status: int = 200, **changes: Any
    ) -> dict[str, Any]:
        """Conclude an inspection whose checklist is answered."""
        body = {
            "conclusion": "kept",
            "inspected_on": "2026-06-15",
            "summary": "Cơ sở duy trì sản xuất.",
            "venue": "Xưởng chế biến, phường Bắc Gia Nghĩa",
            "people": [
                {"name": "Trần Thị Lan", "title": "Trưởng đoàn", "side": "inspection"},
                {"name": "Nguyễn Văn Bình", "title": "Giám đốc hợp tác xã", "side": "producer"},
            ],
            **changes,
        }
        return await self.post(f"/inspections/{inspection['id']}/conclude", headers, body, status)


@pytest.fixture
def stage(client: httpx.AsyncClient, as_actor: AsActor, database: Database, clock: MovableClock) -> Stage:
    """The province's office and its leader, ready to act."""
    made = Stage(client, as_actor, database, clock, World(database, clock))
    made.officer = made.someone(area(Role.OFFICER))
    made.leader = made.someone(area(Role.LEADER))
    return made
