"""Producers and products."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f004"
down_revision = "f003"
branch_labels = None
depends_on = None


def _search() -> sa.Column[str]:
    return sa.Column(
        "search",
        postgresql.TSVECTOR(),
        sa.Computed("array_to_tsvector(string_to_array(search_text, ' '))", persisted=True),
        nullable=False,
    )


def _area_path() -> sa.Column[list[str]]:
    return sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def _stamps() -> list[sa.Column[object]]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "producer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("legal_form", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        _search(),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("province_id", sa.Text(), nullable=True),
        _area_path(),
        sa.Column("representative_name", sa.Text(), nullable=True),
        sa.Column("representative_position", sa.Text(), nullable=True),
        sa.Column("representative_is_woman", sa.Boolean(), nullable=True),
        sa.Column("representative_is_ethnic_minority", sa.Boolean(), nullable=True),
        sa.Column("representative_has_disability", sa.Boolean(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("member_count", sa.Integer(), nullable=True),
        sa.Column("labour_count", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        *_stamps(),
        sa.CheckConstraint(
            "legal_form in ('cooperative', 'cooperative_group', 'cooperative_union',"
            " 'small_medium_enterprise', 'company', 'enterprise', 'farm', 'production_household',"
            " 'family_business', 'association', 'operating_centre', 'equivalent_body')",
            name=op.f("ck_producer__legal_form"),
        ),
        sa.CheckConstraint("member_count >= 0 and labour_count >= 0", name=op.f("ck_producer__counts")),
        sa.PrimaryKeyConstraint("id", name="pk_producer"),
    )
    op.create_index(
        "uq_producer__natural_key",
        "producer",
        ["name_folded", "province_id", "tax_code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("uq_producer__tax_code", "producer", ["tax_code"], unique=True)
    op.create_index("ix_producer__search", "producer", ["search"], postgresql_using="gin")
    op.create_index("ix_producer__area_path", "producer", ["area_path"], postgresql_using="gin")
    op.create_index("ix_producer__sort_key", "producer", ["sort_key", "id"])
    op.create_index("ix_producer__updated_at", "producer", ["updated_at", "id"])
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        _search(),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("set_number", sa.SmallInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("story", sa.Text(), nullable=True),
        sa.Column("packaging", sa.Text(), nullable=True),
        sa.Column("pack", sa.Text(), nullable=True),
        sa.Column("price_vnd", sa.Numeric(14, 0), nullable=True),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("product_code", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("has_own_place", sa.Boolean(), nullable=False),
        _area_path(),
        sa.Column("recognition_status", sa.Text(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=True),
        sa.Column("stars_valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=True),
        *_stamps(),
        sa.CheckConstraint(
            "industry in ('I', 'II', 'III', 'IV', 'V', 'VI')", name=op.f("ck_product__industry")
        ),
        sa.CheckConstraint("set_number between 1 and 26", name=op.f("ck_product__set_number")),
        sa.CheckConstraint("price_vnd >= 0", name=op.f("ck_product__price_vnd")),
        sa.CheckConstraint("stars between 3 and 5", name=op.f("ck_product__stars")),
        sa.CheckConstraint(
            "recognition_status in ('none', 'valid', 'reported', 'withdrawn')",
            name=op.f("ck_product__recognition_status"),
        ),
        sa.CheckConstraint(
            "recognition_status <> 'valid' or (stars is not null and stars_valid_until is not null)",
            name=op.f("ck_product__valid_is_dated"),
        ),
        sa.CheckConstraint(
            "recognition_status <> 'none' or (stars is null and stars_valid_until is null)",
            name=op.f("ck_product__none_has_no_stars"),
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_product__producer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
    )
    op.create_index(
        "uq_product__producer_id_name_folded", "product", ["producer_id", "name_folded"], unique=True
    )
    op.create_index("uq_product__gtin", "product", ["gtin"], unique=True)
    op.create_index("uq_product__product_code", "product", ["product_code"], unique=True)
    op.create_index("ix_product__search", "product", ["search"], postgresql_using="gin")
    op.create_index("ix_product__area_path", "product", ["area_path"], postgresql_using="gin")
    op.create_index("ix_product__sort_key", "product", ["sort_key", "id"])
    op.create_index("ix_product__updated_at", "product", ["updated_at", "id"])
    op.create_index("ix_product__set_number", "product", ["set_number"])


def downgrade() -> None:
    op.drop_table("product")
    op.drop_table("producer")
