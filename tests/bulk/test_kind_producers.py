"""The register of producers, taken over from lists."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

import httpx
import pytest
from tests.bulk.conftest import Send, post

HEADER = "Tên chủ thể,Mã số thuế,Xã,Tỉnh,Người đại diện,SĐT,Thành viên,Thành viên nữ"
DAK_WIL = "HTX Đắk Wil,6400123455,Xã Đắk Wil,Lâm Đồng,Nguyễn Thị Kín,'+84 912 345 678,12,7"
HOUSEHOLD = "Hộ kinh doanh Bà Hai,,Xã Đắk Mil,Lâm Đồng,,,,"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def opendocument(rows: Sequence[Sequence[str]]) -> bytes:
    """A spreadsheet as an office program saves it, with nothing but text cells."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    written = "".join(
        f"<table:table-row>{''.join(cell.format(escape(text)) for text in row)}</table:table-row>"
        for row in rows
    )
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        f' xmlns:office="{namespace}:office:1.0" xmlns:table="{namespace}:table:1.0"'
        f' xmlns:text="{namespace}:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Chủ thể">{written}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
        f' xmlns:manifest="{namespace}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


async def test_producers_are_registered_once_and_followed_by_their_tax_code(
    send: Send, officer: dict[str, str], client: httpx.AsyncClient
) -> None:
    done = await send(officer, "\n".join((HEADER, DAK_WIL, HOUSEHOLD)), kind="producers")
    assert done["counts"]["created"] == 2
    url = done["rows"][2]["urls"]["producer"]
    shown = (await client.get(url, headers=officer)).json()
    assert (shown["legal_form"], shown["place_id"]) == ("cooperative", "34:24646")
    private = shown["private"]
    # The apostrophe is what our own CSV files put before a plus sign.
    assert (private["phone"], private["member_count"], private["members_women"]) == ("+84912345678", 12, 7)
    again = await send(officer, "\n".join((HEADER, DAK_WIL, HOUSEHOLD)), kind="producers")
    assert again["counts"]["unchanged"] == 2
    renamed = DAK_WIL.replace("HTX Đắk Wil", "HTX Nông nghiệp Đắk Wil")
    followed = await send(officer, f"{HEADER}\n{renamed}", kind="producers")
    assert followed["counts"]["updated"] == 1
    assert (await client.get(url, headers=officer)).json()["name"] == "HTX Nông nghiệp Đắk Wil"


async def test_an_opendocument_spreadsheet_is_read_like_any_other(
    send: Send, officer: dict[str, str], client: httpx.AsyncClient
) -> None:
    rows = [["DANH SÁCH CHỦ THỂ"], *(line.split(",") for line in (HEADER, DAK_WIL, HOUSEHOLD))]
    done = await send(officer, opendocument(rows), kind="producers", media_type=ODS)
    assert (done["format"], done["sheet"], done["counts"]["created"]) == ("ods", "Chủ thể", 2)
    assert (await client.get(done["rows"][3]["urls"]["producer"], headers=officer)).status_code == 200


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (DAK_WIL.replace("6400123455", "6400123456"), "tax_code", "bulk.tax_code_invalid"),
        (DAK_WIL.replace("12,7", "12,17"), "members_women", "producers.part_exceeds_whole"),
        (DAK_WIL.replace("HTX Đắk Wil", "Đắk Wil"), "producer_type", "bulk.producer_type_missing"),
        (DAK_WIL.replace("Xã Đắk Wil,Lâm Đồng", ",Gia Lai"), "province", "bulk.outside_your_area"),
    ],
)
async def test_a_wrong_row_is_explained(
    send: Send, officer: dict[str, str], row: str, column: str, code: str
) -> None:
    done = await send(officer, "\n".join((HEADER, HOUSEHOLD, row)), kind="producers")
    assert [done["rows"][n]["outcome"] for n in (2, 3)] == ["created", "rejected"]
    (problem,) = done["rows"][3]["problems"]
    assert (problem["column"], problem["code"]) == (column, code)


async def test_a_file_of_another_kind_is_refused_with_the_kind_it_fits(
    client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    listings = "Tên sản phẩm,Kênh bán,Đường dẫn\nCà phê Đắk Mil,Shopee,"
    refused = await post(client, officer, listings, kind="products")
    assert (refused.status_code, refused.json()["code"]) == (422, "bulk.wrong_kind")
    assert refused.json()["data"] == {"kind": "products", "fitting": ["listings"]}
    fits_nothing = await post(client, officer, "Trời,Đất\nxanh,nâu", kind="products")
    assert fits_nothing.json()["code"] == "bulk.unknown_header"
