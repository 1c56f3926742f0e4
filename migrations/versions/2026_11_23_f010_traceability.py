"""Traceability."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f010"
down_revision = "f009"
branch_labels = None
depends_on = None

_STEPS = (
    "'growing', 'harvesting', 'receiving', 'processing', 'storing', 'roasting', 'packing', 'boxing', "
    "'shipping', 'transporting', 'selling', 'recalling'"
)
_UNITS = "'KGM', 'GRM', 'TNE', 'LTR', 'MLT', 'H87'"


def _stamps() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def _area_path() -> sa.Column[object]:
    return sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def _producer(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    return (
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=f"fk_{table}__producer_id"),
    )


def upgrade() -> None:
    op.create_table(
        "growing_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_producer("growing_area"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        _area_path(),
        sa.Column("area_ha", sa.Numeric(10, 4), nullable=True),
        sa.Column("geometry", postgresql.JSONB(), nullable=True),
        *_stamps(),
        sa.CheckConstraint("area_ha > 0", name=op.f("ck_growing_area__area_ha")),
        sa.PrimaryKeyConstraint("id", name="pk_growing_area"),
    )
    op.create_index("uq_growing_area__producer_id_code", "growing_area", ["producer_id", "code"], unique=True)
    op.create_index("ix_growing_area__area_path", "growing_area", ["area_path"], postgresql_using="gin")
    op.create_index("ix_growing_area__sort_key", "growing_area", ["sort_key", "id"])
    op.create_table(
        "internal_item",
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_producer("internal_item"),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_internal_item__product_id"),
        sa.PrimaryKeyConstraint("serial", name="pk_internal_item"),
    )
    op.create_index(
        "uq_internal_item__product_id",
        "internal_item",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("product_id is not null"),
    )
    op.create_index(
        "uq_internal_item__producer_id_name_folded",
        "internal_item",
        ["producer_id", "name_folded"],
        unique=True,
        postgresql_where=sa.text("product_id is null"),
    )
    _create_lot()
    _create_events()


def _create_lot() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_producer("lot"),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(15, 3), nullable=False),
        sa.Column("net_quantity", sa.Numeric(15, 3), nullable=True),
        sa.Column("net_unit", sa.Text(), nullable=True),
        sa.Column("made", sa.Numeric(15, 3), nullable=False),
        sa.Column("used", sa.Numeric(15, 3), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        _area_path(),
        *_stamps(),
        sa.CheckConstraint(f"unit in ({_UNITS})", name=op.f("ck_lot__unit")),
        sa.CheckConstraint(f"net_unit in ({_UNITS}) and net_unit <> 'H87'", name=op.f("ck_lot__net_unit")),
        sa.CheckConstraint("(net_unit is null) = (net_quantity is null)", name=op.f("ck_lot__net_content")),
        sa.CheckConstraint("net_unit is null or unit = 'H87'", name=op.f("ck_lot__net_content_of_pieces")),
        sa.CheckConstraint("quantity > 0 and made between 0 and quantity", name=op.f("ck_lot__made")),
        sa.CheckConstraint(
            "used >= 0 and used <= quantity and (made = 0 or used <= made)", name=op.f("ck_lot__used")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_lot__product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
    )
    op.create_index("uq_lot__gtin_code", "lot", ["gtin", "code"], unique=True)
    op.create_index("uq_lot__key", "lot", ["key"], unique=True)
    op.create_index("ix_lot__producer_id", "lot", ["producer_id"])
    op.create_index("ix_lot__product_id", "lot", ["product_id"])
    op.create_index("ix_lot__area_path", "lot", ["area_path"], postgresql_using="gin")
    op.create_index("ix_lot__created_at", "lot", ["created_at", "id"])


def _create_events() -> None:
    op.create_table(
        "epcis_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        *_producer("epcis_event"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("growing_area_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "type in ('ObjectEvent', 'AggregationEvent', 'TransformationEvent')",
            name=op.f("ck_epcis_event__type"),
        ),
        sa.CheckConstraint(f"step in ({_STEPS})", name=op.f("ck_epcis_event__step")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_epcis_event__hash_is_sha256")),
        sa.ForeignKeyConstraint(
            ["growing_area_id"], ["growing_area.id"], name="fk_epcis_event__growing_area_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_epcis_event"),
    )
    op.create_index(
        "uq_epcis_event__event_id",
        "epcis_event",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("declared_at is null"),
    )
    op.create_index(
        "uq_epcis_event__declaration",
        "epcis_event",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("declared_at is not null"),
    )
    op.create_table(
        "lot_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(15, 3), nullable=False),
        sa.CheckConstraint("role in ('made', 'used', 'sold', 'handled')", name=op.f("ck_lot_event__role")),
        sa.ForeignKeyConstraint(["event_id"], ["epcis_event.id"], name="fk_lot_event__event_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name="fk_lot_event__lot_id"),
        sa.PrimaryKeyConstraint("event_id", "lot_id", name="pk_lot_event"),
    )
    op.create_index("ix_lot_event__lot_id", "lot_event", ["lot_id"])
    op.create_table(
        "trace_edge",
        sa.Column("child", sa.Text(collation="C"), nullable=False),
        sa.Column("parent", sa.Text(collation="C"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["epcis_event.id"], name="fk_trace_edge__event_id"),
        sa.PrimaryKeyConstraint("child", "parent", "event_id", name="pk_trace_edge"),
    )
    op.create_index("ix_trace_edge__parent_child", "trace_edge", ["parent", "child"])
    op.create_index("ix_trace_edge__event_id", "trace_edge", ["event_id"])


def downgrade() -> None:
    for table in ("trace_edge", "lot_event", "epcis_event", "lot", "internal_item", "growing_area"):
        op.drop_table(table)
