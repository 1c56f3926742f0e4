"""The scenes with files: a photo, a document with its preview, a workbook in and a workbook out."""

import asyncio
from io import BytesIO
from typing import Any

import typst
from openpyxl import load_workbook
from PIL import Image, ImageDraw, ImageFilter

from ocop_api.demo.stage import Stage

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REPORT = """
#set page(width: 148mm, height: 105mm, margin: 14mm)
#set text(font: "Libertinus Serif", size: 11pt, lang: "vi")
#align(center)[*PHIẾU KẾT QUẢ THỬ NGHIỆM* \\ Số: KN-2201]
Mẫu: cà phê bột rang xay. \\
Độ ẩm: 2,8 %. Hàm lượng caffeine: 1,9 %. Ochratoxin A: không phát hiện. \\
Kết luận: mẫu đạt yêu cầu của tiêu chuẩn đã công bố.
"""


async def photo_and_evidence(stage: Stage, certificate: dict[str, Any]) -> None:
    """The producer shows the product and hands a test report in."""
    stage.scene("A photo for the catalogue and a test report as evidence")
    product_id, producer_id = certificate["product"]["id"], certificate["producer"]["id"]
    photos = f"/v1/products/{product_id}/photos"
    await stage.ask(
        "POST",
        photos,
        who="chuthe",
        form={"role": "product", "alt_text": "Gói cà phê bột 250 g"},
        file=("goi-ca-phe.jpg", await asyncio.to_thread(_drawn_bag), "image/jpeg"),
        expect=201,
    )
    handed_in = await stage.ask(
        "POST",
        "/v1/documents",
        who="chuthe",
        form={
            "producer_id": producer_id,
            "product_id": product_id,
            "kind": "test_report",
            "title": "Phiếu kiểm nghiệm cà phê bột",
            "number": "KN-2201",
            "expires_on": "2030-12-31",
        },
        file=("phieu-kiem-nghiem.pdf", await asyncio.to_thread(_printed_report), "application/pdf"),
        expect=201,
    )
    disguised = await stage.ask(
        "POST",
        "/v1/documents",
        who="chuthe",
        form={"producer_id": producer_id, "kind": "award", "title": "Bằng khen"},
        file=("bang-khen.pdf", b"PK\x03\x04 an office file under another name", "application/pdf"),
        expect=422,
    )
    stage.tell(f"A file is what its bytes are, not its name: [dim]{disguised.json()['detail']}[/]")
    await stage.work()
    shown = (await stage.get(photos))["items"][0]
    picture = next(one for one in shown["renditions"] if one["media_type"] == "image/webp")
    stage.keep("photo-320.webp", (await stage.ask("GET", picture["url"])).content)
    stage.tell(f"The photo is public in {len(shown['renditions'])} files, none with place or time in it.")
    document = handed_in.headers["location"]
    preview = await stage.ask("GET", f"{document}/preview", who="chuthe")
    stage.keep("test-report-preview.webp", preview.content)
    found = await stage.get("/v1/documents?q=ochratoxin", "chuthe")
    stage.tell(f"“ochratoxin”, a word inside the PDF, finds: {found['items'][0]['title']}.")
    await stage.ask("GET", document, expect=401)


async def lists(stage: Stage) -> None:
    """The province's officer fills the template in, imports it, and takes the catalogue home."""
    stage.scene("A workbook comes in, the catalogue goes out")
    template = await stage.ask("GET", "/v1/imports/templates/products.xlsx", who="tinh")
    accepted = await stage.ask(
        "POST",
        "/v1/imports?kind=products",
        who="tinh",
        content=await asyncio.to_thread(_filled, template.content),
        headers={"Content-Type": _XLSX},
        expect=202,
    )
    await stage.work()
    path = accepted.headers["location"]
    report = await stage.get(f"{path}/report", "tinh", **{"Accept-Language": "en"})
    counts = report["import"]["counts"]
    stage.tell(f"Of {counts['total']} rows {counts['created']} made a product, {counts['rejected']} did not:")
    for said in report["codes"]:
        stage.tell(f"  [dim]row {said['examples'][0]}: {said['message']}[/]")
    stage.keep("rejected.xlsx", (await stage.ask("GET", f"{path}/rejected.xlsx", who="tinh")).content)
    exported = await stage.ask("GET", "/v1/products.xlsx", who="tinh")
    kept = stage.keep("catalogue.xlsx", exported.content)
    stage.tell(f"The wrong cells are red in rejected.xlsx; the whole catalogue is {kept.name}.")


def _drawn_bag() -> bytes:
    """A bag of coffee on a table, as a JPEG."""
    picture = Image.new("RGB", (1200, 900), "#e9dfd0")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 640, 1200, 900), fill="#b08d5f")
    pen.polygon([(420, 180), (780, 180), (820, 760), (380, 760)], fill="#4a2f1b")
    pen.rectangle((440, 330, 760, 600), fill="#f4ead6")
    pen.ellipse((540, 390, 660, 540), fill="#6b4226")
    pen.arc((500, 380, 640, 550), 300, 60, fill="#f4ead6", width=9)
    target = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1)).save(target, "JPEG", quality=88)
    return target.getvalue()


def _printed_report() -> bytes:
    """A test report as a laboratory would send it, in PDF."""
    printed: Any = typst.compile(_REPORT.encode(), format="pdf")
    return bytes(printed)


def _filled(template: bytes) -> bytes:
    """The template with one row as it should be and one with a misspelt province."""
    book = load_workbook(BytesIO(template))
    sheet = book.worksheets[0]
    columns = {str(cell.value).rstrip(" *"): cell.column for cell in sheet[1]}
    good = {
        "Tên sản phẩm": "Mắc ca sấy Tuy Đức",
        "Tên chủ thể": "Hợp tác xã Mắc ca Tuy Đức",
        "Tỉnh": "Tỉnh Lâm Đồng",
        "Giá bán (đồng)": 185_000,
    }
    rows: list[dict[str, Any]] = [good, {**good, "Tên sản phẩm": "Hạt mắc ca", "Tỉnh": "Lâm Đồg"}]
    for number, row in enumerate(rows, start=2):
        for title, value in row.items():
            sheet.cell(number, columns[title], value)
    target = BytesIO()
    book.save(target)
    return target.getvalue()
