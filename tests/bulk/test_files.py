"""Files from foreign hands: every format, encoding and accident, each read or refused with a reason."""

import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bulk.conftest import Send, post

from ocop_api.bulk.headers import HeaderMatcher
from ocop_api.bulk.kinds.registry import KINDS
from ocop_api.bulk.parsing import (
    UnreadableError,
    parse_date,
    parse_decimal,
    parse_gtin,
    parse_money,
    parse_phone,
)
from ocop_api.bulk.sources.opening import open_source
from ocop_api.bulk.sources.record import Record
from ocop_api.domain.errors import Invalid

PRODUCTS = KINDS["products"]
HEADER = ["Tên sản phẩm", "Tên chủ thể", "Tỉnh", "Giá bán (đồng)", "Ngày quyết định"]
ROW = ["Cà phê Đắk Mil", "HTX Đắk Mil", "Lâm Đồng", 85000, 45824]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(*rows: Sequence[object], merged: str | None = None, hidden: bool = False) -> bytes:
    book = openpyxl.Workbook()
    if hidden:
        book.active.title = "Ẩn"
        book.active.sheet_state = "hidden"
        book.create_sheet("Danh sách")
    sheet = book.worksheets[-1]
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(tmp_path: Path, content: bytes) -> tuple[list[Record], list[str]]:
    path = tmp_path / "rows"
    path.write_bytes(content)
    with closing(open_source(path, PRODUCTS)) as source:
        records = list(source.records())
        return records, [remark.code for remark in source.remarks]


