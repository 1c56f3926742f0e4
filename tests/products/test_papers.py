"""Packs, standards and rights of a product: who changes them, and what the public sees of the day."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from tests.conftest import MovableClock

Headers = dict[str, str]
Offer = Callable[..., Awaitable[dict[str, Any]]]


async def test_a_standard_is_added_replaced_and_removed_under_its_own_version(
    client: httpx.AsyncClient, offered: Offer, officer: Headers, foreign_officer: Headers
) -> None:
    product = f"/v1/products/{(await offered())['id']}"
    body = {"kind": "vietgap", "number": "VG-1", "issued_on": "2025-01-01", "expires_on": "2026-06-20"}
    assert (await client.post(f"{product}/standards", json=body)).status_code == 401
    foreign = await client.post(f"{product}/standards", json=body, headers=foreign_officer)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "auth.not_permitted")
    made = await client.post(f"{product}/standards", json=body, headers=officer)
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "in_force"
    twice = await client.post(f"{product}/standards", json=body, headers=officer)
    assert (twice.status_code, twice.json()["code"]) == (409, "products.standard_exists")
    address = made.headers["location"]
    assert (await client.put(address, json=body, headers=officer)).status_code == 428
    changed = body | {"issuer": "QUACERT"}
    replaced = await client.put(address, json=changed, headers={**officer, "If-Match": made.headers["etag"]})
    assert (replaced.status_code, replaced.json()["issuer"], replaced.json()["version"]) == (
        200,
        "QUACERT",
        2,
    )
    stale = await client.put(address, json=body, headers={**officer, "If-Match": made.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "request.stale_version")
    shown = (await client.get(product)).json()
    assert [row["issuer"] for row in shown["standards"]] == ["QUACERT"]
    assert shown["version"] == 3
    gone = await client.delete(address, headers={**officer, "If-Match": '"2"'})
    assert gone.status_code == 204
    assert (await client.get(f"{product}/standards")).json()["items"] == []
    again = await client.delete(address, headers={**officer, "If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (404, "products.unknown_part")


async def test_a_standard_is_worth_what_the_day_says(
    client: httpx.AsyncClient, offered: Offer, officer: Headers, clock: MovableClock
) -> None:
    product = f"/v1/products/{(await offered())['id']}"
    body = {"kind": "haccp", "issued_on": "2026-06-16", "expires_on": "2026-06-16"}
    await client.post(f"{product}/standards", json=body, headers=officer)

    async def status() -> str:
        listed = (await client.get(f"{product}/standards")).json()["items"]
        assert listed == (await client.get(product)).json()["standards"]
        word: str = listed[0]["status"]
        return word

    assert await status() == "not_yet"
    clock.move(days=1)
    assert await status() == "in_force"
    clock.move(days=1)
    assert await status() == "expired"


async def test_evidence_must_be_the_producers(
    client: httpx.AsyncClient, offered: Offer, officer: Headers
) -> None:
    product = f"/v1/products/{(await offered())['id']}"
    body = {"kind": "trademark", "document_id": "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"}
    refused = await client.post(f"{product}/rights", json=body, headers=officer)
    assert (refused.status_code, refused.json()["code"]) == (422, "products.unknown_document")
    kept = await client.post(f"{product}/rights", json=body | {"document_id": None}, headers=officer)
    assert kept.status_code == 201


async def test_every_gtin_belongs_to_one_product_and_the_primary_one_is_shown(
    client: httpx.AsyncClient, offered: Offer, officer: Headers
) -> None:
    first = await offered("A", gtin="8936046120049")
    second = await offered("B")
    codes = f"/v1/products/{first['id']}/gtins"
    (unit,) = (await client.get(codes)).json()["items"]
    assert (unit["gtin"], unit["is_primary"]) == ("08936046120049", True)
    case = {"gtin": "18936046120046", "level": "case", "units": 24}
    made = await client.post(codes, json=case, headers=officer)
    assert made.status_code == 201, made.text
    taken = await client.post(f"/v1/products/{second['id']}/gtins", json=case, headers=officer)
    assert (taken.status_code, taken.json()["code"]) == (409, "products.gtin_taken")
    patched = await client.patch(
        f"/v1/products/{second['id']}", json={"gtin": "18936046120046"}, headers={**officer, "If-Match": "*"}
    )
    assert (patched.status_code, patched.json()["code"]) == (409, "products.gtin_taken")
    primary = await client.put(
        made.headers["location"], json=case | {"is_primary": True}, headers={**officer, "If-Match": '"1"'}
    )
    assert primary.status_code == 200, primary.text
    shown = (await client.get(f"/v1/products/{first['id']}")).json()
    assert shown["gtin"] == "18936046120046"
    assert [row["is_primary"] for row in shown["gtins"]] == [False, True]
    await client.delete(made.headers["location"], headers={**officer, "If-Match": "*"})
    shown = (await client.get(f"/v1/products/{first['id']}")).json()
    assert (shown["gtin"], len(shown["gtins"])) == (None, 1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"net_content": "250"}, "products.unit_missing"),
        ({"story_video_url": "http://video.example.vn/a"}, "request.invalid"),
        ({"story_video_url": "https://user@video.example.vn/a"}, "request.invalid"),
        ({"shelf_life_days": 0}, "request.invalid"),
    ],
)
async def test_facts_that_say_nothing_are_refused(
    client: httpx.AsyncClient, offered: Offer, officer: Headers, change: dict[str, Any], code: str
) -> None:
    product = f"/v1/products/{(await offered())['id']}"
    answer = await client.patch(product, json=change, headers={**officer, "If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


async def test_facts_are_kept_and_shown(client: httpx.AsyncClient, offered: Offer) -> None:
    facts = {
        "net_content": "250.000",
        "net_content_unit": "g",
        "shelf_life_days": 365,
        "ingredients": "100% cà phê",
        "price_vnd": "90000",
        "price_as_of": "2026-05-01",
        "story_video_url": "https://video.example.vn/a",
    }
    made = await offered(**facts)
    shown = (await client.get(f"/v1/products/{made['id']}")).json()
    assert {name: shown[name] for name in facts} == facts
    assert shown == made
