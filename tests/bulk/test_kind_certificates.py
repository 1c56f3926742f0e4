"""Certificates of the years before, taken over from lists."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.bulk.conftest import Send

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

PRODUCTS = """product_name,producer,producer_type,province,commune,product_code
Cà phê Đắk Mil,HTX Đắk Mil,HTX,Lâm Đồng,Xã Đắk Mil,68-24664-1-2026
Mật ong,HTX Đắk Mil,HTX,Lâm Đồng,Xã Đắk Mil,
Mật ong,HTX Gia Nghĩa,HTX,Lâm Đồng,Phường Bắc Gia Nghĩa,
Trà xanh,HTX Pleiku,HTX,Gia Lai,,
"""
HEADER = "Tên sản phẩm,Tên chủ thể,Mã sản phẩm OCOP,Hạng sao,Số quyết định,Ngày quyết định,Số giấy chứng nhận"
COFFEE = "ca phe dak mil,,,4,1887/QĐ-UBND,16/06/2025,67-01-2025"


@pytest.fixture
async def products(send: Send, admin: dict[str, str]) -> None:
    done = await send(admin, PRODUCTS)
    assert done["counts"]["created"] == 4


async def certificates(
    send: Send, headers: dict[str, str], *rows: str, header: str = HEADER, **query: Any
) -> dict[str, Any]:
    return await send(headers, "\n".join((header, *rows)), kind="certificates", **query)


@pytest.mark.usefixtures("products")
async def test_a_decision_gives_the_product_its_stars_once(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    rows = (COFFEE, "Mật ong,HTX Gia Nghĩa,,3 sao,1887/QĐ-UBND,2025-06-16,")
    tried = await certificates(send, admin, *rows, dry_run="true")
    assert tried["counts"]["created"] == 2
    done = await certificates(send, admin, *rows)
    assert done["counts"]["created"] == 2
    subjects = {s["type"]: s["url"] for s in done["rows"][2]["subjects"]}
    shown = (await client.get(subjects["product"])).json()["recognition"]
    assert (shown["stars"], shown["valid_until"]) == (4, "2028-06-16")
    stored = (await client.get(subjects["certificate"])).json()
    assert (stored["number"], stored["confidence"]) == ("67-01-2025", "decision")
    again = await certificates(send, admin, *rows, COFFEE.replace("ca phe dak mil,,", ",,68-24664-1-2026"))
    assert (again["counts"]["unchanged"], again["counts"]["rejected"]) == (3, 0)
    assert [p["code"] for p in again["rows"][4]["problems"]] == ["bulk.repeated_row"]


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize(
    ("row", "column", "code", "suggestion"),
    [
        (
            "Cà phê Đắk Mill,HTX Đắk Mil,,4,1/QĐ,16/06/2025,",
            "product_name",
            "bulk.product_unknown",
            "Cà phê Đắk Mil",
        ),
        ("Mật ong,,,4,1/QĐ,16/06/2025,", "producer", "bulk.product_ambiguous", "HTX Đắk Mil; HTX Gia Nghĩa"),
        (",HTX Đắk Mil,,4,1/QĐ,16/06/2025,", "product_name", "bulk.product_not_named", None),
        (",,68-24664-9-2026,4,1/QĐ,16/06/2025,", "product_code", "bulk.product_unknown", None),
        (",,abc,4,1/QĐ,16/06/2025,", "product_code", "bulk.product_code_unreadable", None),
        (COFFEE.replace("2025,", "2099,", 1), "decision_date", "bulk.decision_not_yet", None),
        (COFFEE.replace("16/06/2025", "16/06/1999"), "decision_date", "regimes.before_first_regime", None),
        (COFFEE.replace(",4,", ",3,"), "stars", "bulk.certificate_contradicts", "4"),
        (COFFEE.replace("1887", "99"), "certificate_no", "certificate.number_taken", None),
        (COFFEE.replace("1887/QĐ-UBND", ""), "decision_no", "bulk.required_missing", None),
    ],
)
async def test_a_wrong_row_is_explained_and_its_neighbours_stored(
    send: Send, admin: dict[str, str], row: str, column: str, code: str, suggestion: str | None
) -> None:
    good = "Mật ong,HTX Đắk Mil,,3,7/QĐ,16/06/2025,"
    done = await certificates(send, admin, COFFEE, row, good)
    assert [done["rows"][n]["outcome"] for n in (2, 3, 4)] == ["created", "rejected", "created"]
    (problem,) = done["rows"][3]["problems"]
    assert (problem["column"], problem["code"], problem["suggestion"]) == (column, code, suggestion)
    assert "?" not in problem["message"]


@pytest.mark.usefixtures("products")
async def test_a_recorded_certificate_is_not_rewritten_and_another_expiry_is_told(
    send: Send, admin: dict[str, str]
) -> None:
    header = f"{HEADER},Ngày hết hạn"
    await certificates(send, admin, f"{COFFEE},16/06/2028", header=header)
    changed = COFFEE.replace("67-01-2025", "67-02-2025")
    done = await certificates(send, admin, f"{changed},16/06/2027", header=header)
    assert done["counts"]["unchanged"] == 1
    found = {p["code"]: p["suggestion"] for p in done["rows"][2]["problems"]}
    assert found == {"bulk.expiry_differs": "16/06/2028", "bulk.certificate_kept": "67-01-2025"}


@pytest.mark.usefixtures("products")
async def test_an_officer_records_for_the_own_area_only(send: Send, officer: dict[str, str]) -> None:
    done = await certificates(send, officer, COFFEE, "Trà xanh,,,3,7/QĐ,16/06/2025,")
    assert [done["rows"][n]["outcome"] for n in (2, 3)] == ["created", "rejected"]
    (problem,) = done["rows"][3]["problems"]
    assert (problem["code"], problem["data"]["place"]) == ("bulk.outside_your_area", "Tỉnh Gia Lai")


async def test_who_may_not_import_is_refused(
    client: httpx.AsyncClient, as_actor: Callable[[Actor], dict[str, str]]
) -> None:
    leader = as_actor(Actor(uuid4(), "", (Grant(Role.LEADER, Bound.AREA, Level.PROVINCE, "34:68"),)))
    refused = await client.post(
        "/v1/imports",
        params={"kind": "certificates"},
        content=HEADER,
        headers={**leader, "Content-Type": "text/csv"},
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
