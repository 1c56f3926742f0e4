"""Decisions and gaps of before are made of what the older tables hold, and going down loses nothing else."""

import asyncio
from typing import Any

from sqlalchemy import text

from ocop_api.db import migrating
from ocop_api.db.session import Database

from .conftest import Issue, World
from .test_appeals_migration import rows

BEFORE = "f038"


async def go(step: Any, *arguments: str) -> None:
    """Migrate in a thread of its own: the migrations run a loop themselves."""
    await asyncio.to_thread(step, *arguments)


async def test_decisions_numbers_and_gaps_come_back_from_the_certificates(
    world: World, issue: Issue, database: Database, database_url: str
) -> None:
    await issue(await world.rated())
    await issue(await world.rated(), decision_number="2/QĐ-UBND")
    await world.recorded(number="68-24611-06-2026")
    await issue(await world.rated())
    await world.recorded(number="12/GCN OCOP")
    certificates = (
        "select id, number, code, product_id, dossier_id, decision_number, decided_on, issuing_authority, "
        "signer_title, valid_until, source, area_path from certificate order by id"
    )
    decisions = (
        "select d.level, d.place_id, d.number, d.decided_on, d.issuing_authority, d.signer_title, d.place, "
        "(select array_agg(u order by u) from unnest(d.area_path) u) as area, "
        "array_agg(c.number order by c.annex_place) as annex from recognition_decision d "
        "join certificate c on c.recognition_decision_id = d.id group by d.id order by d.number"
    )
    numbers = "select number, number_prefix, number_year, number_serial from certificate order by id"
    gaps = (
        "select g.prefix, g.year, g.first_serial, g.last_serial, g.reason, c.number "
        "from certificate_number_gap g left join certificate c on c.id = g.certificate_id order by 3"
    )
    kept = await rows(database, certificates)
    before = [await rows(database, one) for one in (decisions, numbers, gaps)]
    assert [one["annex"] for one in before[0]] == [
        ["68-24611-01-2026", "68-24611-07-2026"],
        ["68-24611-02-2026"],
    ]
    assert [tuple(one.values()) for one in before[2]] == [
        ("68-24611", 2026, 3, 5, "recorded", "68-24611-06-2026")
    ]
    await go(migrating.downgrade, database_url, BEFORE)
    assert await rows(database, certificates) == kept
    async with database.transaction() as session:
        # A certificate that is gone for reasons nobody wrote down.
        await session.execute(
            text(
                "insert into certificate_serial (issuer, year, serial) values ('TW', 2025, 2) "
                "on conflict do nothing"
            )
        )
    await go(migrating.upgrade, database_url)
    after = [await rows(database, one) for one in (decisions, numbers, gaps)]
    assert after[:2] == before[:2]
    unknown = {"prefix": "TW", "year": 2025, "first_serial": 1, "last_serial": 2}
    assert {**unknown, "reason": "before_records", "number": None} in after[2]
    assert [gap for gap in after[2] if gap["prefix"] != "TW"] == before[2]
