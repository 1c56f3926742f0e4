"""Filling a database with what the system needs before its first user comes."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.provisioning import ensure_first_administrator, ensure_user
from ocop_api.bulk.samples import load_sample
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Bound, Grant, Role
from ocop_api.domain.clock import vietnam_date
from ocop_api.listings.service import ListingService
from ocop_api.places.service import PlaceService
from ocop_api.producers.schemas import ProducerFilter
from ocop_api.producers.service import ProducerService
from ocop_api.products.catalogue import Catalogue
from ocop_api.products.catalogue_schemas import ProductFilter
from ocop_api.settings import Clock, Settings, utc_now

DEMO_PASSWORD = "ocop-demo-2026"  # noqa: S105 - published on purpose; production mode has no demo accounts
_DEMO_PRODUCER = "Hợp tác xã Nông sản Hữu cơ Bechamp Đắk Nông"
_PROVINCE = "34:68"
_COMMUNE_ID = re.compile(r"34:[0-9]{5}")
DEMO_DOMAIN = "demo.ocop.example"


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What seeding found or made; ``accounts`` are (e-mail, who) of the demo."""

    products: int
    accounts: list[tuple[str, str]]


async def seed_reference(settings: Settings, clock: Clock = utc_now) -> None:
    """Bring the reference data to the state of this version; running it again changes nothing.

    The database must be migrated. Everything happens in one transaction.
    """
    database = Database(settings.database)
    try:
        async with database.transaction() as session:
            await PlaceService(session).load_reference()
            await ListingService(session, SYSTEM, clock()).load_channels()
    finally:
        await database.close()


async def seed_all(settings: Settings, clock: Clock = utc_now) -> SeedReport:
    """Reference data and the first administrator; in demo mode also the sample catalogue and accounts.

    The sample is loaded only into a catalogue that is empty. Running it again changes nothing.
    """
    await seed_reference(settings, clock)
    database = Database(settings.database)
    await database.open()
    try:
        await _ensure_administrator(database, settings, clock())
        accounts: list[tuple[str, str]] = []
        if settings.mode == "demo":
            if await _count_products(database, clock()) == 0:
                await load_sample(database, clock())
            async with database.transaction() as session:
                accounts = await _ensure_demo_accounts(session, settings, clock())
        return SeedReport(products=await _count_products(database, clock()), accounts=accounts)
    finally:
        await database.close()


async def create_user(
    session: AsyncSession,
    settings: Settings,
    email: str,
    name: str,
    role: Role,
    place_id: str,
    password: str,
) -> None:
    """Make an account with one role in one area, or everywhere when ``place_id`` is empty."""
    bound = Bound.AREA if place_id else Bound.EVERYWHERE
    await ensure_user(
        session,
        email=email,
        display_name=name,
        password=password,
        grants=[Grant(role=role, bound=bound, place_id=place_id or None)],
        now=utc_now(),
        security=settings.security,
    )


async def _count_products(database: Database, now: datetime) -> int:
    async with database.read() as session:
        wanted = ProductFilter(limit=1, with_total=True)
        page = await Catalogue(session).page(wanted, today=vietnam_date(now))
        return page.total or 0


async def _ensure_administrator(database: Database, settings: Settings, now: datetime) -> None:
    email = settings.security.admin_email
    password = settings.security.admin_password.get_secret_value()
    if not (email and password):
        return
    async with database.transaction() as session:
        await ensure_first_administrator(
            session, email=email, password=password, now=now, security=settings.security
        )


async def _ensure_demo_accounts(
    session: AsyncSession, settings: Settings, now: datetime
) -> list[tuple[str, str]]:
    wanted: list[tuple[str, str, list[Grant]]] = [
        ("admin", "Quản trị hệ thống", [Grant(Role.ADMIN, Bound.EVERYWHERE)]),
        ("tinh", "Cán bộ OCOP tỉnh Lâm Đồng", [Grant(Role.OFFICER, Bound.AREA, place_id=_PROVINCE)]),
        ("chutich", "Chủ tịch UBND tỉnh Lâm Đồng", [Grant(Role.LEADER, Bound.AREA, place_id=_PROVINCE)]),
        ("trunguong", "Cán bộ OCOP trung ương", [Grant(Role.OFFICER, Bound.EVERYWHERE)]),
        ("botruong", "Bộ trưởng", [Grant(Role.LEADER, Bound.EVERYWHERE)]),
        *((f"hoidong{n}", f"Thành viên hội đồng {n}", []) for n in range(1, 6)),
        ("thuky", "Thư ký hội đồng", []),
    ]
    found = await ProducerService(session, SYSTEM, now).page(ProducerFilter(q=_DEMO_PRODUCER, limit=1))
    for producer in found.items:
        acting = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=producer.id)
        wanted.append(("chuthe", producer.name, [acting]))
        # The commune's officer of the demo is the one who receives this producer's dossiers.
        if producer.place_id and _COMMUNE_ID.fullmatch(producer.place_id):
            commune = await PlaceService(session).get(producer.place_id)
            receiving = Grant(Role.OFFICER, Bound.AREA, place_id=commune.id)
            wanted.append(("xa", f"Cán bộ OCOP {commune.name}", [receiving]))
    accounts = []
    for local_part, who, grants in wanted:
        email = f"{local_part}@{DEMO_DOMAIN}"
        await ensure_user(
            session,
            email=email,
            display_name=who,
            password=DEMO_PASSWORD,
            grants=grants,
            now=now,
            security=settings.security,
        )
        accounts.append((email, who))
    return accounts
