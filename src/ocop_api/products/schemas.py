"""Shapes of products and of the public catalogue."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.producers.schemas import PlaceId
from ocop_api.web.schemas import Code, Exact, Input, Instant, LongText, Output, PageQuery, ShortText


class Recognition(StrEnum):
    """What is on record about a product's recognition."""

    NONE = "none"
    VALID = "valid"
    """Granted by a dated decision; whether it still runs is a matter of the day."""
    REPORTED = "reported"
    """Known from the press or without a dated decision; never counts."""
    WITHDRAWN = "withdrawn"


class RecognitionToday(StrEnum):
    """What the recognition is worth on a given day."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    REPORTED = "reported"
    WITHDRAWN = "withdrawn"


Industry = Literal["I", "II", "III", "IV", "V", "VI"]
SetNumber = Annotated[int, Field(ge=1, le=26)]
Stars = Annotated[int, Field(ge=3, le=5)]


def _whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1))


Price = Annotated[Exact, Field(ge=0, max_digits=14, decimal_places=0), AfterValidator(_whole)]
"""Whole đồng, as text in JSON."""


class ProductFacts(Input):
    """What describes a product beyond its name."""

    set_number: SetNumber | None = Field(
        None, description="criteria set of Annex I, 1 to 26; null if not yet classified", examples=[13]
    )
    industry: Industry | None = Field(
        None, description="industry of Annex I; follows from the set when that is given", examples=["I"]
    )
    description: LongText | None = Field(None, examples=["Cà phê Robusta rang mộc, xay vừa."])
    story: LongText | None = Field(None, description="product story (câu chuyện sản phẩm)")
    packaging: LongText | None = Field(None, examples=["Túi giấy có van một chiều"])
    pack: ShortText | None = Field(None, examples=["gói 250g"])
    price_vnd: Price | None = Field(None, description="price in đồng", examples=["85000"])
    gtin: Code | None = Field(None, description="8, 12, 13 or 14 digits with check digit")
    place_id: PlaceId | None = Field(
        None, description="own place of production; null to follow the producer", examples=["34:24611"]
    )


class ProductCreate(ProductFacts):
    """A product to register."""

    producer_id: UUID
    name: ShortText = Field(examples=["Cà phê bột Đắk Mil"])


class ProductUpdate(ProductFacts):
    """Changes to a product (merge patch): a field left out stays, null empties an optional one."""

    name: ShortText | None = Field(None, description="not null")

    @model_validator(mode="after")
    def _name_stays(self) -> Self:
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("name cannot be null")
        return self


class ImportedFacts(Input):
    """What an import knows beyond a registration: where from, how sure, and the recognition on record."""

    source: LongText | None = None
    confidence: Code | None = None
    product_code: Code | None = None
    recognition: Recognition = Recognition.NONE
    stars: Stars | None = None
    stars_valid_until: date | None = None


class RecognitionRead(Output):
    """The recognition as of today."""

    status: RecognitionToday = Field(
        description="`valid` counts today; `reported` is known from the press or without a dated decision"
    )
    stars: int | None = Field(description="stars held today; null unless `valid`", examples=[4])
    stated_stars: int | None = Field(
        description="stars of the record, also when expired, reported or withdrawn: not to be shown as held"
    )
    valid_until: date | None = Field(description="last day of validity", examples=["2029-06-14"])


class ProducerOfProduct(Output):
    """Whose product it is, by business name."""

    id: UUID
    name: str = Field(examples=["Hợp tác xã Nông nghiệp Đắk Wil"])
    legal_form: ProducerForm
    is_cooperative: bool


class ProductSummary(Output):
    """A product in a list."""

    id: UUID
    name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer: ProducerOfProduct
    industry: Industry | None
    set_number: int | None
    pack: str | None
    price_vnd: Exact | None = Field(description="price in đồng", examples=["85000"])
    gtin: str | None = Field(description="in 14 digits")
    product_code: str | None = Field(examples=["68-24611-3-2026"])
    place_id: str | None
    recognition: RecognitionRead
    updated_at: Instant
    version: int


class ProductRead(ProductSummary):
    """A product in full; nothing personal in it."""

    description: str | None
    story: str | None
    packaging: str | None
    has_own_place: bool = Field(description="false when the place follows the producer's")
    source: str | None = Field(description="where imported facts come from")
    confidence: str | None = Field(description="how sure imported facts are, as their source grades them")
    created_at: Instant


class ProductFilter(PageQuery):
    """Filters of the catalogue."""

    q: str | None = Field(
        None, max_length=200, description="words of product and producer, without accents if wished"
    )
    set_number: SetNumber | None = None
    industry: Industry | None = None
    stars: Stars | None = Field(None, description="held today; expired ones never count")
    recognition: RecognitionToday | None = Field(None, description="as of today")
    place: ShortText | None = Field(
        None, description="id, code or name of a province, district or commune; finds everything in it"
    )
    place_on: date | None = Field(None, description="day on which `place` is read as a code; default today")
    producer_id: UUID | None = None
    gtin: Code | None = Field(None, description="8, 12, 13 or 14 digits")
    product_code: Code | None = None
