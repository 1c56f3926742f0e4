"""The play from curtain to curtain: a database of its own, the scenes in order, what they leave."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from rich.console import Console

from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.db import migrating
from ocop_api.demo import files, scenes
from ocop_api.demo.stage import Stage, StageClock, build, fresh_database
from ocop_api.domain.clock import vietnam_date
from ocop_api.seeding import seed_reference
from ocop_api.settings import DatabaseSettings, SecuritySettings, Settings, StorageSettings, utc_now
from ocop_api.web import logs


async def play(out: Path, console: Console) -> None:
    """Play everything on an own database beside the configured one (or on the embedded server)."""
    # A line for every request would bury the story.
    logs.configure("warning", human=True)
    given = os.environ.get("OCOP_DATABASE_URL", "")
    data = Settings().data_dir
    server = None if given else EmbeddedPostgres(data)
    try:
        if server is not None:
            server.start()
        url = await fresh_database(given or (server.dsn("postgres") if server else ""), "ocop_demo")
        await asyncio.to_thread(migrating.upgrade, url)
        console.print(f"[bold]OCOP API[/]: the main job on real products. Results go to {out}.")
        kept = await perform(url, out, console)
        console.rule("Left in the folder")
        for path in kept:
            console.print(f"  {path}")
    finally:
        if server is not None:
            server.stop()


async def perform(url: str, out: Path, console: Console, *, short: bool = False) -> list[Path]:
    """Play on the migrated database at ``url``; ``short`` leaves out the year 2024. Gives what was kept."""
    async with _stage(url, out, console) as stage:
        if not short:
            await scenes.year_2024(stage)
        # The second half takes ten days; it ends today, because nothing is signed in the future.
        today = vietnam_date(utc_now()) - timedelta(days=10)
        await scenes.catalogue(stage, today)
        await scenes.self_assessment(stage)
        certificate = await scenes.rating_under_26(stage, today)
        await files.photo_and_evidence(stage, certificate)
        await scenes.traceability(stage, certificate)
        await scenes.listings(stage, certificate)
        await files.lists(stage)
        await scenes.programme(stage)
        await scenes.ledger(stage)
        return stage.kept


@asynccontextmanager
async def _stage(url: str, out: Path, console: Console) -> AsyncIterator[Stage]:
    state = out / "state"
    # Heads of an earlier play's ledger would rightly call this one's chain forged.
    shutil.rmtree(state, ignore_errors=True)
    clock = StageClock(utc_now())
    clock.go_to(scenes.OPENING)
    settings = Settings(
        mode="demo",
        data_dir=state,
        database=DatabaseSettings(url=url),
        storage=StorageSettings(root=state / "storage"),
        # Passwords of a play need no protection, and nobody wants to wait for them.
        security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
    )
    await seed_reference(settings, clock)
    app = build(settings, clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=settings.web.public_url, timeout=60
        ) as http,
    ):
        yield Stage(app=app, http=http, clock=clock, console=console, out=out)
