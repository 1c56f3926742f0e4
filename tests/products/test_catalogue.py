"""The public catalogue: search without accents, filters, order, and paging without loss."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, insert, text

from ocop_api.db.base import uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.vietnamese import fold, sort_key
from ocop_api.products.service import ProductService

Make = Callable[..., Awaitable[dict[str, Any]]]
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What the read engine sends within the block."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def names(client: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get("/v1/products", params=params)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


async def test_words_are_found_without_accents_and_unfinished(
    client: httpx.AsyncClient, registered: Make, offered: Make
) -> None:
    producer = await registered("Hợp tác xã Đồng Tiến")
    for name in ("Cà phê bột", "Hạt cà phê", "Cả cuộc phế", "Cá khô", "Măng 3in1 250g"):
        await offered(name, producer_id=producer["id"])
    assert await names(client, q="ca phe") == ["Cà phê bột", "Hạt cà phê", "Cả cuộc phế"]
    assert await names(client, q="CÀ PH") == ["Cà phê bột", "Hạt cà phê", "Cả cuộc phế"]
    assert await names(client, q="ca kho") == ["Cá khô"]
    assert await names(client, q="dong tien mang") == ["Măng 3in1 250g"]
    assert await names(client, q="3in1") == ["Măng 3in1 250g"]
    assert await names(client, q="250") == ["Măng 3in1 250g"]
    for nothing in ("phe ca xyz", "!!!", "'", "' | '", "\\", "ca' & 'zzz"):
        assert await names(client, q=nothing) == []
    # Operators of the query language are punctuation like any other.
    assert await names(client, q="ca:* & !phe <->") == await names(client, q="ca phe")


async def test_search_uses_its_index(database: Database, offered: Make) -> None:
    await offered()
    async with database.write() as session:
        await session.execute(text("set local enable_seqscan = off"))
        plan = await session.execute(
            text("explain select id from product where search @@ cast('''ca'' & ''phe'':*' as tsquery)")
        )
        assert "ix_product__search" in "\n".join(plan.scalars())


async def test_filters_meet_and_unknown_ones_are_refused(
    client: httpx.AsyncClient, registered: Make, offered: Make, database: Database
) -> None:
    old = await registered("Hộ Nghĩa Đức", place_id="63:24611")
    new = await registered("Hộ Bắc Gia Nghĩa", place_id="34:24611")
    coffee = await offered("Cà phê", producer_id=old["id"], set_number=13, gtin="8936000000011")
    await offered("Rượu cần", producer_id=new["id"], set_number=14)
    await offered("Chưa rõ", producer_id=new["id"], industry="I")
    async with database.transaction() as session:
        service = ProductService(session, SYSTEM, NOW)
        await service.set_product_code(UUID(coffee["id"]), "68-24611-3-2026")
        await service.set_recognition(
            UUID(coffee["id"]), stars=4, valid_until=date(2027, 1, 1), status="valid"
        )
    assert await names(client, set_number=14) == ["Rượu cần"]
    assert await names(client, industry="I") == ["Cà phê", "Chưa rõ"]
    assert await names(client, producer_id=old["id"]) == ["Cà phê"]
    assert await names(client, place="63:24611") == ["Cà phê"]
    assert await names(client, place="34:24611") == ["Cà phê", "Chưa rõ", "Rượu cần"]
    assert await names(client, place="67") == ["Cà phê"]
    assert await names(client, place="24611", place_on="2024-05-01") == ["Cà phê"]
    assert await names(client, place="68") == ["Cà phê", "Chưa rõ", "Rượu cần"]
    assert await names(client, place="68", industry="I", stars=4) == ["Cà phê"]
    assert await names(client, recognition="none") == ["Chưa rõ", "Rượu cần"]
    assert await names(client, gtin="8936000000011") == ["Cà phê"]
    assert await names(client, product_code="68-24611-3-2026") == ["Cà phê"]
    for wrong in (
        "colour=red",
        "set_number=27",
        "stars=2",
        "stars=4&stars=6",
        "valid_on=2026-06-14",
        "price_from=-1",
        "initial=ab",
        "updated_since=2026-06-15T00:00:00",
        "recognition=maybe",
        "place=Atlantis",
        "gtin=123",
        "sort=-price_vnd",
        "sort=relevance",
        "cursor=zzz",
        "limit=101",
    ):
        assert (await client.get(f"/v1/products?{wrong}")).status_code == 422, wrong


async def test_names_stand_in_vietnamese_order(
    client: httpx.AsyncClient, registered: Make, offered: Make
) -> None:
    producer = await registered()
    for name in ("Đường phên", "Dứa sấy", "Ớt bột", "Ổi", "Ấm trà", "Atisô", "Ăn vặt", "Ơ kìa"):
        await offered(name, producer_id=producer["id"])
    assert await names(client) == [
        "Atisô",
        "Ăn vặt",
        "Ấm trà",
        "Dứa sấy",
        "Đường phên",
        "Ổi",
        "Ơ kìa",
        "Ớt bột",
    ]


@pytest.fixture
async def many(registered: Make, database: Database) -> int:
    """201 products made at one instant; names share sort keys in threes."""
    producer = await registered()
    rows = [
        {
            "id": uuid7(),
            "producer_id": UUID(producer["id"]),
            "name": f"Cà phê {i // 3}",
            "name_folded": f"{fold('Cà phê')} {i}",
            "sort_key": sort_key(f"Cà phê {i // 3}"),
            "search_text": f"ca phe {i}",
            "has_own_place": False,
            "recognition_status": "valid" if i % 2 else "none",
            "stars": 3 + i % 3 if i % 2 else None,
            "stars_valid_until": date(2026, 6, 14 + i % 5) if i % 2 else None,
            "created_at": NOW,
            "updated_at": NOW,
            "version": 1,
        }
        for i in range(201)
    ]
    async with database.transaction() as session:
        await session.execute(insert(Product), rows)
    return len(rows)


@pytest.mark.parametrize("sort", ["name", "-updated_at", "-stars", "relevance"])
async def test_pages_lose_and_repeat_nothing(client: httpx.AsyncClient, many: int, sort: str) -> None:
    params: dict[str, Any] = {"limit": 67, "sort": sort, "with_total": True, "q": "ca phe"}
    seen: list[dict[str, Any]] = []
    while True:
        page = (await client.get("/v1/products", params=params)).json()
        assert page["total"] == many
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(seen) == len({row["id"] for row in seen}) == many
    if sort == "-stars":
        stars = [row["recognition"]["stars"] or 0 for row in seen]
        assert stars == sorted(stars, reverse=True)
        assert 0 < sum(s > 0 for s in stars) < many / 2


async def test_a_full_page_takes_one_statement(
    client: httpx.AsyncClient, many: int, database: Database
) -> None:
    with statements(database) as sent:
        page = await client.get("/v1/products?limit=100")
    assert len(page.json()["items"]) == 100
    assert len(sent) == 1
    with statements(database) as sent:
        await client.get("/v1/products?limit=100&q=ca&with_total=true")
    # The page and its total, the places that the words may name, and the vocabulary of this process.
    assert len(sent) == 4
    with statements(database) as sent:
        await client.get("/v1/products?limit=100&q=ca&with_total=true&stars=3&initial=C&place=34:68")
    assert len(sent) == 4
    with statements(database) as sent:
        assert len((await client.get("/v1/producers?limit=100")).json()["items"]) == 1
    assert len(sent) == 1


def test_a_real_list_stands_as_a_dictionary_would_have_it() -> None:
    wanted = """
        3 chị em · 10 phút · An Phát · Ăn vặt · Ấm trà · Ba Vì · Bà Nà · Bánh · Bánh tráng · Cà phê · Cá khô
        · Cam sành · Da bò · Dưa lưới · Đa đa · Đường phên · Đường thốt nốt · Ổi · Ốc · Ô mai · Ơ kìa · Ớt
        · Trà · Trà sen · Tra tấn · Ươi · Vú sữa
    """
    names = [name.strip() for name in " ".join(wanted.split()).split("·")]
    ordered = sorted(names, key=sort_key)
    assert ordered.index("3 chị em") < ordered.index("10 phút") < ordered.index("An Phát")
    for before, after in (
        ("An Phát", "Ăn vặt"),
        ("Ăn vặt", "Ấm trà"),
        ("Ấm trà", "Ba Vì"),
        ("Bà Nà", "Ba Vì"),
        ("Bánh", "Bánh tráng"),
        ("Cá khô", "Cam sành"),
        ("Dưa lưới", "Đa đa"),
        ("Đường phên", "Đường thốt nốt"),
        ("Ốc", "Ớt"),
        ("Ô mai", "Ốc"),
        ("Ốc", "Ổi"),
        ("Trà sen", "Tra tấn"),
        ("Ớt", "Ươi"),
    ):
        assert ordered.index(before) < ordered.index(after), (before, after)
