"""What holds for any two self-assessments of one set."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from tests.assessments.conftest import COFFEE, CRITERIA, EDITION

from ocop_api.assessments.policy import Entry, as_json, entries_of, sheet_of
from ocop_api.assessments.progress import Side, compare, progress_of
from ocop_api.assessments.schemas import AssessmentState, AssessmentSummary
from ocop_api.domain.rubric.stars import evaluate

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
LEVELS = st.fixed_dictionaries(
    {}, optional={code: st.sampled_from(criterion.levels()) for code, criterion in CRITERIA.items()}
)


def _side(levels: dict[str, int]) -> Side:
    entries = {code: Entry(level, None, None, (), 1, NOW) for code, level in levels.items()}
    found = evaluate(sheet_of(EDITION, COFFEE, entries, []))
    facts: dict[str, Any] = {
        "id": uuid4(),
        "product_id": uuid4(),
        "title": None,
        "edition": EDITION,
        "set_number": COFFEE,
        "state": AssessmentState.DRAFT,
        "outcome": found.outcome,
        "criteria": len(CRITERIA),
        "scored": len(levels),
        "total": found.total,
        "most_total": found.most_total,
        "star": found.star,
        "target_star": None,
        "copied_from_id": None,
        "created_at": NOW,
        "updated_at": NOW,
        "finished_at": None,
        "version": 1,
    }
    return AssessmentSummary(**facts), entries, found


@given(LEVELS, LEVELS)
def test_differences_add_up_and_turn_round(before: dict[str, int], after: dict[str, int]) -> None:
    there, back = compare(_side(before), _side(after)), compare(_side(after), _side(before))
    assert sum(part.difference for part in there.parts) == there.total.difference == -back.total.difference
    assert (there.raised, there.added) == (back.lowered, back.removed)
    by_criterion = sum((c.points_after or 0) - (c.points_before or 0) for c in there.changes)
    assert by_criterion == there.total.difference
    assert {c.criterion for c in there.changes} == {c for c in CRITERIA if before.get(c) != after.get(c)}


@given(LEVELS)
def test_progress_counts_every_criterion_once(levels: dict[str, int]) -> None:
    _, entries, evaluation = _side(levels)
    progress = progress_of(evaluation, entries, 3)
    assert progress.scored == len(levels)
    assert progress.scored + len(progress.missing) == progress.criteria
    assert [code for part in progress.parts for code in part.missing] == progress.missing
    assert progress.least_total <= progress.total <= progress.most_total
    assert progress.target_in_reach is any(star >= 3 for star in progress.stars_in_reach)
    assert set(progress.evidence_missing) <= set(levels)
    assert entries_of(as_json(entries)) == entries
