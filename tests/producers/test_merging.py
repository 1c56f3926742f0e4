"""Two registrations of one producer become one: what moves, what stays, who may, and what old ids do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from tests.producers.conftest import officer_of

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.jobs.queue import JobContext
from ocop_api.products.jobs import JOBS

Headers = dict[str, str]
Register = Callable[..., Awaitable[dict[str, Any]]]


async def offer(client: httpx.AsyncClient, officer: Headers, producer: dict[str, Any], name: str) -> str:
    body = {"producer_id": producer["id"], "name": name}
    made = await client.post("/v1/products", json=body, headers=officer)
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


async def merge(
    client: httpx.AsyncClient, officer: Headers, survivor: str, absorbed: str, **more: Any
) -> httpx.Response:
    body = {"absorbed_id": absorbed, **more}
    return await client.post(f"{survivor}/merge", json=body, headers=officer)


async def test_everything_moves_and_the_old_address_leads_on(
    client: httpx.AsyncClient, registered: Register, officer: Headers, database: Database
) -> None:
    kept = await registered("HTX Đắk Wil", address="Thôn 1")
    gone = await registered(
        "Hợp tác xã Đắk Wil", address="Thôn 2", website="https://a.example", private={"phone": "0912345678"}
    )
    product = await offer(client, officer, gone, "Cà phê")
    for producer, year, revenue in ((kept, 2025, "1"), (gone, 2025, "2"), (gone, 2024, "3")):
        put = await client.put(
            f"/v1/producers/{producer['id']}/years/{year}", json={"revenue_vnd": revenue}, headers=officer
        )
        assert put.status_code == 201, put.text
    address = f"/v1/producers/{kept['id']}"
    told = await merge(client, officer, address, gone["id"], dry_run=True)
    assert told.status_code == 200, told.text
    assert told.json()["moved"] == {"producer_year": 2, "product": 1}
    assert told.json()["filled"] == ["phone", "website"]
    assert told.json()["differing"] == ["address", "name"]
    assert told.json()["conflicts"] == []
    assert (await client.get(f"/v1/producers/{gone['id']}")).status_code == 200
    done = await merge(client, officer, address, gone["id"], take=["name"])
    assert done.status_code == 200, done.text
    moved = await client.get(f"/v1/producers/{gone['id']}")
    assert (moved.status_code, moved.headers["location"]) == (308, address)
    assert moved.json() == {"id": gone["id"], "merged_into": kept["id"]}
    for listed in ("products", "certificates", "lots", "growing-areas", "documents"):
        by_old_id = await client.get(f"/v1/{listed}", params={"producer_id": gone["id"]}, headers=officer)
        assert by_old_id.status_code == 200, (listed, by_old_id.text)
        assert len(by_old_id.json()["items"]) == (listed == "products")
    survivor = (await client.get(address, headers=officer)).json()
    assert (survivor["name"], survivor["address"]) == ("Hợp tác xã Đắk Wil", "Thôn 1")
    assert survivor["website"] == "https://a.example"
    assert survivor["private"]["phone"] == "+84912345678"
    assert (await client.get(f"/v1/products/{product}")).json()["producer"]["id"] == kept["id"]
    years = (await client.get(f"{address}/years", headers=officer)).json()["items"]
    assert [(row["year"], row["revenue_vnd"]) for row in years] == [(2025, "1"), (2024, "3")]
    async with database.read() as session:
        snapshot = await session.scalar(text("select snapshot from merged_record"))
        assert snapshot["record"]["address"] == "Thôn 2"
        assert snapshot["dropped"][0]["row"]["revenue_vnd"] == 2
        kinds = list(
            await session.scalars(text("select kind from ledger_event order by ordinal desc limit 1"))
        )
        assert kinds == ["producer.merged"]


async def test_products_of_one_name_are_merged_first(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    kept, gone = await registered("HTX A"), await registered("Hợp tác xã A")
    first, second = await offer(client, officer, kept, "Cà phê"), await offer(client, officer, gone, "Ca phe")
    refused = await merge(client, officer, f"/v1/producers/{kept['id']}", gone["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "producers.merge_conflict")
    (conflict,) = refused.json()["data"]["conflicts"]
    assert (conflict["table"], conflict["absorbed_row"], conflict["survivor_row"]) == (
        "product",
        second,
        first,
    )
    merged = await merge(client, officer, f"/v1/products/{first}", second)
    assert merged.status_code == 200, merged.text
    moved = await client.get(f"/v1/products/{second}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/products/{first}")
    assert (await merge(client, officer, f"/v1/producers/{kept['id']}", gone["id"])).status_code == 200


async def test_a_chain_of_mergers_leads_to_its_end_in_one_step(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    a, b, c = [(await registered(name))["id"] for name in ("A", "B", "C")]
    assert (await merge(client, officer, f"/v1/producers/{b}", a)).status_code == 200
    assert (await merge(client, officer, f"/v1/producers/{c}", b)).status_code == 200
    assert (await client.get(f"/v1/producers/{a}")).headers["location"] == f"/v1/producers/{c}"
    # A circle cannot be closed: what was absorbed is not there to absorb.
    circle = await merge(client, officer, f"/v1/producers/{a}", c)
    assert (circle.status_code, circle.json()["code"]) == (404, "producers.unknown")
    itself = await merge(client, officer, f"/v1/producers/{c}", c)
    assert (itself.status_code, itself.json()["code"]) == (422, "producers.merge_with_itself")
    history = (await client.get(f"/v1/producers/{c}/history", headers=officer)).json()["items"]
    assert [entry["kind"] for entry in history] == ["producer.merged"] * 2 + ["producer.created"] * 3
    assert {entry["record_id"] for entry in history} == {a, b, c}


async def test_of_two_mergers_at_once_one_happens(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    a, b = [(await registered(name))["id"] for name in ("A", "B")]
    answers = await asyncio.gather(
        merge(client, officer, f"/v1/producers/{a}", b), merge(client, officer, f"/v1/producers/{b}", a)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 404]


async def test_merging_is_for_officers_whose_area_holds_both(
    client: httpx.AsyncClient,
    registered: Register,
    officer: Headers,
    foreign_officer: Headers,
    as_actor: Callable[[Actor], Headers],
) -> None:
    a, b = [(await registered(name))["id"] for name in ("A", "B")]
    both = tuple(Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=UUID(x)) for x in (a, b))
    owner = as_actor(Actor(user_id=uuid4(), grants=both))
    for headers in (foreign_officer, owner):
        refused = await merge(client, headers, f"/v1/producers/{a}", b)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
    commune = as_actor(officer_of("34:24611", Level.COMMUNE))
    other = (
        await client.post(
            "/v1/producers",
            json={"legal_form": "company", "name": "Công ty B", "place_id": "34:24631"},
            headers=officer,
        )
    ).json()
    refused = await merge(client, commune, f"/v1/producers/{a}", other["id"])
    assert refused.status_code == 403
    unknown = await merge(client, officer, f"/v1/producers/{a}", b, take=["area_path"])
    assert (unknown.status_code, unknown.json()["code"]) == (422, "producers.merge_unknown_field")


async def test_who_acted_for_the_absorbed_one_acts_for_the_survivor(
    client: httpx.AsyncClient, registered: Register, officer: Headers, database: Database
) -> None:
    a, b = [(await registered(name))["id"] for name in ("A", "B")]
    user = uuid4()
    async with database.transaction() as session:
        await session.execute(
            text(
                "insert into account_user (id, email, email_folded, display_name, name_sort, search,"
                " password_hash, area_path, created_at, updated_at, version)"
                " values (:id, 'x', 'x', 'X', 'x', 'x', 'x', '{}', now(), now(), 1)"
            ),
            {"id": user},
        )
        for producer in (a, b):
            await session.execute(
                text(
                    "insert into role_grant (id, user_id, role, bound, producer_id, area_path, valid_from,"
                    " granted_at, version) values (:id, :user, 'producer', 'producer', :producer, '{}',"
                    " now(), now(), 1)"
                ),
                {"id": uuid4(), "user": user, "producer": UUID(producer)},
            )
    assert (await merge(client, officer, f"/v1/producers/{a}", b)).status_code == 200
    async with database.read() as session:
        rows = await session.execute(text("select producer_id::text, revoked_at is null from role_grant"))
        assert sorted(tuple(row) for row in rows) == [(a, False), (a, True)]


async def test_duplicates_are_ranked_with_reasons_and_kept_to_the_area(
    client: httpx.AsyncClient, registered: Register, officer: Headers, foreign_officer: Headers
) -> None:
    await registered("Hợp tác xã nông nghiệp Bechamp Đắk Nông", private={"phone": "0912345678"})
    await registered("HTX Be Champ Đắk Nông", private={"phone": "0912 345 678"})
    await registered("Công ty TNHH Hạt điều Vinahe")
    await registered("Vinahe hạt điều", legal_form="company", place_id="34:68")
    await registered("Hộ Nguyễn Văn An")
    assert (await client.get("/v1/producers/duplicates")).status_code == 401
    first = (await client.get("/v1/producers/duplicates?limit=1&with_total=true", headers=officer)).json()
    assert first["total"] == 2
    pair = first["items"][0]
    assert {pair["first"]["name"], pair["second"]["name"]} == {
        "Hợp tác xã nông nghiệp Bechamp Đắk Nông",
        "HTX Be Champ Đắk Nông",
    }
    assert pair["reasons"] == ["similar_name", "same_phone", "same_place"]
    following = await client.get(
        "/v1/producers/duplicates", params={"limit": 1, "cursor": first["next_cursor"]}, headers=officer
    )
    assert following.json()["items"][0]["score"] < pair["score"]
    assert following.json()["next_cursor"] is None
    assert (await client.get("/v1/producers/duplicates", headers=foreign_officer)).json()["items"] == []
    bad = await client.get("/v1/producers/duplicates?cursor=x", headers=officer)
    assert (bad.status_code, bad.json()["code"]) == (422, "paging.bad_cursor")


async def test_products_offered_twice_are_found(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    a, b = await registered("HTX Đắk Wil"), await registered("Hợp tác xã Đắk Wil")
    for producer, name in ((a, "Cà phê bột Đắk Wil"), (a, "Càphê bột ĐắkWil"), (b, "Cà phê bột Đắk Wil")):
        await offer(client, officer, producer, name)
    found = (await client.get("/v1/products/duplicates", headers=officer)).json()["items"]
    assert len(found) == 3
    assert all(row["score"] >= 80 for row in found)
    assert {"same_producer", "same_producer_name"} <= {reason for row in found for reason in row["reasons"]}


async def test_a_history_tells_outsiders_neither_who_nor_what_is_private(
    client: httpx.AsyncClient, registered: Register, officer: Headers
) -> None:
    made = await registered()
    address = f"/v1/producers/{made['id']}"
    change = {"address": "Thôn 9", "private": {"phone": "0912345678"}}
    await client.patch(address, json=change, headers={**officer, "If-Match": "*"})
    inside = (await client.get(f"{address}/history", headers=officer)).json()["items"]
    assert [entry["kind"] for entry in inside] == ["producer.updated", "producer.created"]
    assert inside[0]["fields"] == ["address", "phone"]
    outside = (await client.get(f"{address}/history?limit=1")).json()
    assert outside["items"][0]["fields"] == ["address"]
    assert outside["items"][0]["by"] is None
    assert outside["next_cursor"] is not None


async def test_figures_of_a_year_are_private_and_guarded_by_their_version(
    client: httpx.AsyncClient, registered: Register, officer: Headers, foreign_officer: Headers
) -> None:
    made = await registered()
    years = f"/v1/producers/{made['id']}/years"
    figures = {"output_quantity": "12.5", "output_unit": "tấn", "labour_count": 8}
    put = await client.put(f"{years}/2025", json=figures, headers=officer)
    assert (put.status_code, put.headers["location"]) == (201, f"{years}/2025")
    assert (await client.put(f"{years}/2025", json=figures, headers=officer)).status_code == 428
    tagged = {**officer, "If-Match": put.headers["etag"]}
    assert (await client.put(f"{years}/2025", json={"labour_count": 9}, headers=tagged)).json()[
        "version"
    ] == 2
    assert (await client.put(f"{years}/2025", json=figures, headers=tagged)).status_code == 412
    assert (await client.get(years)).status_code == 401
    assert (await client.get(years, headers=foreign_officer)).status_code == 403
    unit = await client.put(f"{years}/2024", json={"output_quantity": "1"}, headers=officer)
    assert unit.status_code == 422
    assert (await client.delete(f"{years}/2025", headers={**officer, "If-Match": '"2"'})).status_code == 204
    gone = await client.delete(f"{years}/2025", headers={**officer, "If-Match": "*"})
    assert (gone.status_code, gone.json()["code"]) == (404, "producers.unknown_year")


async def test_products_carry_the_survivors_name_after_the_job(
    client: httpx.AsyncClient,
    registered: Register,
    officer: Headers,
    database: Database,
    settings: Any,
    clock: Any,
) -> None:
    a, b = await registered("Bình Minh"), await registered("Hoàng Hôn")
    product = await offer(client, officer, b, "Mật ong")
    await merge(client, officer, f"/v1/producers/{a['id']}", b["id"])
    context = JobContext(database, settings, clock, {})
    await JOBS["products.follow_producer"](context, {"producer_id": a["id"]})
    found = (await client.get("/v1/products", params={"q": "binh minh"})).json()["items"]
    assert [row["id"] for row in found] == [product]
