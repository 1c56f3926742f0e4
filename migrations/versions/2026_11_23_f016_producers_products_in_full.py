"""Producers and products in full: figures of years, packs, standards, rights, and merged records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f016"
down_revision = "f015"
branch_labels = None
depends_on = None

_FORM_WORDS = (
    "lien hiep|hop tac xa|htx|to hop tac|tht|cong ty|cty|co phan|cp|tnhh|trach nhiem huu han"
    "|mot thanh vien|mtv|hai thanh vien|thanh vien|1|2|tv|tu nhan|doanh nghiep|dntn|dn"
    "|chi nhanh|co so|ho kinh doanh|hkd|ho san xuat|ho gia dinh|trang trai|san xuat"
    "|kinh doanh|thuong mai|dich vu|sx|kd|tm|dv|va|nong nghiep|nn"
)
_CORE = f"coalesce(nullif(regexp_replace(name_folded, '^(({_FORM_WORDS})( |$))+', ''), ''), name_folded)"


def _of_producer() -> list[sa.Column[object]]:
    return [
        sa.Column("name_core", sa.Text(), sa.Computed(_CORE, persisted=True), nullable=False),
        sa.Column("registration_number", sa.Text(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("registration_issuer", sa.Text(), nullable=True),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("cooperative_class", sa.Text(), nullable=True),
        sa.Column("cooperative_class_year", sa.SmallInteger(), nullable=True),
        sa.Column("contacts", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("members_women", sa.Integer(), nullable=True),
        sa.Column("members_ethnic_minority", sa.Integer(), nullable=True),
        sa.Column("members_poor_households", sa.Integer(), nullable=True),
        sa.Column("labour_in_commune", sa.Integer(), nullable=True),
        sa.Column("labour_in_province", sa.Integer(), nullable=True),
        sa.Column("labour_women", sa.Integer(), nullable=True),
        sa.Column("labour_ethnic_minority", sa.Integer(), nullable=True),
        sa.Column("labour_disabled", sa.Integer(), nullable=True),
    ]


def _of_product() -> list[sa.Column[object]]:
    return [
        sa.Column("story_video_url", sa.Text(), nullable=True),
        sa.Column("ingredients", sa.Text(), nullable=True),
        sa.Column("usage", sa.Text(), nullable=True),
        sa.Column("storage", sa.Text(), nullable=True),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("net_content", sa.Numeric(12, 3), nullable=True),
        sa.Column("net_content_unit", sa.Text(), nullable=True),
        sa.Column("price_as_of", sa.Date(), nullable=True),
        sa.Column("sales_channels", sa.Text(), nullable=True),
        sa.Column("yearly_capacity", sa.Numeric(15, 3), nullable=True),
        sa.Column("yearly_capacity_unit", sa.Text(), nullable=True),
    ]


_CHECKS = (
    ("producer", "cooperative_class", "cooperative_class in ('good', 'fair', 'average', 'weak')"),
    (
        "producer",
        "members",
        (
            "members_women between 0 and member_count and members_ethnic_minority between 0 and member_count"
            " and members_poor_households between 0 and member_count"
        ),
    ),
    (
        "producer",
        "labour",
        (
            "labour_in_commune between 0 and labour_in_province and labour_in_commune between 0 and"
            " labour_count and labour_in_province between 0 and labour_count and labour_women between 0 and"
            " labour_count and labour_ethnic_minority between 0 and labour_count and labour_disabled between"
            " 0 and labour_count"
        ),
    ),
    ("product", "shelf_life_days", "shelf_life_days > 0"),
    ("product", "net_content", "net_content > 0"),
    ("product", "net_content_unit", "net_content_unit in ('g', 'kg', 'ml', 'l', 'piece')"),
    ("product", "yearly_capacity", "yearly_capacity >= 0"),
)


def upgrade() -> None:
    for table, columns in (("producer", _of_producer()), ("product", _of_product())):
        for column in columns:
            op.add_column(table, column)
    for table, name, rule in _CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}__{name}"), table, rule)
    _tables_of_producers()
    _tables_of_products()
    _table_of_merged()
    # A number without its country's prefix was of Viet Nam.
    op.execute(
        "update producer p set phone = '+84' || regexp_replace(d.digits, '^(0|84)', '') from"
        " (select id, regexp_replace(phone, '[^0-9]', '', 'g') as digits from producer) d"
        " where d.id = p.id and d.digits ~ '^(0|84)[0-9]{9,10}$'"
    )
    op.execute(
        "insert into product_gtin (id, product_id, gtin, level, pack, is_primary, created_at, updated_at,"
        " version)"
        " select gen_random_uuid(), id, gtin, 'unit', pack, true, updated_at, updated_at, 1 from product"
        " where gtin is not null"
    )


def _tables_of_producers() -> None:
    op.create_table(
        "producer_year",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("revenue_vnd", sa.Numeric(18, 0), nullable=True),
        sa.Column("output_quantity", sa.Numeric(18, 3), nullable=True),
        sa.Column("output_unit", sa.Text(), nullable=True),
        sa.Column("labour_count", sa.Integer(), nullable=True),
        sa.Column("monthly_wage_vnd", sa.Numeric(14, 0), nullable=True),
        sa.Column("linked_households", sa.Integer(), nullable=True),
        sa.Column("contract_area_ha", sa.Numeric(12, 2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("year between 1990 and 2100", name=op.f("ck_producer_year__year")),
        sa.CheckConstraint(
            "revenue_vnd >= 0 and output_quantity >= 0 and labour_count >= 0 and monthly_wage_vnd >= 0"
            " and linked_households >= 0 and contract_area_ha >= 0",
            name=op.f("ck_producer_year__amounts"),
        ),
        sa.CheckConstraint(
            "output_quantity is null or output_unit is not null", name=op.f("ck_producer_year__output")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_producer_year__producer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_producer_year"),
    )
    op.create_index(
        "uq_producer_year__producer_id_year", "producer_year", ["producer_id", "year"], unique=True
    )


def _tables_of_products() -> None:
    op.create_table(
        "product_gtin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "level in ('unit', 'inner', 'case', 'pallet')", name=op.f("ck_product_gtin__level")
        ),
        sa.CheckConstraint("units > 0", name=op.f("ck_product_gtin__units")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_gtin__product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_gtin"),
    )
    op.create_index("ix_product_gtin__product_id", "product_gtin", ["product_id"])
    op.create_index("uq_product_gtin__gtin", "product_gtin", ["gtin"], unique=True)
    op.create_index(
        "uq_product_gtin__primary",
        "product_gtin",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "product_standard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('tcvn', 'qcvn', 'tccs', 'self_declaration', 'registered_declaration',"
            " 'food_safety', 'food_safety_commitment', 'vietgap', 'globalgap', 'organic_vietnam',"
            " 'organic_foreign', 'haccp', 'iso_9001', 'iso_14001', 'iso_22000', 'fssc_22000', 'brcgs',"
            " 'gmp', 'halal', 'kosher', 'fairtrade', 'rainforest', 'four_c', 'test_report',"
            " 'environment', 'award', 'other')",
            name=op.f("ck_product_standard__kind"),
        ),
        sa.CheckConstraint("expires_on >= issued_on", name=op.f("ck_product_standard__dates")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_product_standard__document_id"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_standard__product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_standard"),
    )
    op.create_index("ix_product_standard__document_id", "product_standard", ["document_id"])
    op.create_index("ix_product_standard__expires_on", "product_standard", ["expires_on"])
    op.create_index(
        "uq_product_standard__product_id_kind_number",
        "product_standard",
        ["product_id", "kind", "number"],
        unique=True,
    )
    op.create_table(
        "product_right",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('trademark', 'collective_mark', 'certification_mark', 'geographical_indication',"
            " 'industrial_design', 'patent', 'utility_solution', 'copyright', 'plant_variety')",
            name=op.f("ck_product_right__kind"),
        ),
        sa.CheckConstraint("expires_on >= issued_on", name=op.f("ck_product_right__dates")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_product_right__document_id"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_right__product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_right"),
    )
    op.create_index("ix_product_right__document_id", "product_right", ["document_id"])
    op.create_index(
        "uq_product_right__product_id_kind_number",
        "product_right",
        ["product_id", "kind", "number"],
        unique=True,
    )


def _table_of_merged() -> None:
    op.create_table(
        "merged_record",
        sa.Column("old_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("new_id", sa.Uuid(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("snapshot", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind in ('producer', 'product')", name=op.f("ck_merged_record__kind")),
        sa.CheckConstraint("old_id <> new_id", name=op.f("ck_merged_record__other")),
        sa.PrimaryKeyConstraint("old_id", name="pk_merged_record"),
    )
    op.create_index("ix_merged_record__new_id", "merged_record", ["new_id"])


def downgrade() -> None:
    op.execute("update producer set phone = '0' || substr(phone, 4) where phone like '+84%'")
    for table in ("merged_record", "product_right", "product_standard", "product_gtin", "producer_year"):
        op.drop_table(table)
    for table, name, _ in reversed(_CHECKS):
        op.drop_constraint(op.f(f"ck_{table}__{name}"), table)
    for table, columns in (("product", _of_product()), ("producer", _of_producer())):
        for column in columns:
            op.drop_column(table, column.name)
