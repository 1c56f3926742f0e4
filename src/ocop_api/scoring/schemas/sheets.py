"""A member's own sheet."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.scoring.schemas.evaluation import (
    MOST_CHOICES,
    ChoiceRead,
    EvaluationRead,
    RecordedGateRead,
    SheetContent,
)
from ocop_api.web.schemas import Code, Input, Instant, LongText, Output

CriterionRemark = Annotated[LongText, StringConstraints(min_length=1, max_length=2000)]


class SheetDraftInput(SheetContent):
    """The member's choices so far, in whole."""

    remarks: Annotated[LongText, Field(examples=["Bao bì đẹp, cần bổ sung truy xuất nguồn gốc."])] = ""
    criterion_remarks: dict[Code, CriterionRemark] = Field(
        default_factory=dict,
        max_length=MOST_CHOICES,
        description="remarks by criterion code",
        examples=[{"1.1": "Vùng nguyên liệu ở ba thôn của xã."}],
    )


class SheetRead(Output):
    """The caller's own sheet in the latest round they took part in."""

    session_id: UUID
    dossier_id: UUID
    round: int = Field(examples=[1])
    state: Literal["draft", "submitted"]
    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    choices: dict[str, ChoiceRead]
    gates: list[RecordedGateRead]
    remarks: str = Field(examples=["Bao bì đẹp, câu chuyện sản phẩm rõ."])
    criterion_remarks: dict[str, str] = Field(examples=[{"1.1": "Vùng nguyên liệu ở ba thôn của xã."}])
    version_number: int | None = Field(description="version of the file that is scored", examples=[1])
    evaluation: EvaluationRead
    sha256: str | None = Field(description="digest of the submitted record (RFC 8785 canonical JSON)")
    submitted_at: Instant | None
    version: int


class SheetToSync(SheetDraftInput):
    """A sheet that was filled in without network."""

    dossier_id: UUID
    round: int = Field(ge=1, le=99, description="the round it was filled in for", examples=[1])
    base_version: int | None = Field(
        None, ge=1, description="`version` of the draft it started from; left out when there was none"
    )
    submit: bool = Field(False, description="hand it in, not just save it")


class SyncRequest(Input):
    """The sheets that a client filled in since it last had a connection, in the order of its work."""

    sheets: list[SheetToSync] = Field(min_length=1, max_length=100)


class SyncOutcome(StrEnum):
    """What became of a sheet that was sent."""

    SAVED = "saved"
    SUBMITTED = "submitted"
    UNCHANGED = "unchanged"
    """It was there already, word for word, as when an answer was lost."""
    CONFLICT = "conflict"
    """Another device has written meanwhile; `sheet` is what is there. Nothing was stored."""
    KEPT_LATE = "kept_late"
    """The round has closed: it counts for nothing, but is kept and reported on the agenda."""
    REFUSED = "refused"
    """`code` says why. Nothing was stored."""


class SyncFault(Output):
    """One fault of a sheet."""

    pointer: str = Field(examples=["/choices/1.1"])
    code: str = Field(examples=["rubric.unknown_level"])
    detail: str


class SyncedSheet(Output):
    """What became of one sheet."""

    dossier_id: UUID
    round: int = Field(examples=[1])
    outcome: SyncOutcome
    code: str | None = Field(description="why it was not stored", examples=[None])
    detail: str | None
    errors: list[SyncFault]
    sheet: SheetRead | None = Field(description="the caller's sheet as it is now; null when refused or late")


class SyncRead(Output):
    """What became of each sheet, in the order of the request."""

    sheets: list[SyncedSheet]
