"""Events, sealing and tampering as the ledger's tests need them."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from tests.conftest import settle

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.ledger.heads import heads_file
from ocop_api.ledger.jobs import seal_pending
from ocop_api.ledger.keys import trusted_keys
from ocop_api.ledger.recording import record
from ocop_api.ledger.verifying import VerifyReport, verify
from ocop_api.settings import Clock, Settings

Write = Callable[..., Awaitable[None]]
Seal = Callable[[], Awaitable[int]]
Check = Callable[..., Awaitable[VerifyReport]]
Tamper = Callable[..., Awaitable[None]]


@pytest.fixture
def write(database: Database, clock: Clock) -> Write:
    """Record events of one transaction, named by their subject ids."""

    async def writing(*subjects: str, kind: str = "product.changed", area: tuple[str, ...] = ()) -> None:
        async with database.transaction() as session:
            for subject in subjects:
                await record(
                    session,
                    kind=kind,
                    subject_type=kind.partition(".")[0],
                    subject_id=subject,
                    actor=SYSTEM,
                    at=clock(),
                    data={"price": 10, "name": subject},
                    area_path=area,
                )
        await settle(database)

    return writing


@pytest.fixture
def seal_all(database: Database, settings: Settings, clock: Clock) -> Seal:
    """Run the sealer's job."""

    async def sealing() -> int:
        await settle(database)
        return await seal_pending(database, settings, clock)

    return sealing


@pytest.fixture
def check(database: Database, settings: Settings) -> Check:
    """Verify with this installation's key and outside heads."""

    async def checking(after: int = 0, batch: int = 2) -> VerifyReport:
        return await verify(
            database, keys=trusted_keys(settings), outside=heads_file(settings), after=after, batch=batch
        )

    return checking


@pytest.fixture
def tamper(database: Database) -> Tamper:
    """Change rows as somebody who owns the database could."""

    async def tampering(*statements: str) -> None:
        async with database.transaction() as session:
            await session.execute(text("set local session_replication_role = replica"))
            for statement in statements:
                await session.execute(text(statement))

    return tampering
