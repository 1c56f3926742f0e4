"""What a council found on a dossier, told to its producer, with advice on what would bring more."""

from datetime import date
from uuid import UUID

from pydantic import Field

from ocop_api.domain.rubric.rating import Outcome
from ocop_api.scoring.schemas.advice import AdviceRead
from ocop_api.scoring.schemas.editions import BandRead
from ocop_api.scoring.schemas.results import MeanRead
from ocop_api.scoring.schemas.texts import StatementRead, TextRead
from ocop_api.web.schemas import Exact, Output


class ReportedCriterion(Output):
    """One criterion: the council's mean, and the level that its majority reached."""

    code: str = Field(examples=["1.1"])
    text: TextRead
    max: Exact = Field(examples=["3"])
    mean: MeanRead
    level_text: TextRead | None = Field(description="wording of that level; null when no option is reached")


class ReportedPart(Output):
    """A part of the criteria."""

    code: str = Field(examples=["A"])
    text: TextRead
    max: Exact = Field(examples=["40"])
    mean: MeanRead
    criteria: list[ReportedCriterion]


class MissedMinimum(Output):
    """A star's minimum that no majority of the council found reached."""

    star: int = Field(examples=[4])
    criterion: str = Field(examples=["1.5"])
    criterion_text: TextRead
    required_text: TextRead


class CarriedGate(Output):
    """A gate on which the council's majority agreed, with the reasons that were given."""

    gate: str = Field(examples=["no_product_story"])
    text: TextRead
    reason: str = Field(examples=["Hồ sơ không có câu chuyện sản phẩm."])


class RatingReport(Output):
    """The council's result without anybody's single sheet, and advice that rests on it."""

    dossier_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    council_name: str = Field(examples=["Hội đồng đánh giá, phân hạng sản phẩm OCOP tỉnh Lâm Đồng"])
    held_on: date = Field(examples=["2026-06-25"])
    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    outcome: Outcome
    mean: MeanRead | None = Field(description="null when a gate ended the evaluation unscored")
    band: BandRead | None
    star: int | None = Field(examples=[2])
    recognisable: bool = Field(description="three stars or more (Decision 26/2026, Art. 4.1a)")
    parts: list[ReportedPart]
    missed: list[MissedMinimum] = Field(description="minimums that kept the product from a star in its band")
    gates: list[CarriedGate]
    explanation: list[StatementRead]
    advice: AdviceRead | None = Field(
        description="what would bring the next star, from a sheet that stands for the council's: in each "
        "criterion what its majority reached, together at most the mean; null when no star is above"
    )
