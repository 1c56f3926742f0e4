"""Sessions of councils as they are planned, opened and read."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ocop_api.domain.council import MeetingForm, Office, RecusalOrigin, RecusalReason
from ocop_api.web.schemas import CleanText, Input, Instant, Output, PageQuery, ShortText

SessionState = Literal["planned", "open", "closed", "minutes_signed"]
AgendaState = Literal["waiting", "scoring", "concluded", "dropped"]
RoundReason = Literal["spread_exceeded", "sheets_unfinished"]


class SessionPlan(Input):
    """A session on some dossiers that lie with the council."""

    held_on: date = Field(
        description="day of the meeting in Vietnam, or of asking for opinions", examples=["2026-06-20"]
    )
    dossier_ids: list[UUID] = Field(min_length=1, max_length=100)
    form: MeetingForm | None = Field(
        None,
        description="what the law provides for these dossiers if left out: re-ratings under Decision "
        "26/2026 go by written opinions, and to a meeting when opinions differed (Art. 7.6)",
        examples=["meeting"],
    )
    meeting_reason: ShortText | None = Field(
        None,
        description="why dossiers that go by written opinions need a meeting all the same",
        examples=["Sản phẩm đổi vùng nguyên liệu, cần thảo luận."],
    )


class RecusalInput(Input):
    """A member who does not take part in a dossier, or in any of the session."""

    user_id: UUID
    dossier_id: UUID | None = Field(None, description="all dossiers of the session if left out")
    reason: RecusalReason = Field(examples=["relative"])
    note: Annotated[CleanText, Field(max_length=300)] = ""


class RecusalDeclaration(Input):
    """A member who does not take part in one dossier."""

    user_id: UUID | None = Field(None, description="the caller if left out")
    reason: RecusalReason = Field(examples=["relative"])
    note: Annotated[CleanText, Field(max_length=300)] = Field(
        "", examples=["Em ruột của giám đốc hợp tác xã."]
    )


class SessionOpening(Input):
    """Who is there and who does not take part in which dossier."""

    present: list[UUID] = Field(
        default_factory=list,
        max_length=60,
        description="in a meeting, who is there; for written opinions, who is asked, everybody if left out",
        examples=[["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]],
    )
    recusals: list[RecusalInput] = Field(default_factory=list, max_length=500)


class DropRequest(Input):
    """Why a dossier leaves the agenda without a result."""

    reason: ShortText = Field(examples=["Chờ kết quả kiểm nghiệm bổ sung"])


class RoundClosing(Input):
    """How to close a round."""

    without_missing: bool = Field(
        False,
        description="go on without the sheets still missing, if the quorum holds without them",
        examples=[False],
    )


class SessionFilter(PageQuery):
    """Which sessions to list. Sorts: `held_on`, `-held_on` (default)."""

    state: SessionState | None = None


class SeatRead(Output):
    """A seat as it was when the session opened."""

    user_id: UUID
    office: Office = Field(examples=["chair"])
    name: str = Field(examples=["H’Loan Niê"])
    present: bool


class RecusalRead(Output):
    """A member kept from a dossier."""

    user_id: UUID
    reason: RecusalReason
    origin: RecusalOrigin
    note: str = Field(examples=["Là thành viên hợp tác xã có sản phẩm được đánh giá."])
    declared_at: Instant = Field(examples=["2026-06-25T01:00:00Z"])
    declared_by: UUID | None = Field(description="who told it; null when it was detected")


class ScoringRoundRead(Output):
    """One round of scoring: who has handed in a sheet and who has yet to, nothing of the sheets."""

    number: int = Field(examples=[1])
    state: Literal["open", "closed"]
    reason: RoundReason | None = Field(description="why a round after the first was needed")
    opened_at: Instant = Field(examples=["2026-06-25T01:00:00Z"])
    closed_at: Instant | None
    submitted: list[UUID]
    awaited: list[UUID]


class LateSheetRead(Output):
    """That a member's sheet came after its round had closed. It counts for nothing."""

    user_id: UUID
    round: int = Field(examples=[1])
    received_at: Instant = Field(examples=["2026-06-25T09:05:00Z"])


class AgendaItemRead(Output):
    """A dossier on the agenda."""

    dossier_id: UUID
    state: AgendaState
    dropped_reason: str | None = Field(
        description="as it was given; `opinions_differ` when written opinions lay too far apart and the "
        "dossier needs a meeting"
    )
    version_number: int | None = Field(
        description="version of the file that is scored; null until the session opens", examples=[1]
    )
    recusals: list[RecusalRead]
    rounds: list[ScoringRoundRead]
    late: list[LateSheetRead] = Field(description="sheets that came after their round had closed")
    allowed_actions: list[str] = Field(
        description="what the caller may do now: `score`, `close_round`, `recuse`, `drop`",
        examples=[["score"]],
    )


class SessionSummary(Output):
    """A session in a list."""

    id: UUID
    council_id: UUID
    held_on: date = Field(examples=["2026-06-25"])
    form: MeetingForm
    meeting_reason: str | None
    state: SessionState
    opened_at: Instant | None = Field(examples=["2026-06-25T01:00:00Z"])
    closed_at: Instant | None
    version: int


class SessionRead(SessionSummary):
    """A session with its seats and agenda."""

    seats: list[SeatRead] = Field(description="empty until the session opens")
    dossiers: list[AgendaItemRead]
    allowed_actions: list[str] = Field(description="`open` while planned", examples=[["open"]])
