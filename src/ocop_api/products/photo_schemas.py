"""Shapes of photos of products."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ocop_api.web.schemas import Input, Instant, Output, PageQuery, ShortText

MAX_PHOTOS = 20
"""Photos of one product."""


class PhotoRole(StrEnum):
    """What a photo is there to show."""

    PRODUCT = "product"
    PACKAGING = "packaging"
    PRODUCTION = "production"
    STORY = "story"
    """Belongs to the product's story (câu chuyện sản phẩm)."""
    LABEL = "label"
    """The label as printed (nhãn hàng hóa)."""


class PhotoState(StrEnum):
    """How far a photo is; the public sees ready ones only."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class RenditionMedia(StrEnum):
    """Formats a photo is drawn in."""

    WEBP = "image/webp"
    JPEG = "image/jpeg"


class RenditionRead(Output):
    """The photo drawn in one size and format, for `<picture>` and `srcset`; the file never changes."""

    size: int = Field(description="longer side it was drawn for: 320, 800 or 1600 pixels", examples=[800])
    media_type: RenditionMedia
    width: int = Field(description="pixels", examples=[800])
    height: int = Field(description="pixels", examples=[600])
    url: str = Field(
        description="path of the file at this API; open to any web page",
        examples=[f"/v1/media/{'9f' * 32}-800.webp"],
    )


class PhotoSummary(Output):
    """The photo to show beside a product's name."""

    id: UUID
    alt_text: str | None = Field(examples=["Gói cà phê bột Đắk Mil 250 g"])
    renditions: list[RenditionRead]


class PhotoRead(PhotoSummary):
    """One photo of a product."""

    product_id: UUID
    role: PhotoRole
    caption: str | None = Field(examples=["Thu hoạch tháng 11"])
    main: bool = Field(description="shown beside the product's name; one photo of each product is")
    position: int = Field(description="place in the product's order, from 1", examples=[1])
    state: PhotoState
    failure: str | None = Field(
        description="code of the reason when failed; the text is that of the problem with this code",
        examples=["pictures.damaged"],
    )
    media_type: str = Field(description="of the original, by its bytes", examples=["image/jpeg"])
    width: int = Field(description="pixels of the original, upright", examples=[4000])
    height: int = Field(description="pixels of the original, upright", examples=[3000])
    created_at: Instant
    version: int


class PhotoWords(Input):
    """What a person says about a photo."""

    role: PhotoRole = PhotoRole.PRODUCT
    caption: ShortText | None = Field(None, examples=["Thu hoạch tháng 11"])
    alt_text: ShortText | None = Field(
        None, description="what can be seen, for people who do not see it", examples=["Gói cà phê bột 250 g"]
    )


class PhotoUpdate(Input):
    """Changes of a photo (merge patch)."""

    role: PhotoRole = PhotoRole.PRODUCT
    caption: ShortText | None = None
    alt_text: ShortText | None = Field(None, examples=["Gói cà phê bột 250 g"])
    main: bool = Field(False, description="true makes it the main photo in place of the one before")
    position: int = Field(1, ge=1, le=MAX_PHOTOS, description="new place; the others close up")


class PhotoOrder(Input):
    """A new order of all photos of a product."""

    photo_ids: Annotated[list[UUID], Field(max_length=MAX_PHOTOS)] = Field(
        description="every photo of the product once", examples=[["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]]
    )


class PhotoFilter(PageQuery):
    """Filters of a product's photos."""

    role: PhotoRole | None = None
