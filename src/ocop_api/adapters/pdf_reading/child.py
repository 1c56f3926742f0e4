"""Runs as a process of its own, started by ``reading``: opens the file on standard input.

A file made to crash or hold up the renderer ends this process and nothing else. It answers with one
JSON object on standard output and imports as little as it can, so that it starts fast.
"""

import base64
import contextlib
import io
import json
import os
import sys
import unicodedata
from typing import Any

from ocop_api.adapters.pdf_reading.marks import ActiveContent, faults_of, is_archive

_SECONDS = 20
_MEMORY = 1536 * 1024 * 1024
_TEXT_PAGES = 200
_TEXT_BYTES = 1024 * 1024
_PIXELS = 60_000_000
_SIDE = 1200
_OPENED_PAGES = 20
"""Pages opened for inspection; a document of thousands is not read while its sender waits."""
_XFA_FORMS = (2, 3)
SEARCHED_PAGES = 10
"""Pages in which QR symbols are looked for; a certificate has one."""
_SYMBOLS = 20
_SYMBOL_TEXT = 1024
_WORDS_BYTES = 64 * 1024
_FIRST_LOOK = 2000
_SECOND_LOOK = 4500
"""Pixels on the longer side: enough for most symbols, and for a small one on a large page."""


def limit(seconds: int) -> None:
    """Bound this process; where the system knows no such limits only the parent's patience counts."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _document(content: bytes) -> Any:
    import pypdfium2  # noqa: PLC0415 - only for PDFs

    return pypdfium2.PdfDocument(content)


def inspect_pdf(content: bytes) -> dict[str, Any]:
    """Pages and what acts, by the bytes and by the library; ``error`` when it is not a whole, open PDF."""
    import pypdfium2  # noqa: PLC0415
    from pypdfium2 import raw  # noqa: PLC0415

    faults = faults_of(content)
    if faults.truncated or faults.foreign_data:
        return {"error": "foreign_data" if faults.foreign_data else "damaged"}
    try:
        document = _document(content)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower() or "security" in str(error).lower()
        return {"error": "encrypted" if locked else "damaged"}
    pages = len(document)
    try:
        for number in range(min(pages, _OPENED_PAGES)):
            document[number].close()
    except pypdfium2.PdfiumError:
        return {"error": "damaged"}
    if faults.encrypted or raw.FPDF_GetSecurityHandlerRevision(document) >= 0:
        return {"error": "encrypted"}
    found = {
        ActiveContent.JAVASCRIPT: raw.FPDFDoc_GetJavaScriptActionCount(document) > 0,
        ActiveContent.EMBEDDED_FILE: raw.FPDFDoc_GetAttachmentCount(document) > 0,
        ActiveContent.FORM_XFA: raw.FPDF_GetFormType(document) in _XFA_FORMS,
    }
    active = {*faults.active, *(part for part, present in found.items() if present)}
    return {"pages": pages, "active": sorted(active)} if pages else {"error": "damaged"}


def inspect_picture(content: bytes) -> dict[str, Any]:
    """Decode all of it; ``error`` when that does not succeed or it is an archive as well."""
    if is_archive(content):
        return {"error": "foreign_data"}
    _opened(content).load()
    return {"pages": 1, "active": []}


def _webp(image: Any) -> str:
    from PIL import Image  # noqa: PLC0415

    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    image.convert("RGB").save(target, "WEBP", quality=80, method=4)
    return base64.b64encode(target.getvalue()).decode()


def read_pdf(content: bytes) -> dict[str, Any]:
    """A picture of the first page and the text of the first pages."""
    document = _document(content)
    page = document[0]
    scale = min(_SIDE / max(1.0, *page.get_size()), 4.0)
    picture = _webp(page.render(scale=scale).to_pil())
    texts: list[str] = []
    left = _TEXT_BYTES
    for number in range(min(len(document), _TEXT_PAGES)):
        text = unicodedata.normalize("NFC", document[number].get_textpage().get_text_range())
        text = text.encode("utf-8", "ignore")[:left].decode("utf-8", "ignore").replace("\0", " ")
        texts.append(text)
        left -= len(text.encode())
        if left <= 0:
            break
    return {"preview": picture, "text": "\n".join(texts)}


def _opened(content: bytes) -> Any:
    from PIL import Image  # noqa: PLC0415

    image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
    if image.width * image.height > _PIXELS:
        raise ValueError("too many pixels")
    return image


def read_picture(content: bytes) -> dict[str, Any]:
    """A small copy, upright, on white where it is transparent."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    image = _opened(content)
    image.draft("RGB", (_SIDE * 2, _SIDE * 2))
    image = ImageOps.exif_transpose(image)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        shown = image.convert("RGBA")
        image = Image.new("RGB", shown.size, "white")
        image.paste(shown, mask=shown)
    return {"preview": _webp(image), "text": ""}


