"""Councils as they are set up and read."""

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from ocop_api.domain.actor import Level
from ocop_api.domain.council import (
    DEFAULT_COUNCIL_RULES,
    MOST_APPEAL_DAYS,
    AdviserOffice,
    CouncilRules,
    Office,
)
from ocop_api.domain.rubric.rating import StarRules, WhenMinimumMissed
from ocop_api.web.schemas import Code, Exact, Input, Instant, Output, PageQuery, ShortText

_DEFAULT = DEFAULT_COUNCIL_RULES


def _share(value: str) -> str:
    try:
        return str(Fraction(value))
    except ZeroDivisionError as error:
        raise ValueError("a share must not divide by zero") from error


Share = Annotated[
    str, StringConstraints(pattern=r"^\d{1,4}(/\d{1,4}|\.\d{1,6})?$", max_length=12), AfterValidator(_share)
]
"""A share such as `3/4` or `0.75`; kept in lowest terms."""


class RulesInput(Input):
    """What the council's operating regulation (*Quy chế*) settles; left out, our defaults hold."""

    quorum_share: Share = Field(
        str(_DEFAULT.quorum_share), description="of the voting members present", examples=["3/4"]
    )
    chair_required: bool = _DEFAULT.chair_required
    deputy_replaces_recused_chair: bool = _DEFAULT.deputy_replaces_recused_chair
    deputy_replaces_absent_chair: bool = _DEFAULT.deputy_replaces_absent_chair
    spread_limit: Exact | None = Field(
        _DEFAULT.spread_limit,
        description="points by which two totals may differ before a new round; null for no limit",
        max_digits=7,
        decimal_places=4,
    )
    majority_over: Share = Field(str(_DEFAULT.majority_over), description="a vote needs more than this share")
    cumulative_minimums: bool = Field(
        _DEFAULT.stars.cumulative_minimums, description="a star needs the minimums of lower stars too"
    )
    when_minimum_missed: WhenMinimumMissed = _DEFAULT.stars.when_minimum_missed
    experts_score: bool = _DEFAULT.experts_score
    least_voters: int = Field(
        _DEFAULT.least_voters, ge=1, le=60, description="fewest voting members who can act as a council"
    )
    lower_level_evaluators_recused: bool = Field(
        _DEFAULT.lower_level_evaluators_recused,
        description="who scored a file at a lower level does not score it again",
    )
    typical_size: int = Field(_DEFAULT.typical_size, ge=1, le=99)
    display_places: int = Field(_DEFAULT.display_places, ge=0, le=6)
    notice_working_days: int = Field(
        _DEFAULT.notice_working_days,
        ge=0,
        le=60,
        description="working days before a meeting by which members are invited and have the files; the law "
        "of a dossier may ask for more",
    )
    opinion_working_days: int = Field(
        _DEFAULT.opinion_working_days, ge=0, le=60, description="that members have for a written opinion"
    )
    appeal_days: int = Field(
        _DEFAULT.appeal_days,
        ge=1,
        le=MOST_APPEAL_DAYS,
        description="days within which a producer may appeal against an outcome",
    )

    def rules(self) -> CouncilRules:
        """The rules as the domain takes them; ``Invalid`` ``council.rules_invalid``."""
        return CouncilRules(
            quorum_share=Fraction(self.quorum_share),
            chair_required=self.chair_required,
            deputy_replaces_recused_chair=self.deputy_replaces_recused_chair,
            deputy_replaces_absent_chair=self.deputy_replaces_absent_chair,
            spread_limit=self.spread_limit,
            majority_over=Fraction(self.majority_over),
            stars=StarRules(
                cumulative_minimums=self.cumulative_minimums, when_minimum_missed=self.when_minimum_missed
            ),
            least_voters=self.least_voters,
            lower_level_evaluators_recused=self.lower_level_evaluators_recused,
            experts_score=self.experts_score,
            typical_size=self.typical_size,
            display_places=self.display_places,
            notice_working_days=self.notice_working_days,
            opinion_working_days=self.opinion_working_days,
            appeal_days=self.appeal_days,
        )


class RulesRead(Output, RulesInput):
    """The rules that a council works by."""


class MemberInput(Input):
    """A seat: an account, its office, and the name as the decision gives it."""

    user_id: UUID
    office: Office
    name: ShortText = Field(examples=["H’Loan Niê"])


class MemberRead(Output):
    """A seat on a council."""

    user_id: UUID
    office: Office = Field(examples=["chair"])
    name: str = Field(examples=["H’Loan Niê"])


class AdviserInput(Input):
    """A place in the advisory group: an account, its office there, and the name as the decision gives it."""

    user_id: UUID
    office: AdviserOffice = Field(examples=["leader"])
    name: ShortText = Field(examples=["Trần Văn Hùng"])


class AdviserRead(Output):
    """A place in the advisory group."""

    user_id: UUID
    office: AdviserOffice = Field(examples=["leader"])
    name: str = Field(examples=["Trần Văn Hùng"])


Members = Annotated[list[MemberInput], Field(min_length=1, max_length=60)]
Advisers = Annotated[list[AdviserInput], Field(max_length=60)]


class CouncilCreate(Input):
    """A council as its decision sets it up."""

    name: ShortText = Field(examples=["Hội đồng đánh giá, phân hạng sản phẩm OCOP tỉnh Lâm Đồng năm 2026"])
    level: Literal[Level.DISTRICT, Level.PROVINCE, Level.CENTRAL] = Field(examples=["province"])
    place_id: Code | None = Field(None, description="its unit; none at the centre", examples=["34:68"])
    decision_number: Code = Field(examples=["1234/QĐ-UBND"])
    decision_date: date
    members: Members
    advisers: Advisers = Field(
        default=[],
        description="advisory group (*tổ tư vấn*), with one leader; nobody of it scores in this council",
    )
    rules: RulesInput = RulesInput()


class CouncilChange(Input):
    """What a new decision or regulation changes; what is left out stays."""

    members: Members | None = Field(None, description="the whole list of seats")
    advisers: Advisers | None = Field(
        None, description="the whole advisory group; an empty list when there is none any more"
    )
    rules: RulesInput | None = Field(
        None, description="all rules; sessions that are open or closed keep those they were opened under"
    )


class CouncilFilter(PageQuery):
    """Which councils to list. Sorts: `name`, `-decision_date` (default), `decision_date`."""

    level: Level | None = None
    place_id: str | None = Field(None, max_length=64, description="councils of this unit")


class CouncilSummary(Output):
    """A council in a list."""

    id: UUID
    name: str = Field(examples=["Hội đồng đánh giá, phân hạng sản phẩm OCOP tỉnh Lâm Đồng"])
    level: Level
    place_id: str | None = Field(examples=["34:68"])
    decision_number: str = Field(examples=["1234/QĐ-UBND"])
    decision_date: date = Field(examples=["2026-06-01"])
    version: int
    created_at: Instant
    updated_at: Instant


class CouncilRead(CouncilSummary):
    """A council with its seats and rules."""

    members: list[MemberRead]
    advisers: list[AdviserRead] = Field(description="advisory group (*tổ tư vấn*)")
    rules: RulesRead
