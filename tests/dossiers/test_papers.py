"""The official forms: filled in, marked while a draft, frozen once lodged, safe with any text."""

import io
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader
from tests.conftest import MovableClock

from ocop_api.domain.dossier import DossierKind

from .conftest import FORM_03, LETTER, UNDER_148, Headers, Trade, full_contents

HOSTILE = [
    '#import "x"',
    "*đậm* _nghiêng_ $x$",
    "<w:p/>&amp;",
    "🧋 trà sữa",
    "dòng một\ndòng hai",
    "x" * 9_000,
]


async def paper(trade: Trade, path: str, actor: Headers) -> bytes:
    answer = await trade.client.get(f"/v1/dossiers/{path}", headers=actor)
    assert answer.status_code == 200, answer.text
    return answer.content


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def docx_text(content: bytes) -> str:
    word = Document(io.BytesIO(content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    heads = [paragraph.text for paragraph in word.sections[0].header.paragraphs]
    return "\n".join([*heads, *(paragraph.text for paragraph in word.paragraphs), *cells])


def plain(text: str) -> str:
    """Without spaces and breaks, which a PDF does not keep."""
    return "".join(text.split())


async def test_forms_of_a_lodged_file_are_filled_in(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    one, commune = dossier["id"], people["commune_officer"]
    await trade.done(one, "receive", commune, samples=5)
    none_yet = await trade.client.get(f"/v1/dossiers/{one}/forms/03.pdf", headers=producer)
    assert (none_yet.status_code, none_yet.json()["code"]) == (404, "dossier.no_form_03")
    await trade.done(one, "forward", commune, form_03=FORM_03, request_letter=LETTER)
    wanted = {
        "01": ["PHIẾU ĐĂNG KÝ", "Hợp tác xã Nông nghiệp Đắk Wil", "Nguyễn Thị Hoa", "1/PĐK-68-24611-2026"],
        "02": ["BÁO CÁO TỰ ĐÁNH GIÁ", "Thành lập năm 2018.", "Giấy đăng ký kinh doanh", "6400123456"],
        "03": ["Phường Bắc Gia Nghĩa", "Đúng như hồ sơ.", "45/TTr-UBND", "tỉnh Lâm Đồng"],
    }
    for number, words in wanted.items():
        for text in (
            pdf_text(await paper(trade, f"{one}/forms/{number}.pdf", producer)),
            docx_text(await paper(trade, f"{one}/forms/{number}.docx", people["province_officer"])),
        ):
            assert plain("Độc lập - Tự do - Hạnh phúc") in plain(text)
            for word in words:
                assert plain(word).lower() in plain(text).lower(), (number, word)
            assert "BẢN NHÁP" not in text
    report = docx_text(await paper(trade, f"{one}/forms/02.docx", producer))
    assert "Tổng điểm tự đánh giá" in report
    assert "a) Giấy đăng ký kinh doanh: ☒" in report
    assert "d) Đã có đăng ký sở hữu trí tuệ: ☐" in report
    slip = docx_text(await paper(trade, f"{one}/forms/01.docx", producer))
    assert "Lần đầu ☒" in slip
    assert "Nâng hạng: ☐" in slip
    hidden = await trade.client.get(f"/v1/dossiers/{one}/forms/01.pdf", headers=people["elsewhere_officer"])
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")
    first = await trade.client.get(f"/v1/dossiers/{one}/forms/01.docx", headers=producer)
    again = await trade.client.get(
        f"/v1/dossiers/{one}/forms/01.docx", headers=producer | {"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert first.headers["content-disposition"].endswith('"form-01-68-24611-1-2026.docx"')


async def test_draft_is_marked_and_versions_are_printed_as_they_were(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner, kind=DossierKind.FIRST.value)
    assert "BẢN NHÁP" in docx_text(await paper(trade, f"{draft['id']}/forms/01.docx", owner))
    assert plain("BẢN NHÁP") in plain(pdf_text(await paper(trade, f"{draft['id']}/forms/02.pdf", owner)))
    await trade.write(draft["id"], owner, full_contents("qd26-2026"))
    await trade.done(draft["id"], "lodge", owner)
    commune = people["commune_officer"]
    await trade.done(draft["id"], "receive", commune)
    items = [{"what": "Sửa tên"}]
    await trade.done(draft["id"], "request-supplement", commune, items=items, due_on="2026-07-15")
    contents = full_contents("qd26-2026")
    contents["registration"]["organisation"] = "Tên đã sửa"
    await trade.write(draft["id"], owner, contents)
    # What is being written is not lodged yet.
    assert "Tên đã sửa" not in docx_text(await paper(trade, f"{draft['id']}/forms/01.docx", commune))
    await trade.done(draft["id"], "resubmit", owner, answers=[{"item": 1, "answer": "Xong."}])
    assert "Tên đã sửa" in docx_text(await paper(trade, f"{draft['id']}/forms/01.docx", commune))
    old = await paper(trade, f"{draft['id']}/forms/01.docx?form_version=1", commune)
    assert "Tên đã sửa" not in docx_text(old)
    missing = await trade.client.get(
        f"/v1/dossiers/{draft['id']}/forms/01.pdf?form_version=9", headers=commune
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "dossier.unknown_version")


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
async def test_no_text_acts_as_markup(trade: Trade, clock: MovableClock, text: str) -> None:
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    contents: dict[str, Any] = full_contents("qd26-2026")
    contents["report"]["plan_results"] = text
    contents["registration"]["organisation"] = text[:200].replace("\n", " ")
    assert (await trade.write(draft["id"], owner, contents)).status_code == 200
    word = docx_text(await paper(trade, f"{draft['id']}/forms/02.docx", owner))
    assert text in word
    printed = pdf_text(await paper(trade, f"{draft['id']}/forms/02.pdf", owner))
    shown = plain(text).replace("🧋", "")
    assert shown[:60] in plain(printed)


async def test_file_of_148_names_its_own_decision_and_has_no_report_of_a_commune(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    clock.at = UNDER_148
    dossier, owner = await trade.lodged(UNDER_148, edition="qd148-2023", place_id="63:24611")
    report = docx_text(await paper(trade, f"{dossier['id']}/forms/02.docx", owner))
    assert "Giám đốc, kế toán, hai tổ sản xuất." in report
    content = await paper(trade, f"{dossier['id']}/forms/01.pdf", people["old_district_officer"])
    assert plain("148/QĐ-TTg") in plain(pdf_text(content))
    none = await trade.client.get(f"/v1/dossiers/{dossier['id']}/forms/03.docx", headers=owner)
    assert (none.status_code, none.json()["code"]) == (404, "dossier.no_form_03")


async def test_same_file_gives_the_same_bytes(trade: Trade, clock: MovableClock) -> None:
    # A real clock does not stand at whole seconds.
    clock.at = clock.at.replace(microsecond=123_456)
    dossier, owner = await trade.lodged(clock())
    for name in ("01.pdf", "02.docx"):
        path = f"{dossier['id']}/forms/{name}"
        assert await paper(trade, path, owner) == await paper(trade, path, owner)
