"""Listings on channels, taken over from lists."""

from typing import Any

import httpx
import pytest
from tests.bulk.conftest import Send, post

PRODUCTS = """product_name,producer,producer_type,province
Cà phê Đắk Mil,HTX Đắk Mil,HTX,Lâm Đồng
Mật ong,HTX Đắk Mil,HTX,Lâm Đồng
Trà xanh,HTX Pleiku,HTX,Gia Lai
"""
HEADER = "Tên sản phẩm,Kênh bán,Đường dẫn,Mã trên kênh,Giá bán (đồng),Tình trạng"
COFFEE = "Cà phê Đắk Mil,Shopee,https://shopee.vn/a-i.1.2,1.2,85.000 đ,Đang bán"


@pytest.fixture(autouse=True)
async def _products(send: Send, admin: dict[str, str]) -> None:
    assert (await send(admin, PRODUCTS))["counts"]["created"] == 3


async def listings(send: Send, headers: dict[str, str], *rows: str, **query: Any) -> dict[str, Any]:
    return await send(headers, "\n".join((HEADER, *rows)), kind="listings", **query)


async def test_a_listing_is_declared_once_and_follows_the_list(
    send: Send, officer: dict[str, str], client: httpx.AsyncClient
) -> None:
    rows = (COFFEE, "Mật ong,Zalo,,,,", "Mật ong,shopee,,9,,Chưa đăng")
    done = await listings(send, officer, *rows)
    assert done["counts"]["created"] == 3
    url = next(s["url"] for s in done["rows"][2]["subjects"] if s["type"] == "listing")
    shown = (await client.get(url, headers=officer)).json()
    assert (shown["state"], shown["source"], shown["price_vnd"]) == ("live", "import", "85000")
    assert (await listings(send, officer, *rows))["counts"]["unchanged"] == 3
    gone = await listings(send, officer, COFFEE.replace("85.000 đ", "90000").replace("Đang bán", "Đã gỡ"))
    assert gone["counts"]["updated"] == 1
    after = (await client.get(url, headers=officer)).json()
    assert (after["state"], after["price_vnd"], after["url"]) == ("delisted", "90000", shown["url"])


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (COFFEE.replace("https://shopee.vn/a-i.1.2", "javascript:alert(1)"), "url", "bulk.url_invalid"),
        (COFFEE.replace("https:", "http:"), "url", "bulk.url_not_secure"),
        (COFFEE.replace("https://", "https://me:secret@"), "url", "bulk.url_invalid"),
        (COFFEE.replace("shopee.vn/", "shopee.vn.evil.example/"), "url", "listings.address_elsewhere"),
        (COFFEE.replace("Shopee", "Sàn Chợ"), "channel", "bulk.choice_unknown"),
        (COFFEE.replace("85.000 đ", "rẻ"), "price_vnd", "bulk.price_invalid"),
        (COFFEE.replace("Đang bán", "hết hàng"), "status", "bulk.choice_unknown"),
        ("Trà xanh,Shopee,,,,", "product_name", "bulk.outside_your_area"),
        ("Mật ong,Shopee,,5,,", "channel", "bulk.repeated_row"),
        ("Cà phê Đắk Mil,Shopee,,4,,", "external_id", "bulk.listing_of_other_product"),
    ],
)
async def test_a_wrong_row_is_explained(
    send: Send, officer: dict[str, str], row: str, column: str, code: str
) -> None:
    if code == "bulk.listing_of_other_product":
        await listings(send, officer, "Mật ong,Shopee,,4,,")
        done = await listings(send, officer, "Cà phê Đắk Mil,Zalo,,,,", row)
    else:
        done = await listings(send, officer, "Mật ong,Shopee,,4,,", row)
    assert [done["rows"][n]["outcome"] for n in (2, 3)] == ["created", "rejected"]
    (problem,) = done["rows"][3]["problems"]
    assert (problem["column"], problem["code"]) == (column, code)
    assert "?" not in problem["message"]


async def test_who_does_not_verify_listings_does_not_import_them(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    refused = await post(client, admin, f"{HEADER}\n{COFFEE}", kind="listings")
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
