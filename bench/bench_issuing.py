"""How many certificates are issued in a second, one by one and at once, by one prefix and by many.

Everything goes through the service as requests do, against a fresh database on a server of its own::

    python bench/bench_issuing.py           # 200 issues of each kind
    python bench/bench_issuing.py 1000

Issues of one prefix and year wait for each other, because their numbers have no gap; those of several do not.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import make_url, select, text

from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.certificates.numbering import number_schemes
from ocop_api.certificates.schemas import CertificateIssue
from ocop_api.certificates.service import IssuingService
from ocop_api.db import migrating
from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.places import PlaceUnit
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.regimes import ProducerForm
from ocop_api.places.service import PlaceService
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.seeding import seed_reference
from ocop_api.settings import DatabaseSettings, Settings

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
PROVINCE, AT_ONCE, MANY = "34:68", 16, 16
CHAIR = Actor(uuid4(), "", (Grant(Role.LEADER, Bound.AREA, level=Level.PROVINCE, place_id=PROVINCE),))


async def rated(database: Database, name: str, count: int, places: Sequence[str]) -> list[UUID]:
    """Dossiers that wait for their decision, in turn in these communes."""
    made = []
    async with database.transaction() as session:
        maker = await ProducerService(session, SYSTEM, NOW).create(
            ProducerCreate(legal_form=ProducerForm.COOPERATIVE, name=f"HTX {name}", place_id=places[0])
        )
        for place in range(count):
            product = await ProductService(session, SYSTEM, NOW).create(
                ProductCreate(producer_id=maker.id, name=f"Cà phê {name} {place}")
            )
            commune = places[place % len(places)]
            dossier = Dossier(
                product_id=product.id,
                producer_id=maker.id,
                kind="first",
                regime="qd26-2026",
                state="awaiting_decision",
                level="province",
                edition="qd26-2026",
                set_number=13,
                lodged_on=date(2026, 6, 1),
                product_code=f"{name}-{place}",
                place_id=commune,
                area_path=await PlaceService(session).area_path(commune),
                contents={},
                samples=5,
                points=Decimal("82.5"),
                star=4,
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(dossier)
            made.append(dossier)
        await session.flush()
        return [dossier.id for dossier in made]


async def issue_all(database: Database, settings: Settings, dossiers: Sequence[UUID], at_once: int) -> float:
    """Issue a certificate for each, so many at once; gives how many in a second."""
    gate, schemes = asyncio.Semaphore(at_once), number_schemes(settings)

    async def issue(dossier_id: UUID) -> None:
        order = CertificateIssue(
            dossier_id=dossier_id,
            decision_number=f"{dossier_id}/QĐ",
            decided_on=date(2026, 6, 15),
            signed_by_title="Chủ tịch",
        )
        async with gate, database.transaction() as session:
            await IssuingService(session, CHAIR, NOW, schemes).issue(order)

    began = time.perf_counter()
    await asyncio.gather(*(issue(one) for one in dossiers))
    return len(dossiers) / (time.perf_counter() - began)


async def measure(settings: Settings, count: int) -> None:
    """Print issues in a second for every kind."""
    await seed_reference(settings)
    database = Database(settings.database)
    await database.open()
    try:
        async with database.read() as session:
            wanted = select(PlaceUnit.id).where(
                PlaceUnit.level == "commune", PlaceUnit.path.contains([PROVINCE])
            )
            communes = list(await session.scalars(wanted.order_by(PlaceUnit.id).limit(MANY)))
        for prefixes in (1, MANY):
            for at_once in (1, AT_ONCE):
                name = f"{prefixes}-{at_once}"
                dossiers = await rated(database, name, count, communes[:prefixes])
                speed = await issue_all(database, settings, dossiers, at_once)
                print(f"{prefixes:3d} prefixes, {at_once:3d} at once: {speed:7.1f} issues/s")
        async with database.read() as session:
            gaps = await session.scalar(text("select count(*) from certificate_number_gap"))
            print(f"{gaps} gaps")
    finally:
        await database.close()


def main() -> None:
    """Start a server, measure, stop it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server:
        url = make_url(server.dsn("postgres")).render_as_string(hide_password=False)
        migrating.upgrade(url)
        settings = Settings(
            data_dir=Path(folder), database=DatabaseSettings(url=url, pool_size=AT_ONCE, pool_timeout=60.0)
        )
        asyncio.run(measure(settings, count))


if __name__ == "__main__":
    main()
