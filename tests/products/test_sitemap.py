"""The public page of a product, the site map and the drawings of the sets."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import httpx
import pytest

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.products import sitemap
from ocop_api.products.service import ProductService
from ocop_api.products.set_pictures import picture, picture_url
from ocop_api.products.set_words import set_names

Make = Callable[..., Awaitable[dict[str, Any]]]
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
_LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def locations(xml: str) -> list[str]:
    return [str(found.text) for found in ET.fromstring(xml).iter(_LOC)]  # noqa: S314 - our own answer


def linked(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


async def test_every_product_stands_in_the_site_map_once(
    client: httpx.AsyncClient, registered: Make, offered: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "MOST", 2)
    producer = await registered()
    made = [await offered(f"Gạo số {n}", producer_id=producer["id"]) for n in range(3)]
    coded = await offered("Cà phê & <ca cao>", producer_id=producer["id"], gtin="8936000000011")
    index = await client.get("/sitemap.xml")
    assert index.headers["content-type"].startswith("application/xml")
    parts = locations(index.text)
    assert [part.rpartition("/")[2] for part in parts] == ["products-1.xml", "products-2.xml"]
    found = []
    for part in parts:
        answer = await client.get(part)
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert len(locations(answer.text)) == 2
        assert "<lastmod>2026-06-15T02:00:00Z</lastmod>" in answer.text
        found += locations(answer.text)
    assert found == [
        *(f"http://localhost:8000/san-pham/gao-so-{n}-{row['id']}" for n, row in enumerate(made)),
        f"http://localhost:8000/01/{coded['gtin']}",
    ]
    for address in found:
        assert (await client.get(address, headers={"Accept": "text/html"})).status_code == 200, address
    for wrong in (
        "products-3.xml",
        "products-0.xml",
        "products-1.xml.gz",
        "other.xml",
        "products-%D9%A1.xml",
    ):
        assert (await client.get(f"/sitemaps/{wrong}")).status_code == 404
    rules = await client.get("/robots.txt")
    assert "Sitemap: http://localhost:8000/sitemap.xml" in rules.text


async def test_an_empty_catalogue_has_an_empty_index(client: httpx.AsyncClient) -> None:
    assert locations((await client.get("/sitemap.xml")).text) == []


async def test_the_page_tells_what_holds_today_in_two_languages(
    client: httpx.AsyncClient, offered: Make, database: Database, clock: Any
) -> None:
    hostile = "</script><script>alert(1)</script>"
    made = await offered(
        "Cà phê Đắk Mil", set_number=13, story=f"Chuyện {hostile}", price_vnd="85000", pack="gói 250g"
    )
    async with database.transaction() as session:
        service = ProductService(session, SYSTEM, NOW)
        await service.set_recognition(
            UUID(made["id"]), stars=4, valid_until=date(2026, 6, 15), status="valid"
        )
    address = f"/san-pham/ca-phe-dak-mil-{made['id']}"
    page = await client.get(address)
    assert page.status_code == 200
    assert "OCOP 4 sao" in page.text
    assert "85.000 đ" in page.text
    assert "Tỉnh Lâm Đồng" in page.text
    assert hostile not in page.text
    assert f'rel="canonical" href="http://localhost:8000{address}"' in page.text
    data = linked(page.text)
    assert data["@type"] == "Product"
    assert data["hasCertification"]["certificationRating"]["ratingValue"] == 4
    assert data["offers"] == {"@type": "Offer", "price": "85000", "priceCurrency": "VND"}
    english = await client.get(f"{address}?lang=en&utm_source=chat")
    assert "4 OCOP stars" in english.text
    assert english.headers["content-language"] == "en"
    clock.move(days=1)
    after = await client.get(address)
    assert "hết hạn" in after.text
    assert "hasCertification" not in linked(after.text)


async def test_a_former_name_leads_to_todays_and_nonsense_to_a_page(
    client: httpx.AsyncClient, offered: Make
) -> None:
    made = await offered("Đường phên")
    for old in (f"ten-cu-{made['id']}", made["id"]):
        answer = await client.get(f"/san-pham/{old}?lang=en")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"/san-pham/duong-phen-{made['id']}?lang=en"
    for wrong in ("gi-do", f"x-{UUID(int=1)}", "%00", "ý" * 50):
        assert (await client.get(f"/san-pham/{wrong}")).status_code in {404, 422}


async def test_every_set_has_a_drawing_kept_for_ever_under_its_hash(client: httpx.AsyncClient) -> None:
    hashes = set()
    for number in set_names():
        content, digest = picture(number)
        hashes.add(digest)
        assert ET.fromstring(content).tag.endswith("svg")  # noqa: S314 - our own file
        assert b"script" not in content
        assert len(content) < 3000
    assert len(hashes) == 26
    answer = await client.get(picture_url(13) or "")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "immutable" in answer.headers["cache-control"]
    stale = await client.get("/v1/sets/13/picture.svg?v=0")
    assert "immutable" not in stale.headers["cache-control"]
    assert (await client.get("/v1/sets/27/picture.svg")).status_code == 422