def search_pdf(content: bytes) -> dict[str, Any]:
    """QR symbols and words of each page; ``error`` when it is locked, broken or has too many pages."""
    import pypdfium2  # noqa: PLC0415
    from pypdfium2 import raw  # noqa: PLC0415

    try:
        document = _document(content)
        pages = len(document)
        if raw.FPDF_GetSecurityHandlerRevision(document) >= 0:
            return {"error": "encrypted"}
        if not pages:
            return {"error": "damaged"}
        if pages > SEARCHED_PAGES:
            return {"error": "too_many_pages"}
        symbols: list[tuple[int, str]] = []
        texts: list[str] = []
        for number in range(pages):
            page = document[number]
            texts.append(page.get_textpage().get_text_range())
            longer = max(1.0, *page.get_size())
            found: list[str] = []
            for pixels in (_FIRST_LOOK, _SECOND_LOOK):
                # Small pages, such as a mark for a label, are not drawn larger than a printer would.
                image = page.render(scale=min(pixels / longer, 20.0), grayscale=True).to_pil()
                found = _symbols(image)
                if found:
                    break
            symbols.extend((number + 1, text) for text in found)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower() or "security" in str(error).lower()
        return {"error": "encrypted" if locked else "damaged"}
    words = unicodedata.normalize("NFC", "\n".join(texts))
    words = words.encode("utf-8", "ignore")[:_WORDS_BYTES].decode("utf-8", "ignore").replace("\0", " ")
    return {"pages": pages, "symbols": _distinct(symbols), "text": words}


def search_picture(content: bytes) -> dict[str, Any]:
    """QR symbols of a picture; a photo is looked at from afar first, then from near."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    image = _opened(content)
    # Of a JPEG only the brightness is decoded.
    image.draft("L", image.size)
    image = ImageOps.exif_transpose(image)
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        shown = image.convert("RGBA")
        image = Image.new("RGB", shown.size, "white")
        image.paste(shown, mask=shown)
    image = image.convert("L")
    whole = max(image.size)
    found: list[str] = []
    for pixels in (_FIRST_LOOK, _SECOND_LOOK, whole):
        looked = image.copy()
        looked.thumbnail((pixels, pixels), Image.Resampling.LANCZOS, reducing_gap=2.0)
        found = _symbols(looked)
        if not found and pixels == _FIRST_LOOK:
            found = _symbols(ImageOps.autocontrast(looked, cutoff=2))
        if found or pixels >= whole:
            break
    if not found and whole <= _FIRST_LOOK:
        # A screenshot may have less than two pixels for a module; drawn larger it is read all the same.
        found = _symbols(image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC))
    symbols = _distinct([(1, text) for text in found])
    return {"pages": 1, "symbols": symbols, "text": "", "width": image.width}


def _symbols(image: Any) -> list[str]:
    import zxingcpp  # noqa: PLC0415 - only where symbols are looked for

    only = zxingcpp.barcode_formats_from_str("QRCode")
    read = zxingcpp.read_barcodes(image, formats=only)
    return [found.text for found in read[:_SYMBOLS]]


def _distinct(symbols: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Each text once, with the first page it stands on."""
    first: dict[str, int] = {}
    for page, text in symbols:
        clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")[:_SYMBOL_TEXT]
        first.setdefault(clean, page)
    return [(page, text) for text, page in first.items()][:_SYMBOLS]


def main(task: str) -> None:
    """Do one task with the file on standard input."""
    limit(_SECONDS)
    # The parent hands over its own open file, wherever it has just read to.
    os.lseek(0, 0, os.SEEK_SET)
    with os.fdopen(0, "rb", closefd=False) as source:
        content = source.read()
    tasks = {
        "inspect_pdf": inspect_pdf,
        "inspect_picture": inspect_picture,
        "read_pdf": read_pdf,
        "read_picture": read_picture,
        "search_pdf": search_pdf,
        "search_picture": search_picture,
    }
    answer = tasks[task](content)
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # The library's own clean-up may crash on a hostile file after the answer is out.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
