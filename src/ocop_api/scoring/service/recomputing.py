"""Deriving results from the sheets anew. Nothing else is trusted: not the mean, not a total, not a star."""

import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.scoring import CouncilResult, ScoreSheet
from ocop_api.domain.council import CouncilRules
from ocop_api.domain.rubric.consolidation import Consolidation, consolidate
from ocop_api.domain.rubric.scoresheet import Choice, RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.scoring.result_repository import ResultRepository
from ocop_api.scoring.schemas.councils import RulesRead
from ocop_api.scoring.schemas.evaluation import evaluation_record
from ocop_api.scoring.schemas.results import ComparisonRecord, SheetNotes, comparison_record


class Doubt(StrEnum):
    """What does not hold of a stored result."""

    SHEET_DIGEST = "sheet_digest"
    """A sheet is not what was handed in."""
    SHEET_EVALUATION = "sheet_evaluation"
    """A sheet's points are not those of its choices."""
    RESULT = "result"
    """The stored result is not what the sheets come to."""
    RESULT_DIGEST = "result_digest"
    """The stored result is not what was concluded."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One result after its recomputation; ``doubts`` is empty when everything holds."""

    dossier_id: UUID
    session_id: UUID
    sheets: int
    doubts: tuple[Doubt, ...]


def digest_of_sheet(sheet: ScoreSheet) -> str:
    """SHA-256 of everything that was handed in, as canonical JSON (RFC 8785), in hexadecimal."""
    facts: dict[str, Any] = {
        "session_id": str(sheet.session_id),
        "dossier_id": str(sheet.dossier_id),
        "round": sheet.round_number,
        "member_id": str(sheet.member_id),
        "edition": sheet.edition,
        "set_number": sheet.set_number,
        "choices": sheet.choices,
        "gates": sheet.gates,
        "remarks": sheet.remarks,
        "evaluation": sheet.evaluation,
        "submitted_at": sheet.submitted_at.astimezone(UTC).isoformat(),
    }
    # Sheets of before these were written down have digests without them.
    if sheet.criterion_remarks:
        facts["criterion_remarks"] = sheet.criterion_remarks
    if sheet.version_number is not None:
        facts["version_number"] = sheet.version_number
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


def digest_of_result(session_id: UUID, dossier_id: UUID, comparison: dict[str, Any]) -> str:
    """SHA-256 of a council's finding, as canonical JSON, in hexadecimal."""
    facts: dict[str, Any] = {
        "session_id": str(session_id),
        "dossier_id": str(dossier_id),
        "comparison": comparison,
    }
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


def counted_sheets(sheets: Sequence[ScoreSheet], recused: Collection[UUID]) -> list[ScoreSheet]:
    """The sheets that count: those of members who were kept from the file only later are set aside."""
    return [sheet for sheet in sheets if sheet.member_id not in recused]


def brought_together(sheets: Sequence[ScoreSheet], rules: CouncilRules) -> Consolidation:
    """What stored sheets come to; raises as ``consolidate``."""
    return consolidate({str(one.member_id): domain_sheet(one) for one in sheets}, rules)


def notes_of(sheets: Sequence[ScoreSheet]) -> dict[str, SheetNotes]:
    """What members wrote beside their choices, by member."""
    return {str(one.member_id): SheetNotes(one.remarks, one.criterion_remarks, one.sha256) for one in sheets}


def domain_sheet(row: ScoreSheet) -> Scoresheet:
    """A stored sheet as the rubric takes it."""
    return Scoresheet(
        row.edition,
        row.set_number,
        {code: Choice(chosen["level"], chosen["case"]) for code, chosen in row.choices.items()},
        tuple(RecordedGate(found["gate"], found["reason"]) for found in row.gates),
    )


async def recompute_results(session: AsyncSession) -> AsyncIterator[Recomputed]:
    """Derive every stored result from its sheets, in the order in which they were concluded."""
    repository = ResultRepository(session)
    shelf = EditionShelf(session)
    async for result, stored_rules, sheets, recused in repository.with_sheets():
        counted = counted_sheets(sheets, recused)
        await shelf.need({one.edition for one in sheets})
        rules = RulesRead.model_validate(stored_rules).rules()
        yield Recomputed(
            result.dossier_id, result.session_id, len(counted), tuple(_doubts(result, rules, sheets, counted))
        )


def _doubts(
    result: CouncilResult, rules: CouncilRules, sheets: Sequence[ScoreSheet], counted: Sequence[ScoreSheet]
) -> list[Doubt]:
    doubts: list[Doubt] = []
    if any(digest_of_sheet(one) != one.sha256 for one in sheets):
        doubts.append(Doubt.SHEET_DIGEST)
    if any(_evaluated(one) != one.evaluation for one in sheets):
        doubts.append(Doubt.SHEET_EVALUATION)
    kept = {**result.consolidation, "explanation": result.explanation}
    if not counted or not _is_what_the_sheets_give(result, kept, counted, rules):
        doubts.append(Doubt.RESULT)
    if digest_of_result(result.session_id, result.dossier_id, kept) != result.sha256:
        doubts.append(Doubt.RESULT_DIGEST)
    return doubts


def _evaluated(sheet: ScoreSheet) -> dict[str, Any]:
    return evaluation_record(evaluate(domain_sheet(sheet))).model_dump(mode="json")


def _is_what_the_sheets_give(
    result: CouncilResult, kept: dict[str, Any], counted: Sequence[ScoreSheet], rules: CouncilRules
) -> bool:
    found = brought_together(counted, rules)
    # Through the record's shape, so that what older records did not write down yet takes its default.
    stored = ComparisonRecord.model_validate(kept)
    derived = comparison_record(found, rules, notes_of(counted), stored.set_aside)
    columns = (result.outcome, result.mean, result.displayed_mean, result.star)
    mean = None if found.mean is None else str(found.mean)
    return stored.model_dump(mode="json") == derived.model_dump(mode="json") and columns == (
        found.outcome.value,
        mean,
        found.displayed_mean,
        found.star,
    )
