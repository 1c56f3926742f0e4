"""What the documents of a self-assessment are worth on a day, and what should be put right. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from ocop_api.assessments.policy import Entries
from ocop_api.assessments.schemas import AssessmentFinding, CitedDocument, EvidenceState
from ocop_api.db.tables.documents import Document
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.evaluation import Evaluation
from ocop_api.domain.rubric.evidence_of import evidence_for

EXPIRING: Final = timedelta(days=60)
"""A producer is reminded of its documents from this long before they end."""

_TEXTS: Final = {
    "evidence_missing": (
        "Tiêu chí đã nhận điểm nhưng chưa có minh chứng.",
        "The criterion claims points but names no evidence.",
    ),
    "evidence_expiring": ("Minh chứng sắp hết hiệu lực.", "The evidence is about to expire."),
    "evidence_expired": ("Minh chứng đã hết hiệu lực.", "The evidence has expired."),
    "evidence_replaced": (
        "Minh chứng đã có bản mới thay thế.",
        "A newer version has taken the place of this evidence.",
    ),
    "evidence_withdrawn": ("Minh chứng đã bị rút.", "The evidence has been withdrawn."),
    "evidence_foreign": (
        "Minh chứng không thuộc chủ thể của sản phẩm.",
        "The evidence does not belong to the product's producer.",
    ),
}


def state_of(document: Document | None, producer_id: UUID, today: date) -> EvidenceState:
    """What a document is worth today for a product of the producer; valid through its last day."""
    if document is None or document.producer_id != producer_id:
        return EvidenceState.FOREIGN
    if document.withdrawn_at is not None:
        return EvidenceState.WITHDRAWN
    if not document.current:
        return EvidenceState.REPLACED
    if document.expires_on is None or document.expires_on > today + EXPIRING:
        return EvidenceState.VALID
    return EvidenceState.EXPIRED if document.expires_on < today else EvidenceState.EXPIRING


def cited(document_id: UUID, found: tuple[Document, bool] | None, state: EvidenceState) -> CitedDocument:
    """A document as the reader may see it; ``found`` is the row and whether the reader may see it."""
    document = found[0] if found is not None and found[1] else None
    return CitedDocument(
        document_id=document_id,
        state=state,
        kind=None if document is None else EvidenceKind(document.kind),
        title=None if document is None else document.title,
        expires_on=None if document is None else document.expires_on,
    )


def without_evidence(criteria_set: CriteriaSet, entries: Entries, evaluation: Evaluation) -> list[str]:
    """Criteria that claim points, could be proven by documents, and name none; in the set's order."""
    return [
        score.code
        for score in evaluation.criteria
        if score.points > 0
        and evidence_for(criteria_set.criteria[score.code])
        and not (score.code in entries and entries[score.code].evidence)
    ]


def findings(
    entries: Entries, states: Mapping[UUID, EvidenceState], missing: list[str], order: Mapping[str, object]
) -> list[AssessmentFinding]:
    """Everything about the evidence that should be put right, in the order of the criteria."""
    return [
        AssessmentFinding(
            code=code, criterion=criterion, document_id=document_id, vi=_TEXTS[code][0], en=_TEXTS[code][1]
        )
        for criterion in order
        for code, document_id in _of_criterion(criterion, entries, states, missing)
    ]


def _of_criterion(
    criterion: str, entries: Entries, states: Mapping[UUID, EvidenceState], missing: list[str]
) -> Iterator[tuple[str, UUID | None]]:
    if criterion in missing:
        yield "evidence_missing", None
    if criterion in entries:
        for document_id in entries[criterion].evidence:
            if states[document_id] is not EvidenceState.VALID:
                yield f"evidence_{states[document_id]}", document_id
