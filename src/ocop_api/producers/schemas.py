"""Shapes of producers. What only officers and the producer see stands in ``private``."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.web.schemas import Input, Instant, LongText, Output, PageQuery, ShortText, clean_text

COOPERATIVE_FORMS = frozenset({ProducerForm.COOPERATIVE, ProducerForm.COOPERATIVE_UNION})
"""Forms counted as cooperatives (*hợp tác xã, liên hiệp hợp tác xã*); a cooperative group is none."""

_TAX_CODE = re.compile(r"\d{10}(-\d{3})?|\d{12}")
_BRANCH_DIGITS = 13


def _tax_code(value: str) -> str:
    compact = re.sub(r"[\s.]", "", value)
    if compact.isdigit() and len(compact) == _BRANCH_DIGITS:
        compact = f"{compact[:10]}-{compact[10:]}"
    if not _TAX_CODE.fullmatch(compact):
        raise ValueError("a tax code has 10 digits, 10 and a branch of 3, or 12 (personal number)")
    return compact


TaxCode = Annotated[str, StringConstraints(max_length=20), AfterValidator(_tax_code)]
"""Tax code (*mã số thuế*): 10 digits, 10-3 for a branch, 12 for a household's personal number."""
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 .()/-]{5,38}$", strip_whitespace=True)]
Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, strip_whitespace=True),
    AfterValidator(clean_text),
]
PlaceId = Annotated[str, StringConstraints(pattern=r"^(34|63):[0-9]{2,5}$")]
"""An administrative unit of ``places``: structure (63 or 34 provinces) and code."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Outcome(StrEnum):
    """What an upsert did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class ProducerPrivate(Input):
    """What only officers of the area and the producer see: person, contact, tax code, origin."""

    tax_code: TaxCode | None = Field(None, examples=["6400123456"])
    representative_name: ShortText | None = Field(None, examples=["Nguyễn Thị Hoa"])
    representative_position: ShortText | None = Field(None, examples=["Giám đốc"])
    representative_is_woman: bool | None = None
    representative_is_ethnic_minority: bool | None = None
    representative_has_disability: bool | None = None
    phone: Phone | None = Field(None, examples=["0261 3 123 456"])
    email: Email | None = Field(None, examples=["lienhe@example.vn"])
    member_count: Count | None = Field(None, description="members of a cooperative or group")
    labour_count: Count | None = Field(None, description="people who work for the producer")
    source: LongText | None = Field(None, description="where imported facts come from")
    notes: LongText | None = None


def flat(body: Input) -> dict[str, Any]:
    """The fields that were sent, those of ``private`` beside the others, as columns are named."""
    sent = body.model_dump(exclude_unset=True)
    private: dict[str, Any] = sent.pop("private", {})
    return sent | private


class ProducerCreate(Input):
    """A producer to register."""

    legal_form: ProducerForm = Field(examples=["cooperative"])
    name: ShortText = Field(examples=["Hợp tác xã Nông nghiệp Đắk Wil"])
    address: ShortText | None = Field(None, examples=["Thôn 3, xã Đắk Wil"])
    place_id: PlaceId | None = Field(
        None, description="finest unit known: commune, district or province", examples=["34:24611"]
    )
    private: ProducerPrivate = Field(default_factory=ProducerPrivate)


class ProducerUpdate(Input):
    """Changes to a producer (merge patch): a field left out stays, null empties an optional one."""

    legal_form: ProducerForm | None = Field(None, description="not null")
    name: ShortText | None = Field(None, description="not null", examples=["Hợp tác xã Nông nghiệp Đắk Mil"])
    address: ShortText | None = Field(None, examples=["Thôn 3, xã Đắk Mil"])
    place_id: PlaceId | None = None
    private: ProducerPrivate | None = Field(None, description="merged field by field; not null")

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        for name in ("legal_form", "name", "private"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class ProducerPrivateRead(Output):
    """The private part, for those whose area or producer it is."""

    tax_code: str | None = Field(examples=["6400123456"])
    representative_name: str | None = Field(examples=["Nguyễn Văn Hòa"])
    representative_position: str | None
    representative_is_woman: bool | None
    representative_is_ethnic_minority: bool | None
    representative_has_disability: bool | None
    phone: str | None = Field(examples=["0261 3 123 456"])
    email: str | None
    member_count: int | None = Field(examples=[35])
    labour_count: int | None
    source: str | None
    notes: str | None


class ProducerRead(Output):
    """A producer. ``private`` is null for everyone without the right to see it."""

    id: UUID
    legal_form: ProducerForm
    is_cooperative: bool = Field(description="cooperative or union of cooperatives")
    name: str = Field(examples=["Hợp tác xã Nông nghiệp Đắk Wil"])
    address: str | None
    place_id: str | None = Field(examples=["34:24611"])
    private: ProducerPrivateRead | None = None
    created_at: Instant
    updated_at: Instant
    version: int


class ProducerFilter(PageQuery):
    """Filters of the register."""

    q: str | None = Field(None, max_length=200, description="words of the name, without accents if wished")
    place: ShortText | None = Field(
        None, description="id, code or name of a province, district or commune; finds everything in it"
    )
    place_on: date | None = Field(None, description="day on which `place` is read as a code; default today")
    legal_form: ProducerForm | None = None
    is_cooperative: bool | None = None
