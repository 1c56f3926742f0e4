"""The papers of a certificate: what stands on them, and setting them away from the event loop."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.pdf.label_mark import LabelMark, least_width_mm
from ocop_api.adapters.pdf.port import CertificateSheet, RenderingFailed
from ocop_api.adapters.pdf.renderer import MarkForm, PaperRenderer
from ocop_api.adapters.pdf.typst_renderer import TypstPdfRenderer, edition_of_templates
from ocop_api.certificates import policy
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import LabelMarkQuery
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation

_RatedBy = Mapping[UUID, tuple[str | None, int | None]]

# The renderer works on one document at a time, so more threads would only wait in it.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pdf")


class PaperService:
    """What is printed of certificates at one moment. The register is public, and so are its papers."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self.session = session
        self.today = vietnam_date(now)
        self.certificates = CertificateRepository(session)

    async def certificate(self, certificate_id: UUID) -> Certificate:
        """One certificate.

        Raises:
            NotFound: ``certificate.not_found``.
        """
        return (await self._find(certificate_id)).certificate

    async def sheet(self, certificate: Certificate, verification_url: str) -> CertificateSheet:
        """The words on the certificate as it was issued; raises as ``sheets``."""
        return (await self.sheets([certificate], lambda _: verification_url))[0]

    async def sheets(
        self, certificates: Sequence[Certificate], url_of: Callable[[str], str]
    ) -> list[CertificateSheet]:
        """The words on certificates as they were issued.

        Args:
            certificates: which ones; the number of statements does not grow with them.
            url_of: from a verification code to the page that the QR symbol opens.

        Raises:
            NotFound: ``certificate.no_document`` for a recognition that was recorded, not issued here.
        """
        rated_by = await self.certificates.criteria_of({c.dossier_id for c in certificates if c.dossier_id})
        return [await self._sheet(c, url_of(c.code), rated_by) for c in certificates]

    async def _sheet(self, c: Certificate, verification_url: str, rated_by: _RatedBy) -> CertificateSheet:
        if c.source != "issued" or c.decided_on is None or c.issued_on is None or c.valid_until is None:
            raise NotFound("certificate.no_document")
        return CertificateSheet(
            certificate_no=c.number or "",
            product_name=c.product_name,
            product_group=await self._group(c.dossier_id, rated_by),
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

    async def mark(
        self, certificate_id: UUID, wanted: LabelMarkQuery, url_of: Callable[[str], str]
    ) -> LabelMark:
        """The mark for a label (*dấu sao OCOP trên nhãn*), as long as the certificate is in force.

        Args:
            certificate_id: whose stars.
            wanted: width, colour and layout.
            url_of: from a verification code to the page that the QR symbol opens.

        Raises:
            NotFound: ``certificate.not_found``.
            RuleViolation: ``certificate.mark_not_allowed`` with the standing and the dates.
            Invalid: ``certificate.mark_too_small`` with the smallest width for this symbol.
        """
        found = await self._find(certificate_id)
        policy.check_mark_allowed(found.life, self.today)
        url = url_of(found.certificate.code)
        least = least_width_mm(url, wanted.layout)
        width = max(wanted.width_mm or wanted.usual_width_mm, 0 if wanted.width_mm else least)
        if width < least:
            raise Invalid("certificate.mark_too_small", width_mm=width, least_width_mm=least)
        return LabelMark(
            stars=found.certificate.stars,
            number=found.certificate.number or "",
            verification_url=url,
            width_mm=width,
            color=wanted.color,
            layout=wanted.layout,
            dated=found.life.issued_on or self.today,
        )

    async def _find(self, certificate_id: UUID) -> CertificateRecord:
        found = await self.certificates.get(certificate_id)
        if found is None:
            raise NotFound("certificate.not_found")
        return found

    async def _group(self, dossier_id: UUID | None, rated_by: _RatedBy) -> str:
        """The group of products (*nhóm sản phẩm*) by the criteria set the dossier was rated by."""
        edition, number = (None, None) if dossier_id is None else rated_by[dossier_id]
        if edition is None or number is None:
            return ""
        return (await EditionShelf(self.session).load(edition)).criteria_set(number).text.vi


@cache
def _renderer() -> PaperRenderer:
    return TypstPdfRenderer()


async def render(sheet: CertificateSheet) -> bytes:
    """The certificate as PDF; the same sheet always gives the same bytes.

    Raises:
        RuleViolation: ``certificate.document_too_long``, the words do not fit on the page.
    """
    return await _set(_renderer().render_certificate, sheet)


async def draw(sheet: CertificateSheet, width: int) -> bytes:
    """The same page as PNG, so many pixels across; raises as ``render``."""
    return await _set(_renderer().draw_certificate, sheet, width)


async def draw_mark(mark: LabelMark, form: MarkForm, dpi: int = 300) -> bytes:
    """A mark for a label as SVG, PDF or, with ``dpi``, PNG; raises as ``render``."""
    return await _set(_renderer().draw_label_mark, mark, form, dpi)


async def _set(work: Callable[..., bytes], *words: Any) -> bytes:
    try:
        return await asyncio.get_running_loop().run_in_executor(_thread, work, *words)
    except RenderingFailed as error:
        raise RuleViolation("certificate.document_too_long") from error


def fingerprint(words: CertificateSheet | LabelMark, *form: object) -> str:
    """Names the bytes of a paper without setting it: they follow from words, form and templates alone."""

    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    told = json.dumps([edition_of_templates(), asdict(words), *map(str, form)], default=plain)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def file_name(certificate: Certificate, extension: str = "pdf") -> str:
    """A name for the saved file, letters every system takes: ``ocop-68-01-2026.pdf``."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", certificate.number or certificate.code).strip("-")
    return f"ocop-{stem}.{extension}"
