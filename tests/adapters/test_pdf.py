"""The certificate as a PDF: what is on the page, and that nothing in the data can act."""

import io
import threading
import unicodedata
from dataclasses import replace
from datetime import date

import pypdf
import pytest

from ocop_api.adapters.pdf.memory import MemoryPdfRenderer
from ocop_api.adapters.pdf.port import CertificateSheet, RenderingFailed
from ocop_api.adapters.pdf.renderer import PaperRenderer
from ocop_api.adapters.pdf.typst_renderer import TypstPdfRenderer

SHEET = CertificateSheet(
    certificate_no="68-24611-3-2026",
    product_name="Cà phê bột thượng hạng Nâm Nung",
    producer_name="Hợp tác xã Nông nghiệp hữu cơ Đắk Rồ",
    producer_address="Thôn 5, xã Nâm Nung, tỉnh Lâm Đồng",
    stars=4,
    issuing_authority="Ủy ban nhân dân tỉnh Lâm Đồng",
    decision_no="512/QĐ-UBND",
    decision_date=date(2026, 2, 27),
    place="Lâm Đồng",
    issued_on=date(2026, 3, 5),
    valid_until=date(2029, 3, 5),
    signer_title="Chủ tịch",
    signer_name="Nguyễn Thị Hằng",
    verification_url="https://ocop.example.vn/verify/68-24611-3-2026",
    verification_text="ocop.example.vn/verify/68-24611-3-2026",
    product_group="Cà phê, ca cao",
)


@pytest.fixture(scope="module")
def renderer() -> TypstPdfRenderer:
    return TypstPdfRenderer()


def pages_of(pdf: bytes) -> list[pypdf.PageObject]:
    return list(pypdf.PdfReader(io.BytesIO(pdf)).pages)


def words_of(pdf: bytes) -> str:
    """The text of the whole document with every run of white space as one space."""
    return " ".join(" ".join(page.extract_text() for page in pages_of(pdf)).split())


def test_a_producer_without_an_address_leaves_no_empty_label(renderer: PaperRenderer) -> None:
    assert "Địa chỉ:" in words_of(renderer.render_certificate(SHEET))
    assert "Địa chỉ" not in words_of(renderer.render_certificate(replace(SHEET, producer_address="")))


def test_the_certificate_shows_every_field_in_composed_vietnamese(renderer: PaperRenderer) -> None:
    text = words_of(renderer.render_certificate(SHEET))
    assert text == unicodedata.normalize("NFC", text)
    for expected in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG",
        "GIẤY CHỨNG NHẬN",
        "SẢN PHẨM OCOP",
        "Số: 68-24611-3-2026",
        "Cà phê bột thượng hạng Nâm Nung",
        "Cà phê, ca cao",
        "Hợp tác xã Nông nghiệp hữu cơ Đắk Rồ",
        "Địa chỉ: Thôn 5, xã Nâm Nung, tỉnh Lâm Đồng",
        "Đạt hạng 4 sao",
        "Quyết định công nhận số: 512/QĐ-UBND ngày 27 tháng 02 năm 2026",
        "Có giá trị từ: ngày 05 tháng 3 năm 2026 Có giá trị đến: ngày 05 tháng 3 năm 2029",
        "Lâm Đồng, ngày 05 tháng 3 năm 2026",
        "CHỦ TỊCH",
        "Nguyễn Thị Hằng",
        "ocop.example.vn/verify/68-24611-3-2026",
    ):
        assert expected in text


def test_the_certificate_is_one_landscape_a4_page(renderer: PaperRenderer) -> None:
    (page,) = pages_of(renderer.render_certificate(SHEET))
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (842, 595)


def test_the_same_sheet_gives_the_same_bytes_from_any_renderer(renderer: PaperRenderer) -> None:
    first = renderer.render_certificate(SHEET)
    renderer.render_certificate(replace(SHEET, stars=5))
    assert renderer.render_certificate(SHEET) == first
    assert TypstPdfRenderer().render_certificate(SHEET) == first


def test_the_file_declares_itself_archival_and_carries_the_date_of_issue(renderer: PaperRenderer) -> None:
    reader = pypdf.PdfReader(io.BytesIO(renderer.render_certificate(SHEET)))
    metadata = reader.xmp_metadata
    assert metadata is not None
    xml = metadata.stream.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xml
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xml
    assert reader.metadata is not None
    assert reader.metadata.title == "Giấy chứng nhận sản phẩm OCOP 68-24611-3-2026"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2026, 3, 5)
    assert str(reader.root_object["/Lang"]) == "vi"


