"""Producers (*chủ thể OCOP*) as registered businesses, with what the public never sees of them."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.domain.registration import CooperativeClass

_FORMS = ", ".join(f"'{form.value}'" for form in ProducerForm)
_CLASSES = ", ".join(f"'{grade.value}'" for grade in CooperativeClass)
_FORM_WORDS = (
    "lien hiep|hop tac xa|htx|to hop tac|tht|cong ty|cty|co phan|cp|tnhh|trach nhiem huu han|mot thanh vien"
    "|mtv|hai thanh vien|thanh vien|1|2|tv|tu nhan|doanh nghiep|dntn|dn|chi nhanh|co so|ho kinh doanh|hkd"
    "|ho san xuat|ho gia dinh|trang trai|san xuat|kinh doanh|thuong mai|dich vu|sx|kd|tm|dv|va|nong nghiep|nn"
)
CORE_OF_NAME = (
    f"coalesce(nullif(regexp_replace(name_folded, '^(({_FORM_WORDS})( |$))+', ''), ''), name_folded)"
)
"""Expression of ``Producer.name_core``: the folded name without the words for its kind in front."""


class Producer(Stamped, Versioned, Base):
    """One producer. Representative, contact and tax code are for officers and the producer alone.

    The tax code is private because a household's tax code is its owner's personal number.
    """

    __tablename__ = "producer"

    id: Mapped[Identity]
    legal_form: Mapped[str]
    """A value of ``ProducerForm`` (Decision 26/2026, Art. 2.3)."""
    name: Mapped[str]
    name_folded: Mapped[str]
    name_core: Mapped[str] = mapped_column(
        Computed(CORE_OF_NAME, persisted=True), deferred=True, deferred_raiseload=True
    )
    """What is left of the name without words such as "hợp tác xã": by it duplicates are found."""
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    search_text: Mapped[str]
    """Folded words by which the producer is found."""
    # Words go into the vector as they are: the text parser would cut some differently from a query.
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("array_to_tsvector(string_to_array(search_text, ' '))", persisted=True),
        deferred=True,
        deferred_raiseload=True,
    )
    tax_code: Mapped[str | None]
    registration_number: Mapped[str | None]
    """Number of the business registration; a household's may be its owner's personal number."""
    registered_on: Mapped[date | None]
    registration_issuer: Mapped[str | None]
    established_on: Mapped[date | None]
    website: Mapped[str | None]
    cooperative_class: Mapped[str | None]
    """Yearly grading of a cooperative (*phân loại hợp tác xã*), as last told."""
    cooperative_class_year: Mapped[int | None] = mapped_column(SmallInteger)
    address: Mapped[str | None]
    place_id: Mapped[str | None]
    """The finest administrative unit known: commune, district or only the province."""
    province_id: Mapped[str | None]
    """Today's province of the place; a part of the natural key, so it outlives a merger of provinces."""
    area_path: Mapped[AreaPath]
    representative_name: Mapped[str | None]
    representative_position: Mapped[str | None]
    representative_is_woman: Mapped[bool | None]
    representative_is_ethnic_minority: Mapped[bool | None]
    representative_has_disability: Mapped[bool | None]
    phone: Mapped[str | None]
    """With the country's prefix: ``+84912345678``."""
    email: Mapped[str | None]
    contacts: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default=text("'[]'"))
    """Further people to reach: name, position, phone, email."""
    member_count: Mapped[int | None]
    members_women: Mapped[int | None]
    members_ethnic_minority: Mapped[int | None]
    members_poor_households: Mapped[int | None]
    labour_count: Mapped[int | None]
    labour_in_commune: Mapped[int | None]
    """Of ``labour_count``, those who live in the commune; ``labour_in_province`` counts them too."""
    labour_in_province: Mapped[int | None]
    labour_women: Mapped[int | None]
    labour_ethnic_minority: Mapped[int | None]
    labour_disabled: Mapped[int | None]
    source: Mapped[str | None]
    """Where imported facts come from."""
    notes: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(f"legal_form in ({_FORMS})", name="legal_form"),
        CheckConstraint("member_count >= 0 and labour_count >= 0", name="counts"),
        CheckConstraint(f"cooperative_class in ({_CLASSES})", name="cooperative_class"),
        CheckConstraint(
            "members_women between 0 and member_count and members_ethnic_minority between 0 and member_count"
            " and members_poor_households between 0 and member_count",
            name="members",
        ),
        CheckConstraint(
            "labour_in_commune between 0 and labour_in_province"
            " and labour_in_commune between 0 and labour_count"
            " and labour_in_province between 0 and labour_count"
            " and labour_women between 0 and labour_count"
            " and labour_ethnic_minority between 0 and labour_count"
            " and labour_disabled between 0 and labour_count",
            name="labour",
        ),
        # Two businesses of one name in one province are told apart by their tax codes only.
        Index(
            "uq_producer__natural_key",
            "name_folded",
            "province_id",
            "tax_code",
            unique=True,
            postgresql_nulls_not_distinct=True,
            info={"code": "producers.duplicate"},
        ),
        Index("uq_producer__tax_code", "tax_code", unique=True, info={"code": "producers.tax_code_taken"}),
        Index("ix_producer__search", "search", postgresql_using="gin"),
        Index("ix_producer__area_path", "area_path", postgresql_using="gin"),
        Index("ix_producer__sort_key", "sort_key", "id"),
        Index("ix_producer__updated_at", "updated_at", "id"),
    )


class ProducerYear(Stamped, Versioned, Base):
    """What a producer achieved in one year; growth is read from two of them (Form 02, part II)."""

    __tablename__ = "producer_year"

    id: Mapped[Identity]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    revenue_vnd: Mapped[Decimal | None] = mapped_column(Numeric(18, 0))
    output_quantity: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    output_unit: Mapped[str | None]
    labour_count: Mapped[int | None]
    monthly_wage_vnd: Mapped[Decimal | None] = mapped_column(Numeric(14, 0))
    """Average wage of a month."""
    linked_households: Mapped[int | None]
    """Households that deliver under contract."""
    contract_area_ha: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))

    __table_args__ = (
        CheckConstraint("year between 1990 and 2100", name="year"),
        CheckConstraint(
            "revenue_vnd >= 0 and output_quantity >= 0 and labour_count >= 0 and monthly_wage_vnd >= 0"
            " and linked_households >= 0 and contract_area_ha >= 0",
            name="amounts",
        ),
        CheckConstraint("output_quantity is null or output_unit is not null", name="output"),
        Index(
            "uq_producer_year__producer_id_year",
            "producer_id",
            "year",
            unique=True,
            info={"code": "producers.year_exists"},
        ),
    )
