"""Conflicts of interest as they are found, asked about and answered; interests as they are registered."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from ocop_api.domain.council import RecusalReason
from ocop_api.domain.interests import TieBasis
from ocop_api.producers.schemas import Phone
from ocop_api.web.schemas import CleanText, Input, Instant, Output, PageQuery, ShortText

Relation = Literal[
    RecusalReason.OWNER,
    RecusalReason.RELATIVE,
    RecusalReason.EMPLOYEE,
    RecusalReason.ADVISER,
    RecusalReason.OTHER_INTEREST,
]


class ClearanceInput(Input):
    """An answer to a tie that rests on a name alone: it is somebody else, or nothing comes of it."""

    dossier_id: UUID
    user_id: UUID
    reason: ShortText = Field(examples=["Trùng họ tên; đã đối chiếu ngày sinh, là hai người khác nhau."])


class ConflictRead(Output):
    """A tie between a member and the producer of a dossier."""

    dossier_id: UUID
    user_id: UUID
    reason: RecusalReason = Field(description="what it would be a reason for")
    basis: TieBasis = Field(description="what it rests on", examples=["same_name"])
    certain: bool = Field(
        description="it keeps the member out by itself; otherwise somebody has to answer it before the "
        "session opens"
    )
    recused: bool = Field(description="the member is kept from the dossier")
    cleared_reason: str | None = Field(description="why the member takes part all the same")


class ConflictList(Output):
    """All ties of a session's members to the producers on its agenda."""

    items: list[ConflictRead]


class InterestCreate(Input):
    """A tie to a producer, or a relative in the trade. Exactly one of `producer_id`, `relative_name`."""

    user_id: UUID | None = Field(None, description="the caller if left out")
    relation: Relation = Field(description="`relative` when a relative is named", examples=["adviser"])
    producer_id: UUID | None = None
    relative_name: ShortText | None = Field(None, examples=["Nguyễn Thị Hòa"])
    relative_phone: Phone | None = Field(
        None, description="tells the relative from others of the name", examples=["0912 345 678"]
    )
    note: Annotated[CleanText, Field(max_length=300)] = ""
    valid_from: date | None = Field(None, description="today if left out", examples=["2026-01-01"])
    valid_until: date | None = Field(None, description="last day; open if left out")

    @model_validator(mode="after")
    def _names_one_tie(self) -> Self:
        if (self.producer_id is None) == (self.relative_name is None):
            raise ValueError("exactly one of producer_id and relative_name is needed")
        if self.relative_name is not None and self.relation is not RecusalReason.RELATIVE:
            raise ValueError("a named relative is of the relation relative")
        if self.relative_phone is not None and self.relative_name is None:
            raise ValueError("relative_phone needs relative_name")
        return self


class InterestEnd(Input):
    """When a tie ended."""

    valid_until: date = Field(description="its last day", examples=["2026-06-30"])


class InterestFilter(PageQuery):
    """Whose interests to list. Sorts: `-registered_at` (default), `registered_at`."""

    user_id: UUID | None = Field(None, description="the caller if left out")


class InterestRead(Output):
    """A registered interest."""

    id: UUID
    user_id: UUID
    relation: RecusalReason = Field(examples=["adviser"])
    producer_id: UUID | None
    relative_name: str | None = Field(examples=[None])
    relative_phone: str | None = Field(examples=[None])
    note: str = Field(examples=["Tư vấn bao bì cho hợp tác xã."])
    valid_from: date = Field(examples=["2026-01-01"])
    valid_until: date | None
    registered_at: Instant
    registered_by: UUID | None
