"""How much a search, facets, a neighbourhood and a completion cost beside a plain list of the catalogue.

Run ``python bench/bench_catalogue.py [products]``: starts an own PostgreSQL, fills it with 20,000 products
and asks the application in one interleaved run; prints medians and their ratios to the plain list.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, text

from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.app import create_app
from ocop_api.db import migrating
from ocop_api.db.base import uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.vietnamese import fold, sort_key
from ocop_api.seeding import seed_reference
from ocop_api.settings import DatabaseSettings, Settings, StorageSettings
from ocop_api.web import logs

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
WORDS = [
    "Cà",
    "phê",
    "Trà",
    "Mật",
    "ong",
    "Gạo",
    "Tiêu",
    "Măng",
    "Sầu",
    "riêng",
    "Mắc",
    "ca",
    "Rượu",
    "cần",
    "Bơ",
    "Đường",
    "phên",
    "Thổ",
    "cẩm",
    "Nấm",
    "Ổi",
    "Sấy",
    "Bột",
    "Hạt",
]
ASKED = {
    "list": "/v1/products?limit=25",
    "q, two words": "/v1/products?limit=25&q=ca%20phe",
    "q, unfinished letter": "/v1/products?limit=25&q=c",
    "q, typing error": "/v1/products?limit=25&q=duongg",
    "q, place": "/v1/products?limit=25&q=tra%20lam%20dong",
    "facets": "/v1/products/facets",
    "facets of q": "/v1/products/facets?q=ca%20phe",
    "nearby, 30 km": "/v1/products/nearby?lat=12&lon=107.7&radius_km=30",
    "nearby, 300 km": "/v1/products/nearby?lat=12&lon=107.7&radius_km=300",
    "suggest": "/v1/products/suggest?q=ca%20p",
    "suggest, one letter": "/v1/products/suggest?q=c",
}


async def fill(database: Database, count: int) -> None:
    """Producers in the communes of three provinces, five products each."""
    chance = random.Random(26)  # noqa: S311 - the same catalogue every time
    async with database.transaction() as session:
        places = list(
            await session.execute(
                text("select id, path from place where structure = '34' and level = 'commune' order by code")
            )
        )
        producers: list[dict[str, Any]] = []
        products: list[dict[str, Any]] = []
        stamps = {"created_at": NOW, "updated_at": NOW, "version": 1}
        for number in range(count):
            if number % 5 == 0:
                place = chance.choice(places)
                name = f"Hợp tác xã {chance.choice(WORDS)} {number}"
                producer = {
                    "id": uuid7(),
                    "legal_form": "cooperative",
                    "name": name,
                    "name_folded": fold(name),
                    "sort_key": sort_key(name),
                    "search_text": fold(name),
                    "place_id": place[0],
                    "area_path": list(place[1]),
                    **stamps,
                }
                producers.append(producer)
            title = f"{' '.join(chance.sample(WORDS, 3))} {number}"
            stars = chance.choice([None, 3, 4, 5])
            products.append(
                {
                    "id": uuid7(),
                    "producer_id": producer["id"],
                    "name": title,
                    "name_folded": fold(title),
                    "sort_key": sort_key(title),
                    "search_text": f"{fold(title)} {producer['search_text']}",
                    "set_number": chance.randint(1, 26),
                    "story": " ".join(chance.choices(WORDS, k=60)),
                    "place_id": producer["place_id"],
                    "area_path": producer["area_path"],
                    "has_own_place": False,
                    "recognition_status": "valid" if stars else "none",
                    "stars": stars,
                    "stars_valid_until": date(2027, 1, 1) if stars else None,
                    **stamps,
                }
            )
        for table, rows in ((Producer, producers), (Product, products)):
            for start in range(0, len(rows), 1000):
                await session.execute(insert(table), rows[start : start + 1000])
    async with database.transaction() as session:
        await session.execute(text("analyze product"))
        await session.execute(text("analyze producer"))
        await session.execute(text("analyze place"))
        # A server whose own configuration names the dictionary otherwise cannot start parallel workers.
        await session.execute(
            text("alter role current_user set default_text_search_config = 'pg_catalog.simple'")
        )
    await database.write_engine.dispose()


async def measure(settings: Settings, count: int) -> None:
    """Ask every address in turn, nine rounds."""
    app = create_app(settings, lambda: NOW)
    async with app.router.lifespan_context(app):
        await fill(app.state.database, count)
        transport = httpx.ASGITransport(app=app)
        times: dict[str, list[float]] = {name: [] for name in ASKED}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            for _ in range(9):
                for name, path in ASKED.items():
                    started = time.perf_counter()
                    answer = await http.get(path)
                    times[name].append(time.perf_counter() - started)
                    assert answer.status_code == 200, (path, answer.text)
    medians = {name: statistics.median(seen[2:]) * 1000 for name, seen in times.items()}
    print(f"{count} products, medians")
    for name, median in medians.items():
        print(f"  {name:22} {median:7.1f} ms  {median / medians['list']:5.2f}")


def main() -> None:
    """Start a server, migrate, measure, stop."""
    logs.configure("error")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    folder = Path(tempfile.mkdtemp(prefix="ocop-bench-"))
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    try:
        url = server.dsn("postgres")
        migrating.upgrade(url)
        storage = StorageSettings(root=folder / "storage")
        settings = Settings(data_dir=folder, database=DatabaseSettings(url=url), storage=storage)
        asyncio.run(seed_reference(settings))
        asyncio.run(measure(settings, count))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
