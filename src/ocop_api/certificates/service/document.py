"""The printed certificate: an immutable sheet, rendered away from the event loop."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from ocop_api.adapters.pdf.port import CertificateSheet, PdfRenderer, RenderingFailed
from ocop_api.adapters.pdf.typst_renderer import TypstPdfRenderer
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain.errors import NotFound, RuleViolation

# The renderer works on one document at a time, so more threads would only wait in it.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pdf")


@cache
def _renderer() -> PdfRenderer:
    return TypstPdfRenderer()


def sheet_of(certificate: Certificate, verification_url: str) -> CertificateSheet:
    """The words on the certificate as it was issued.

    Raises:
        NotFound: ``certificate.no_document`` for a recognition that was recorded, not issued here.
    """
    c = certificate
    if c.source != "issued" or c.decided_on is None or c.issued_on is None or c.valid_until is None:
        raise NotFound("certificate.no_document")
    return CertificateSheet(
        certificate_no=c.number or "",
        product_name=c.product_name,
        producer_name=c.producer_name,
        producer_address=c.producer_address,
        stars=c.stars,
        issuing_authority=c.issuing_authority or "",
        decision_no=c.decision_number or "",
        decision_date=c.decided_on,
        place=c.place or "",
        issued_on=c.issued_on,
        valid_until=c.valid_until,
        signer_title=c.signer_title or "",
        verification_url=verification_url,
        verification_text=verification_url.partition("://")[2],
    )


async def render(sheet: CertificateSheet) -> bytes:
    """The PDF; the same sheet always gives the same bytes.

    Raises:
        RuleViolation: ``certificate.document_too_long``, the words do not fit on the page.
    """
    try:
        return await asyncio.get_running_loop().run_in_executor(
            _thread, _renderer().render_certificate, sheet
        )
    except RenderingFailed as error:
        raise RuleViolation("certificate.document_too_long") from error


def file_name(certificate: Certificate) -> str:
    """A name for the saved file, letters every system takes: ``ocop-68-01-2026.pdf``."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", certificate.number or certificate.code).strip("-")
    return f"ocop-{stem}.pdf"
