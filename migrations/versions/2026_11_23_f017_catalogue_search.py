"""Catalogue search: stories, units and sets in the product's vector, and beginnings of names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f017"
down_revision = "f016"
branch_labels = None
depends_on = None

_BEFORE = "array_to_tsvector(string_to_array(search_text, ' '))"
_SEARCHED = (
    "array_to_tsvector(array_remove("
    "string_to_array(regexp_replace(search_text, '[^ ]{255,}', '', 'g'), ' ')"
    " || string_to_array(regexp_replace(regexp_replace("
    "lower(translate(regexp_replace("
    "normalize(coalesce(story, '') || ' ' || coalesce(description, ''), NFKD), "
    r"'[\u0300-\u036f]', '', 'g'), 'Đđ', 'dd') collate "
    '"C"), '
    "'[^a-z0-9]+', ' ', 'g'), '[a-z0-9]{60,}', '', 'g'), ' ')"
    " || area_path || array['#' || coalesce(set_number::text, '')], ''))"
)


def _search_as(expression: str) -> None:
    # PostgreSQL before 17 cannot change the expression of a generated column; nothing is lost by a new one.
    op.drop_index("ix_product__search", table_name="product", postgresql_using="gin")
    op.drop_column("product", "search")
    computed = sa.Computed(expression, persisted=True)
    op.add_column("product", sa.Column("search", postgresql.TSVECTOR(), computed, nullable=False))
    op.create_index("ix_product__search", "product", ["search"], postgresql_using="gin")


def upgrade() -> None:
    _search_as(_SEARCHED)
    op.create_index(
        "ix_product__name_folded",
        "product",
        ["name_folded"],
        postgresql_ops={"name_folded": "text_pattern_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_product__name_folded", table_name="product")
    _search_as(_BEFORE)
