"""Papers set by typst: as PDF, and as pictures from the same templates.

The template is a file of the package; the sheet reaches it as one JSON string in
``sys.inputs``, so no value is ever part of the source. Fonts are the ones inside the typst wheel
(Libertinus Serif covers Vietnamese): the same sheet gives the same bytes on every machine.
"""

import hashlib
import json
import struct
import threading
import zlib
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import typst

from ocop_api.adapters.pdf.label_mark import LabelMark
from ocop_api.adapters.pdf.port import CertificateSheet, RenderingFailed
from ocop_api.adapters.pdf.renderer import MarkForm
from ocop_api.adapters.qr import ErrorLevel, qr_svg

TEMPLATES: Final = Path(__file__).with_name("templates")

PDF_STANDARD: Final = "a-2a"
"""PDF/A-2a: archival and accessible (tagged). A certificate outlives the program that made it."""
_MARK_STANDARD: Final = "a-2b"
"""Fonts inside and colours defined, which printers need; a mark has no text to be read aloud."""
_INCH_MM: Final = 25.4
_AFTER_HEADER: Final = 33
"""Bytes of a PNG's signature and header chunk."""


PAGE_WIDTH_MM: Final = 297
"""Width of the certificate: A4 in landscape."""


@cache
def edition_of_templates() -> str:
    """What, beside the words, the bytes of a paper depend on: the templates and their typesetter."""
    digest = hashlib.sha256(version("typst").encode())
    for template in sorted(TEMPLATES.glob("*.typ")):
        digest.update(template.read_bytes())
    return digest.hexdigest()


class TypstPdfRenderer:
    """Implements ``PaperRenderer``; safe to share between threads, one document at a time.

    One compiler is kept for each template, because loading fonts and template costs far more than a page.
    Its inputs are state of the compiler, therefore the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._certificate = _compiler("certificate.typ")
        self._mark = _compiler("label_mark.typ")

    def render_certificate(self, sheet: CertificateSheet) -> bytes:
        """See ``PaperRenderer.render_certificate``."""
        return self._compile(
            self._certificate,
            {"sheet": _text(_words_of(sheet))},
            # The document's own date instead of the clock's: a second download is the same file.
            {"format": "pdf", "pdf_standards": PDF_STANDARD, "timestamp": _midnight(sheet.issued_on)},
        )

    def draw_certificate(self, sheet: CertificateSheet, width: int) -> bytes:
        """See ``PaperRenderer.draw_certificate``."""
        return self._compile(
            self._certificate,
            {"sheet": _text(_words_of(sheet))},
            {"format": "png", "ppi": width / PAGE_WIDTH_MM * _INCH_MM},
        )

    def draw_label_mark(self, mark: LabelMark, form: MarkForm, dpi: int = 300) -> bytes:
        """See ``PaperRenderer.draw_label_mark``."""
        options: dict[MarkForm, dict[str, Any]] = {
            "svg": {"format": "svg"},
            "png": {"format": "png", "ppi": float(dpi)},
            "pdf": {"format": "pdf", "pdf_standards": _MARK_STANDARD, "timestamp": _midnight(mark.dated)},
        }
        made = self._compile(self._mark, {"mark": _text(mark.drawing())}, options[form])
        return _with_density(made, dpi) if form == "png" else made

    def _compile(self, compiler: typst.Compiler, inputs: dict[str, str], options: dict[str, Any]) -> bytes:
        with self._lock:
            try:
                made = compiler.compile(sys_inputs=inputs, **options)
            except typst.TypstError as error:
                raise RenderingFailed(error.diagnostic or error.message) from error
        if not isinstance(made, bytes):
            raise RenderingFailed("typst returned no document")
        return made


def _compiler(template: str) -> typst.Compiler:
    # Only the template folder is readable from a template.
    return typst.Compiler(TEMPLATES / template, root=TEMPLATES, ignore_system_fonts=True)


def _words_of(sheet: CertificateSheet) -> dict[str, Any]:
    return {
        **asdict(sheet),
        "place_and_date": f"{sheet.place}, {_long_date(sheet.issued_on)}",
        "decision_date": _long_date(sheet.decision_date),
        "valid_from": _long_date(sheet.issued_on),
        "valid_until": _long_date(sheet.valid_until),
        "issued_on": sheet.issued_on.isoformat(),
        "qr": qr_svg(sheet.verification_url, level=ErrorLevel.QUARTILE, module_size=1),
    }


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _with_density(png: bytes, dpi: int) -> bytes:
    """The picture with its dots per metre (chunk pHYs), so that it is placed at its physical size."""
    body = b"pHYs" + struct.pack(">IIB", *[round(dpi / _INCH_MM * 1000)] * 2, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_AFTER_HEADER] + chunk + png[_AFTER_HEADER:]


def _long_date(day: date) -> str:
    """A date in words as Decree 30/2020/NĐ-CP writes it: zero before days 1-9 and months 1-2 only."""
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)  # noqa: PLR2004 - January, February
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"
