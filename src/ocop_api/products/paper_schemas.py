"""Shapes of what stands beside a product: codes of its packs, standards and certificates, rights."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from ocop_api.domain.product_facts import PackLevel, RightKind, StandardKind, Term
from ocop_api.web.schemas import Code, Input, Output, ShortText

MOST_OF_A_KIND = 50
"""Codes, standards or rights one product can hold; all are shown with it."""


class PackCode(Input):
    """A GTIN of one pack of a product."""

    gtin: Code = Field(description="8, 12, 13 or 14 digits with check digit", examples=["8936046120049"])
    level: PackLevel = Field(PackLevel.UNIT, examples=["case"])
    pack: ShortText | None = Field(None, examples=["thùng 24 gói"])
    units: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="consumer units in the pack", examples=[24]
    )
    is_primary: bool = Field(False, description="the code shown as the product's `gtin`; one at most")


class PackCodeRead(Output):
    """A GTIN of one pack of a product."""

    id: UUID
    gtin: str = Field(description="in 14 digits", examples=["08936046120049"])
    level: PackLevel
    pack: str | None
    units: int | None
    is_primary: bool
    version: int


class _Dated(Input):
    name: ShortText | None = None
    number: Code | None = Field(None, examples=["VietGAP-TT-13-05-68-0021"])
    issued_on: date | None = Field(None, examples=["2025-03-01"])
    expires_on: date | None = Field(None, description="last day", examples=["2028-02-29"])
    document_id: UUID | None = Field(None, description="evidence among the producer's documents")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.issued_on is not None and self.expires_on is not None and self.expires_on < self.issued_on:
            raise ValueError("expires_on lies before issued_on")
        return self


class Standard(_Dated):
    """A standard the product is declared to meet, or a certificate it holds."""

    kind: StandardKind = Field(examples=["vietgap"])
    issuer: ShortText | None = Field(None, examples=["Trung tâm Chứng nhận chất lượng"])


class StandardRead(Output):
    """A standard or certificate and what it is worth today."""

    id: UUID
    kind: StandardKind = Field(examples=["vietgap"])
    name: str | None
    number: str | None
    issuer: str | None
    issued_on: date | None
    expires_on: date | None
    document_id: UUID | None
    status: Term = Field(description="as of today")
    version: int


class Right(_Dated):
    """An intellectual property right in the product (*sở hữu trí tuệ*)."""

    kind: RightKind = Field(examples=["trademark"])
    holder: ShortText | None = Field(None, examples=["Hợp tác xã Nông nghiệp Đắk Wil"])


class RightRead(Output):
    """An intellectual property right and what it is worth today."""

    id: UUID
    kind: RightKind = Field(examples=["trademark"])
    name: str | None
    number: str | None
    holder: str | None
    issued_on: date | None
    expires_on: date | None
    document_id: UUID | None
    status: Term = Field(description="as of today")
    version: int
