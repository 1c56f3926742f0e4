"""Shapes of the public catalogue."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field

from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.products.photo_schemas import PhotoSummary
from ocop_api.products.terms import Industry, Price, RecognitionToday, SetNumber, Stars
from ocop_api.web.schemas import Code, Exact, Input, Instant, Output, PageQuery, ShortText


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
    photo: PhotoSummary | None = Field(description="the main photo; null while there is none")
    picture_url: str | None = Field(
        description="drawing of the set, for products without a photo; null without a set",
        examples=["/v1/sets/13/picture.svg?v=0a1b2c3d4e5f"],
    )
    updated_at: Instant
    version: int


class Initial(StrEnum):
    """First letter of a name; the alphabet of Vietnamese, and `#` for digits and other scripts."""

    A = "A"
    A_BREVE = "Ă"
    A_CIRCUMFLEX = "Â"
    B = "B"
    C = "C"
    D = "D"
    D_STROKE = "Đ"
    E = "E"
    E_CIRCUMFLEX = "Ê"
    F = "F"
    G = "G"
    H = "H"
    I = "I"  # noqa: E741 - a letter
    J = "J"
    K = "K"
    L = "L"
    M = "M"
    N = "N"
    O = "O"  # noqa: E741 - a letter
    O_CIRCUMFLEX = "Ô"
    O_HORN = "Ơ"
    P = "P"
    Q = "Q"
    R = "R"
    S = "S"
    T = "T"
    U = "U"
    U_HORN = "Ư"
    V = "V"
    W = "W"
    X = "X"
    Y = "Y"
    Z = "Z"
    OTHER = "#"


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Several = BeforeValidator(_listed)
"""A list that may also be given as its only value."""


class CatalogueFilter(Input):
    """Filters of the catalogue; all must hold, and of a list any one."""

    q: str | None = Field(
        None,
        max_length=200,
        description="words of product, producer, set, place (old or new name) and story, in any order and"
        " without accents if wished; the last may be unfinished, and a typing error in a word is forgiven",
        examples=["ca phe dak mil"],
    )
    set_number: Annotated[list[SetNumber], Field(max_length=26), Several] = Field(default=[], examples=[[13]])
    industry: Annotated[list[Industry], Field(max_length=6), Several] = Field(default=[], examples=[["I"]])
    stars: Annotated[list[Stars], Field(max_length=3), Several] = Field(
        default=[], description="held on `valid_on`; expired ones never count", examples=[[4, 5]]
    )
    min_stars: Stars | None = Field(None, description="at least so many held on `valid_on`")
    recognition: Annotated[list[RecognitionToday], Field(max_length=5), Several] = Field(
        default=[], description="as of today"
    )
    valid_on: date | None = Field(
        None, description="recognised, and still so on this day: today or later", examples=["2027-01-31"]
    )
    valid_until_from: date | None = Field(None, description="granted, valid to this day or longer")
    valid_until_to: date | None = Field(None, description="granted, valid to this day or shorter")
    place: ShortText | None = Field(
        None, description="id, code or name of a province, district or commune; finds everything in it"
    )
    place_on: date | None = Field(None, description="day on which `place` is read as a code; default today")
    producer_id: UUID | None = None
    legal_form: Annotated[list[ProducerForm], Field(max_length=12), Several] = Field(
        default=[], description="of the producer"
    )
    is_cooperative: bool | None = Field(None, description="producer counted among the cooperatives")
    price_from: Price | None = Field(None, description="đồng; products without a price are left out")
    price_to: Price | None = Field(None, description="đồng; products without a price are left out")
    gtin: Code | None = Field(None, description="8, 12, 13 or 14 digits")
    product_code: Code | None = None
    initial: Initial | None = Field(None, description="first letter of the name")
    updated_since: AwareDatetime | None = Field(None, description="changed at or after this instant")


class ProductFilter(CatalogueFilter, PageQuery):
    """Filters and paging of the catalogue."""


class NearbyFilter(CatalogueFilter, PageQuery):
    """Where to look, how far, and the filters of the catalogue."""

    lat: float | None = Field(
        None, ge=-180, le=180, allow_inf_nan=False, description="latitude, WGS84", examples=[12.0]
    )
    lon: float | None = Field(
        None, ge=-180, le=180, allow_inf_nan=False, description="longitude, WGS84", examples=[107.7]
    )
    near_place: ShortText | None = Field(
        None, description="instead of coordinates: id, code or name of a place", examples=["34:24611"]
    )
    radius_km: float = Field(30, gt=0, le=300, allow_inf_nan=False)


class NearbyProduct(ProductSummary):
    """A product with its distance."""

    distance_km: float = Field(
        description="to the middle of its commune, as the crow flies, to 100 m", examples=[12.4]
    )


class FacetValue(Output):
    """One value of a facet."""

    value: str = Field(description="what the filter of this facet takes", examples=["13"])
    label: str | None = Field(
        description="name in the answer's language, where one is needed", examples=["Cà phê, ca cao"]
    )
    count: int = Field(description="products with it, under all other filters", examples=[42])


class Facets(Output):
    """How many products each further choice would give; a facet's own filter does not narrow its counts."""

    total: int = Field(description="products under all filters", examples=[128])
    set_number: list[FacetValue]
    industry: list[FacetValue]
    stars: list[FacetValue] = Field(description="held today")
    recognition: list[FacetValue] = Field(description="as of today")
    province: list[FacetValue] = Field(description="today's provinces, by number; filter `place`")
    commune: list[FacetValue] = Field(
        description="today's communes in the filtered province, the 100 with most products; filter `place`"
    )
    legal_form: list[FacetValue]
    initial: list[FacetValue] = Field(description="in the order of the alphabet")


class SuggestionKind(StrEnum):
    """What a completion stands for."""

    PRODUCT = "product"
    PRODUCER = "producer"
    PLACE = "place"
    SET = "set"


class Suggestion(Output):
    """One completion."""

    kind: SuggestionKind
    id: str = Field(
        description="id of the product, producer or place; number of the set", examples=["34:24611"]
    )
    text: str = Field(examples=["Cà phê bột Đắk Mil"])
    detail: str | None = Field(
        description="what tells it from its namesakes", examples=["Hợp tác xã Đắk Wil"]
    )


class Suggestions(Output):
    """Completions: products first, then sets, producers and places; at most ten."""

    items: list[Suggestion]


class SuggestQuery(Input):
    """What has been typed so far."""

    q: str = Field(
        max_length=100, description="beginning of words, without accents if wished", examples=["ca ph"]
    )


def rounded_km(metres: int) -> float:
    """Metres as kilometres to 100 m: finer would pretend to know where in its commune a product is made."""
    return float((Decimal(metres) / 1000).quantize(Decimal("0.1")))
