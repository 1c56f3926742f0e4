"""Shapes of plans, of targets with their figures, and of reports."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from ocop_api.domain.programme import Capital, Metric, ReportingPeriod, Scope, TargetKind, TargetUnit
from ocop_api.web.schemas import Exact, Input, Instant, LongText, Output


class Basis(StrEnum):
    """What a figure rests on."""

    RECORDS_OF_YEAR = "records_of_year"
    """Counted from what happened in the plan year, up to the deadline."""
    STANDING = "standing"
    """Counted from how things stand today; the records keep no earlier standing."""
    REPORT = "report"
    """Reported by the agency in charge."""
    NONE = "none"
    """No figure is at hand."""


class RecordsShown(StrEnum):
    """Which products stand behind a figure."""

    COUNTED = "counted"
    MISSING = "missing"


class PlanSummary(Output):
    """A plan in the list."""

    code: str = Field(examples=["ke-hoach-230-2024"])
    number: str = Field(examples=["230/KH-UBND"])
    issued_on: date = Field(examples=["2024-03-05"])
    year: int = Field(examples=[2024])
    province_code: str = Field(description="code of that time", examples=["67"])
    title_vi: str
    title_en: str


class TargetDefinition(Output):
    """A target as the plan states it."""

    code: str = Field(examples=["T01"])
    vi: str
    en: str
    kind: TargetKind = Field(description="computed from the system's records, or reported by an agency")
    metric: Metric
    unit: TargetUnit
    threshold: Exact | None = Field(
        description="number or percent to reach; null: the plan states none", examples=["5"]
    )
    scope: Scope
    deadline_before: date | None = Field(description="due before this day", examples=["2024-10-30"])
    section: str = Field(description="place in the plan")


class MilestoneRead(Output):
    """A date of the plan year."""

    code: str = Field(examples=["M01"])
    vi: str
    en: str
    before: date = Field(description="this day itself is too late")
    section: str


class AgencyRead(Output):
    """An agency with its part in the plan."""

    code: str = Field(examples=["so-nnptnt"])
    vi: str
    en: str
    section: str
    duty_vi: str | None
    duty_en: str | None


class FundingRead(Output):
    """A source of money."""

    code: str = Field(examples=["ctmtqg-ntm"])
    vi: str
    en: str


class SolutionRead(Output):
    """A line of the annex; agencies, targets and funding are given by code."""

    vi: str
    en: str
    lead: list[str] = Field(examples=[["so-nnptnt"]])
    coordinating: list[str]
    result_vi: str
    result_en: str
    targets: list[str] = Field(examples=[["T01"]])
    capital: Capital
    funding: list[str]


class TaskRead(Output):
    """A main task of the plan."""

    number: int = Field(examples=[1])
    vi: str
    en: str
    solutions: list[SolutionRead]


class PlanRead(PlanSummary):
    """A plan in full, in Vietnamese and English."""

    legal_basis: list[str] = Field(examples=[["919/QĐ-TTg (2022)"]])
    targets: list[TargetDefinition]
    milestones: list[MilestoneRead]
    reporting: list[ReportingPeriod]
    agencies: list[AgencyRead]
    funding: list[FundingRead]
    tasks: list[TaskRead]


class DistrictName(Output):
    """A district of the plan's time."""

    code: str = Field(examples=["660"])
    name: str = Field(examples=["Thành phố Gia Nghĩa"])


class ReportCreate(Input):
    """A report on a target: `value` where the target counts, `done` where it is a statement."""

    value: int | None = Field(
        None, strict=True, ge=0, le=1_000_000_000, description="reached so far in the plan year", examples=[4]
    )
    done: bool | None = Field(None, strict=True, description="whether it was carried out")
    note: LongText | None = Field(
        None, description="how it came about; everybody reads it, so no personal data", examples=["2 lớp"]
    )
    reported_on: date = Field(description="day the report speaks of, not after today")


class ReportRead(Output):
    """A report on a target."""

    id: UUID
    value: int | None = Field(examples=[42])
    done: bool | None
    note: str | None
    reported_on: date = Field(examples=["2026-06-30"])
    recorded_at: Instant


class TargetFigure(Output):
    """A target and how far it is reached, in the caller's language."""

    code: str = Field(examples=["T02"])
    title: str = Field(examples=["At least 3 new products rated in every district"])
    kind: TargetKind
    unit: TargetUnit
    scope: Scope
    threshold: Exact | None = Field(examples=["3"])
    deadline_before: date | None = Field(examples=["2024-10-01"])
    value: Exact | None = Field(
        description="count; percent cut to two places; per district: districts that reach it", examples=["5"]
    )
    met: bool | None = Field(description="null: no figure, or the plan states no threshold")
    numerator: int | None
    denominator: int | None
    unmet_districts: list[DistrictName]
    explanation: str = Field(examples=["5 of 8 districts have at least 3: not met."])
    basis: Basis
    as_of: date = Field(description="last day the figure speaks of")
    report: ReportRead | None = Field(description="the report the figure rests on")


class PlanFigures(Output):
    """All targets of a plan as they stand."""

    plan: str = Field(examples=["ke-hoach-230-2024"])
    as_of: date = Field(description="today in Vietnam; each target names the day its own figure speaks of")
    targets: list[TargetFigure]


class ProductBehind(Output):
    """A product behind a figure."""

    product_id: UUID
    name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer: str = Field(examples=["Hợp tác xã Nông nghiệp Đắk Wil"])


class RecordsBehind(Output):
    """The products behind a figure: the first hundred, in Vietnamese order."""

    shown: RecordsShown = Field(description="products that were counted, or those that are missing from it")
    total: int = Field(
        description="how many the caller may see; of dossiers under way only their readers see the product",
        examples=[42],
    )
    products: list[ProductBehind]


class TargetDetail(TargetFigure):
    """A target with the records behind its figure."""

    records: RecordsBehind | None = Field(description="null where no record is behind it")
