"""Rejected rows as a workbook: opened again, corrected and sent back."""

import io
from datetime import UTC, datetime
from pathlib import Path

import httpx
import openpyxl
import pytest
from tests.bulk.conftest import Send

from ocop_api.adapters.spreadsheet import workbook
from ocop_api.adapters.spreadsheet.workbook import FormWorkbook, Mark, TableColumn, TableRow
from ocop_api.bulk.kinds.registry import KINDS

FILE = """STT,product_name,producer,producer_type,province,price_vnd,gtin
1,Trà xanh,HTX Một,HTX,Gia Lai,85000,
2,=cmd|' /C calc'!A0,,Hợp tác,Gia Lai,90.000 đ,0893
3,Cà phê,HTX Hai,HTX,Gia Lai,1,,thừa
"""


async def rejected(client: httpx.AsyncClient, headers: dict[str, str], import_id: str) -> openpyxl.Workbook:
    answer = await client.get(f"/v1/imports/{import_id}/rejected.xlsx", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, workbook.MEDIA_TYPE)
    return openpyxl.load_workbook(io.BytesIO(answer.content))


async def test_rejected_rows_are_corrected_in_the_workbook_and_sent_again(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    done = await send(admin, FILE, kind="products")
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (1, 2)
    book = await rejected(client, admin, done["id"])
    sheet = book.worksheets[0]
    heading = [cell.value for cell in sheet[1]]
    assert heading[:5] == ["Dòng gốc", "Lỗi cần sửa", "Gợi ý", "STT", "product_name"]
    assert [sheet.cell(row, 1).value for row in (2, 3)] == ["3", "4"]
    name, producer = sheet["E2"], sheet["F2"]
    assert (name.value, name.data_type, name.number_format) == ("=cmd|' /C calc'!A0", "s", "@")
    assert producer.fill.start_color.rgb == "FFFECACA"
    assert producer.comment is not None
    assert "producer:" in str(sheet["B2"].value)
    assert name.comment is None
    lists = {str(check.sqref)[:2]: check.type for check in sheet.data_validations.dataValidation}
    assert (lists["G2"], lists["H2"]) == ("list", "list")
    producer.value, sheet["G2"].value, sheet["J2"].value = "HTX Ba", "Hợp tác xã", ""
    sheet["K3"].value = None
    out = io.BytesIO()
    book.save(out)
    again = await send(admin, out.getvalue(), kind="products")
    assert (again["counts"]["created"], again["counts"]["rejected"]) == (2, 0), again["rows"]
    ignored = [r["data"]["heading"] for r in again["remarks"] if r["code"] == "bulk.header_ignored"]
    assert ignored == []


async def test_a_column_the_file_lacks_is_added_to_be_filled_in(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    await send(
        admin,
        "product_name,producer,producer_type,province\nMật ong,HTX Một,HTX,Gia Lai\n"
        "Mật ong,HTX Hai,HTX,Gia Lai\n",
    )
    row = "Product name,Stars,Decision number,Decision date\nMật ong,4,1/QĐ,16/06/2025\n"
    done = await send(admin, row, kind="certificates")
    english = {**admin, "Accept-Language": "en"}
    book = await rejected(client, english, done["id"])
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][-1] == "Producer"
    assert sheet["H2"].fill.start_color.rgb == "FFFECACA"
    assert str(sheet["C2"].value) == "HTX Một; HTX Hai"
    sheet["H2"].value = "HTX Hai"
    out = io.BytesIO()
    book.save(out)
    assert (await send(admin, out.getvalue(), kind="certificates"))["counts"]["created"] == 1


async def test_others_do_not_get_the_rejected_rows(
    send: Send, admin: dict[str, str], officer: dict[str, str], client: httpx.AsyncClient
) -> None:
    done = await send(admin, FILE, kind="products")
    hidden = await client.get(f"/v1/imports/{done['id']}/rejected.xlsx", headers=officer)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "bulk.unknown_import")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_heading_of_a_kind_is_met_twice(kind: str) -> None:
    titles = [title for column in KINDS[kind].columns for title in {column.title_vi, column.title_en}]
    assert len(titles) == len(set(titles))


def test_marks_end_with_the_comments_a_program_can_bear_and_colours_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_COMMENTS", 3)
    path = tmp_path / "rows.xlsx"
    book = FormWorkbook(
        path,
        sheet="Dữ liệu",
        columns=[TableColumn(title="Tên")],
        lists={},
        list_sheet="Danh mục",
        created=datetime(2026, 11, 24, tzinfo=UTC),
    )
    book.append(TableRow([f"dòng {n}" + "x" * 40_000 * (n == 1)], {0: Mark("Sai")}) for n in range(9))
    book.close(spare_rows=0)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    cells = [sheet.cell(row, 1) for row in range(2, 11)]
    assert [cell.comment is not None for cell in cells] == [True] * 3 + [False] * 6
    assert {cell.fill.start_color.rgb for cell in cells} == {"FFFECACA"}
    assert len(str(cells[1].value)) == 32_767
