"""Declaring and editing listings: who may, what an address must be, who sees what."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.listings.service import ListingService
from ocop_api.settings import Clock

from .conftest import Declare, Headers, Offer, Offered

URL = "https://shopee.vn/ca-phe-bot-i.123.456"


async def test_channels_are_known_and_loading_them_again_changes_nothing(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    before = (await client.get("/v1/channels")).json()
    kinds = {channel["code"]: channel["kind"] for channel in before}
    assert kinds["shopee"] == "ecommerce"
    assert kinds["zalo"] == "social"
    assert kinds["ocopdaknong"] == "website"
    assert kinds["store"] == "store"
    async with database.transaction() as session:
        assert await ListingService(session, SYSTEM, clock()).load_channels() == len(before)
    assert (await client.get("/v1/channels")).json() == before


async def test_a_producer_declares_a_listing(
    client: httpx.AsyncClient, declare: Declare, coffee: Offered, own: Headers, database: Database
) -> None:
    answer = await declare(url=URL, price_vnd="85000", external_id="456")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/v1/listings/{body['id']}"
    assert (body["state"], body["source"], body["channel_kind"]) == ("draft", "declared", "ecommerce")
    assert (body["url"], body["price_vnd"], body["version"]) == (URL, "85000", 1)
    assert body["allowed_actions"] == ["publish", "submit"]
    assert (await client.get(answer.headers["location"], headers=own)).json() == body
    async with database.read() as session:
        data = await session.scalar(
            text("select data from ledger_event where kind = 'listing.declared' and subject_id = :id"),
            {"id": body["id"]},
        )
    assert data["product_id"] == str(coffee.product_id)
    assert data["state"] == "draft"


async def test_a_listing_may_start_live_and_officers_may_declare_it(
    declare: Declare, officer: Headers
) -> None:
    answer = await declare(by=officer, live=True)
    assert (answer.status_code, answer.json()["state"]) == (201, "live")
    assert answer.json()["allowed_actions"] == ["delist"]


async def test_a_product_is_on_a_channel_once(declare: Declare) -> None:
    answers = await asyncio.gather(*(declare() for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"listings.duplicate"}
    assert (await declare("lazada")).status_code == 201


async def test_only_the_producer_and_officers_of_the_area_declare(
    declare: Declare, stranger: Headers, foreign_officer: Headers
) -> None:
    for by in (stranger, foreign_officer):
        answer = await declare(by=by)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.not_permitted")
    assert (await declare(by={})).status_code == 401


async def test_an_unknown_product_or_channel_is_told(declare: Declare) -> None:
    answer = await declare(product_id=str(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (404, "products.unknown")
    answer = await declare("amazon")
    assert (answer.status_code, answer.json()["code"]) == (422, "listings.unknown_channel")
    assert "shopee" in answer.json()["data"]["known"]


@pytest.mark.parametrize(
    ("channel", "url", "status"),
    [
        ("shopee", "https://shopee.vn/a", 201),
        ("shopee", "https://SHOP.shopee.vn/a", 201),
        ("shopee", "https://shopee.vn:8443/a", 201),
        ("own-website", "https://caphedakmil.example/san-pham", 201),
        ("shopee", "https://shopee.vn.evil.example/a", 422),
        ("shopee", "https://notshopee.vn/a", 422),
        ("shopee", "https://evil.example/?shopee.vn", 422),
        ("shopee", "https://evil.example#shopee.vn", 422),
        ("shopee", "http://shopee.vn/a", 422),
        ("shopee", "https://shopee.vn@evil.example/a", 422),
        ("shopee", "https://me:secret@shopee.vn/a", 422),
        ("shopee", "javascript:alert(1)", 422),
        ("own-website", "not an address", 422),
    ],
)
async def test_an_address_belongs_to_its_channel(
    declare: Declare, channel: str, url: str, status: int
) -> None:
    answer = await declare(channel, url=url)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"price_vnd": "-1"},
        {"price_vnd": "1.5"},
        {"price_vnd": "NaN"},
        {"price_vnd": "1" * 15},
        {"external_id": ""},
        {"external_id": "a\x00b"},
        {"state": "live"},
        {"product_id": "x"},
    ],
)
async def test_bad_input_is_refused(declare: Declare, body: dict[str, Any]) -> None:
    assert (await declare(**body)).status_code == 422


async def test_what_is_not_live_is_hidden_from_others(
    client: httpx.AsyncClient,
    declare: Declare,
    own: Headers,
    officer: Headers,
    stranger: Headers,
    foreign_officer: Headers,
) -> None:
    path = (await declare()).headers["location"]
    for seeing in (own, officer):
        assert (await client.get(path, headers=seeing)).status_code == 200
    for blind in ({}, stranger, foreign_officer):
        answer = await client.get(path, headers=blind)
        assert (answer.status_code, answer.json()["code"]) == (404, "listings.not_found")
        assert (await client.get("/v1/listings", headers=blind)).json()["items"] == []
    for blind in (stranger, foreign_officer):
        acted = await client.post(f"{path}/act", json={"action": "publish"}, headers=blind)
        assert acted.status_code == 404
        changed = await client.patch(path, json={"price_vnd": "1"}, headers={**blind, "If-Match": "*"})
        assert changed.status_code == 404
    await client.post(f"{path}/act", json={"action": "publish"}, headers=own)
    shown = (await client.get(path)).json()
    assert (shown["state"], shown["allowed_actions"]) == ("live", [])
    for foreign in (stranger, foreign_officer):
        acted = await client.post(
            f"{path}/act", json={"action": "delist", "reason": "ghen tị"}, headers=foreign
        )
        assert (acted.status_code, acted.json()["code"]) == (403, "auth.not_permitted")


async def test_a_patch_changes_only_what_it_names(
    client: httpx.AsyncClient, declare: Declare, own: Headers
) -> None:
    answer = await declare(url=URL, price_vnd="85000")
    path, tag = answer.headers["location"], answer.headers["etag"]
    assert (await client.patch(path, json={"price_vnd": "9"}, headers=own)).status_code == 428
    changed = await client.patch(path, json={"price_vnd": "90000"}, headers={**own, "If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["url"], changed.json()["price_vnd"]) == (URL, "90000")
    stale = await client.patch(path, json={"price_vnd": "1"}, headers={**own, "If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "request.stale_version")
    emptied = await client.patch(
        path, json={"url": None}, headers={**own, "If-Match": changed.headers["etag"]}
    )
    assert (emptied.json()["url"], emptied.json()["price_vnd"]) == (None, "90000")
    elsewhere = await client.patch(
        path, json={"url": "https://lazada.vn/a"}, headers={**own, "If-Match": "*"}
    )
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "listings.address_elsewhere")


async def test_of_two_writers_with_one_tag_one_succeeds(
    client: httpx.AsyncClient, declare: Declare, own: Headers, officer: Headers
) -> None:
    answer = await declare()
    path, tag = answer.headers["location"], answer.headers["etag"]
    answers = await asyncio.gather(
        *(
            client.patch(path, json={"price_vnd": price}, headers={**by, "If-Match": tag})
            for price, by in (("1000", own), ("2000", officer), ("3000", own))
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 412, 412]
    (kept,) = [a.json()["price_vnd"] for a in answers if a.status_code == 200]
    shown = (await client.get(path, headers=own)).json()
    assert (shown["price_vnd"], shown["version"]) == (kept, 2)


async def test_lists_filter_sort_and_page(
    client: httpx.AsyncClient, declare: Declare, own: Headers, clock: Any, coffee: Offered, offer: Offer
) -> None:
    made = []
    for channel in ("shopee", "lazada", "tiki"):
        clock.move(minutes=1)
        made.append((await declare(channel, live=channel != "tiki")).json()["id"])
    other = await offer()

    async def ids(headers: Headers | None = None, **params: Any) -> list[str]:
        answer = await client.get("/v1/listings", params=params, headers=headers or {})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await ids() == made[:2]
    assert await ids(own) == made
    assert await ids(own, sort="-updated_at") == made[::-1]
    assert await ids(own, state="draft") == made[2:]
    assert await ids(own, channel="lazada") == made[1:2]
    assert await ids(own, product_id=str(coffee.product_id)) == made
    assert await ids(own, producer_id=str(other.producer_id)) == []
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2, "sort": "-updated_at", "with_total": True}
    while True:
        page = (await client.get("/v1/listings", params=params, headers=own)).json()
        seen += [item["id"] for item in page["items"]]
        assert page["total"] == 3
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == made[::-1]
    answer = await client.get("/v1/listings", params={"sort": "price"})
    assert (answer.status_code, answer.json()["code"]) == (422, "paging.unknown_sort")
