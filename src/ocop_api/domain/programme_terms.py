"""What a yearly plan of the programme consists of, what is measured, and what a judged target tells.

Source of the shape: plan 230/KH-UBND of 05/03/2024 of Đắk Nông and its annex.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from ocop_api.domain.errors import NotFound


class Metric(StrEnum):
    """What a target measures."""

    ASSESSED_FOR_FOUR_STARS = "assessed_for_four_stars"
    """Products rated by the provincial council as 4-star candidates in the plan year."""
    NEW_PRODUCTS_RATED = "new_products_rated"
    """Products rated for the first time in the plan year, per district."""
    EXPIRING_CERTIFICATES_REINSPECTED = "expiring_certificates_reinspected"
    """Of the certificates that expire in the plan year, those inspected in it."""
    RECOGNISED_PRODUCTS_INSPECTED = "recognised_products_inspected"
    """Of the products with a certificate in force, those inspected in the plan year."""
    PRODUCTS_LISTED_ONLINE = "products_listed_online"
    """Of the products with a certificate in force, those with at least one live listing."""
    PRODUCTS_IN_PUBLIC_CATALOGUE = "products_in_public_catalogue"
    """Of the products with a certificate in force, those shown in the public catalogue."""
    DOSSIERS_SENT_TO_CENTRAL = "dossiers_sent_to_central"
    """Dossiers forwarded to the national rating in the plan year."""
    COOPERATIVE_PRODUCERS = "cooperative_producers"
    """Of the producers with a recognised product, the groups, cooperatives and unions (THT, HTX, LHHTX)."""
    TRAININGS_FOR_OFFICERS = "trainings_for_officers"
    TRAININGS_FOR_PRODUCERS = "trainings_for_producers"
    MEDIA_ITEMS = "media_items"
    TRADE_EVENTS = "trade_events"
    DISPLAY_POINTS = "display_points"
    PILOT_MODEL_CARRIED_OUT = "pilot_model_carried_out"
    DIGITAL_MANAGEMENT_IN_USE = "digital_management_in_use"
    PRODUCERS_SUPPORTED = "producers_supported"


class TargetKind(StrEnum):
    """Counted from the system's own records, or reported by the agency in charge."""

    COMPUTABLE = "computable"
    REPORTED = "reported"


class TargetUnit(StrEnum):
    """A number of things, a share in per cent, or a statement that something was done."""

    COUNT = "count"
    SHARE = "share"
    STATEMENT = "statement"


class Scope(StrEnum):
    """One figure for the province, or a threshold that every district must reach by itself."""

    PROVINCE = "province"
    PER_DISTRICT = "per_district"


class Capital(StrEnum):
    """Kind of public money: recurrent (*vốn sự nghiệp*) or development (*vốn đầu tư phát triển*)."""

    RECURRENT = "recurrent"
    DEVELOPMENT = "development"


class ReportingPeriod(StrEnum):
    """Periods in which results are reported to the standing agency."""

    HALF_YEAR = "half_year"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A specific objective (*mục tiêu cụ thể*).

    Attributes:
        threshold: Number or per cent to reach ("at least"); None where the plan states none.
        deadline_before: The day before which it is due, itself excluded ("trước ngày"); None without one.
        section: Place in the plan.
    """

    code: str
    vi: str
    en: str
    kind: TargetKind
    metric: Metric
    unit: TargetUnit
    threshold: Decimal | None
    scope: Scope
    deadline_before: date | None
    section: str

    @property
    def last_day(self) -> date | None:
        """The last day on which the target can be reached in time."""
        return None if self.deadline_before is None else self.deadline_before - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A date of the plan year; ``before`` is exclusive."""

    code: str
    vi: str
    en: str
    before: date
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An agency or body with a part in the plan; its duty is None where only the annex names it."""

    code: str
    vi: str
    en: str
    section: str
    duty_vi: str | None
    duty_en: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingSource:
    """A source of money (*nguồn vốn*)."""

    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One line of the annex (*giải pháp*); agencies, targets and funding are given by code."""

    vi: str
    en: str
    lead: tuple[str, ...]
    coordinating: tuple[str, ...]
    result_vi: str
    result_en: str
    targets: tuple[str, ...]
    capital: Capital
    funding: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A main task (*nhiệm vụ*) with its solutions."""

    number: int
    vi: str
    en: str
    solutions: tuple[Solution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A yearly plan of one province; ``province_code`` is the code of that time."""

    code: str
    number: str
    issued_on: date
    year: int
    province_code: str
    title_vi: str
    title_en: str
    legal_basis: tuple[str, ...]
    targets: tuple[Target, ...]
    milestones: tuple[Milestone, ...]
    reporting: tuple[ReportingPeriod, ...]
    agencies: tuple[Agency, ...]
    funding: tuple[FundingSource, ...]
    tasks: tuple[Task, ...]

    def target(self, code: str) -> Target:
        """Return a target by code.

        Raises:
            NotFound: ``programme.target_unknown``.
        """
        for candidate in self.targets:
            if candidate.code == code:
                return candidate
        raise NotFound("programme.target_unknown", target=code, plan=self.code)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things."""

    value: int


@dataclass(frozen=True, slots=True)
class Share:
    """``numerator`` of ``denominator`` things."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class PerDistrict:
    """A number of things in each district, by district code; list districts with none as 0."""

    by_district: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Statement:
    """A report that something was done or not."""

    done: bool


Measurement = Count | Share | PerDistrict | Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetValue:
    """A target judged.

    Attributes:
        value: The count; the share in per cent, cut (not rounded) to two decimals so that 99.999 never
            shows as 100; for a target per district the number of districts that reach it; else None.
        met: True or False, or None when nothing was measured or the plan states no threshold.
        numerator, denominator: Exact parts of a share or of "districts that reach it of all districts".
        unmet_districts: Codes of the districts below the threshold, sorted.
        explanation_vi, explanation_en: One sentence that says how the verdict came about.
    """

    target: str
    value: Decimal | None
    met: bool | None
    numerator: int | None = None
    denominator: int | None = None
    unmet_districts: tuple[str, ...] = ()
    explanation_vi: str
    explanation_en: str
