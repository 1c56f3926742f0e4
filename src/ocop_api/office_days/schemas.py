"""Shapes of office days."""

from datetime import date

from pydantic import Field

from ocop_api.web.schemas import Input, Output, ShortText


class OfficeDayOrder(Input):
    """What a decision says of a day."""

    working: bool = Field(description="true: worked in exchange (ngày làm bù); false: a day off")
    vi: ShortText = Field(examples=["Làm bù cho ngày 31/08"])
    en: ShortText = Field(examples=["Worked in exchange for 31/08"])
    source: ShortText = Field(description="the decision or notice", examples=["Thông báo 01/TB-UBND"])


class OfficeDayRead(Output):
    """A day that is not what its weekday says: a day off between Monday and Friday, or a worked weekend."""

    day: date = Field(examples=["2026-08-31"])
    working: bool
    vi: str = Field(examples=["Ngày Quốc khánh"])
    en: str = Field(examples=["National Day"])
    source: str | None = Field(description="decision entered here; null for what the law says")
    version: int | None = Field(description="for `If-Match`; null for what the law says")


class OfficeDayQuery(Input):
    """Which days; at most ten years."""

    since: date | None = Field(None, description="first day; the first of this year if left out")
    until: date | None = Field(None, description="last day; the end of that year if left out")


class OfficeDayList(Output):
    """The days of a period that are not what their weekday says, in order."""

    since: date = Field(examples=["2026-01-01"])
    until: date
    items: list[OfficeDayRead]


class TermQuery(Input):
    """A term of working days."""

    start: date = Field(description="day of the event, which is not counted", examples=["2026-06-15"])
    working_days: int = Field(ge=0, le=400, examples=[15])


class TermRead(Output):
    """When a term ends."""

    start: date = Field(examples=["2026-06-15"])
    working_days: int = Field(examples=[15])
    end: date = Field(description="its last day", examples=["2026-07-06"])
    days_off: list[OfficeDayRead] = Field(description="days that moved the end, besides weekends")
