"""Producers (*chủ thể OCOP*) as registered businesses, with what the public never sees of them."""

from sqlalchemy import CheckConstraint, Computed, Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned
from ocop_api.domain.regime_terms import ProducerForm

_FORMS = ", ".join(f"'{form.value}'" for form in ProducerForm)


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
    email: Mapped[str | None]
    member_count: Mapped[int | None]
    labour_count: Mapped[int | None]
    source: Mapped[str | None]
    """Where imported facts come from."""
    notes: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(f"legal_form in ({_FORMS})", name="legal_form"),
        CheckConstraint("member_count >= 0 and labour_count >= 0", name="counts"),
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
