"""What the application needs of a maker of papers."""

from typing import Literal, Protocol

from ocop_api.adapters.pdf.label_mark import LabelMark
from ocop_api.adapters.pdf.port import CertificateSheet

MarkForm = Literal["svg", "png", "pdf"]


class PaperRenderer(Protocol):
    """Sets papers. It is CPU work of tens to hundreds of milliseconds: call it through a thread.

    The same words always give the same bytes. All methods raise ``RenderingFailed``.
    """

    def render_certificate(self, sheet: CertificateSheet) -> bytes:
        """The one-page certificate as PDF."""
        ...

    def draw_certificate(self, sheet: CertificateSheet, width: int) -> bytes:
        """The same page as a PNG of so many pixels across."""
        ...

    def draw_label_mark(self, mark: LabelMark, form: MarkForm, dpi: int = 300) -> bytes:
        """A mark at its physical size; ``dpi`` counts for PNG only. Letters in SVG are outlines."""
        ...
