"""A maker of papers for tests: remembers what was asked for, makes tiny but valid files."""

import io

from PIL import Image

from ocop_api.adapters.pdf.label_mark import LabelMark
from ocop_api.adapters.pdf.port import CertificateSheet
from ocop_api.adapters.pdf.renderer import MarkForm


class MemoryPdfRenderer:
    """Implements ``PaperRenderer``; ``sheets`` and ``marks`` hold what was asked for, in order."""

    def __init__(self) -> None:
        self.sheets: list[CertificateSheet] = []
        self.marks: list[LabelMark] = []

    def render_certificate(self, sheet: CertificateSheet) -> bytes:
        """A blank one-page PDF that differs by certificate number (kept as a comment)."""
        self.sheets.append(sheet)
        return _blank_page(sheet.certificate_no)

    def draw_certificate(self, sheet: CertificateSheet, width: int) -> bytes:
        """A white picture of so many pixels across."""
        self.sheets.append(sheet)
        return _blank_picture(width)

    def draw_label_mark(self, mark: LabelMark, form: MarkForm, dpi: int = 300) -> bytes:
        """Something white in the form asked for."""
        self.marks.append(mark)
        if form == "svg":
            return b'<svg xmlns="http://www.w3.org/2000/svg"/>'
        return (
            _blank_page(mark.number) if form == "pdf" else _blank_picture(round(mark.width_mm / 25.4 * dpi))
        )


def _blank_picture(width: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, width), 255).save(out, "PNG")
    return out.getvalue()


def _blank_page(label: str) -> bytes:
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 595]>>",
    )
    body = bytearray(b"%PDF-1.7\n%" + label.encode("utf-8").hex().encode("ascii") + b"\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj%bendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 4\n0000000000 65535 f \n"
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(body)
