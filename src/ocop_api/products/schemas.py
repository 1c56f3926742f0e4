"""Shapes of registering products and of a product in full."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ocop_api.domain.product_facts import ContentUnit
from ocop_api.producers.schemas import PlaceId
from ocop_api.products.catalogue_schemas import ProductSummary
from ocop_api.products.paper_schemas import PackCodeRead, RightRead, StandardRead
from ocop_api.products.terms import Industry, Price, Recognition, SetNumber, Stars
from ocop_api.web.schemas import Code, Exact, Input, Instant, LongText, ShortText, clean_text

VideoUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https://[^\s/@]+(/\S*)?$", max_length=500, strip_whitespace=True),
    AfterValidator(clean_text),
]
"""An address on the web; it is shown as a link and never fetched."""


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
    price_as_of: date | None = Field(None, description="day of the price", examples=["2026-05-01"])
    gtin: Code | None = Field(
        None,
        description="of the consumer unit: 8, 12, 13 or 14 digits with check digit; replaces the primary",
    )
    story_video_url: VideoUrl | None = Field(None, examples=["https://video.example.vn/ca-phe-dak-mil"])
    ingredients: LongText | None = Field(None, examples=["100% cà phê Robusta"])
    usage: LongText | None = Field(None, examples=["Pha phin với nước 95 °C"])
    storage: LongText | None = Field(None, examples=["Nơi khô ráo, tránh ánh nắng"])
    shelf_life_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(None, examples=[365])
    net_content: Annotated[Exact, Field(gt=0, max_digits=12, decimal_places=3)] | None = Field(
        None, description="of one pack, in `net_content_unit`", examples=["250"]
    )
    net_content_unit: ContentUnit | None = Field(None, examples=["g"])
    sales_channels: LongText | None = Field(None, description="markets and ways of selling")
    yearly_capacity: Annotated[Exact, Field(ge=0, max_digits=15, decimal_places=3)] | None = Field(
        None, description="what can be made in a year, in `yearly_capacity_unit`", examples=["12"]
    )
    yearly_capacity_unit: Code | None = Field(None, examples=["tấn"])
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


class ProductRead(ProductSummary):
    """A product in full; nothing personal in it."""

    description: str | None
    story: str | None
    packaging: str | None
    story_video_url: str | None
    ingredients: str | None
    usage: str | None
    storage: str | None
    shelf_life_days: int | None
    net_content: Exact | None = Field(examples=["250"])
    net_content_unit: ContentUnit | None
    price_as_of: date | None
    sales_channels: str | None
    yearly_capacity: Exact | None
    yearly_capacity_unit: str | None
    gtins: list[PackCodeRead] = Field(description="of all packs, at most fifty")
    standards: list[StandardRead] = Field(description="and certificates, at most fifty")
    rights: list[RightRead] = Field(description="intellectual property, at most fifty")
    has_own_place: bool = Field(description="false when the place follows the producer's")
    source: str | None = Field(description="where imported facts come from")
    confidence: str | None = Field(description="how sure imported facts are, as their source grades them")
    created_at: Instant
