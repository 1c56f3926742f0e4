"""Certificates to choose among, and plans of inspections."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from ocop_api.certificates.standing import Standing
from ocop_api.domain.actor import Level
from ocop_api.domain.inspection import Content, InspectionParty, PlanAction, PlanState
from ocop_api.domain.inspection_findings import InspectionConclusion
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
MOST_SELECTED = 2000
"""Certificates on one plan."""
_MOST_BODIES = 30
Year = Annotated[int, Field(ge=2018, le=2100, examples=[2026])]
Contents = Annotated[list[Content], Field(min_length=1, max_length=len(Content))]


class Which(StrEnum):
    """Which certificates are candidates."""

    EITHER = "either"
    """In force on the day, or with a term that ends in the period."""
    IN_FORCE = "in_force"
    EXPIRING = "expiring"
    """With a term that ends in the period, in force or not."""


class InspectionCandidateQuery(Input):
    """Which certificates to inspect; all conditions hold together."""

    which: Which = Field(
        Which.EITHER,
        description="`either`: in force `on` the day, or with a term that ends in the period; the other two "
        "are one half of it",
    )
    on: date | None = Field(None, description="day on which they are in force; today unless given")
    expiring_year: Year | None = Field(None, description="the period is this year")
    expiring_from: date | None = Field(None, description="first day of the period")
    expiring_to: date | None = Field(None, description="last day of the period")
    stars: int | None = Field(None, ge=3, le=5)
    set_number: int | None = Field(
        None, ge=1, le=26, description="criteria set it was rated by; the product's where no file is known"
    )
    place_id: str | None = Field(
        None,
        max_length=20,
        description="an administrative unit, old or new, with all below it",
        examples=["34:68"],
    )
    producer_id: UUID | None = None
    not_inspected_since: date | None = Field(
        None, description="never inspected, or last before this day", examples=["2025-01-01"]
    )

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        given = self.expiring_from is not None or self.expiring_to is not None
        if given and self.expiring_year is not None:
            raise ValueError("the period is a year or days, not both")
        if given and (self.expiring_from or date.min) > (self.expiring_to or date.max):
            raise ValueError("the period must not end before it begins")
        if self.which is Which.EXPIRING and not given and self.expiring_year is None:
            raise ValueError("`expiring` needs a period")
        return self

    @property
    def period(self) -> tuple[date, date] | None:
        """First and last day of the period in which terms end; None when none was asked for."""
        if self.expiring_year is not None:
            return date(self.expiring_year, 1, 1), date(self.expiring_year, 12, 31)
        if self.expiring_from is None and self.expiring_to is None:
            return None
        return self.expiring_from or date.min, self.expiring_to or date.max


class InspectionCandidateFilter(PageQuery, InspectionCandidateQuery):
    """Which candidates to list. Sorts: `valid_until` (default), `last_inspected_on`."""


class InspectionCandidate(Output):
    """A certificate that may be inspected, and when it last was."""

    certificate_id: UUID = Field(examples=[_ID])
    number: str | None = Field(examples=["68-01-2026"])
    product_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer_id: UUID
    producer_name: str
    producer_address: str
    stars: int
    set_number: int | None
    level: Level | None = Field(description="of the deciding authority")
    issued_on: date | None
    valid_until: date | None
    standing: Standing = Field(description="on the chosen day")
    last_inspection_id: UUID | None
    last_inspected_on: date | None
    last_conclusion: InspectionConclusion | None


class _PlanFacts(Input):
    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = getattr(self, "period_from", None), getattr(self, "period_to", None)
        if first is not None and last is not None and first > last:
            raise ValueError("the period must not end before it begins")
        return self


class InspectionPlanCreate(_PlanFacts):
    """A plan as the office drafts it."""

    name: ShortText = Field(examples=["Kế hoạch kiểm tra sản phẩm OCOP năm 2026"])
    year: Year
    place_id: Code | None = Field(
        None, description="the province; null for a plan of the ministry", examples=["34:68"]
    )
    basis_number: Code | None = Field(
        None, description="number of the decision or plan it rests on", examples=["230/KH-UBND"]
    )
    basis_on: date | None = Field(None, description="its day; together with the number")
    period_from: date = Field(examples=["2026-07-01"])
    period_to: date = Field(examples=["2026-11-30"])
    contents: Contents = Field(default_factory=lambda: list(Content), description="what is inspected")
    lead_body: ShortText = Field(
        examples=["Văn phòng điều phối nông thôn mới tỉnh"], description="body that leads"
    )
    taking_part: list[ShortText] = Field(
        default_factory=list,
        max_length=_MOST_BODIES,
        description="departments that take part",
        examples=[["Sở Y tế"]],
    )

    @model_validator(mode="after")
    def _whole_basis(self) -> Self:
        if (self.basis_number is None) != (self.basis_on is None):
            raise ValueError("a basis has a number and a day")
        return self


class InspectionPlanUpdate(_PlanFacts):
    """Changes of a draft (merge patch); null stands for nothing but in the basis."""

    name: ShortText | None = Field(None, examples=["Kế hoạch kiểm tra sản phẩm OCOP năm 2026"])
    year: Year | None = None
    basis_number: Code | None = Field(None, examples=["230/KH-UBND"])
    basis_on: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    contents: Contents | None = None
    lead_body: ShortText | None = None
    taking_part: list[ShortText] | None = Field(None, max_length=_MOST_BODIES)


class InspectionPlanSelect(Input):
    """Certificates to put on a plan: by hand, by query, or both."""

    certificate_ids: list[UUID] = Field(default_factory=list, max_length=500, examples=[[_ID]])
    query: InspectionCandidateQuery | None = Field(
        None, description="everything it finds today is put on the plan, and the query is kept with it"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.certificate_ids and self.query is None:
            raise ValueError("name certificates or give a query")
        return self


class InspectionPlanFilter(PageQuery):
    """Which plans to list. Sorts: `-created_at` (default), `created_at`."""

    year: Year | None = None
    state: PlanState | None = None
    level: Level | None = None
    place_id: str | None = Field(None, max_length=20, examples=["34:68"])


class InspectionPlanSummary(Output):
    """A plan in a list."""

    id: UUID = Field(examples=[_ID])
    name: str
    year: int
    level: Level = Field(description="`province` or `central`")
    place_id: str | None
    state: PlanState
    period_from: date
    period_to: date
    lead_body: str
    selected: int = Field(description="certificates on the plan", examples=[42])
    approved_at: Instant | None
    version: int
    created_at: Instant
    updated_at: Instant


class InspectionQueryRead(Output):
    """A query by which certificates were put on a plan."""

    at: Instant
    by: UUID | None
    query: InspectionCandidateQuery
    added: int = Field(description="certificates that were not on the plan before", examples=[40])


class InspectionPlanProgress(Output):
    """How far the inspections of a plan are, and what they found."""

    planned: int = Field(examples=[30])
    under_way: int
    concluded: int = Field(description="concluded and closed ones together")
    closed: int
    cancelled: int
    kept: int
    improvements_required: int
    withdrawal_proposed: int
    improvements_open: int
    improvements_overdue: int
    expiring_in_year: int = Field(
        description="certificates on the plan whose term ends in its year", examples=[12]
    )
    expiring_in_year_concluded: int = Field(description="those of them with a concluded inspection")


class InspectionPlanAllowedAction(Output):
    """What the caller may do with the plan now."""

    action: PlanAction = Field(examples=["approve"])
    party: InspectionParty


class InspectionPlanRead(InspectionPlanSummary):
    """A plan in full."""

    basis_number: str | None
    basis_on: date | None
    contents: list[Content]
    taking_part: list[str]
    queries: list[InspectionQueryRead]
    approved_by: UUID | None
    closed_at: Instant | None
    progress: InspectionPlanProgress
    allowed_actions: list[InspectionPlanAllowedAction]


class PlannedCertificateFilter(PageQuery):
    """Paging of the certificates of a plan. Sorts: `valid_until` (default), `last_inspected_on`."""


class PlannedCertificateRead(InspectionCandidate):
    """A certificate on a plan."""

    by_query: bool = Field(description="false for one put there by hand")
