"""Imports over HTTP: identity, rights, dry runs, stopping, and what is said about single rows."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select
from tests.bulk.conftest import Send, post
from tests.conftest import MovableClock

from ocop_api.bulk import running
from ocop_api.bulk.running import run_import
from ocop_api.db.base import Base
from ocop_api.db.session import Database
from ocop_api.db.tables.bulk import ImportJob
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Bound, Grant, Role

HEADER = (
    "product_name,producer,producer_type,province,commune,stars,status,decision_date,confidence,price_vnd"
)
LAM_DONG = "Cà phê Đắk Mil,HTX Đắk Mil,HTX,Lâm Đồng,Xã Đắk Mil,4,recognised,05/01/2026,A,85.000 đ"
GIA_LAI = "Cà phê Pleiku,Công ty Pleiku,Công ty,Gia Lai,,,,,,"
FILE = f"{HEADER}\n{LAM_DONG}\n{GIA_LAI}\n"


async def products(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(Product)) or 0


def only(done: dict[str, Any], row: int) -> dict[str, Any]:
    (problem,) = done["rows"][row]["problems"]
    found: dict[str, Any] = problem
    return found


async def test_semicolons_a_byte_order_mark_and_vietnamese_dates_and_prices_are_read(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    done = await send(admin, b"\xef\xbb\xbf" + FILE.replace(",", ";").encode())
    assert done["counts"]["created"] == 2
    shown = (await client.get(done["rows"][2]["urls"]["product"])).json()
    assert (shown["price_vnd"], shown["place_id"].partition(":")[0]) == ("85000", "34")
    assert shown["recognition"]["valid_until"] == "2029-01-05"


async def test_the_same_id_and_file_are_one_import_and_another_file_is_refused(
    client: httpx.AsyncClient, admin: dict[str, str], officer: dict[str, str], send: Send, database: Database
) -> None:
    chosen = str(uuid4())
    first = await post(client, admin, FILE, import_id=chosen)
    second = await post(client, admin, FILE, import_id=chosen)
    assert first.headers["Location"] == second.headers["Location"] == f"/v1/imports/{chosen}"
    done = await send(admin, FILE, import_id=chosen)
    assert (done["counts"]["created"], await products(database)) == (2, 2)
    for headers, content, dry_run in ((admin, FILE + "\n", True), (admin, HEADER + "\n" + GIA_LAI, False)):
        refused = await post(client, headers, content, import_id=chosen, dry_run=dry_run)
        assert (refused.status_code, refused.json()["code"]) == (409, "bulk.import_id_taken")
    foreign = await post(client, officer, FILE, import_id=chosen)
    assert foreign.status_code == 409


async def test_only_who_may_import_sends_files_and_others_do_not_see_them(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    officer: dict[str, str],
    as_actor: Callable[[Actor], dict[str, str]],
) -> None:
    assert (await post(client, {}, FILE)).status_code == 401
    producer = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=uuid4())
    assert (await post(client, as_actor(Actor(uuid4(), "", (producer,))), FILE)).status_code == 403
    location = (await post(client, officer, FILE)).headers["Location"]
    other = as_actor(Actor(uuid4(), "", (Grant(Role.OFFICER, Bound.AREA, place_id="34:52"),)))
    for path in ("", "/rows", "/rejected.csv"):
        assert (await client.get(location + path, headers=other)).status_code == 404
        assert (await client.get(location + path, headers=admin)).status_code == 200
    assert (await client.post(f"{location}/abort", headers=other)).status_code == 404
    listed = [(await client.get("/v1/imports", headers=who)).json()["items"] for who in (officer, other)]
    assert [len(items) for items in listed] == [1, 0]


async def test_an_officer_cannot_import_into_another_province(
    send: Send, officer: dict[str, str], client: httpx.AsyncClient, database: Database
) -> None:
    done = await send(officer, FILE)
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (1, 1)
    problem = only(done, 3)
    assert (problem["code"], problem["pointer"]) == ("bulk.outside_your_area", "/rows/3/province")
    assert await products(database) == 1
    rejected = await client.get(done["rows_url"], params={"outcome": "rejected"}, headers=officer)
    assert [row["row_number"] for row in rejected.json()["items"]] == [3]


async def test_a_dry_run_tells_everything_and_stores_nothing(
    send: Send, admin: dict[str, str], database: Database
) -> None:
    done = await send(admin, f"{FILE}{LAM_DONG}\n,,,,,,,,,1\n", dry_run="true")
    assert (done["state"], [row["outcome"] for row in done["rows"].values()]) == (
        "completed",
        ["created", "created", "unchanged", "rejected"],
    )
    assert all(row["subjects"] == [] for row in done["rows"].values())
    assert await products(database) == 0


async def test_rejected_rows_come_back_as_a_file_that_a_spreadsheet_cannot_run(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    done = await send(admin, "product_name,producer,province\n=cmd|' /C calc'!A0,,Gia Lai\n")
    assert only(done, 2)["code"] == "bulk.producer_missing"
    english = {**admin, "Accept-Language": "en"}
    answer = await client.get(done["rejected_url"], headers=english)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header[:3] == ["product_name", "producer", "province"]
    assert row[0] == "'=cmd|' /C calc'!A0"
    assert (row[3], row[5]) == ("2", "bulk.producer_missing")
    assert "give the producer's name" in row[6]
    corrected = answer.content.decode("utf-8-sig").replace("A0,,", "A0,HTX Một,")
    assert (await send(admin, corrected))["counts"]["created"] == 1


async def test_places_of_both_structures_are_found_in_any_spelling(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    header = "product_name,producer,province,district,commune"
    rows = (
        "Xoài,HTX Một,Đắk Nông,,Xã Đăk Gằn",
        "Xoài,HTX Hai,Đăk Nông,Huyện Đăk Mil,xa dak gan",
        "Xoài,HTX Ba,Lâm Đồng (34-tỉnh),,Phường Bắc Gia Nghĩa",
        "Xoài,HTX Bốn,Lâm Đồng,,",
    )
    done = await send(admin, "\n".join((header, *rows)))
    assert done["counts"]["stored_with_remarks"] == 0
    places = [(await client.get(row["urls"]["producer"])).json()["place_id"] for row in done["rows"].values()]
    assert places[0] == places[1]
    assert places[0].startswith("63:")
    assert places[2:] == ["34:24611", "34:68"]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (LAM_DONG.replace(",4,", ",6,"), "stars", "bulk.stars_invalid"),
        (LAM_DONG.replace("05/01/2026", "31/02/2026"), "decision_date", "bulk.date_invalid"),
        (LAM_DONG.replace(",HTX,", ",Tập đoàn,"), "producer_type", "bulk.choice_unknown"),
        (LAM_DONG.replace("HTX Đắk Mil,HTX,", "Sao Mai,,"), "producer_type", "bulk.producer_type_missing"),
        (LAM_DONG.replace("Lâm Đồng", "Lâm Đông Bắc"), "province", "bulk.province_unknown"),
        (LAM_DONG.replace("Cà phê Đắk Mil", "x" * 301), "product_name", "bulk.cell_too_long"),
        (LAM_DONG.replace("Cà phê Đắk Mil", "???"), "product_name", "products.name_without_letters"),
        (LAM_DONG + ",more", None, "bulk.cell_count"),
        (LAM_DONG.replace("Cà phê Đắk Mil", ""), "product_name", "bulk.required_missing"),
    ],
)
async def test_a_wrong_row_is_explained_and_its_neighbour_stored(
    send: Send, admin: dict[str, str], row: str, column: str | None, code: str
) -> None:
    done = await send(admin, f"{HEADER}\n{row}\n{GIA_LAI}\n")
    assert [done["rows"][n]["outcome"] for n in (2, 3)] == ["rejected", "created"]
    problem = only(done, 2)
    assert (problem["column"], problem["code"]) == (column, code)
    assert "?" not in problem["message"].replace("???", "")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (LAM_DONG.replace("Xã Đắk Mil", "Xã Đắk Mill"), "bulk.place_not_found"),
        (LAM_DONG.replace("85.000 đ", "rẻ"), "bulk.price_invalid"),
        (LAM_DONG.replace(",A,", ",,"), "bulk.confidence_missing"),
        (LAM_DONG.replace("05/01/2026", ""), "bulk.decision_undated"),
        (LAM_DONG.replace("recognised", ""), "bulk.status_missing"),
        (LAM_DONG.replace("05/01/2026", "2026-12-31"), "bulk.decision_in_future"),
    ],
)
async def test_a_doubtful_row_is_stored_with_a_remark(
    send: Send, admin: dict[str, str], row: str, code: str
) -> None:
    done = await send(admin, f"{HEADER}\n{row}\n")
    assert (done["counts"]["created"], done["counts"]["stored_with_remarks"]) == (1, 1)
    assert only(done, 2)["code"] == code
    again = await send(admin, f"{HEADER}\n{row}\n")
    assert again["counts"]["unchanged"] == 1


async def test_an_expiry_other_than_the_term_and_numbers_in_use_are_remarked(
    send: Send, admin: dict[str, str]
) -> None:
    header = "product_name,producer,province,stars,status,decision_date,confidence"
    header += ",expiry_date,certificate_no,product_code,product_group"
    facts = "HTX Một,Gia Lai,3,recognised,2026-01-05,A,2028-01-05,52-01-2026,68-24611-3-2026,Thực phẩn"
    done = await send(admin, f"{header}\nTrà,{facts}\nCà phê,{facts}\n")
    found = [[problem["code"] for problem in done["rows"][n]["problems"]] for n in (2, 3)]
    both = ["bulk.group_unknown", "bulk.expiry_differs"]
    assert found == [both, [both[0], "bulk.product_code_taken", both[1], "bulk.certificate_no_taken"]]
    suggestions = [problem["suggestion"] for problem in done["rows"][2]["problems"]]
    assert suggestions == ["I", "2029-01-05"]
    again = await send(admin, f"{header}\nTrà,{facts}\nCà phê,{facts}\n")
    assert again["counts"]["unchanged"] == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bulk.empty_file"),
        (b"\xef\xbb\xbf\n", "bulk.empty_file"),
        (HEADER.encode(), "bulk.no_rows"),
        (b"PK\x03\x04rest", "bulk.workbook_damaged"),
        (b"%PDF-1.7 ...", "bulk.not_a_table"),
        (f'{HEADER}\n"open,{LAM_DONG}\n'.encode(), "bulk.malformed_csv"),
        (b"alpha,beta\n1,2\n", "bulk.unknown_header"),
        (f"{HEADER},stars\n".encode(), "bulk.repeated_column"),
        (b"product_name,province\na,b\n", "bulk.missing_column"),
        ((",".join(f"c{n}" for n in range(300)) + "\n").encode(), "bulk.too_many_columns"),
        (b"<html><table><tr><td>product_name</td></tr></table></html>", "bulk.html_not_a_table"),
        (b'[{"product_name": "a"}]', "bulk.json_array"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "bulk.workbook_old_format"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "bulk.workbook_encrypted",
        ),
    ],
)
async def test_an_unreadable_file_is_refused_at_once(
    client: httpx.AsyncClient, admin: dict[str, str], database: Database, content: bytes, code: str
) -> None:
    answer = await post(client, admin, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "?" not in answer.json()["detail"]
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(ImportJob)) == 0


async def test_other_media_types_and_files_beyond_the_limit_are_refused(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    other = await client.post("/v1/imports", json={}, headers=admin)
    assert other.status_code == 415
    declared = {**admin, "Content-Type": "text/csv", "Content-Length": str(2 * 1024**3)}
    refused = await client.post("/v1/imports", content=b"", headers=declared)
    assert (refused.status_code, refused.json()["code"]) == (413, "request.too_large")


async def test_a_stopped_import_does_no_further_row(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    database: Database,
    drain: Callable[[], Awaitable[None]],
) -> None:
    location = (await post(client, admin, FILE)).headers["Location"]
    for _ in range(2):
        stopped = await client.post(f"{location}/abort", headers=admin)
        assert (stopped.status_code, stopped.json()["state"]) == (200, "aborted")
    await drain()
    assert await products(database) == 0
    done = (await post(client, admin, FILE)).headers["Location"]
    await drain()
    ended = await client.post(f"{done}/abort", headers=admin)
    assert (ended.status_code, ended.json()["code"]) == (409, "bulk.ended")


async def test_two_workers_share_an_import_without_doing_a_row_twice(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    database: Database,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    rows = "".join(f"Trà {n},HTX Một,HTX,Gia Lai,,,,,,\n" for n in range(9))
    job = (await post(client, admin, f"{HEADER}\n{rows}")).json()
    await asyncio.gather(*(run_import(database, UUID(job["id"]), clock) for _ in range(2)))
    found = (await client.get(f"/v1/imports/{job['id']}", headers=admin)).json()
    assert (found["state"], found["counts"]["created"]) == ("completed", 9)


async def test_an_import_that_keeps_breaking_fails_and_starts_again_when_sent_again(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    database: Database,
    clock: MovableClock,
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken")

    chosen = str(uuid4())
    await post(client, admin, FILE, import_id=chosen)
    with monkeypatch.context() as patched:
        patched.setattr(running, "work_through", broken)
        for _ in range(running.MAX_ATTEMPTS - 1):
            with pytest.raises(RuntimeError):
                await run_import(database, UUID(chosen), clock)
        await run_import(database, UUID(chosen), clock)
    failed = (await client.get(f"/v1/imports/{chosen}", headers=admin)).json()
    assert failed["state"] == "failed"
    done = await send(admin, FILE, import_id=chosen)
    assert (done["state"], done["counts"]["created"]) == ("completed", 2)


async def test_migrated_tables_equal_the_metadata(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        def keep(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
            return kind != "table" or str(name).startswith("import_")

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": keep})
        return list(compare_metadata(context, Base.metadata))

    async with database.write_engine.connect() as connection:
        assert await connection.run_sync(differences) == []
