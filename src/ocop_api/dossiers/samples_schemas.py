"""Shapes of samples handed in with dossiers (*mẫu sản phẩm*)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.domain.dossier import Level
from ocop_api.web.schemas import Input, Instant, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
MOST_SAMPLES = 1000
"""Units that may count for one council."""
Remark = Annotated[LongText, StringConstraints(min_length=1, max_length=2000)]


class SampleCreate(Input):
    """Units handed in at one time."""

    received_on: date = Field(description="day they were handed in, not after today", examples=["2026-06-15"])
    units: int = Field(ge=1, le=100, examples=[5])
    received_at_place: ShortText = Field(
        description="name of the office that took them in", examples=["UBND phường Bắc Gia Nghĩa"]
    )
    handed_in_by: ShortText | None = Field(None, examples=["Nguyễn Thị Hoa"])
    note: Remark | None = Field(None, examples=["Năm túi 500 g, còn nguyên niêm phong."])


class SampleCancellation(Input):
    """Why a record does not hold."""

    reason: Remark = Field(examples=["Ghi nhầm sang hồ sơ khác."])


class SampleFilter(PageQuery):
    """The list of a dossier. Sorts: `created_at` (default), `-created_at`."""


class SampleRead(Output):
    """A record of units handed in; a mistake is cancelled, never changed."""

    id: UUID = Field(examples=[_ID])
    dossier_id: UUID
    level: Level = Field(description="level whose office took them in")
    for_level: Level = Field(description="level whose council they are for")
    counts: bool = Field(description="part of the dossier's `samples` now", examples=[True])
    received_on: date
    units: int = Field(examples=[5])
    received_at_place: str | None = Field(
        description="null where a step of the procedure told the number alone",
        examples=["UBND phường Bắc Gia Nghĩa"],
    )
    received_by: UUID | None
    received_by_name: str = Field(examples=["Nguyễn Văn Sơn"])
    handed_in_by: str | None = Field(examples=["Nguyễn Thị Hoa"])
    note: str | None
    created_at: Instant
    cancelled_at: Instant | None = Field(description="null while it holds")
    cancelled_by: UUID | None
    cancel_reason: str | None


class SampleChange(Output):
    """A record as it was written or cancelled, and what the dossier has after it."""

    sample: SampleRead
    samples: int = Field(description="units that count at the level that holds the file", examples=[5])
    samples_needed: int = Field(examples=[5])
    version: int = Field(description="of the dossier after it", examples=[4])
