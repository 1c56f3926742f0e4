"""Going down from appeals leaves what the older tables can hold, and up again nothing is in the way."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from alembic.script import ScriptDirectory
from sqlalchemy import text
from tests.conftest import MovableClock

from ocop_api.db import migrating
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor

from .appealing import Matter

REVISION = "f032"


async def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    async with database.read() as session:
        return [dict(row) for row in (await session.execute(text(statement))).mappings()]


async def go_down(url: str) -> None:
    """Migrate in a thread of its own: the migrations run a loop themselves."""
    script = ScriptDirectory.from_config(migrating.configuration(url)).get_revision(REVISION)
    assert isinstance(script.down_revision, str)
    await asyncio.to_thread(migrating.downgrade, url, script.down_revision)


async def test_two_certificates_and_the_words_of_the_history_fit_the_older_tables(
    client: httpx.AsyncClient,
    database: Database,
    database_url: str,
    as_actor: Callable[[Actor], dict[str, str]],
    clock: MovableClock,
) -> None:
    matter = Matter(client, database, as_actor, clock)
    first = await matter.recognised(3, appeal_days=40)
    panel = await matter.bench("2")
    await matter.upheld(panel)
    await matter.rate(panel, 4)
    second = (await matter.issue("31/QĐ-UBND")).json()
    await go_down(database_url)
    found = await rows(
        database, "select id::text, number, dossier_id::text from certificate order by issued_on, id"
    )
    assert found == [
        {"id": first["id"], "number": first["number"], "dossier_id": None},
        {"id": second["id"], "number": second["number"], "dossier_id": str(matter.file.id)},
    ]
    words = await rows(
        database, "select action, data ->> 'action' as earlier from dossier_step order by ordinal"
    )
    assert [tuple(one.values()) for one in words] == [
        ("propose", None),
        ("recognise", None),
        ("return_to_council", "reopen"),
        ("propose", None),
        ("recognise", None),
    ]
    assert await rows(database, "select 1 from council where rules ? 'appeal_days'") == []
    assert await rows(database, "select 1 from council_session where rules ? 'appeal_days'") == []
    await asyncio.to_thread(migrating.upgrade, database_url)
    assert len(await rows(database, "select 1 from certificate where appeal_id is null")) == 2


async def test_a_file_that_is_being_rated_again_is_recognised_as_before(
    client: httpx.AsyncClient,
    database: Database,
    database_url: str,
    as_actor: Callable[[Actor], dict[str, str]],
    clock: MovableClock,
) -> None:
    matter = Matter(client, database, as_actor, clock)
    await matter.recognised(3)
    assert matter.first is not None
    panel = await matter.bench("2")
    fresh = list(panel.people)
    await matter.upheld(panel)
    await matter.reseat(panel, [fresh[0], matter.first.people[1], fresh[2]])
    changed = await client.patch(
        f"/v1/councils/{panel.id}",
        json={"rules": {"least_voters": 1}},
        headers=matter.officer | {"If-Match": "*"},
    )
    assert changed.status_code == 200
    matter.sit(panel)
    assert (await matter.open(await matter.plan(matter.file))).status_code == 200
    await go_down(database_url)
    found = await rows(
        database,
        "select state, level, star, points::text, outcome ->> 'star' as outcome, due_on from dossier",
    )
    assert found == [
        {
            "state": "recognised",
            "level": "province",
            "star": 3,
            "points": "60.000000",
            "outcome": "3",
            "due_on": None,
        }
    ]
    reasons = await rows(database, "select reason from session_recusal")
    assert reasons == [{"reason": "other_interest"}]
    await asyncio.to_thread(migrating.upgrade, database_url)
