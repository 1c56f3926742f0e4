"""What the search box finds, and in which order."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.vietnamese import fold
from ocop_api.products.search import build, corrections, place_keys, words_of
from ocop_api.products.service import ProductService
from ocop_api.products.set_words import sets_by_phrase

Make = Callable[..., Awaitable[dict[str, Any]]]
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


async def found(client: httpx.AsyncClient, q: str, **params: Any) -> list[str]:
    answer = await client.get("/v1/products", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


async def recognise(database: Database, product: dict[str, Any], stars: int, until: date) -> None:
    async with database.transaction() as session:
        service = ProductService(session, SYSTEM, NOW)
        await service.set_recognition(UUID(product["id"]), stars=stars, valid_until=until, status="valid")


async def test_the_name_counts_most_then_the_producer_then_set_place_and_story(
    client: httpx.AsyncClient, registered: Make, offered: Make
) -> None:
    other = await registered("Hợp tác xã Sông Sê San")
    tea = await registered("Hợp tác xã Cà phê Hữu Cơ")
    for name, producer, fields in (
        ("Trà gừng", other, {"story": "Bà chủ từng trồng cà phê."}),
        ("Robusta nguyên hạt", other, {"set_number": 13}),
        ("Mật ong hoa", tea, {}),
        ("Phê cao cà", other, {}),
        ("Hạt cà phê", other, {}),
        ("Cà phê bột", other, {}),
        ("Cà phê", other, {}),
        ("Măng khô", other, {}),
    ):
        await offered(name, producer_id=producer["id"], **fields)
    assert await found(client, "cà phê") == [
        "Cà phê",
        "Cà phê bột",
        "Hạt cà phê",
        "Phê cao cà",
        "Mật ong hoa",
        "Robusta nguyên hạt",
        "Trà gừng",
    ]
    assert await found(client, "coffee") == ["Robusta nguyên hạt"]
    assert await found(client, "hoa ong mat") == ["Mật ong hoa"]


async def test_stars_held_today_decide_between_equals(
    client: httpx.AsyncClient, registered: Make, offered: Make, database: Database
) -> None:
    producer = await registered()
    made = [await offered(f"Cà phê {tail}", producer_id=producer["id"]) for tail in ("A", "B", "C", "D")]
    await recognise(database, made[1], 3, date(2027, 1, 1))
    await recognise(database, made[2], 4, date(2027, 1, 1))
    await recognise(database, made[3], 5, date(2026, 6, 14))
    assert await found(client, "ca phe") == ["Cà phê C", "Cà phê B", "Cà phê A", "Cà phê D"]
    pages: list[str] = []
    cursor = None
    while True:
        params = {"q": "ca phe", "limit": "1", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/products", params=params)).json()
        pages += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        answer = await client.get("/v1/products", params={**params, "cursor": cursor, "sort": "name"})
        assert answer.json()["code"] == "paging.bad_cursor"
    assert pages == ["Cà phê C", "Cà phê B", "Cà phê A", "Cà phê D"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("nghia duc", {"Bơ cũ", "Bơ mới"}),
        ("phường Nghĩa Đức", {"Bơ cũ", "Bơ mới"}),
        ("bơ đăk nông", {"Bơ cũ", "Bơ mới"}),
        ("bac gia nghia", {"Bơ cũ", "Bơ mới"}),
        ("lâm đồng", {"Bơ cũ", "Bơ mới"}),
        ("xa hoi", set()),
        ("hà nội", set()),
    ],
)
async def test_old_and_new_names_of_a_place_find_what_is_made_there(
    client: httpx.AsyncClient, registered: Make, offered: Make, typed: str, wanted: set[str]
) -> None:
    for name, place in (("Bơ cũ", "63:24611"), ("Bơ mới", "34:24611")):
        producer = await registered(f"Chủ {name}", place_id=place)
        await offered(name, producer_id=producer["id"])
    assert set(await found(client, typed)) == wanted


async def test_one_typing_error_and_joined_words_are_forgiven(
    client: httpx.AsyncClient, registered: Make, offered: Make
) -> None:
    producer = await registered()
    for name in ("Đường phên", "Cà phê bột", "Mắc ca sấy"):
        await offered(name, producer_id=producer["id"])
    assert await found(client, "duongg") == ["Đường phên"]
    assert await found(client, "doung phen") == ["Đường phên"]
    assert await found(client, "phenn") == ["Đường phên"]
    assert await found(client, "capheb") == []
    assert await found(client, "caphe bot") == ["Cà phê bột"]
    # Words that are there are never read as others.
    assert await found(client, "phe bot") == ["Cà phê bột"]


@pytest.mark.parametrize(
    "typed",
    [
        "a" * 200,
        " ".join("ab" for _ in range(66)),
        "&|!:*<->()",
        "' or '1'='1",
        "\\'",
        "!!!",
        "🎁☕️",
        "㍿" * 200,
        "ﷺ" * 200,
        "ca:* & !phe <->",
        "%_%",
        "đ" * 200,
        "٣٤٥",
    ],
)
async def test_strange_text_finds_nothing_and_breaks_nothing(client: httpx.AsyncClient, typed: str) -> None:
    for path in ("/v1/products", "/v1/products/facets", "/v1/products/suggest"):
        answer = await client.get(path, params={"q": typed[:100]})
        assert answer.status_code == 200, answer.text
    answer = await client.get("/v1/products", params={"q": typed, "sort": "relevance"})
    assert answer.status_code == 200
    assert answer.json()["items"] == []


async def test_nul_and_too_long_text_are_refused(client: httpx.AsyncClient) -> None:
    for path in ("/v1/products", "/v1/products/facets", "/v1/products/suggest"):
        assert (await client.get(f"{path}?q=a%00b")).status_code == 422
        assert (await client.get(path, params={"q": "a" * 201})).status_code == 422


async def test_an_endless_word_can_be_registered_and_found_by_its_beginning(
    client: httpx.AsyncClient, registered: Make, offered: Make
) -> None:
    producer = await registered()
    await offered("㍿" * 290 + " gạo", producer_id=producer["id"], story="x" * 9000)
    assert len(await found(client, "gao")) == 1


async def test_the_database_folds_stories_as_the_domain_does(
    client: httpx.AsyncClient, offered: Make, database: Database
) -> None:
    alphabet = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
    tones = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
    letters = " ".join(f"{letter}{tone}{letter.upper()}{tone}" for letter in alphabet for tone in tones)
    told = f"{letters} Đắk R'lấp—2024 (3in1)"
    made = await offered("Tên", story=told, description="NƯỚC mắm")
    async with database.read() as session:
        vector = await session.scalar(
            text("select tsvector_to_array(search) from product where id = :id"), {"id": made["id"]}
        )
    assert set(fold(f"{told} NƯỚC mắm").split()) <= set(vector or [])


@given(st.text(max_size=200))
def test_a_query_holds_letters_digits_and_our_own_operators_only(typed: str) -> None:
    words = words_of(typed)
    assert len(words) <= 16
    if words:
        places = {phrase: ["34:68"] for phrase in place_keys(words)}
        search = build(words, places, corrections(words, {"ca", "phe", "duong"}))
        outside = search.query.split("'")[0::2]
        assert all(set(part) <= set("&|()*: ") for part in outside)


def test_corrections_touch_unknown_words_only() -> None:
    known = {"ca", "phe", "duong", "phen", "gao"}
    assert corrections(["duong", "phe"], known) == {}
    assert corrections(["doung", "x"], known) == {"doung": [("duong",)]}
    assert corrections(["caphe", "x"], known) == {"caphe": [("ca", "phe")]}
    assert corrections(["duo"], known) == {}
    assert corrections(["2024", "x"], known | {"2025"}) == {}


def test_every_set_is_found_by_its_name_and_everyday_words() -> None:
    phrases = sets_by_phrase()
    assert set().union(*phrases.values()) == set(range(1, 27))
    assert phrases["coffee"] == phrases["ca phe"] == {13}
    assert 26 in phrases["homestay"]
