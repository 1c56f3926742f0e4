"""Accounts made through the system's own door, and a way to sign in to them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.db.session import Database
from ocop_api.domain.actor import Bound, Grant, Level, Role
from ocop_api.settings import Clock, Settings

PASSWORD = "một câu dài dễ nhớ"

LAM_DONG, BAC_GIA_NGHIA = "34:68", "34:24611"
DAK_NONG, NGHIA_DUC = "63:67", "63:24611"
OTHER_PROVINCE = "34:01"

EVERYWHERE = Grant(Role.ADMIN, Bound.EVERYWHERE)
PROVINCE_ADMIN = Grant(Role.ADMIN, Bound.AREA, Level.PROVINCE, LAM_DONG)
COMMUNE_ADMIN = Grant(Role.ADMIN, Bound.AREA, Level.COMMUNE, BAC_GIA_NGHIA)
OFFICER = Grant(Role.OFFICER, Bound.AREA, Level.COMMUNE, BAC_GIA_NGHIA)


class MovingClock(Protocol):
    """The clock of ``tests/conftest.py``."""

    def __call__(self) -> datetime: ...

    def move(self, **delta: float) -> None: ...


@dataclass(frozen=True)
class Account:
    id: UUID
    email: str
    headers: dict[str, str]
    refresh_token: str


Provision = Callable[[str, Sequence[Grant]], Awaitable[UUID]]
Enter = Callable[..., Awaitable[Account]]


@pytest.fixture
def provision(app: FastAPI, database: Database, settings: Settings, clock: Clock) -> Provision:
    """Make sure of an account ``<name>@example.vn`` with these grants."""

    async def make(name: str, grants: Sequence[Grant]) -> UUID:
        async with database.transaction() as session:
            return await ensure_user(
                session,
                email=f"{name}@example.vn",
                display_name=name.title(),
                password=PASSWORD,
                grants=grants,
                now=clock(),
                security=settings.security,
            )

    return make


@pytest.fixture
def enter(client: httpx.AsyncClient, provision: Provision) -> Enter:
    """Make an account and sign in to it over HTTP."""

    async def go(name: str, *grants: Grant) -> Account:
        user_id = await provision(name, grants)
        email = f"{name}@example.vn"
        answer = await client.post("/v1/auth/sign-in", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return Account(user_id, email, headers, tokens["refresh_token"])

    return go
