"""Shapes of producers. What only officers and the producer see stands in ``private``."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.domain.registration import CooperativeClass, phone, phone_as_written, tax_code
from ocop_api.web.schemas import (
    Code,
    Exact,
    Input,
    Instant,
    LongText,
    Output,
    PageQuery,
    ShortText,
    clean_text,
)

COOPERATIVE_FORMS = frozenset({ProducerForm.COOPERATIVE, ProducerForm.COOPERATIVE_UNION})
"""Forms counted as cooperatives (*hợp tác xã, liên hiệp hợp tác xã*); a cooperative group is none."""

TaxCode = Annotated[str, StringConstraints(max_length=20), AfterValidator(tax_code)]
"""Tax code (*mã số thuế*): 10 digits, 10-3 for a branch, 12 for a household's personal number."""
Phone = Annotated[
    str, StringConstraints(min_length=8, max_length=40, strip_whitespace=True), AfterValidator(phone)
]
"""A phone number in any usual writing, kept as it is dialled from anywhere."""
Website = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=500, strip_whitespace=True),
    AfterValidator(clean_text),
]
Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, strip_whitespace=True),
    AfterValidator(clean_text),
]
PlaceId = Annotated[str, StringConstraints(pattern=r"^(34|63):[0-9]{2,5}$")]
"""An administrative unit of ``places``: structure (63 or 34 provinces) and code."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]


Year = Annotated[int, Field(ge=1990, le=2100)]


class Outcome(StrEnum):
    """What an upsert did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Contact(Input):
    """One more person to reach at the producer."""

    name: ShortText = Field(examples=["Trần Văn Bình"])
    position: ShortText | None = Field(None, examples=["Kế toán"])
    phone: Phone | None = Field(None, examples=["0912 345 678"])
    email: Email | None = None


class ProducerPrivate(Input):
    """What only officers of the area and the producer see: person, contact, tax code, people, origin."""

    tax_code: TaxCode | None = Field(
        None,
        description="10 digits, 10 and a branch of 3, or the personal number of a household; checked",
        examples=["6400123455"],
    )
    registration_number: Code | None = Field(None, description="of the business or household registration")
    registered_on: date | None = Field(None, examples=["2019-05-20"])
    registration_issuer: ShortText | None = Field(None, examples=["Sở Tài chính tỉnh Lâm Đồng"])
    cooperative_class: CooperativeClass | None = Field(None, description="yearly grade of a cooperative")
    cooperative_class_year: Year | None = None
    representative_name: ShortText | None = Field(None, examples=["Nguyễn Thị Hoa"])
    representative_position: ShortText | None = Field(None, examples=["Giám đốc"])
    representative_is_woman: bool | None = None
    representative_is_ethnic_minority: bool | None = None
    representative_has_disability: bool | None = None
    phone: Phone | None = Field(None, examples=["0261 3 123 456"])
    email: Email | None = Field(None, examples=["lienhe@example.vn"])
    contacts: Annotated[list[Contact], Field(max_length=10)] = Field(
        default_factory=list, description="further people to reach; replaced as a whole"
    )
    member_count: Count | None = Field(None, description="members of a cooperative or group")
    members_women: Count | None = None
    members_ethnic_minority: Count | None = None
    members_poor_households: Count | None = Field(None, description="members of poor households")
    labour_count: Count | None = Field(None, description="people who work for the producer")
    labour_in_commune: Count | None = Field(None, description="of them, living in the commune")
    labour_in_province: Count | None = Field(
        None, description="of them, living in the province, those of the commune included"
    )
    labour_women: Count | None = None
    labour_ethnic_minority: Count | None = None
    labour_disabled: Count | None = None
    source: LongText | None = Field(None, description="where imported facts come from")
    notes: LongText | None = None


def flat(body: Input) -> dict[str, Any]:
    """The fields that were sent, those of ``private`` beside the others, as columns are named."""
    sent = body.model_dump(exclude_unset=True)
    private: dict[str, Any] = sent.pop("private", {})
    if "contacts" in private:
        contacts = body.private.contacts  # type: ignore[attr-defined]
        private["contacts"] = [contact.model_dump(mode="json") for contact in contacts]
    return sent | private


