"""The register of producers over HTTP: who sees and changes what, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ocop_api.db.session import Database

Headers = dict[str, str]
Register = Callable[..., Awaitable[dict[str, Any]]]

PRIVATE = {
    "tax_code": "6400123455",
    "representative_name": "Nguyễn Thị Hoa",
    "representative_is_woman": True,
    "phone": "+842613123456",
    "email": "hoa@example.vn",
}


async def test_registering_answers_where_the_producer_is_and_who_may_see_it(
    client: httpx.AsyncClient, officer: Headers
) -> None:
    body = {
        "legal_form": "cooperative",
        "name": "  Hợp tác xã Đắk Wil ",
        "place_id": "34:24611",
        "private": PRIVATE,
    }
    made = await client.post("/v1/producers", json=body, headers=officer)
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "Hợp tác xã Đắk Wil"
    assert made.json()["is_cooperative"] is True
    assert made.headers["location"] == f"/v1/producers/{made.json()['id']}"
    assert made.headers["etag"].startswith('"1.')
    assert made.json()["created_at"] == "2026-06-15T02:00:00Z"


async def test_only_officers_of_the_area_and_the_producer_see_the_private_part(
    client: httpx.AsyncClient,
    registered: Register,
    officer: Headers,
    foreign_officer: Headers,
    acting_for: Callable[[str], Headers],
) -> None:
    made = await registered(private=PRIVATE)
    other = await registered("Hợp tác xã khác")
    address = f"/v1/producers/{made['id']}"
    for headers in ({}, foreign_officer, acting_for(other["id"])):
        seen = await client.get(address, headers=headers)
        assert seen.json()["private"] is None
        for secret in PRIVATE.values():
            assert str(secret) not in seen.text or secret is True
        assert "2613123" not in (await client.get("/v1/producers", headers=headers)).text
    for headers in (officer, acting_for(made["id"])):
        seen = await client.get(address, headers=headers)
        assert seen.json()["private"]["phone"] == PRIVATE["phone"]


async def test_registering_needs_the_right_in_that_area(
    client: httpx.AsyncClient, registered: Register, foreign_officer: Headers, acting_for: Any
) -> None:
    made = await registered()
    body = {"legal_form": "company", "name": "Công ty A", "place_id": "34:24611"}
    assert (await client.post("/v1/producers", json=body)).status_code == 401
    for headers in (foreign_officer, acting_for(made["id"])):
        refused = await client.post("/v1/producers", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")


async def test_an_officer_of_the_new_province_covers_places_of_the_old_one(
    client: httpx.AsyncClient, registered: Register
) -> None:
    made = await registered("Hộ Nghĩa Đức", place_id="63:24611")
    for place in ("68", "63:67", "67", "Lâm Đồng", "34:24611"):
        found = (await client.get("/v1/producers", params={"place": place})).json()["items"]
        assert [row["id"] for row in found] == [made["id"]], place
    assert (await client.get("/v1/producers?place=34:01")).json()["items"] == []
    unknown = await client.get("/v1/producers?place=Atlantis")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "producers.unknown_place")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"legal_form": "club"}, "request.invalid"),
        ({"name": "   "}, "request.invalid"),
        ({"name": "!!!"}, "producers.name_without_letters"),
        ({"colour": "red"}, "request.invalid"),
        ({"place_id": "34:99999"}, "producers.unknown_place"),
        ({"place_id": "Đắk Nông"}, "request.invalid"),
        ({"private": {"tax_code": "12345"}}, "request.invalid"),
        ({"private": {"email": "nobody"}}, "request.invalid"),
        ({"private": None}, "request.invalid"),
    ],
)
async def test_faulty_registrations_are_refused(
    client: httpx.AsyncClient, officer: Headers, change: dict[str, Any], code: str
) -> None:
    body = {"legal_form": "company", "name": "Công ty A", "place_id": "34:24611"} | change
    answer = await client.post("/v1/producers", json=body, headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert "{" not in answer.json()["detail"]


async def test_one_name_once_per_province_unless_tax_codes_differ(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    await registered("Hộ kinh doanh Nguyễn Thị Hoa", place_id="63:24611")
    body = {"legal_form": "family_business", "name": "HỘ KINH DOANH NGUYEN THI HOA", "place_id": "34:24611"}
    twice = await client.post("/v1/producers", json=body, headers=officer)
    assert (twice.status_code, twice.json()["code"]) == (409, "producers.duplicate")
    told_apart = body | {"private": {"tax_code": "064 185 000 123"}}
    assert (await client.post("/v1/producers", json=told_apart, headers=officer)).status_code == 201
    taken = told_apart | {"name": "Hộ khác"}
    answer = await client.post("/v1/producers", json=taken, headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (409, "producers.tax_code_taken")


async def test_a_patch_changes_what_it_names_and_nothing_else(
    client: httpx.AsyncClient, registered: Register, acting_for: Any, database: Database
) -> None:
    made = await registered(private=PRIVATE, address="Thôn 3")
    own = acting_for(made["id"])
    address = f"/v1/producers/{made['id']}"
    first = await client.get(address, headers=own)
    headers = {**own, "If-Match": first.headers["etag"], "Content-Type": "application/merge-patch+json"}
    patched = await client.patch(
        address, content=b'{"address": null, "private": {"phone": "0912345678"}}', headers=headers
    )
    assert patched.status_code == 200, patched.text
    assert patched.json()["address"] is None
    assert patched.json()["private"] == first.json()["private"] | {
        "phone": "+84912345678",
        "phone_display": "0912 345 678",
    }
    assert patched.json()["version"] == 2
    same = await client.patch(address, json={"address": None}, headers={**own, "If-Match": '"2"'})
    assert same.json()["version"] == 2
    async with database.read() as session:
        told = (
            await session.execute(text("select data from ledger_event where kind = 'producer.updated'"))
        ).scalars()
        assert list(told) == [{"fields": ["address", "phone"]}]


async def test_editing_needs_the_right_and_the_current_copy(
    client: httpx.AsyncClient, registered: Register, officer: Headers, foreign_officer: Headers
) -> None:
    made = await registered()
    address = f"/v1/producers/{made['id']}"
    assert (await client.patch(address, json={}, headers=officer)).status_code == 428
    foreign = await client.patch(address, json={}, headers={**foreign_officer, "If-Match": "*"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "auth.not_permitted")
    nulled = await client.patch(address, json={"name": None}, headers={**officer, "If-Match": "*"})
    assert nulled.status_code == 422
    moved = await client.patch(address, json={"place_id": "34:01"}, headers={**officer, "If-Match": "*"})
    assert (moved.status_code, moved.json()["code"]) == (403, "auth.not_permitted")
    nowhere = await client.get("/v1/producers/0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "producers.unknown")


async def test_of_two_writers_with_one_copy_one_wins(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    made = await registered()
    headers = {**officer, "If-Match": f'"{made["version"]}.x"'}
    answers = await asyncio.gather(
        *(
            client.patch(f"/v1/producers/{made['id']}", json={"address": f"Thôn {i}"}, headers=headers)
            for i in (1, 2)
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 412]


async def test_the_register_is_searched_filtered_and_sorted(
    client: httpx.AsyncClient, registered: Register
) -> None:
    for name, form in (
        ("Đức Lập", "company"),
        ("Dũng Cà phê", "farm"),
        ("Hợp tác xã Ấm Áp", "cooperative"),
        ("An Ca", "cooperative_group"),
    ):
        await registered(name, legal_form=form)

    async def names(**params: Any) -> list[str]:
        answer = await client.get("/v1/producers", params=params)
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.json()["items"]]

    assert await names() == ["An Ca", "Dũng Cà phê", "Đức Lập", "Hợp tác xã Ấm Áp"]
    assert await names(q="ca ph") == ["Dũng Cà phê"]
    assert await names(q="ca") == ["An Ca", "Dũng Cà phê"]
    assert await names(q="';--") == []
    assert await names(is_cooperative=True) == ["Hợp tác xã Ấm Áp"]
    assert await names(legal_form="farm") == ["Dũng Cà phê"]
    assert (await client.get("/v1/producers?colour=red")).status_code == 422
