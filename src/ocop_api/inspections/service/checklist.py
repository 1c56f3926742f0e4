"""Making the checklist of an inspection: the criteria of the rated file, its papers, and the fixed items.

Of the rating only what the producer's own report tells is used: the council's mean and the level that its
majority reached, never anybody's sheet.
"""

import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.documents import Document
from ocop_api.db.tables.inspections import Inspection, InspectionItem
from ocop_api.documents.service import CitationService
from ocop_api.domain.actor import Actor
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError
from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.inspection import Content
from ocop_api.domain.inspection_findings import ItemFinding
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.service import DossierService
from ocop_api.products.service import ProductService
from ocop_api.scoring.schemas.rating_report import ReportedCriterion
from ocop_api.scoring.service.rating_reports import RatingReportService

_PAPERS: Final = {
    EvidenceKind.PRODUCTION_CONDITION: Content.FOOD_SAFETY,
    EvidenceKind.QUALITY_DECLARATION: Content.FOOD_SAFETY,
    EvidenceKind.TEST_REPORT: Content.FOOD_SAFETY,
    EvidenceKind.ADVANCED_QUALITY_MANAGEMENT: Content.FOOD_SAFETY,
    EvidenceKind.ENVIRONMENT: Content.ENVIRONMENT,
}
"""Kinds of evidence that have to stay valid, and what they belong to."""
_BY_FILE: Final = "26/2026/QĐ-TTg, Điều 9.3a"
_BY_LAW: Final = "26/2026/QĐ-TTg, Điều 8.1c"


@cache
def fixed_items() -> tuple[dict[str, str], ...]:
    """The items of every inspection, from the data file of this package."""
    text = resources.files("ocop_api.inspections").joinpath("checklist.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["items"])


class ChecklistService:
    """Makes checklists for an actor who has been let in."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        # Inspectors need not be able to read the dossier itself.
        system = replace(actor, system=True)
        self._dossiers = DossierService(session, system, now)
        self._products = ProductService(session, system, now)
        self._reports = RatingReportService(session, system, now)
        self._now = now
        self._today = vietnam_date(now)

    async def make(self, inspection: Inspection, certificate: Certificate) -> list[InspectionItem]:
        """The items of an inspection that begins, none of them answered, and the set they come from."""
        wanted = {Content(one) for one in inspection.contents}
        drafted: list[dict[str, Any]] = [
            {
                "kind": "fixed",
                "code": one["code"],
                "content": one["content"],
                "ground": one["ground"],
                "source": one["source"],
                "text_vi": one["vi"],
                "text_en": one["en"],
            }
            for one in fixed_items()
        ]
        drafted += [one async for one in self._papers(certificate)]
        if Content.CRITERIA in wanted:
            criteria_set = await self._set(certificate)
            if criteria_set is not None:
                inspection.edition, inspection.set_number = criteria_set.edition, criteria_set.number
                drafted += _of_set(criteria_set, await self._reached(certificate))
        order = list(Content)
        kept = sorted(
            (one for one in drafted if Content(one["content"]) in wanted),
            key=lambda one: order.index(Content(one["content"])),
        )
        return [
            InspectionItem(
                id=uuid7(),
                inspection_id=inspection.id,
                ordinal=ordinal,
                finding=ItemFinding.NOT_CHECKED.value,
                note="",
                **one,
            )
            for ordinal, one in enumerate(kept, 1)
        ]

    async def _set(self, certificate: Certificate) -> CriteriaSet | None:
        """The criteria the product was rated by, or those of its set on the day of the decision."""
        if certificate.dossier_id is not None:
            dossier = await self._dossiers.get(certificate.dossier_id)
            if dossier.edition is not None:
                return load_edition(dossier.edition).criteria_set(dossier.set_number)
        product = await self._products.get(certificate.product_id)
        if product.set_number is None:
            return None
        shelf = EditionShelf(self._session)
        for day in (certificate.decided_on, self._today):
            if day is None:
                continue
            try:
                return (await shelf.in_force(day)).criteria_set(product.set_number)
            except DomainError:
                # No edition of that day is held; the criteria in force today are the next best.
                continue
        return None

    async def _reached(self, certificate: Certificate) -> dict[str, ReportedCriterion]:
        if certificate.dossier_id is None:
            return {}
        parts = await self._reports.reached(certificate.dossier_id)
        return {criterion.code: criterion for part in parts for criterion in part.criteria}

    async def _papers(self, certificate: Certificate) -> AsyncIterator[dict[str, Any]]:
        if certificate.dossier_id is None:
            return
        citations = CitationService(self._session)
        cited = [one for one in await citations.cited_by(certificate.dossier_id) if one.kind in set(_PAPERS)]
        newest = await citations.newest([one.id for one in cited])
        # Two versions of one paper may both have been cited; the newest stands for them once.
        shown = {found.id: (one, found) for one in cited for found in [newest.get(one.id, one)]}
        for ordinal, (rated, found) in enumerate(shown.values(), 1):
            kind = EvidenceKind(found.kind)
            yield {
                "kind": "document",
                "code": f"document.{ordinal}",
                "content": _PAPERS[kind].value,
                "ground": WithdrawalGround.VIOLATION_OF_LAW.value,
                "source": _BY_LAW,
                "text_vi": f"{KINDS[kind].vi}: {found.title}",
                "text_en": f"{KINDS[kind].en}: {found.title}",
                "expected": _document(found, renewed=found.id != rated.id, today=self._today),
            }


def _document(found: Document, *, renewed: bool, today: date) -> dict[str, Any]:
    def day(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    return {
        "document_id": str(found.id),
        "kind": found.kind,
        "title": found.title,
        "number": found.number,
        "issuer": found.issuer,
        "issued_on": day(found.issued_on),
        "expires_on": day(found.expires_on),
        "expired": found.expires_on is not None and found.expires_on < today,
        "renewed": renewed,
    }


def _of_set(criteria_set: CriteriaSet, reached: dict[str, ReportedCriterion]) -> Iterator[dict[str, Any]]:
    source = f"{_BY_FILE}; Bộ tiêu chí số {criteria_set.number}"
    for code, criterion in criteria_set.criteria.items():
        rated = reached.get(code)
        level = None if rated is None else rated.level_text
        yield {
            "kind": "criterion",
            "code": f"criterion.{code}",
            "content": Content.CRITERIA.value,
            "ground": WithdrawalGround.CRITERIA_NOT_KEPT.value,
            "source": source,
            "text_vi": f"{code}. {criterion.text.vi}",
            "text_en": f"{code}. {criterion.text.en}",
            "expected": None
            if rated is None
            else {
                "points": str(rated.mean.shown),
                "max": str(criterion.max),
                "level_vi": None if level is None else level.vi,
                "level_en": None if level is None else level.en,
            },
        }
    for gate in criteria_set.gates.values():
        if gate.effect.ends_evaluation:
            yield {
                "kind": "gate",
                "code": f"gate.{gate.id}",
                "content": Content.CRITERIA.value,
                "ground": WithdrawalGround.CRITERIA_NOT_KEPT.value,
                "source": source,
                "text_vi": f"Không rơi vào trường hợp: {gate.text.vi}",
                "text_en": f"This is not the case: {gate.text.en}",
            }
