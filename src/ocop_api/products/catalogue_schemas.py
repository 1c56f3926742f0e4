"""Shapes of the public catalogue."""

from datetime import date
from uuid import UUID

from pydantic import Field

from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.products.terms import Industry, RecognitionToday, SetNumber, Stars
from ocop_api.web.schemas import Code, Exact, Instant, Output, PageQuery, ShortText


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
