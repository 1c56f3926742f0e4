"""A province's council with five scoring members and a secretary, and dossiers that lie with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.db.base import uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.regimes import ProducerForm
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.settings import Clock, SecuritySettings

EDITION, COFFEE = "qd26-2026", 13
PROVINCE, COMMUNE = "34:68", "34:24611"
BEST = {code: c.options[-1].level for code, c in load_edition(EDITION).criteria_set(COFFEE).criteria.items()}
NINETY = BEST | {"1.2": 1, "1.4": 2, "1.7": 1, "2.4": 1, "3.1": 2, "3.2": 1, "3.3": 2, "10": 1, "11": 2}
EIGHTY_NINE = NINETY | {"11": 1}

Headers = dict[str, str]


def area_actor(role: Role, place: str = PROVINCE, level: Level = Level.PROVINCE) -> Actor:
    return Actor(user_id=uuid7(), name=role, grants=(Grant(role, Bound.AREA, level=level, place_id=place),))


@dataclass
class World:
    """People and files of a test, and the requests they make."""

    client: httpx.AsyncClient
    database: Database
    as_actor: Callable[[Actor], Headers]
    clock: Clock
    council: dict[str, Any] = field(default_factory=dict)
    users: list[UUID] = field(default_factory=list)
    headers: dict[UUID, Headers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.officer = self.as_actor(area_actor(Role.OFFICER))

    async def user(self, name: str, *grants: Grant) -> UUID:
        async with self.database.transaction() as session:
            return await ensure_user(
                session,
                email=f"{name}@example.org",
                display_name=name,
                password=None,
                grants=grants,
                now=self.clock(),
                security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
            )

    def sign_in(self, user_id: UUID, *grants: Grant) -> Headers:
        self.headers[user_id] = self.as_actor(Actor(user_id=user_id, name="", grants=grants))
        return self.headers[user_id]

    def seat_headers(self, user_id: UUID, council_id: str, office: str) -> Headers:
        role = Role.COUNCIL_SECRETARY if office == "secretary" else Role.COUNCIL_MEMBER
        return self.sign_in(user_id, Grant(role, Bound.COUNCIL, council_id=UUID(council_id)))

    async def set_up(self, offices: Sequence[str] = (), **rules: Any) -> dict[str, Any]:
        offices = offices or ("chair", "deputy", "member", "member", "member", "secretary")
        self.users = [await self.user(f"u{n}") for n in range(len(offices))]
        answer = await self.client.post(
            "/v1/councils",
            json={
                "name": "Hội đồng OCOP tỉnh",
                "level": "province",
                "place_id": PROVINCE,
                "decision_number": "1234/QĐ-UBND",
                "decision_date": "2026-06-01",
                "members": [
                    {"user_id": str(user), "office": office, "name": f"Người {n}"}
                    for n, (user, office) in enumerate(zip(self.users, offices, strict=True))
                ],
                "rules": rules,
            },
            headers=self.officer,
        )
        assert answer.status_code == 201, answer.text
        self.council = answer.json()
        for user, office in zip(self.users, offices, strict=True):
            self.seat_headers(user, self.council["id"], office)
        return self.council

    @property
    def secretary(self) -> Headers:
        return self.headers[self.users[-1]]

    async def dossier(self, **changes: Any) -> Dossier:
        at = self.clock()
        async with self.database.transaction() as session:
            producer = await ProducerService(session, SYSTEM, at).create(
                ProducerCreate(legal_form=ProducerForm.COOPERATIVE, name=f"HTX {uuid7()}", place_id=COMMUNE)
            )
            product = await ProductService(session, SYSTEM, at).create(
                ProductCreate(producer_id=producer.id, name="Cà phê bột", set_number=COFFEE)
            )
            values: dict[str, Any] = {
                "id": uuid7(),
                "product_id": product.id,
                "producer_id": producer.id,
                "kind": "first",
                "regime": "qd26-2026",
                "state": "in_council",
                "level": "province",
                "edition": EDITION,
                "set_number": COFFEE,
                "lodged_on": date(2026, 6, 1),
                "product_code": f"68-24611-{uuid7().int % 10**9}-2026",
                "place_id": COMMUNE,
                "area_path": [COMMUNE, PROVINCE],
                "contents": {},
                "samples": 5,
                "version": 1,
                "created_at": at,
                "updated_at": at,
            }
            row = Dossier(**values | changes)
            session.add(row)
        return row

    async def plan(self, *dossiers: Dossier) -> str:
        answer = await self.client.post(
            f"/v1/councils/{self.council['id']}/sessions",
            json={
                "held_on": (self.clock() + timedelta(days=1)).date().isoformat(),
                "dossier_ids": [str(one.id) for one in dossiers],
            },
            headers=self.secretary,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def open(
        self,
        session_id: str,
        *,
        absent: Sequence[UUID] = (),
        recusals: Sequence[dict[str, str]] = (),
        **body: Any,
    ) -> httpx.Response:
        return await self.client.post(
            f"/v1/sessions/{session_id}/open",
            json={
                "present": [str(user) for user in self.users if user not in absent],
                "recusals": list(recusals),
                # Most tests open a session as soon as it is planned.
                "short_notice_reason": "Họp ngay.",
                **body,
            },
            headers=self.secretary,
        )

    async def opened(self, *dossiers: Dossier) -> str:
        session_id = await self.plan(*dossiers)
        answer = await self.open(session_id)
        assert answer.status_code == 200, answer.text
        return session_id

    def sheet_url(self, session_id: str, dossier: Dossier) -> str:
        return f"/v1/sessions/{session_id}/dossiers/{dossier.id}/sheet"

    async def hand_in(
        self, session_id: str, dossier: Dossier, user: UUID, choices: dict[str, int], remarks: str = ""
    ) -> httpx.Response:
        url = self.sheet_url(session_id, dossier)
        saved = await self.client.put(
            url,
            json={"choices": choices, "remarks": remarks},
            headers=self.headers[user] | {"If-Match": "*"},
        )
        assert saved.status_code == 200, saved.text
        return await self.client.post(f"{url}/submit", headers=self.headers[user])

    async def close(
        self, session_id: str, dossier: Dossier, headers: Headers | None = None, **body: Any
    ) -> httpx.Response:
        return await self.client.post(
            f"/v1/sessions/{session_id}/dossiers/{dossier.id}/close-round",
            json=body,
            headers=headers or self.secretary,
        )


@pytest.fixture
def world(
    client: httpx.AsyncClient, database: Database, as_actor: Callable[[Actor], Headers], clock: Clock
) -> World:
    return World(client, database, as_actor, clock)