@pytest.mark.parametrize(
    "hostile",
    [
        "#panic(1) #sys.inputs",
        "$x^2$ and \\ backslash \\u{41}",
        "\"quoted\" 'single' ] [ } { ) (",
        "*bold* _lean_ `raw` = heading",
        "<label> @reference // comment /* open",
        "https://evil.example/#read(1)",
        "{{ template }} {% tag %} %s ${HOME}",
    ],
)
def test_markup_in_any_field_is_printed_literally(renderer: PaperRenderer, hostile: str) -> None:
    sheet = replace(SHEET, product_name=hostile, producer_name=hostile, signer_name=hostile, place=hostile)
    text = words_of(renderer.render_certificate(sheet))
    assert text.count(" ".join(hostile.split())) == 4


def test_each_star_awarded_is_drawn_once_more(renderer: PaperRenderer) -> None:
    filled_and_stroked = []
    for stars in (3, 4, 5):
        pdf = renderer.render_certificate(replace(SHEET, stars=stars))
        assert f"Đạt hạng {stars} sao" in words_of(pdf)
        contents = pages_of(pdf)[0].get_contents()
        assert contents is not None
        filled_and_stroked.append(contents.get_data().split().count(b"B"))
    three, four, five = filled_and_stroked
    assert (four - three, five - four) == (1, 1)


def test_long_names_wrap_and_stay_on_the_page(renderer: PaperRenderer) -> None:
    sheet = replace(
        SHEET,
        product_name="Bộ quà tặng cà phê rang xay nguyên chất, hạt tiêu đen và mắc ca sấy nứt vỏ " * 3,
        producer_name="Công ty cổ phần đầu tư sản xuất thương mại dịch vụ xuất nhập khẩu nông sản " * 3,
        producer_address="Số 1, đường Hai Bà Trưng, tổ dân phố 7, phường Nam Gia Nghĩa, tỉnh Lâm Đồng " * 3,
        superior_authority="Bộ Nông nghiệp và Môi trường",
        signer_title="TM. Ủy ban nhân dân\nKT. Chủ tịch\nPhó Chủ tịch",
    )
    pdf = renderer.render_certificate(sheet)
    (page,) = pages_of(pdf)
    assert words_of(pdf).count("mắc ca sấy nứt vỏ") == 3
    starts: list[float] = []

    def note(text: str, page_matrix: list[float], at: list[float], *_rest: object) -> None:
        if text.strip():
            starts.append(at[4] * page_matrix[0] + at[5] * page_matrix[2] + page_matrix[4])

    page.extract_text(visitor_text=note)
    margin = 26 / 25.4 * 72
    assert len(starts) > 10
    assert min(starts) > margin


def test_a_word_without_spaces_cannot_run_over_the_border(renderer: PaperRenderer) -> None:
    (page,) = pages_of(renderer.render_certificate(replace(SHEET, product_name="Siêu" * 60)))
    lines = [line for line in page.extract_text().splitlines() if "SiêuSiêu" in line.replace("\u200b", "")]
    assert len(lines) == 2


def test_a_sheet_that_needs_a_second_page_is_refused(renderer: PaperRenderer) -> None:
    with pytest.raises(RenderingFailed, match="does not fit"):
        renderer.render_certificate(replace(SHEET, producer_address="Thôn Đắk Rồ, " * 400))


def test_a_letter_without_a_glyph_is_refused_instead_of_printed_as_a_box(renderer: PaperRenderer) -> None:
    with pytest.raises(RenderingFailed, match="could not be displayed"):
        renderer.render_certificate(replace(SHEET, product_name="咖啡"))


def test_a_refused_sheet_does_not_spoil_the_next(renderer: PaperRenderer) -> None:
    before = renderer.render_certificate(SHEET)
    with pytest.raises(RenderingFailed):
        renderer.render_certificate(replace(SHEET, product_name="咖啡"))
    assert renderer.render_certificate(SHEET) == before


def test_threads_sharing_a_renderer_each_get_their_own_certificate(renderer: PaperRenderer) -> None:
    wrong: list[str] = []

    def render(number: str) -> None:
        if f"Số: {number}" not in words_of(
            renderer.render_certificate(replace(SHEET, certificate_no=number))
        ):
            wrong.append(number)

    threads = [threading.Thread(target=render, args=(f"68-24611-{serial}-2026",)) for serial in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("stars", [0, 1, 2, 6])
def test_there_is_no_certificate_below_three_stars(stars: int) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        replace(SHEET, stars=stars)


def test_the_twin_in_memory_keeps_the_sheets_and_gives_a_readable_pdf() -> None:
    twin = MemoryPdfRenderer()
    first: PaperRenderer = twin
    pdf = first.render_certificate(SHEET)
    assert len(pages_of(pdf)) == 1
    assert pdf != first.render_certificate(replace(SHEET, certificate_no="68-24611-4-2026"))
    assert [sheet.certificate_no for sheet in twin.sheets] == ["68-24611-3-2026", "68-24611-4-2026"]
