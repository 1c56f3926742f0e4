"""How far a self-assessment has come, and what changed between two. Pure."""

from decimal import Decimal

from ocop_api.assessments.evidence import without_evidence
from ocop_api.assessments.policy import Entries, Entry
from ocop_api.assessments.schemas import (
    AssessmentComparison,
    AssessmentProgress,
    AssessmentSummary,
    ChangeKind,
    ComparedPart,
    ComparedPoints,
    ComparisonBasis,
    CriterionChange,
    PartProgress,
)
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.evaluation import CriterionScore, CriterionState, Evaluation


def progress_of(evaluation: Evaluation, entries: Entries, target_star: int | None) -> AssessmentProgress:
    """What the choices come to so far."""
    criteria_set = load_edition(evaluation.edition).criteria_set(evaluation.set_number)
    missing = set(evaluation.missing)
    points = {part.code: part for part in evaluation.parts}
    parts = []
    for part in criteria_set.parts:
        codes = [criterion.code for group in part.groups for criterion in group.criteria]
        open_ = [code for code in codes if code in missing]
        parts.append(
            PartProgress(
                code=part.code,
                criteria=len(codes),
                scored=len(codes) - len(open_),
                missing=open_,
                points=points[part.code].points,
                max=part.max,
            )
        )
    reached = None if target_star is None else any(star >= target_star for star in evaluation.stars_in_reach)
    return AssessmentProgress(
        criteria=len(evaluation.criteria),
        scored=len(evaluation.criteria) - len(missing),
        missing=list(evaluation.missing),
        parts=parts,
        outcome=evaluation.outcome,
        total=evaluation.total,
        least_total=evaluation.least_total,
        most_total=evaluation.most_total,
        maximum=evaluation.maximum,
        star=evaluation.star,
        stars_in_reach=list(evaluation.stars_in_reach),
        target_star=target_star,
        target_in_reach=reached,
        evidence_missing=without_evidence(criteria_set, entries, evaluation),
    )


Side = tuple[AssessmentSummary, Entries, Evaluation]
"""One of two self-assessments: its facts, its choices, and what they come to."""


def compare(since: Side, now: Side) -> AssessmentComparison:
    """What changed from one self-assessment to another of the same product."""
    (then_facts, then, before), (now_facts, later, after) = since, now
    basis = _basis(then_facts, now_facts)
    changes: list[CriterionChange] = []
    parts: list[ComparedPart] = []
    if basis is not ComparisonBasis.DIFFERENT_SETS:
        earlier = {score.code: score for score in before.criteria}
        current = {score.code: score for score in after.criteria}
        for code in dict.fromkeys((*current, *earlier)):
            change = _change(
                code,
                (earlier.get(code), then.get(code)),
                (current.get(code), later.get(code)),
                levels_mean_the_same=basis is ComparisonBasis.SAME_CRITERIA,
            )
            if change is not None:
                changes.append(change)
        points = {part.code: part.points for part in before.parts}
        parts = [
            ComparedPart(code=part.code, **_points(points.get(part.code, Decimal(0)), part.points))
            for part in after.parts
        ]
    kinds = [change.change for change in changes]
    return AssessmentComparison(
        since=then_facts,
        now=now_facts,
        basis=basis,
        total=ComparedPoints(**_points(before.total, after.total)),
        parts=parts,
        star_before=before.star,
        star_after=after.star,
        raised=kinds.count(ChangeKind.RAISED),
        lowered=kinds.count(ChangeKind.LOWERED),
        added=kinds.count(ChangeKind.ADDED),
        removed=kinds.count(ChangeKind.REMOVED),
        changes=changes,
    )


def _basis(since: AssessmentSummary, now: AssessmentSummary) -> ComparisonBasis:
    if since.set_number != now.set_number:
        return ComparisonBasis.DIFFERENT_SETS
    # A set keeps its number through the editions: both are made for the same kind of product.
    same = since.edition == now.edition
    return ComparisonBasis.SAME_CRITERIA if same else ComparisonBasis.SAME_SET_OTHER_EDITION


def _points(before: Decimal, after: Decimal) -> dict[str, Decimal]:
    return {"before": before, "after": after, "difference": after - before}


def _change(
    code: str,
    since: tuple[CriterionScore | None, Entry | None],
    now: tuple[CriterionScore | None, Entry | None],
    *,
    levels_mean_the_same: bool,
) -> CriterionChange | None:
    before, after = _given(since[0]), _given(now[0])
    proofs = [() if entry is None else entry.evidence for entry in (since[1], now[1])]
    added = [document for document in proofs[1] if document not in proofs[0]]
    removed = [document for document in proofs[0] if document not in proofs[1]]
    kind = _kind(before, after, levels_mean_the_same=levels_mean_the_same)
    if kind is None and (added or removed):
        kind = ChangeKind.EVIDENCE
    if kind is None:
        return None
    return CriterionChange(
        criterion=code,
        change=kind,
        level_before=None if before is None else before.level,
        level_after=None if after is None else after.level,
        points_before=None if before is None else before.points,
        points_after=None if after is None else after.points,
        evidence_added=added,
        evidence_removed=removed,
    )


def _given(score: CriterionScore | None) -> CriterionScore | None:
    """The score, unless nothing has been said of the criterion yet."""
    return None if score is None or score.state is CriterionState.MISSING else score


def _kind(
    before: CriterionScore | None, after: CriterionScore | None, *, levels_mean_the_same: bool
) -> ChangeKind | None:
    if before is None or after is None:
        return ChangeKind.ADDED if after else ChangeKind.REMOVED if before else None
    if before.points != after.points:
        return ChangeKind.RAISED if after.points > before.points else ChangeKind.LOWERED
    same = (before.level, before.case) == (after.level, after.case)
    return None if same or not levels_mean_the_same else ChangeKind.OTHER_OPTION
