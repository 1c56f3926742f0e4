"""Products (*sản phẩm OCOP*) of producers, with the recognition they hold copied beside them."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, SmallInteger, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned
from ocop_api.db.tables.product_facts import FACT_CHECKS, ProductFactColumns

_TOLD = "coalesce(story, '') || ' ' || coalesce(description, '')"
# The folding of domain.vietnamese in SQL, for the letters of Vietnamese: the database keeps the vector right
# whoever writes the row. Endless words are left out: a lexeme may not be longer than 2 KB.
_TOLD_FOLDED = rf"regexp_replace(normalize({_TOLD}, NFKD), '[\u0300-\u036f]', '', 'g')"  # marks off
SEARCHED = (
    "array_to_tsvector(array_remove("
    "string_to_array(regexp_replace(search_text, '[^ ]{255,}', '', 'g'), ' ')"
    " || string_to_array(regexp_replace(regexp_replace("
    f"lower(translate({_TOLD_FOLDED}, 'Đđ', 'dd') collate \"C\"), "
    "'[^a-z0-9]+', ' ', 'g'), '[a-z0-9]{60,}', '', 'g'), ' ')"
    " || area_path || array['#' || coalesce(set_number::text, '')], ''))"
)
"""Expression of ``Product.search``. Words go in as they are: the text parser would cut some differently."""


class Product(ProductFactColumns, Stamped, Versioned, Base):
    """One product. ``stars`` are what the last recognition says; whether they count is a matter of the day.

    ``recognition_status`` is ``none``, ``valid`` (granted by a dated decision), ``reported`` (known from
    the press or without a dated decision) or ``withdrawn``; that a valid one has expired is computed.
    """

    __tablename__ = "product"

    id: Mapped[Identity]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    name: Mapped[str]
    name_folded: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    search_text: Mapped[str]
    """Folded words of the product's and the producer's name."""
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed(SEARCHED, persisted=True), deferred=True, deferred_raiseload=True
    )
    """All words by which the product is found, with its units and its set as ``34:24611`` and ``#13``."""
    industry: Mapped[str | None]
    """Industry I to VI of Annex I of Decision 26/2026 (*ngành*)."""
    set_number: Mapped[int | None] = mapped_column(SmallInteger)
    """Criteria set 1 to 26 of Annex I (*bộ sản phẩm*); unknown for some imported products."""
    description: Mapped[str | None]
    story: Mapped[str | None]
    packaging: Mapped[str | None]
    pack: Mapped[str | None]
    """What is sold as one piece, such as "gói 250g"."""
    price_vnd: Mapped[Decimal | None] = mapped_column(Numeric(14, 0))
    gtin: Mapped[str | None]
    """GTIN of the consumer unit in 14 digits."""
    product_code: Mapped[str | None]
    place_id: Mapped[str | None]
    has_own_place: Mapped[bool]
    """False when place and area follow the producer's."""
    area_path: Mapped[AreaPath]
    recognition_status: Mapped[str] = mapped_column(default="none")
    stars: Mapped[int | None] = mapped_column(SmallInteger)
    stars_valid_until: Mapped[date | None]
    source: Mapped[str | None]
    """Where imported facts come from."""
    confidence: Mapped[str | None]
    """How sure imported facts are, as the source grades them."""

    __table_args__ = (
        *FACT_CHECKS,
        CheckConstraint("industry in ('I', 'II', 'III', 'IV', 'V', 'VI')", name="industry"),
        CheckConstraint("set_number between 1 and 26", name="set_number"),
        CheckConstraint("price_vnd >= 0", name="price_vnd"),
        CheckConstraint("stars between 3 and 5", name="stars"),
        CheckConstraint(
            "recognition_status in ('none', 'valid', 'reported', 'withdrawn')", name="recognition_status"
        ),
        CheckConstraint(
            "recognition_status <> 'valid' or (stars is not null and stars_valid_until is not null)",
            name="valid_is_dated",
        ),
        CheckConstraint(
            "recognition_status <> 'none' or (stars is null and stars_valid_until is null)",
            name="none_has_no_stars",
        ),
        Index(
            "uq_product__producer_id_name_folded",
            "producer_id",
            "name_folded",
            unique=True,
            info={"code": "products.duplicate"},
        ),
        Index("uq_product__gtin", "gtin", unique=True, info={"code": "products.gtin_taken"}),
        Index(
            "uq_product__product_code",
            "product_code",
            unique=True,
            info={"code": "products.product_code_taken"},
        ),
        Index("ix_product__search", "search", postgresql_using="gin"),
        Index("ix_product__area_path", "area_path", postgresql_using="gin"),
        Index("ix_product__sort_key", "sort_key", "id"),
        Index("ix_product__updated_at", "updated_at", "id"),
        Index("ix_product__set_number", "set_number"),
        # Beginnings of names, for completion while typing.
        Index("ix_product__name_folded", "name_folded", postgresql_ops={"name_folded": "text_pattern_ops"}),
    )
