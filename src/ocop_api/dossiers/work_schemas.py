"""Shapes of the work list, of assignments, and of rating rounds."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from ocop_api.domain.dossier import DossierKind, Level, State
from ocop_api.dossiers.schemas import PlaceId
from ocop_api.web.schemas import Input, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class Assigned(StrEnum):
    """Whose files to list."""

    MINE = "mine"
    NOBODY = "nobody"
    OTHERS = "others"


class WorkFilter(PageQuery):
    """Which of the waiting files. Sorts: `due_on` (default; files without a term last), `created_at`."""

    assigned: Assigned | None = Field(None, description="all of them if left out")
    overdue: bool | None = None
    due_until: date | None = Field(None, examples=["2026-06-30"])
    state: State | None = None
    level: Level | None = None
    kind: DossierKind | None = None
    place: PlaceId | None = Field(None, description="everything in this unit", examples=["34:68"])


class StateCount(Output):
    """Files in one state at one level."""

    level: Level
    state: State
    count: int = Field(examples=[12])
    overdue: int = Field(examples=[2])


class WorkCounts(Output):
    """What waits for the caller, and everything the caller may read."""

    waiting: int = Field(description="files that wait for the caller", examples=[9])
    overdue: int = Field(description="of these, past their day", examples=[1])
    due_within_7_days: int = Field(
        description="of these, due today or in the coming seven days", examples=[3]
    )
    mine: int = Field(description="of these, assigned to the caller", examples=[4])
    unassigned: int = Field(examples=[5])
    states: list[StateCount] = Field(description="every file the caller may read, by level and state")


class AssignmentOrder(Input):
    """Who deals with the file at this desk."""

    user_id: UUID | None = Field(description="null: nobody in particular", examples=[_ID])


class ColleagueRead(Output):
    """Somebody at the desk where a file lies."""

    user_id: UUID = Field(examples=[_ID])
    display_name: str = Field(examples=["Trần Thị Bình"])


class ColleagueList(Output):
    """Everybody who may act on a file where it lies, by name."""

    items: list[ColleagueRead]


class RatingRoundQuery(Input):
    """Which rounds."""

    year: int | None = Field(None, ge=2019, le=2100, description="of the request; this year if left out")
    level: Level | None = None
    place: PlaceId | None = Field(None, description="province whose own rounds to show", examples=["34:68"])


class RatingRoundOrder(Input):
    """A round beside those of the decision, as the council's rules or the plan of the year set it."""

    level: Level = Field(examples=["province"])
    place_id: PlaceId | None = Field(
        None, description="the province; none for the ministry", examples=["34:68"]
    )
    requested_before: date = Field(description="exclusive", examples=["2026-08-15"])
    done_before: date = Field(description="exclusive", examples=["2026-09-30"])
    source: ShortText = Field(examples=["Kế hoạch 115/KH-UBND"])


class RatingRoundRead(Output):
    """A rating round; both days are exclusive (*trước ngày*)."""

    id: UUID | None = Field(description="of an added round; null for one of the decision or a plan")
    level: Level
    place_id: str | None = Field(examples=["34:68"])
    requested_before: date = Field(examples=["2026-10-30"])
    done_before: date = Field(examples=["2026-12-30"])
    source: str = Field(examples=["26/2026/QĐ-TTg, Art. 5.1"])
    version: int | None


class RatingRoundList(Output):
    """The rounds of a year, by their days."""

    items: list[RatingRoundRead]
