"""Accounts and roles, taken over from lists."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from tests.bulk.conftest import Send, post

from ocop_api.db.session import Database
from ocop_api.db.tables.ledger import LedgerEvent
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

HEADER = "E-mail;Họ và tên;Vai trò;Tỉnh, thành phố;Xã, phường;Tên chủ thể"
LAN = "lan@example.vn;Nguyễn Thị Lan;Cán bộ OCOP;Lâm Đồng;Xã Đắk Mil;"


@pytest.fixture
def province(as_actor: Callable[[Actor], dict[str, str]]) -> dict[str, str]:
    grant = Grant(Role.ADMIN, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    return as_actor(Actor(uuid4(), "Quản trị tỉnh Lâm Đồng", (grant,)))


@pytest.fixture
def commune(as_actor: Callable[[Actor], dict[str, str]]) -> dict[str, str]:
    grant = Grant(Role.ADMIN, Bound.AREA, level=Level.COMMUNE, place_id="34:24611")
    return as_actor(Actor(uuid4(), "Quản trị phường", (grant,)))


async def users(send: Send, headers: dict[str, str], *rows: str, **query: Any) -> dict[str, Any]:
    return await send(headers, "\n".join((HEADER, *rows)), kind="users", **query)


async def test_an_account_is_made_without_a_password_and_holds_its_roles(
    send: Send, province: dict[str, str], client: httpx.AsyncClient, database: Database
) -> None:
    rows = (
        LAN,
        "LAN@Example.vn;Lan khác;Thanh tra, kiểm tra;Lâm Đồng;;",
        "minh@example.vn;Trần Minh;;Lâm Đồng;;",
    )
    done = await users(send, province, *rows)
    assert [done["rows"][n]["outcome"] for n in (2, 3, 4)] == ["created", "updated", "created"]
    url = done["rows"][2]["subjects"][0]["url"]
    assert url == done["rows"][3]["subjects"][0]["url"]
    shown = (await client.get(url, headers=province)).json()
    assert (shown["email"], shown["display_name"]) == ("lan@example.vn", "Nguyễn Thị Lan")
    assert [(g["role"], g["place_name"]) for g in shown["grants"]] == [
        ("officer", "Xã Đắk Mil, Tỉnh Lâm Đồng"),
        ("inspector", "Tỉnh Lâm Đồng"),
    ]
    refused = await client.post("/v1/auth/sign-in", json={"email": "lan@example.vn", "password": ""})
    assert refused.status_code in {401, 404, 422}
    async with database.read() as session:
        kinds = list(await session.scalars(select(LedgerEvent.kind)))
    assert (kinds.count("user.created"), kinds.count("user.grant_assigned")) == (2, 2)
    again = await users(send, province, *rows)
    assert again["counts"]["unchanged"] == 3
    renamed = await users(send, province, LAN.replace("Thị Lan", "Thị Lan Anh"))
    assert renamed["counts"]["updated"] == 1


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (LAN.replace("Xã Đắk Mil", ""), None, "bulk.outside_your_area"),
        (LAN.replace("Lâm Đồng;Xã Đắk Mil", "Gia Lai;"), None, "bulk.outside_your_area"),
        (LAN.replace("Cán bộ OCOP", "Vua"), "role", "bulk.choice_unknown"),
        (LAN.replace("lan@example.vn", "lan"), "email", "bulk.email_invalid"),
        (f"{LAN}HTX Một", "role", "bulk.role_without_producer"),
        (LAN.replace("Cán bộ OCOP", "Chủ thể"), "producer", "bulk.producer_not_named"),
        (LAN.replace("Cán bộ OCOP", "Chủ thể") + "HTX Một", "producer", "bulk.producer_unknown"),
        (LAN.replace("Xã Đắk Mil", "Xã Không Có"), "commune", "bulk.unit_unknown"),
    ],
)
async def test_a_wrong_row_is_explained_and_leaves_no_account(
    send: Send, commune: dict[str, str], row: str, column: str | None, code: str
) -> None:
    good = "minh@example.vn;Trần Minh;Cán bộ OCOP;Lâm Đồng;Phường Bắc Gia Nghĩa;"
    done = await users(send, commune, good, row)
    assert [done["rows"][n]["outcome"] for n in (2, 3)] == ["created", "rejected"]
    (problem,) = done["rows"][3]["problems"]
    assert (problem["column"], problem["code"]) == (column, code)
    assert "?" not in problem["message"]


async def test_a_role_above_the_importers_level_is_refused(
    send: Send, province: dict[str, str], commune: dict[str, str]
) -> None:
    home = "minh@example.vn;Trần Minh;;Lâm Đồng;Phường Bắc Gia Nghĩa;"
    await users(send, commune, home)
    done = await users(send, commune, home.replace(";;", ";Lãnh đạo;", 1).replace("Phường Bắc Gia Nghĩa", ""))
    (problem,) = done["rows"][2]["problems"]
    assert (problem["column"], problem["code"]) == ("role", "bulk.role_beyond_yours")
    await users(send, province, LAN)
    hidden = await users(send, commune, "LAN@example.vn;Kẻ khác;;Lâm Đồng;Phường Bắc Gia Nghĩa;")
    (problem,) = hidden["rows"][2]["problems"]
    assert (problem["column"], problem["code"]) == ("email", "accounts.email_taken")


async def test_a_producers_person_acts_for_the_producer(
    send: Send, province: dict[str, str], admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    await send(admin, "product_name,producer,producer_type,province\nTrà,HTX Một,HTX,Lâm Đồng\n")
    done = await users(send, province, "ba@example.vn;Lê Ba;Chủ thể;Lâm Đồng;;HTX Một")
    assert done["counts"]["created"] == 1
    shown = (await client.get(done["rows"][2]["subjects"][0]["url"], headers=province)).json()
    assert [(g["role"], g["bound"]) for g in shown["grants"]] == [("producer", "producer")]


async def test_who_makes_no_accounts_imports_none(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    refused = await post(client, officer, f"{HEADER}\n{LAN}", kind="users")
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
