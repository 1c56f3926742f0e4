"""Templates: opened again as a person's program would, filled in, and sent."""

import csv
import io
from typing import Any

import httpx
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.bulk.conftest import Send

from ocop_api.bulk.kinds.registry import KINDS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def template(client: httpx.AsyncClient, headers: dict[str, str], kind: str) -> openpyxl.Workbook:
    answer = await client.get(f"/v1/imports/templates/{kind}.xlsx", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX), answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def checks(sheet: Worksheet) -> dict[str, Any]:
    found = sheet.data_validations.dataValidation
    return {str(check.sqref).partition(":")[0].rstrip("2"): check for check in found}


def column_of(sheet: Worksheet, title: str) -> str:
    return next(str(cell.column_letter) for cell in sheet[1] if cell.value == title)


def filled(book: openpyxl.Workbook, *rows: dict[str, Any]) -> bytes:
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, start=2):
        for title, value in row.items():
            sheet[f"{column_of(sheet, title)}{number}"] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["producers", "products", "certificates", "growing_areas"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_heading_of_a_template_is_a_column(
    client: httpx.AsyncClient, admin: dict[str, str], kind: str, language: str
) -> None:
    book = await template(client, {**admin, "Accept-Language": language}, kind)
    sheet = book.worksheets[0]
    columns = KINDS[kind].columns
    titles = [column.title_vi if language == "vi" else column.title_en for column in columns]
    written = [str(cell.value) for cell in sheet[1]]
    assert written == [
        f"{title} *" if column.required else title for title, column in zip(titles, columns, strict=True)
    ]
    assert all(cell.comment is not None for cell in sheet[1])
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "B2"
    assert [other.sheet_state for other in book.worksheets] == ["visible", "visible", "hidden"]
    told = {str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row if cell.value}
    assert {column.title_vi for column in columns} <= told


async def test_drop_downs_offer_todays_places_of_the_own_province(
    client: httpx.AsyncClient, officer: dict[str, str], admin: dict[str, str]
) -> None:
    book = await template(client, officer, "growing_areas")
    sheet, lists = book.worksheets[0], book.worksheets[2]
    check = checks(sheet)[column_of(sheet, "Xã, phường")]
    assert (check.type, check.errorStyle) == ("list", "warning")
    offered = [cell.value for cell in lists[check.formula1.split("$")[1]] if cell.value]
    assert "Xã Đắk Mil" in offered
    assert len(offered) == 124
    whole = await template(client, admin, "growing_areas")
    check = checks(whole.worksheets[0])[column_of(whole.worksheets[0], "Xã, phường")]
    assert check.formula1.startswith("OFFSET('Danh mục'!$C$1,MATCH($E2,")
    assert sum(cell.value is not None for cell in whole.worksheets[2]["A"]) == 34


async def test_codes_are_text_and_a_filled_template_is_taken_back(
    client: httpx.AsyncClient, officer: dict[str, str], send: Send, admin: dict[str, str]
) -> None:
    await send(admin, "product_name,producer,producer_type,province\nTrà,HTX Một,HTX,Lâm Đồng\n")
    book = await template(client, officer, "certificates")
    sheet = book.worksheets[0]
    assert sheet.column_dimensions[column_of(sheet, "Mã GTIN")].width > 18
    check = checks(sheet)
    assert check[column_of(sheet, "Hạng sao *")].type == "list"
    assert check[column_of(sheet, "Mã GTIN")].type == "textLength"
    row = {
        "Tên sản phẩm": "TRÀ",
        "Hạng sao *": "4",
        "Số quyết định *": "1887/QĐ-UBND",
        "Ngày quyết định *": "16/06/2025",
    }
    done = await send(officer, filled(book, row), kind="certificates")
    assert (done["format"], done["sheet"], done["counts"]["created"]) == ("xlsx", "Dữ liệu", 1)
    assert [remark["code"] for remark in done["remarks"]] == ["bulk.sheet_chosen"]
    assert {s["type"] for s in done["rows"][2]["subjects"]} == {"certificate", "product"}


async def test_templates_are_listed_with_what_the_caller_may(
    client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    listed = (await client.get("/v1/imports/kinds", headers=officer)).json()["items"]
    allowed = {item["name"]: item["may_import"] for item in listed}
    assert (allowed["products"], allowed["users"]) == (True, False)
    first = await client.get(listed[0]["csv_url"], headers=officer)
    (heading,) = csv.reader(io.StringIO(first.content.decode("utf-8-sig")))
    assert heading == [column["title_vi"] for column in listed[0]["columns"]]
    etag = (await client.get(listed[0]["workbook_url"], headers=officer)).headers["etag"]
    again = await client.get(listed[0]["workbook_url"], headers={**officer, "If-None-Match": etag})
    assert again.status_code == 304


async def test_a_template_is_refused_without_a_kind_a_right_or_a_caller(
    client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    for suffix in ("xlsx", "csv"):
        asked = f"/v1/imports/templates/dragons.{suffix}"
        unknown = await client.get(asked, headers=officer)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "bulk.no_template")
        forbidden = await client.get(f"/v1/imports/templates/users.{suffix}", headers=officer)
        assert (forbidden.status_code, forbidden.json()["code"]) == (403, "auth.not_permitted")
        assert (await client.get(asked)).status_code == 401
