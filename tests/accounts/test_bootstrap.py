"""The first administrator, and what production refuses to start with."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from typer.testing import CliRunner

from ocop_api.accounts.provisioning import ensure_first_administrator
from ocop_api.cli import app as cli
from ocop_api.db.session import Database
from ocop_api.diagnosis import diagnose
from ocop_api.seeding import DEMO_PASSWORD
from ocop_api.settings import DEMO_SECRET, SecuritySettings, Settings, WebSettings

from .conftest import EVERYWHERE, PASSWORD, Enter, MovingClock, Provision

GOOD_SECRET = "Vq7pT2mZx9LrB4nW8cYd1KsGh6JfA3uE"


def production(
    settings: Settings, *, secret: str = GOOD_SECRET, password: str = "", url: str = "https://o.vn"
) -> Settings:
    security = SecuritySettings(
        secret=SecretStr(secret), admin_email="goc@example.vn", admin_password=SecretStr(password)
    )
    changed = {"mode": "production", "security": security, "web": WebSettings(public_url=url)}
    return settings.model_copy(update=changed)


async def test_the_first_administrator_is_made_once_and_never_reset(
    client: httpx.AsyncClient, enter: Enter, database: Database, settings: Settings, clock: MovingClock
) -> None:
    async def ensure(password: str) -> bool:
        async with database.transaction() as session:
            return await ensure_first_administrator(
                session, email="Goc@example.vn", password=password, now=clock(), security=settings.security
            )

    assert await ensure(PASSWORD)
    first = await enter("goc")
    changed = {"current_password": PASSWORD, "new_password": "một câu khác cũng dài"}
    assert (await client.post("/v1/me/password", json=changed, headers=first.headers)).status_code == 204
    assert not await ensure(PASSWORD)
    old = await client.post("/v1/auth/sign-in", json={"email": "goc@example.vn", "password": PASSWORD})
    assert old.status_code == 401
    # A role that others have taken away does not come back with the next start.
    second = await enter("hai", EVERYWHERE)
    grant = (await client.get("/v1/me", headers=first.headers)).json()["grants"][0]["id"]
    headers = {**second.headers, "If-Match": "*"}
    assert (await client.delete(f"/v1/users/{first.id}/grants/{grant}", headers=headers)).status_code == 204
    assert not await ensure(PASSWORD)
    assert (await client.get("/v1/me", headers=first.headers)).json()["grants"] == []
    # Without any administrator somebody has to be one.
    async with database.transaction() as session:
        await session.execute(
            text("update account_user set disabled_at = now() where id = :id"), {"id": second.id}
        )
    assert not await ensure(PASSWORD)
    assert [g["role"] for g in (await client.get("/v1/me", headers=first.headers)).json()["grants"]] == [
        "admin"
    ]


@pytest.mark.parametrize(
    ("fields", "variable"),
    [
        ({}, None),
        ({"password": "một câu dài dễ nhớ"}, None),
        ({"secret": DEMO_SECRET}, "OCOP_SECURITY_SECRET"),
        ({"secret": GOOD_SECRET[:31]}, "OCOP_SECURITY_SECRET"),
        ({"secret": "a" * 40}, "OCOP_SECURITY_SECRET"),
        ({"password": DEMO_PASSWORD}, "OCOP_SECURITY_ADMIN_PASSWORD"),
        ({"password": "ngắn"}, "OCOP_SECURITY_ADMIN_PASSWORD"),
        ({"password": "goc@example.vn"}, "OCOP_SECURITY_ADMIN_PASSWORD"),
        ({"url": "http://ocop.example.vn"}, "OCOP_WEB_PUBLIC_URL"),
    ],
)
async def test_production_names_what_it_will_not_run_with(
    fields: dict[str, str], variable: str | None, tmp_path: Path
) -> None:
    found = await diagnose.hazards(production(Settings(), **fields))
    assert [hazard.variable for hazard in found] == ([] if variable is None else [variable])
    assert all(hazard.in_vietnamese != hazard.in_english for hazard in found)


async def test_production_refuses_demo_accounts_until_they_are_disabled(
    settings: Settings, provision: Provision, database: Database
) -> None:
    wanted = production(settings)
    await provision("lan", [])
    assert await diagnose.hazards(wanted) == []
    async with database.transaction() as session:
        await session.execute(text("update account_user set email_folded = 'admin@demo.ocop.example'"))
    (found,) = await diagnose.hazards(wanted)
    assert "@demo.ocop.example" in found.in_english
    assert await diagnose.hazards(settings) == []  # the demo itself
    async with database.transaction() as session:
        await session.execute(text("update account_user set disabled_at = now()"))
    assert await diagnose.hazards(wanted) == []


@pytest.mark.parametrize("command", ["serve", "worker", "doctor"])
def test_nothing_starts_in_production_with_the_published_secret(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OCOP_MODE", "production")
    monkeypatch.setenv("OCOP_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:9/none")
    ran = CliRunner().invoke(cli, [command])
    assert ran.exit_code == 1
    told = " ".join(ran.output.split())
    assert "OCOP_SECURITY_SECRET" in told
    assert "openssl rand -base64 48" in told
    assert "giá trị mẫu" in told
    assert "published default" in told
