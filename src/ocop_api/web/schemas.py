"""Shapes every feature shares: strict inputs, outputs with examples, pages, problems, safe text."""

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from ocop_api.db.paging import DEFAULT_LIMIT, MAX_LIMIT, Rows, Slice

T = TypeVar("T")


def clean_text(value: str) -> str:
    """NFC text without NUL or lone surrogates; what PostgreSQL can hold and two clients can compare.

    Raises:
        ValueError: when the text cannot be kept.
    """
    if "\x00" in value:
        raise ValueError("text must not hold NUL")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("text must not hold lone surrogates") from error
    return unicodedata.normalize("NFC", value)


CleanText = Annotated[str, AfterValidator(clean_text)]
ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), AfterValidator(clean_text)
]
"""A name or title: 1 to 300 characters."""
LongText = Annotated[
    str, StringConstraints(max_length=10_000, strip_whitespace=True), AfterValidator(clean_text)
]
"""A description: up to 10,000 characters."""
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True), AfterValidator(clean_text)
]
"""A short code or number."""


def _zulu(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(_zulu, return_type=str, when_used="json")]
"""An aware instant, written in UTC with a final Z."""


def plain_number(value: Decimal) -> str:
    """A number as a person writes it: PostgreSQL gives ninety thousand back as ``9E+4``."""
    return format(value, "f")


Exact = Annotated[Decimal, PlainSerializer(plain_number, return_type=str, when_used="json")]
"""A decimal number, written out as text so that no client rounds it."""


class Input(BaseModel):
    """A request body or filter: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Output(BaseModel):
    """A response body."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class PageQuery(Input):
    """Paging of every list; filters of a list extend it."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="rows per page")
    cursor: str | None = Field(None, max_length=2000, description="`next_cursor` of the page before")
    sort: str | None = Field(None, max_length=60, description="name of a sort; `-` in front reverses it")
    with_total: bool = Field(False, description="count all rows (costs time)")

    def slice(self) -> Slice:
        """The paging part alone, as repositories take it."""
        return Slice(limit=self.limit, cursor=self.cursor, sort=self.sort, with_total=self.with_total)


class Page(Output, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="pass as `cursor` for the next page; null on the last",
        examples=["WyJuYW1lIiwgIkPDoCBwaMOqIl0"],
    )
    total: int | None = Field(
        None, description="number of all rows, when asked for with `with_total`", examples=[128]
    )

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """``ProductSummaryPage`` and not ``Page[ProductSummary]``: generated clients name classes so."""
        return f"{params[0].__name__}Page"

    @classmethod
    def of(cls, rows: Rows, items: list[T]) -> "Page[T]":
        """A page of already shaped items with the cursor of ``rows``."""
        return cls(items=items, next_cursor=rows.next_cursor, total=rows.total)


class FieldError(Output):
    """One fault of one field."""

    pointer: str = Field(
        description="where: `/body/name`, `/query/limit`, `/path/id`", examples=["/body/name"]
    )
    code: str = Field(description="stable name of the fault", examples=["missing"])
    detail: str = Field(
        description="for a person, in the answer's language", examples=["Thiếu trường bắt buộc."]
    )


class Problem(BaseModel):
    """Every refusal and failure (RFC 9457), in Vietnamese or English by `Accept-Language`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:ocop:problem:request.stale_version",
                    "title": "Xung đột phiên bản",
                    "status": 412,
                    "detail": "Bản ghi đã được người khác sửa. Hãy tải lại rồi thực hiện lại thay đổi.",
                    "code": "request.stale_version",
                    "instance": "/v1/products/0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a",
                }
            ]
        },
    )

    type: str = Field(description="URI of the kind of problem: `urn:ocop:problem:<code>`")
    title: str = Field(description="short name of the status, for a person")
    status: int
    detail: str = Field(description="what happened and what to do, for a person")
    code: str = Field(description="stable code for programs")
    instance: str = Field(description="path of the request")
    request_id: str | None = Field(None, description="quote it when reporting")
    data: dict[str, Any] | None = Field(None, description="facts behind the refusal, by code")
    errors: list[FieldError] | None = Field(None, description="faults of single fields")
