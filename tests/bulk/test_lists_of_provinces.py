"""Lists as provinces keep them: titles, grouped headings, whole addresses and decisions in one cell."""

import io
from datetime import date
from typing import Any

import httpx
import openpyxl
from tests.bulk.conftest import Send


def _annex() -> bytes:
    """The annex of a decision: two rows of headings, merged; numbering by formula; a line of totals."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "PHỤ LỤC. DANH SÁCH SẢN PHẨM OCOP ĐƯỢC CÔNG NHẬN"
    sheet.merge_cells("A1:G1")
    sheet.append([])
    sheet.append(["TT", "Tên sản phẩm", "Thông tin chủ thể", "", "Phân hạng", "Quyết định công nhận", ""])
    sheet.append(["", "", "Tên chủ thể", "Địa chỉ", "", "Số", "Ngày"])
    for merged in ("A3:A4", "B3:B4", "C3:D3", "E3:E4", "F3:G3"):
        sheet.merge_cells(merged)
    rows: list[list[Any]] = [
        ["Mật hoa dừa", "Công ty TNHH Trà Vinh Farm", "xã Phú Cần, huyện Tiểu Cần, tỉnh Trà Vinh", "★★★★★"],
        ["Nước mắm", "Cty CP Khải Hoàn", "TT. Dương Đông, H. Phú Quốc, Kiên Giang", "4 sao"],
        ["Cà phê bột", "HTX Đắk Mil", "Thôn 3, xã Đắk Mil, tỉnh Lâm Đồng", "OCOP 4 sao"],
    ]
    for number, row in enumerate(rows, 1):
        counted = number if number == 1 else f"=A{sheet.max_row}+1"
        sheet.append([counted, *row, "1887/QĐ-UBND", date(2026, 1, 16) if number < 3 else "16/1/2026"])
    sheet.append(["", "Tổng cộng", "3 sản phẩm"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


async def test_the_annex_of_a_decision_is_taken_as_it_is(
    client: httpx.AsyncClient, admin: dict[str, str], send: Send
) -> None:
    done = await send(admin, _annex(), kind="products")
    assert [row["outcome"] for row in done["rows"].values()] == ["created", "created", "created", "rejected"]
    assert {p["code"] for p in done["rows"][8]["problems"]} == {"bulk.producer_type_missing"}
    # The result of a formula that numbers the rows is missing, and nobody needs it.
    assert [p["code"] for p in done["rows"][6]["problems"]] == [
        "bulk.formula_without_value",
        "bulk.confidence_missing",
    ]
    products = (await client.get("/v1/products", params={"sort": "name"})).json()["items"]
    found = {product["name"]: product for product in products}
    assert found["Mật hoa dừa"]["place_id"] == "63:29347"
    assert found["Nước mắm"]["producer"]["legal_form"] == "company"
    assert found["Cà phê bột"]["place_id"].startswith("34:")
    assert {product["recognition"]["stated_stars"] for product in products} == {4, 5}
    again = await send(admin, _annex(), kind="products")
    assert again["counts"]["unchanged"] == 3
    assert again["counts"]["created"] + again["counts"]["updated"] == 0


async def test_a_decision_and_an_address_may_stand_in_one_cell(admin: dict[str, str], send: Send) -> None:
    text = (
        "Sản phẩm;Tên đơn vị;Địa chỉ;Hạng sao;Quyết định;Mức tin cậy\n"
        "Mật ong;HTX Ong;xã Đắk Wil, huyện Cư Jút, Đắk Nông;3;QĐ số 12/QĐ-UBND ngày 05 tháng 01 năm 2026;A\n"
        "Hạt điều;HTX Điều;;3;QĐ số 13/QĐ-UBND ngày 5/1/2026;A\n"
    )
    done = await send(admin, text, kind="products")
    assert (done["rows"][2]["outcome"], done["rows"][2]["problems"]) == ("created", [])
    assert [(p["column"], p["code"]) for p in done["rows"][3]["problems"]] == [
        ("province", "bulk.required_missing")
    ]
