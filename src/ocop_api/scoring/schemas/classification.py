"""The answer to the question which criteria set a product belongs to."""

from pydantic import Field

from ocop_api.domain.rubric.classifying import Telling
from ocop_api.scoring.schemas.editions import SetSummary
from ocop_api.web.schemas import Output


class TellingWordRead(Output):
    """A word of the question that speaks for a set."""

    written: str = Field(description="as it was asked", examples=["mac ca"])
    known: str = Field(description="as it is known here", examples=["mắc ca"])
    telling: Telling = Field(description="what it says of the product", examples=["material"])


class ClassificationMatch(Output):
    """A set that may be meant."""

    set: SetSummary
    share: float = Field(description="part of all that the words say, above 0 to 1", examples=[0.91])
    words: list[TellingWordRead] = Field(description="why: the words that speak for it")


class ProductClassification(Output):
    """The sets that are likely meant, best first; empty when no word is known."""

    edition: str = Field(examples=["qd26-2026"])
    q: str = Field(examples=["mắc ca sấy"])
    items: list[ClassificationMatch]
