"""Decisions of recognition: finding them, their annexes, and the papers made of these."""

import asyncio
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.pdf.port import CertificateSheet
from ocop_api.adapters.pdf_binding import Sheet, bind
from ocop_api.certificates.decisions_repository import AnnexRow, DecisionRepository
from ocop_api.certificates.decisions_schemas import (
    AnnexEntry,
    AnnexQuery,
    BookQuery,
    DecisionFilter,
    RecognitionDecisionRead,
)
from ocop_api.certificates.service import document
from ocop_api.certificates.service.annex_paper import annex_form
from ocop_api.certificates.service.decision_signing import signed_read
from ocop_api.db.paging import Rows
from ocop_api.db.tables.recognition_decisions import RecognitionDecision
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, NotFound, RuleViolation
from ocop_api.dossiers.papers.blocks import Form
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx

MOST_IN_A_BOOK: Final = 200
"""Certificates of one file: each takes some hundredths of a second to set, and a request has its deadline."""
_WHOLE_ANNEX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class AnnexPaper:
    """An annex before it is set."""

    form: Form
    at: datetime
    stem: str

    async def pdf(self) -> bytes:
        """As PDF/A, A4."""
        return await asyncio.to_thread(form_pdf, self.form, self.at)

    async def docx(self) -> bytes:
        """As a document to edit."""
        return await asyncio.to_thread(form_docx, self.form, self.at)


class DecisionService:
    """Decisions for one actor at one moment. They and their annexes are public."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = DecisionRepository(session)
        self.today = vietnam_date(now)

    async def get(self, decision_id: UUID) -> RecognitionDecision:
        """One decision; ``NotFound`` ``decision.unknown`` otherwise."""
        found = await self._rows.get(decision_id)
        if found is None:
            raise NotFound("decision.unknown")
        return found

    async def shown(self, decisions: Sequence[RecognitionDecision]) -> list[RecognitionDecisionRead]:
        """Decisions with what is counted of their annexes and which signed paper counts."""
        ids = [decision.id for decision in decisions]
        stars = await self._rows.stars(ids)
        signed = await self._rows.current_signed(ids)
        found = []
        for decision in decisions:
            counted = stars.get(decision.id, {})
            paper = signed.get(decision.id)
            found.append(
                RecognitionDecisionRead(
                    id=decision.id,
                    number=decision.number,
                    decided_on=decision.decided_on,
                    level=Level(decision.level),
                    place_id=decision.place_id,
                    issuing_authority=decision.issuing_authority,
                    signer_title=decision.signer_title,
                    place=decision.place,
                    products=sum(counted.values()),
                    three_stars=counted.get(3, 0),
                    four_stars=counted.get(4, 0),
                    five_stars=counted.get(5, 0),
                    signed=None if paper is None else signed_read(paper, current=True),
                    created_at=decision.created_at,
                )
            )
        return found

    async def page(self, wanted: DecisionFilter) -> tuple[Rows, list[RecognitionDecisionRead]]:
        """One page of decisions."""
        rows = await self._rows.page(wanted)
        return rows, await self.shown(list(rows.items))

    async def annex(self, decision_id: UUID, wanted: AnnexQuery) -> tuple[Rows, list[AnnexEntry]]:
        """One page of the annex, in its order; ``NotFound`` as ``get``."""
        await self.get(decision_id)
        rows = await self._rows.annex(decision_id, wanted.slice())
        return rows, [self._entry(row) for row in rows.items]

    async def entries(self, decision_id: UUID, first: int, last: int) -> list[AnnexEntry]:
        """The places ``first`` to ``last`` of an annex."""
        return [self._entry(row) for row in await self._rows.annex_between(decision_id, first, last)]

    async def annex_paper(self, decision_id: UUID) -> AnnexPaper:
        """The whole annex as a paper; ``NotFound`` as ``get``."""
        decision = await self.get(decision_id)
        annex = await self._rows.annex_between(decision_id, 1, _WHOLE_ANNEX)
        # The decision's own day instead of the clock's: a second printing is the same file.
        at = datetime.combine(decision.decided_on, time(), tzinfo=UTC)
        return AnnexPaper(annex_form(decision, annex), at, f"phu-luc-{_stem(decision)}")

    async def book(
        self, decision_id: UUID, wanted: BookQuery, url_of: Callable[[str], str]
    ) -> tuple[str, list[CertificateSheet]]:
        """The certificates of places of an annex, in its order, and a name for their file.

        Args:
            decision_id: whose annex.
            wanted: first and last place; the whole annex if left out.
            url_of: from a verification code to the page that the QR symbol opens.

        Raises:
            NotFound: ``decision.unknown``.
            Forbidden: ``auth.not_permitted`` for those who do not read dossiers of the issuer's area.
            RuleViolation: ``decision.no_such_places``, ``decision.too_many_certificates``.
        """
        decision = await self.get(decision_id)
        scope = self._actor.scope(Permission.DOSSIER_READ)
        if not scope.covers(area_path=decision.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.DOSSIER_READ.value)
        first = wanted.from_place or 1
        annex = await self._rows.annex_between(decision_id, first, wanted.to_place or _WHOLE_ANNEX)
        if not annex:
            raise RuleViolation("decision.no_such_places")
        if len(annex) > MOST_IN_A_BOOK:
            raise RuleViolation("decision.too_many_certificates", count=len(annex), limit=MOST_IN_A_BOOK)
        papers = document.PaperService(self._session, self._now)
        sheets = await papers.sheets([row.record.certificate for row in annex], url_of)
        return f"giay-chung-nhan-{_stem(decision)}", sheets

    def _entry(self, row: AnnexRow) -> AnnexEntry:
        c = row.record.certificate
        return AnnexEntry.model_validate(
            {
                "certificate_id": c.id,
                "status": row.record.life.standing(self.today),
                "product_code": row.product_code,
                **{name: getattr(c, name) for name in _OF_CERTIFICATE},
            }
        )


_OF_CERTIFICATE = tuple(
    name for name in AnnexEntry.model_fields if name not in {"certificate_id", "status", "product_code"}
)


async def bound(sheets: Sequence[CertificateSheet], title: str) -> bytes:
    """Certificates in one PDF, a page each, for printing; no database is needed.

    Raises:
        RuleViolation: ``certificate.document_too_long``, the words of one do not fit on the page.
        Unavailable: ``documents.binding_failed``.
    """
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for place, sheet in enumerate(sheets):
            path = Path(folder) / f"{place:04d}.pdf"
            await asyncio.to_thread(path.write_bytes, await document.render(sheet))
            parts.append(Sheet(str(path), "application/pdf"))
        output = Path(folder) / "book.pdf"
        await bind(parts, output, title=title)
        return await asyncio.to_thread(output.read_bytes)


def _stem(decision: RecognitionDecision) -> str:
    number = re.sub(r"[^A-Za-z0-9]+", "-", decision.number.replace("Đ", "D")).strip("-")
    return f"{number}-{decision.decided_on:%Y%m%d}"
