"""A self-assessment as its reader sees it."""

from uuid import UUID

from ocop_api.assessments.evidence import cited, findings, state_of
from ocop_api.assessments.policy import Entry, documents_in
from ocop_api.assessments.progress import Side, compare, progress_of
from ocop_api.assessments.schemas import (
    AssessedCriterion,
    AssessedGate,
    AssessmentComparison,
    AssessmentRead,
    AssessmentSummary,
    CitedDocument,
    SavedChoice,
)
from ocop_api.assessments.service import AssessmentService, Held
from ocop_api.documents.service import CitationService
from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.criteria import Criterion
from ocop_api.domain.rubric.evaluation import CriterionScore
from ocop_api.domain.rubric.evidence_of import evidence_for

Documents = dict[UUID, CitedDocument]


class AssessmentReader(AssessmentService):
    """Shapes self-assessments for one actor at one instant."""

    async def shown(self, held: Held) -> AssessmentRead:
        """One in full."""
        row, entries, evaluation = held.row, held.entries, held.evaluation
        criteria = held.sheet.criteria_set.criteria
        documents = await self._documents(held, documents_in(entries))
        progress = progress_of(evaluation, entries, row.target_star)
        states = {document_id: document.state for document_id, document in documents.items()}
        return AssessmentRead(
            **dict(summary(held)),
            notes=row.notes,
            choices=[
                _criterion(criteria[score.code], score, entries.get(score.code), documents)
                for score in evaluation.criteria
            ],
            gates=[AssessedGate.model_validate(gate) for gate in row.gates],
            progress=progress,
            findings=findings(entries, states, progress.evidence_missing, criteria),
        )

    async def saved(self, held: Held, code: str) -> SavedChoice:
        """One criterion after its change, with what the whole comes to."""
        entries, evaluation = held.entries, held.evaluation
        entry = entries.get(code)
        documents = await self._documents(held, set() if entry is None else set(entry.evidence))
        score = next(score for score in evaluation.criteria if score.code == code)
        shown = _criterion(held.sheet.criteria_set.criteria[code], score, entry, documents)
        return SavedChoice(
            **dict(shown),
            assessment_version=held.row.version,
            progress=progress_of(evaluation, entries, held.row.target_star),
        )

    async def changes(self, assessment_id: UUID, since: UUID) -> AssessmentComparison:
        """What changed between two of one product.

        Raises:
            NotFound: ``assessments.unknown``. Invalid: ``assessments.other_product``.
        """
        now, then = await self.get(assessment_id), await self.get(since)
        if now.row.product_id != then.row.product_id:
            raise Invalid("assessments.other_product", assessment_id=since)
        return compare(_side(then), _side(now))

    async def _documents(self, held: Held, wanted: set[UUID]) -> Documents:
        known = await CitationService(self.session).known(wanted, self.actor)
        shown: Documents = {}
        for document_id in wanted:
            found = known.get(document_id)
            document = None if found is None else found[0]
            state = state_of(document, held.product.producer_id, self.today)
            shown[document_id] = cited(document_id, found, state)
        return shown


def summary(held: Held) -> AssessmentSummary:
    """One as a list shows it."""
    return AssessmentSummary.model_validate(held.row)


def _side(held: Held) -> Side:
    return summary(held), held.entries, held.evaluation


def _criterion(
    criterion: Criterion, score: CriterionScore, entry: Entry | None, documents: Documents
) -> AssessedCriterion:
    return AssessedCriterion(
        criterion=criterion.code,
        version=0 if entry is None else entry.version,
        level=None if entry is None else entry.level,
        case=None if entry is None else (score.case if entry.level is not None else entry.case),
        state=score.state,
        points=score.points,
        max=score.max,
        remark=None if entry is None else entry.remark,
        evidence=[] if entry is None else [documents[document_id] for document_id in entry.evidence],
        evidence_kinds=list(evidence_for(criterion)),
        changed_at=None if entry is None else entry.changed_at,
    )
