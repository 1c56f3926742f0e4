"""Growing areas, lots, their EPCIS events and the edges along which lots are traced."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, Text, text
from sqlalchemy import Identity as Counter
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned
from ocop_api.domain.traceability.lots import UnitOfMeasure
from ocop_api.domain.traceability.steps import EventType, Step

_UNITS = ", ".join(f"'{unit.value}'" for unit in UnitOfMeasure)
_STEPS = ", ".join(f"'{step.value}'" for step in Step)
_TYPES = ", ".join(f"'{kind.value}'" for kind in EventType)
_AMOUNT = Numeric(15, 3)


class GrowingArea(Stamped, Versioned, Base):
    """A growing area or plot (*vùng trồng*, *thửa*) of a producer."""

    __tablename__ = "growing_area"

    id: Mapped[Identity]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    code: Mapped[str | None]
    """Official code (*mã số vùng trồng*) in capitals without spaces."""
    place_id: Mapped[str | None]
    area_path: Mapped[AreaPath]
    area_ha: Mapped[Decimal | None] = mapped_column(Numeric(10, 4))
    geometry: Mapped[dict[str, Any] | None]
    """GeoJSON Point or Polygon, WGS 84, longitude first."""

    __table_args__ = (
        CheckConstraint("area_ha > 0", name="area_ha"),
        Index(
            "uq_growing_area__producer_id_code",
            "producer_id",
            "code",
            unique=True,
            info={"code": "traceability.growing_area_exists"},
        ),
        Index("ix_growing_area__area_path", "area_path", postgresql_using="gin"),
        Index("ix_growing_area__sort_key", "sort_key", "id"),
    )


class InternalItem(Base):
    """A thing without a GTIN of its own; ``serial`` is the body of its internal GTIN.

    Either a product of a producer without a GS1 prefix, or a material known by its name only.
    """

    __tablename__ = "internal_item"

    serial: Mapped[int] = mapped_column(BigInteger, Counter(always=True), primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    name_folded: Mapped[str]

    __table_args__ = (
        Index(
            "uq_internal_item__product_id",
            "product_id",
            unique=True,
            postgresql_where=text("product_id is not null"),
        ),
        Index(
            "uq_internal_item__producer_id_name_folded",
            "producer_id",
            "name_folded",
            unique=True,
            postgresql_where=text("product_id is null"),
        ),
    )


class Lot(Stamped, Versioned, Base):
    """A lot (*lô*): an amount of one thing made under the same conditions.

    ``quantity`` is what the lot may hold, ``made`` what recorded steps brought into it, ``used`` what
    recorded steps took out; all in ``unit``. Edges and events name a lot by ``key``.
    """

    __tablename__ = "lot"

    id: Mapped[Identity]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    name: Mapped[str]
    """Name of the product or material when the lot was registered."""
    gtin: Mapped[str]
    code: Mapped[str]
    key: Mapped[str] = mapped_column(Text(collation="C"))
    """Canonical Digital Link."""
    unit: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(_AMOUNT)
    net_quantity: Mapped[Decimal | None] = mapped_column(_AMOUNT)
    net_unit: Mapped[str | None]
    made: Mapped[Decimal] = mapped_column(_AMOUNT, default=Decimal(0))
    used: Mapped[Decimal] = mapped_column(_AMOUNT, default=Decimal(0))
    produced_on: Mapped[date | None]
    best_before: Mapped[date | None]
    place_id: Mapped[str | None]
    area_path: Mapped[AreaPath]

    __table_args__ = (
        CheckConstraint(f"unit in ({_UNITS})", name="unit"),
        CheckConstraint(f"net_unit in ({_UNITS}) and net_unit <> 'H87'", name="net_unit"),
        CheckConstraint("(net_unit is null) = (net_quantity is null)", name="net_content"),
        CheckConstraint("net_unit is null or unit = 'H87'", name="net_content_of_pieces"),
        # The last net under the row locks: no way of writing ends in a lot that gave more than it had.
        CheckConstraint("quantity > 0 and made between 0 and quantity", name="made"),
        CheckConstraint(
            "used >= 0 and used <= quantity and (made = 0 or used <= made)",
            name="used",
            info={"code": "traceability.lot_overdrawn"},
        ),
        Index("uq_lot__gtin_code", "gtin", "code", unique=True, info={"code": "traceability.lot_exists"}),
        Index("uq_lot__key", "key", unique=True, info={"code": "traceability.lot_exists"}),
        Index("ix_lot__producer_id", "producer_id"),
        Index("ix_lot__product_id", "product_id"),
        Index("ix_lot__area_path", "area_path", postgresql_using="gin"),
        Index("ix_lot__created_at", "created_at", "id"),
    )


class EpcisEvent(Base):
    """An EPCIS 2.0 event as it was recorded; appended, never changed.

    A wrong event is withdrawn by a second row under the same ``event_id`` with ``declared_at`` set
    (EPCIS 2.0, section 7.4.1.2), whose payload carries the error declaration.
    """

    __tablename__ = "epcis_event"

    id: Mapped[Identity]
    event_id: Mapped[str]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    type: Mapped[str]
    step: Mapped[str]
    event_time: Mapped[datetime]
    record_time: Mapped[datetime]
    declared_at: Mapped[datetime | None]
    growing_area_id: Mapped[UUID | None] = mapped_column(ForeignKey("growing_area.id"))
    place_id: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    """sha256 of the payload in canonical form (RFC 8785)."""

    __table_args__ = (
        CheckConstraint(f"type in ({_TYPES})", name="type"),
        CheckConstraint(f"step in ({_STEPS})", name="step"),
        CheckConstraint("octet_length(hash) = 32", name="hash_is_sha256"),
        Index(
            "uq_epcis_event__event_id",
            "event_id",
            unique=True,
            postgresql_where=text("declared_at is null"),
            info={"code": "traceability.event_exists"},
        ),
        Index(
            "uq_epcis_event__declaration",
            "event_id",
            unique=True,
            postgresql_where=text("declared_at is not null"),
            info={"code": "traceability.already_declared"},
        ),
    )


class LotEvent(Base):
    """What an event did with a lot: ``made``, ``used`` or ``sold`` a part of it, or only ``handled`` it."""

    __tablename__ = "lot_event"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("epcis_event.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    role: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(_AMOUNT)
    """In the lot's own unit."""

    __table_args__ = (
        CheckConstraint("role in ('made', 'used', 'sold', 'handled')", name="role"),
        Index("ix_lot_event__lot_id", "lot_id"),
    )


class TraceEdge(Base):
    """``child`` came out of ``parent``, as an event tells. An index over events, not a record.

    Written with its event and dropped when the event is declared erroneous, so that tracing never has
    to ask whether an event still holds.
    """

    __tablename__ = "trace_edge"

    child: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    parent: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("epcis_event.id"), primary_key=True)

    __table_args__ = (
        Index("ix_trace_edge__parent_child", "parent", "child"),
        Index("ix_trace_edge__event_id", "event_id"),
    )
