"""Reading papers as a telephone does, and making them worse."""

import io
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter


def page_of(pdf: bytes, dpi: int) -> Image.Image:
    """The first page of a PDF as a printer would draw it."""
    return pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil().convert("RGB")  # type: ignore[no-any-return]


def picture_of(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def symbols_in(image: Image.Image) -> list[Any]:
    return list(zxingcpp.read_barcodes(image, formats=zxingcpp.barcode_formats_from_str("QRCode")))


def texts_in(image: Image.Image) -> list[str]:
    return [found.text for found in symbols_in(image)]


def scratched(image: Image.Image, part: float) -> Image.Image:
    """The picture with so much of its one symbol's side blotted out, in the corner without a finder."""
    (found,) = symbols_in(image)
    where = found.position
    left, top, right, bottom = where.top_left.x, where.top_left.y, where.bottom_right.x, where.bottom_right.y
    worse = image.copy()
    ImageDraw.Draw(worse).rectangle(
        (right - (right - left) * part, bottom - (bottom - top) * part, right, bottom), fill="white"
    )
    return worse


def photographed(image: Image.Image, *, width: int, degrees: float = 4, blur: float = 0.8) -> Image.Image:
    """As a hand-held telephone sees it: smaller, turned, a little out of focus, stored as JPEG."""
    turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="#777")
    turned.thumbnail((width, width), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    turned.filter(ImageFilter.GaussianBlur(blur)).save(out, "JPEG", quality=70)
    return Image.open(io.BytesIO(out.getvalue()))


def as_file(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()
