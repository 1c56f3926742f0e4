"""A PDF maker for tests: remembers the sheets, makes a tiny but valid PDF without typesetting."""

from ocop_api.adapters.pdf.port import CertificateSheet


class MemoryPdfRenderer:
    """Implements ``PdfRenderer``; ``sheets`` holds what was asked for, in order."""

    def __init__(self) -> None:
        self.sheets: list[CertificateSheet] = []

    def render_certificate(self, sheet: CertificateSheet) -> bytes:
        """A blank one-page PDF that differs by certificate number (kept as a comment)."""
        self.sheets.append(sheet)
        return _blank_page(sheet.certificate_no)


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
