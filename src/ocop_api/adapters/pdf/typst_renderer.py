"""PDF documents set by typst.

The template is a file of the package; the sheet reaches it as one JSON string in
``sys.inputs``, so no value is ever part of the source. Fonts are the ones inside the typst wheel
(Libertinus Serif covers Vietnamese): the same sheet gives the same bytes on every machine.
"""

import json
import threading
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

import typst

from ocop_api.adapters.pdf.port import CertificateSheet, RenderingFailed
from ocop_api.adapters.qr import ErrorLevel, qr_svg

TEMPLATES: Final = Path(__file__).with_name("templates")

PDF_STANDARD: Final = "a-2a"
"""PDF/A-2a: archival and accessible (tagged). A certificate outlives the program that made it."""


class TypstPdfRenderer:
    """Implements ``PdfRenderer``; safe to share between threads, one document at a time.

    One compiler is kept, because loading fonts and template costs far more than a page. Its inputs are
    state of the compiler, therefore the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Only the template folder is readable from a template.
        self._certificate = typst.Compiler(
            TEMPLATES / "certificate.typ", root=TEMPLATES, ignore_system_fonts=True
        )

    def render_certificate(self, sheet: CertificateSheet) -> bytes:
        """See ``PdfRenderer.render_certificate``."""
        data = {
            **asdict(sheet),
            "place_and_date": f"{sheet.place}, {_long_date(sheet.issued_on)}",
            "decision_date": _long_date(sheet.decision_date),
            "valid_until": _long_date(sheet.valid_until),
            "issued_on": sheet.issued_on.isoformat(),
            "qr": qr_svg(sheet.verification_url, level=ErrorLevel.QUARTILE, module_size=1),
        }
        # The document's own date instead of the clock's: a second download is the same file.
        stamp = datetime.combine(sheet.issued_on, time(), tzinfo=UTC)
        with self._lock:
            try:
                pdf = self._certificate.compile(
                    format="pdf",
                    sys_inputs={"sheet": json.dumps(data, ensure_ascii=False)},
                    pdf_standards=PDF_STANDARD,
                    timestamp=stamp,
                )
            except typst.TypstError as error:
                raise RenderingFailed(error.diagnostic or error.message) from error
        if not isinstance(pdf, bytes):
            raise RenderingFailed("typst returned no document")
        return pdf


def _long_date(day: date) -> str:
    """A date in words as Decree 30/2020/NĐ-CP writes it: zero before days 1-9 and months 1-2 only."""
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)  # noqa: PLR2004 - January, February
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"