class ProducerCreate(Input):
    """A producer to register."""

    legal_form: ProducerForm = Field(examples=["cooperative"])
    name: ShortText = Field(examples=["Hợp tác xã Nông nghiệp Đắk Wil"])
    address: ShortText | None = Field(None, examples=["Thôn 3, xã Đắk Wil"])
    place_id: PlaceId | None = Field(
        None, description="finest unit known: commune, district or province", examples=["34:24611"]
    )
    established_on: date | None = Field(None, examples=["2015-03-01"])
    website: Website | None = Field(None, examples=["https://htxdakwil.example.vn"])
    private: ProducerPrivate = Field(default_factory=ProducerPrivate)


class ProducerUpdate(Input):
    """Changes to a producer (merge patch): a field left out stays, null empties an optional one."""

    legal_form: ProducerForm | None = Field(None, description="not null")
    name: ShortText | None = Field(None, description="not null", examples=["Hợp tác xã Nông nghiệp Đắk Mil"])
    address: ShortText | None = Field(None, examples=["Thôn 3, xã Đắk Mil"])
    place_id: PlaceId | None = None
    established_on: date | None = None
    website: Website | None = None
    private: ProducerPrivate | None = Field(None, description="merged field by field; not null")

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        for name in ("legal_form", "name", "private"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class ContactRead(Output):
    """One more person to reach."""

    name: str
    position: str | None = None
    phone: str | None = Field(None, examples=["+84912345678"])
    email: str | None = None


class ProducerPrivateRead(Output):
    """The private part, for those whose area or producer it is."""

    tax_code: str | None = Field(examples=["6400123455"])
    registration_number: str | None
    registered_on: date | None
    registration_issuer: str | None
    cooperative_class: CooperativeClass | None
    cooperative_class_year: int | None
    representative_name: str | None = Field(examples=["Nguyễn Văn Hòa"])
    representative_position: str | None
    representative_is_woman: bool | None
    representative_is_ethnic_minority: bool | None
    representative_has_disability: bool | None
    phone: str | None = Field(examples=["+842613123456"])
    phone_display: str | None = Field(None, description="as people write it", examples=["0261 3123 456"])
    email: str | None
    contacts: list[ContactRead]
    member_count: int | None = Field(examples=[35])
    members_women: int | None
    members_ethnic_minority: int | None
    members_poor_households: int | None
    labour_count: int | None
    labour_in_commune: int | None
    labour_in_province: int | None
    labour_women: int | None
    labour_ethnic_minority: int | None
    labour_disabled: int | None
    source: str | None
    notes: str | None

    @model_validator(mode="after")
    def _phone_as_written(self) -> Self:
        if self.phone is not None:
            # The model is frozen for everyone else; this is still its making.
            object.__setattr__(self, "phone_display", phone_as_written(self.phone))
        return self


class ProducerRead(Output):
    """A producer. ``private`` is null for everyone without the right to see it."""

    id: UUID
    legal_form: ProducerForm
    is_cooperative: bool = Field(description="cooperative or union of cooperatives")
    name: str = Field(examples=["Hợp tác xã Nông nghiệp Đắk Wil"])
    address: str | None
    place_id: str | None = Field(examples=["34:24611"])
    established_on: date | None
    website: str | None
    private: ProducerPrivateRead | None = None
    created_at: Instant
    updated_at: Instant
    version: int


class YearFigures(Input):
    """What a producer achieved in one year (Form 02, part II); growth is read from two of them."""

    revenue_vnd: Annotated[Exact, Field(ge=0, max_digits=18, decimal_places=0)] | None = Field(
        None, examples=["2500000000"]
    )
    output_quantity: Annotated[Exact, Field(ge=0, max_digits=18, decimal_places=3)] | None = Field(
        None, examples=["12.5"]
    )
    output_unit: Code | None = Field(None, examples=["tấn"])
    labour_count: Count | None = Field(None, examples=[18])
    monthly_wage_vnd: Annotated[Exact, Field(ge=0, max_digits=14, decimal_places=0)] | None = Field(
        None, description="average wage of a month", examples=["6500000"]
    )
    linked_households: Count | None = Field(None, description="that deliver under contract")
    contract_area_ha: Annotated[Exact, Field(ge=0, max_digits=12, decimal_places=2)] | None = None

    @model_validator(mode="after")
    def _output_has_its_unit(self) -> Self:
        if self.output_quantity is not None and self.output_unit is None:
            raise ValueError("output_quantity needs output_unit")
        return self


class YearRead(Output):
    """Figures of one year."""

    year: int = Field(examples=[2025])
    revenue_vnd: Exact | None
    output_quantity: Exact | None
    output_unit: str | None
    labour_count: int | None
    monthly_wage_vnd: Exact | None
    linked_households: int | None
    contract_area_ha: Exact | None
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
