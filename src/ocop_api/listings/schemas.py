"""Shapes of channels, listings and coverage."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, HttpUrl, PlainSerializer

from ocop_api.domain.listing import ChannelKind, ListingAction, ListingSource, ListingState
from ocop_api.web.schemas import Code, Exact, Input, Instant, Output, PageQuery, ShortText

_EXAMPLE_URL = "https://shopee.vn/ca-phe-bot-i.123.456"


def _secure(value: HttpUrl) -> HttpUrl:
    if value.scheme != "https" or value.username or value.password:
        raise ValueError("the address must start with https:// and hold no password")
    return value


Address = Annotated[HttpUrl, AfterValidator(_secure), PlainSerializer(str, return_type=str)]


def _whole(value: Decimal) -> Decimal:
    # The database's driver reads 90000 as 9E+4, which is no text for a price.
    return value.quantize(Decimal(1))


Price = Annotated[
    Exact, Field(ge=0, max_digits=14, decimal_places=0, examples=["85000"]), AfterValidator(_whole)
]


class ChannelRead(Output):
    """A place where products are sold."""

    code: str = Field(examples=["shopee"])
    name: str = Field(examples=["Shopee"])
    kind: ChannelKind


class ListingCreate(Input):
    """A product on a channel, as its producer or an officer declares it."""

    product_id: UUID
    channel: Code = Field(examples=["shopee"])
    url: Address | None = Field(None, examples=[_EXAMPLE_URL], description="page of the product; https only")
    external_id: Code | None = Field(None, description="identifier on the channel")
    price_vnd: Price | None = Field(None, description="price there, in đồng")
    live: bool = Field(
        False, description="already on sale there: the listing starts live instead of as draft"
    )


class ListingUpdate(Input):
    """Merge patch of a listing: only the fields sent change; null empties one."""

    url: Address | None = None
    external_id: Code | None = Field(None, examples=["VN-123456"])
    price_vnd: Price | None = Field(None, examples=["95000"])


class ListingActionInput(Input):
    """An action on a listing."""

    action: ListingAction = Field(examples=["publish"])
    reason: ShortText | None = Field(None, description="required for reject and delist")


class ListingRead(Output):
    """One product on one channel."""

    id: UUID
    product_id: UUID
    channel: str = Field(examples=["shopee"])
    channel_kind: ChannelKind
    url: str | None = Field(examples=[_EXAMPLE_URL])
    external_id: str | None
    price_vnd: Price | None = Field(description="price there, in đồng")
    state: ListingState
    source: ListingSource
    last_verified_at: Instant | None = Field(description="when an officer last saw it on sale")
    reason: str | None
    allowed_actions: list[ListingAction] = Field(description="what this caller may do now")
    created_at: Instant
    updated_at: Instant
    version: int


class ListingFilter(PageQuery):
    """Filters of the list of listings."""

    product_id: UUID | None = None
    producer_id: UUID | None = None
    channel: str | None = Field(None, max_length=64)
    state: ListingState | None = Field(None, description="the public sees live ones only")


class CoverageQuery(Input):
    """Which products coverage is computed over."""

    place: str | None = Field(None, max_length=120, description="code or name of a place; all without")
    include_reported: bool = Field(
        False, description="count products whose recognition is only reported, without a dated decision"
    )


class ProductMissing(Output):
    """A recognised product without a live listing that counts."""

    id: UUID
    name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer: str = Field(examples=["Hợp tác xã Nông nghiệp Đắk Mil"])


class CoverageRead(Output):
    """How many of the recognised products are on sale where it counts (plan target: 100 %)."""

    recognised: int = Field(description="products whose stars count today", examples=[120])
    on_ecommerce: int = Field(
        description="of them, with a live listing on an e-commerce platform", examples=[84]
    )
    on_online_channel: int = Field(
        description="of them, with a live listing on a platform, social network or website"
    )
    on_any_channel: int = Field(description="of them, with a live listing on any channel", examples=[97])
    ecommerce_share: Exact | None = Field(
        description="percent cut to two places; null without products", examples=["70.00"]
    )
    by_channel: dict[str, int] = Field(
        description="products with a live listing, by channel", examples=[{"shopee": 61, "buudien": 40}]
    )
    missing: list[ProductMissing] = Field(description="the first hundred without e-commerce listing")