def code_of(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        read(tmp_path, content)
    return refused.value.code


def test_a_workbook_is_read_below_its_titles_from_the_first_visible_sheet(tmp_path: Path) -> None:
    content = workbook(["DANH SÁCH SẢN PHẨM OCOP"], [], ["Năm 2025"], HEADER, ROW, hidden=True)
    records, _ = read(tmp_path, content)
    assert [(record.number, record.cells) for record in records] == [
        (5, ["Cà phê Đắk Mil", "HTX Đắk Mil", "Lâm Đồng", "85000", "45824"])
    ]


def test_headings_merged_downwards_are_resolved_and_across_refused(tmp_path: Path) -> None:
    down = workbook(["Tên sản phẩm", *HEADER[1:]], [None, *HEADER[1:]], ROW, merged="A1:A2")
    assert [record.cells[0] for record in read(tmp_path, down)[0]][-1] == "Cà phê Đắk Mil"
    across = workbook(["Tên sản phẩm", None, "Tỉnh", "Chủ thể"], ROW, merged="A1:B1")
    assert code_of(tmp_path, across) == "bulk.merged_header"


def test_a_formula_without_its_result_rejects_the_row_and_one_with_it_is_remarked(tmp_path: Path) -> None:
    content = workbook(HEADER, ["=A1", *ROW[1:]])
    (record,) = read(tmp_path, content)[0]
    assert [(fault.column, fault.code) for fault in record.faults] == [
        ("product_name", "bulk.formula_without_value")
    ]
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = (
        parts[sheet]
        .replace(b"<f>A1</f><v />", b"<f>A1</f><v>12</v>")
        .replace(b"<f>A1</f><v></v>", b"<f>A1</f><v>12</v>")
    )
    assert b"<v>12</v>" in parts[sheet]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
    (record,) = read(tmp_path, out.getvalue())[0]
    assert record.faults == []
    assert [remark.code for remark in record.remarks] == ["bulk.formula_value_used"]


def repacked(content: bytes, **parts: bytes) -> bytes:
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def test_bombs_macros_and_entities_are_refused_before_anything_is_parsed(tmp_path: Path) -> None:
    good = workbook(HEADER, ROW)
    bomb = repacked(good, **{"xl/media/x.xml": b"\0" * (150 * 1024 * 1024)})
    assert len(bomb) < 1024 * 1024
    assert code_of(tmp_path, bomb) == "bulk.workbook_too_large"
    assert code_of(tmp_path, repacked(good, **{"xl/vbaProject.bin": b"x"})) == "bulk.workbook_macros"
    entity = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert code_of(tmp_path, repacked(good, **{"xl/extra.xml": entity})) == "bulk.workbook_damaged"


def test_a_cell_of_a_megabyte_rejects_its_row_only(tmp_path: Path) -> None:
    content = f"product_name,producer,province\n{'x' * 1_000_000},b,c\nd,e,f\n".encode()
    records, _ = read(tmp_path, content)
    assert [len(record.cells[0]) for record in records] == [1_000_000, 1]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_and_delimiter_gives_the_same_rows(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = ["Tên sản phẩm,Chủ thể,Tỉnh", 'Cà phê,"HTX\nĐắk Mil",Lâm Đồng']
    content = "\r\n".join(line.replace(",", delimiter) for line in lines).encode(encoding)
    records, _ = read(tmp_path, content)
    assert [record.cells for record in records] == [["Cà phê", "HTX\nĐắk Mil", "Lâm Đồng"]]


def test_windows_1258_is_composed_and_a_stray_line_of_it_repaired(tmp_path: Path) -> None:
    # The code page writes a letter and its tone as two characters.
    old = "a\u0300 phê".encode("cp1258")
    header = b"product_name,producer,province\n"
    records, remarks = read(tmp_path, header + (b"C" + old + b",HTX,Gia Lai\n") * 3)
    assert (records[0].cells[0], remarks) == ("Cà phê", ["bulk.encoding"])
    mixed = header + "Cà phê,HTX,Gia Lai\n".encode() * 3 + b"C" + old + b",HTX,Gia Lai\n"
    records, remarks = read(tmp_path, mixed)
    assert {record.cells[0] for record in records} == {"Cà phê"}
    assert [[remark.code for remark in record.remarks] for record in records][2:] == [
        [],
        ["bulk.line_repaired"],
    ]


def test_a_nul_byte_rejects_its_row_only(tmp_path: Path) -> None:
    content = b"product_name,producer,province\na\x00b,c,d\ne,f,g\n"
    records, _ = read(tmp_path, content)
    assert [[fault.code for fault in record.faults] for record in records] == [["bulk.nul_byte"], []]


async def test_objects_of_any_shape_are_stored_or_explained(send: Send, admin: dict[str, str]) -> None:
    good = {"product_name": "Trà", "Chủ thể": "HTX Một", "province": "Gia Lai", "price_vnd": 85000.0}
    wide = json.dumps({f"k{n}": n for n in range(1_000_000)})
    deep = '{"product_name": ' + "[" * 5000 + "]" * 5000 + "}"
    lines = [
        json.dumps(good),
        wide,
        deep,
        "[1]",
        "{broken",
        json.dumps({**good, "producer": {"a": 1}, "Chủ thể": None}),
        json.dumps({**good, "product_name": "Trà hai", "gtin": 8936012345670.0, "màu": "xanh"}),
    ]
    done = await send(admin, "\n".join(lines), media_type="application/x-ndjson")
    codes = {number: [p["code"] for p in row["problems"]] for number, row in done["rows"].items()}
    assert codes == {
        1: [],
        2: ["bulk.line_too_long"],
        3: ["bulk.not_an_object"],
        4: ["bulk.not_an_object"],
        5: ["bulk.not_an_object"],
        6: ["bulk.nested_value"],
        7: ["bulk.gtin_invalid"],
    }
    assert (done["format"], done["counts"]["created"]) == ("ndjson", 1)
    assert "bulk.header_ignored" in {remark["code"] for remark in done["remarks"]}


async def test_a_workbook_goes_through_to_the_register(
    send: Send, admin: dict[str, str], client: httpx.AsyncClient
) -> None:
    head = [*HEADER, "Hạng sao", "Trạng thái", "Mức tin cậy", "Cột lạ"]
    done = await send(admin, workbook(head, [*ROW, 4, "Đã công nhận", "A", "x"]), media_type=XLSX)
    assert (done["format"], done["counts"]["created"]) == ("xlsx", 1)
    assert [remark["code"] for remark in done["remarks"]] == ["bulk.header_ignored"]
    (remark,) = done["rows"][2]["problems"]
    assert (remark["code"], remark["data"]["used"]) == ("bulk.date_from_serial", "2025-06-16")
    shown = (await client.get(done["rows"][2]["urls"]["product"])).json()
    assert shown["recognition"]["valid_until"] == "2028-06-16"
    unknown = await post(client, admin, workbook(head, ROW), XLSX, sheet="Khác")
    assert unknown.json()["code"] == "bulk.unknown_sheet"


def test_headings_are_matched_in_any_spelling_and_near_ones_told() -> None:
    matcher = HeaderMatcher(PRODUCTS.columns)
    found = matcher.match(["TEN SAN PHAM (*)", "chu the", "tinh", "Quy cách đóng gói", "Lạ hoắc"])
    assert found.names == ("product_name", "producer", "province", "pack", None)
    assert [remark.code for remark in found.remarks] == ["bulk.header_ignored"]
    guessed = matcher.match(["Tên sản phâmm", "Chủ thể", "Tỉnh"])
    assert [(remark.column, remark.code) for remark in guessed.remarks] == [
        ("product_name", "bulk.header_guessed")
    ]
    with pytest.raises(Invalid) as missing:
        matcher.match(["ten sp", "Chủ thể", "Tỉnh"])
    assert missing.value.code == "bulk.missing_column"
    assert missing.value.data["columns"] == ["Tên sản phẩm (product_name) ← ten sp?"]


@pytest.mark.parametrize(
    ("cell", "code", "suggestion"),
    [
        ("8.93E+12", "bulk.gtin_mangled", None),
        ("8936012345674.0", "bulk.gtin_mangled", None),
        ("12345678905", "bulk.gtin_mangled", "0012345678905"),
        ("8936012345678", "bulk.gtin_invalid", None),
    ],
)
def test_gtins_that_a_spreadsheet_spoilt_are_told_from_wrong_ones(
    cell: str, code: str, suggestion: str | None
) -> None:
    with pytest.raises(UnreadableError) as refused:
        parse_gtin(cell)
    assert refused.value.code == code
    if suggestion is not None:
        assert refused.value.suggestion == suggestion


def test_numbers_dates_and_phones_are_read_as_people_write_them() -> None:
    assert {str(parse_money(cell).value) for cell in ("85.000 đ", "85,000", "85 000", "85000.0")} == {"85000"}
    assert str(parse_decimal("1.234,5").value) == str(parse_decimal("1,234.5").value) == "1234.5"
    assert parse_date("45824").value == parse_date("16/6/2025").value == parse_date("2025-06-16").value
    assert (parse_phone("912345678").value, parse_phone("+84 912.345.678").value) == ("0912345678",) * 2
    for parse, cell, code in (
        (parse_decimal, "1.234", "bulk.number_ambiguous"),
        (parse_date, "16-6-25", "bulk.date_two_digit_year"),
        (parse_date, "99999", "bulk.date_invalid"),
    ):
        with pytest.raises(UnreadableError) as refused:
            parse(cell)
        assert refused.value.code == code


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_cell(cell: str) -> None:
    for kind in KINDS.values():
        for column in kind.columns:
            value, finding = column.read(cell)
            assert finding is None or finding.code
            assert value is not None or finding is not None or not cell or column.type == "text"
