"""Shapes of frozen versions of a dossier and of what changed between two files."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from ocop_api.domain.dossier import DossierKind
from ocop_api.dossiers.comments_schemas import MOST_VERSIONS
from ocop_api.dossiers.comparing import Comparison, FileChange, FileChangeKind, FileSection
from ocop_api.dossiers.schemas import DossierContents, Evidence, SelfAssessmentChoice
from ocop_api.web.schemas import Exact, Input, Instant, Output

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class FrozenVersionRead(Output):
    """The file as it was lodged or resubmitted, with the facts about it; it never changes."""

    dossier_id: UUID
    number: int = Field(examples=[1])
    at: Instant = Field(examples=["2026-06-15T02:00:00Z"])
    actor_id: UUID | None
    sha256: str = Field(
        description="of the canonical JSON (sorted keys, no spaces, UTF-8) of `contents` in the list of "
        "versions",
        examples=[_DIGEST],
    )
    product_id: UUID
    producer_id: UUID
    kind: DossierKind
    regime: str = Field(examples=["qd26-2026"])
    edition: str | None = Field(description="criteria edition")
    set_number: int = Field(examples=[13])
    product_code: str | None = Field(examples=["68-24611-3-2026"])
    place_id: str | None = Field(examples=["34:24611"])
    lodged_on: date | None
    contents: DossierContents


class SinceQuery(Input):
    """What to compare with."""

    since: int | None = Field(
        None,
        ge=0,
        le=MOST_VERSIONS,
        description="number of another version, 0 for the empty file; the version before if left out",
        examples=[1],
    )


class ComparedFile(Output):
    """One of two files compared."""

    dossier_id: UUID = Field(examples=[_ID])
    version_number: int | None = Field(description="null: the draft as it is now; 0: the empty file")
    at: Instant | None = Field(description="when it was frozen; null for a draft and the empty file")
    sha256: str | None = Field(examples=[_DIGEST])
    kind: DossierKind
    edition: str | None
    set_number: int


class CriterionChangeRead(Output):
    """A choice of the self-assessment before and after; points are null where the criteria are not held."""

    code: str = Field(examples=["1.1"])
    vi: str | None = Field(description="the criterion's own words")
    en: str | None
    level_before: int | None = Field(examples=[1])
    level_after: int | None = Field(examples=[2])
    points_before: Exact | None = Field(examples=["1"])
    points_after: Exact | None = Field(examples=["3"])


class FileChangeRead(Output):
    """One difference between two files."""

    section: FileSection
    pointer: str = Field(
        description="where it stands in the later file; in the earlier one for what is gone",
        examples=["/registration/phone"],
    )
    kind: FileChangeKind
    before: Evidence | SelfAssessmentChoice | list[str] | int | str | None = Field(
        examples=["0261 3 123 456"]
    )
    after: Evidence | SelfAssessmentChoice | list[str] | int | str | None = Field(examples=["0261 3 123 457"])
    criterion: CriterionChangeRead | None = Field(description="for choices of the self-assessment")
    vi: str = Field(examples=["Phiếu đăng ký, điện thoại: “0261 3 123 456” → “0261 3 123 457”."])
    en: str = Field(examples=["Registration slip, phone: “0261 3 123 456” → “0261 3 123 457”."])


class DossierComparison(Output):
    """What changed from one file to another, section by section; reordering is no change."""

    before: ComparedFile
    after: ComparedFile
    comparable_criteria: bool = Field(
        description="false: edition or set differ, and choices of the self-assessment are not compared",
        examples=[True],
    )
    changes: list[FileChangeRead]


def shown_comparison(before: ComparedFile, after: ComparedFile, found: Comparison) -> DossierComparison:
    """The answer to a comparison."""
    return DossierComparison(
        before=before,
        after=after,
        comparable_criteria=found.comparable_criteria,
        changes=[_change(change) for change in found.changes],
    )


def _change(change: FileChange) -> FileChangeRead:
    criterion = change.criterion
    return FileChangeRead(
        section=change.section,
        pointer=change.pointer,
        kind=change.kind,
        before=_value(change.before),
        after=_value(change.after),
        criterion=None if criterion is None else CriterionChangeRead.model_validate(criterion),
        vi=change.sentence("vi"),
        en=change.sentence("en"),
    )


def _value(value: Any) -> Evidence | SelfAssessmentChoice | list[str] | int | str | None:
    """A stored value in its shape, so that no reader has to guess it from its keys."""
    if isinstance(value, dict):
        return (Evidence if "kind" in value else SelfAssessmentChoice).model_validate(value)
    found: list[str] | int | str | None = value
    return found
