"""Dossiers (*hồ sơ*), their steps and frozen versions, and the serials of product codes.

``dossier_step`` and ``dossier_version`` are records: a trigger of the database refuses to change or
remove a row of theirs.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned

_LEVELS = "'commune', 'district', 'province', 'central'"
_STATES = (
    "'draft', 'lodged', 'commune_review', 'forwarded', 'office_check', 'supplement_requested', "
    "'under_assessment', 'in_council', 'awaiting_decision', 'remanded', 'recognised', 'not_reached', "
    "'rejected', 'withdrawn'"
)
_FINAL = "'recognised', 'not_reached', 'rejected', 'withdrawn'"


class Dossier(Stamped, Versioned, Base):
    """One file of one product on its way to stars. State and level together say where it stands.

    ``regime``, ``edition``, ``place_id`` and ``area_path`` of a draft are those of the day it was last
    written; lodging decides them for good.
    """

    __tablename__ = "dossier"

    id: Mapped[Identity]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"), index=True)
    kind: Mapped[str]
    regime: Mapped[str]
    state: Mapped[str]
    level: Mapped[str]
    edition: Mapped[str | None]
    """Criteria edition; None under a regime whose criteria are not shipped."""
    set_number: Mapped[int] = mapped_column(SmallInteger)
    lodged_on: Mapped[date | None]
    """Vietnamese calendar day of lodging; the regime follows from it."""
    received_on: Mapped[date | None]
    """Day from which the terms of the level that holds the file are counted."""
    due_on: Mapped[date | None]
    """Last day of the present step, where the regime, a round or an office set one."""
    due_basis: Mapped[str | None]
    """Why it is due then, as ``domain.dossier_clock.DueBasis``."""
    requested_on: Mapped[date | None]
    """Day on which the level below sent it up; the rating round follows from it."""
    assignee_id: Mapped[UUID | None]
    """The colleague who deals with it at the desk where it lies."""
    product_code: Mapped[str | None]
    place_id: Mapped[str | None]
    area_path: Mapped[AreaPath]
    council_id: Mapped[UUID | None]
    """The council that rates it now; its members and secretary see the file."""
    panel_id: Mapped[UUID | None] = mapped_column(ForeignKey("council.id"))
    """The panel that deals with an appeal against its outcome and sees it too.

    Once the file is reopened this is the only council that may rate it.
    """
    standing: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Star, points and outcome of the recognition that stands while the file is rated again."""
    contents: Mapped[dict[str, Any]]
    """Product file as written: Forms 01 and 02, evidence, changes, updates."""
    samples: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Sample units handed in at the level that holds the file."""
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the last council result leads to, as ``domain.forwarding.Outcome``."""
    points: Mapped[Decimal | None] = mapped_column(Numeric)
    star: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("kind in ('first', 'upgrade', 'rerating')", name="kind"),
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint(f"level in ({_LEVELS})", name="level"),
        CheckConstraint("set_number between 1 and 26", name="set_number"),
        CheckConstraint("samples >= 0", name="samples"),
        CheckConstraint("points between 0 and 100", name="points"),
        CheckConstraint("star between 1 and 5", name="star"),
        CheckConstraint(
            "state in ('draft', 'withdrawn') or (lodged_on is not null and product_code is not null)",
            name="lodged",
        ),
        UniqueConstraint("product_code", info={"code": "dossier.product_code_taken"}),
        # A product has one file under way; a second one waits for the end of the first.
        Index(
            "uq_dossier__open_product",
            "product_id",
            unique=True,
            postgresql_where=text(f"state not in ({_FINAL})"),
            info={"code": "dossier.already_open"},
        ),
        Index("ix_dossier__product_id", "product_id"),
        Index("ix_dossier__area_path", "area_path", postgresql_using="gin"),
        Index("ix_dossier__state", "state", "level"),
        Index("ix_dossier__created_at", "created_at", "id"),
        Index("ix_dossier__due_on", "due_on", "id", postgresql_where=text(f"state not in ({_FINAL})")),
        Index("ix_dossier__assignee_id", "assignee_id"),
    )


class DossierStep(Base):
    """One transition: what was done, by whom in which capacity, and the data it was done with."""

    __tablename__ = "dossier_step"

    id: Mapped[Identity]
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    action: Mapped[str]
    from_state: Mapped[str]
    from_level: Mapped[str]
    to_state: Mapped[str]
    to_level: Mapped[str]
    party: Mapped[str]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    version_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The newest version at that moment: the one that whoever acted had before them."""

    __table_args__ = (UniqueConstraint("dossier_id", "ordinal", info={"code": "dossier.changed_meanwhile"}),)


class DossierVersion(Base):
    """The contents as they were lodged or resubmitted; ``sha256`` covers their canonical JSON."""

    __tablename__ = "dossier_version"

    id: Mapped[Identity]
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    contents: Mapped[dict[str, Any]]
    sha256: Mapped[str]

    __table_args__ = (UniqueConstraint("dossier_id", "number", info={"code": "dossier.changed_meanwhile"}),)


class DossierReminder(Base):
    """What has been told of a term already, so that each thing is told once."""

    __tablename__ = "dossier_reminder"

    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class ReratingReminder(Base):
    """What has been told of the window in which a recognised product may be lodged for its re-rating."""

    __tablename__ = "rerating_reminder"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    valid_until: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class AddedRound(Stamped, Versioned, Base):
    """A rating round that a province or the ministry holds beside those of the decision (26/2026, Art. 5)."""

    __tablename__ = "rating_round"

    id: Mapped[Identity]
    level: Mapped[str]
    place_id: Mapped[str | None]
    """The province; None for the rounds of the ministry."""
    requested_before: Mapped[date]
    done_before: Mapped[date]
    source: Mapped[str]
    """The council's rules or the plan that says so."""
    created_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint(f"level in ({_LEVELS})", name="level"),
        CheckConstraint("requested_before <= done_before", name="order"),
        CheckConstraint("(place_id is null) = (level = 'central')", name="place"),
        UniqueConstraint(
            "level",
            "place_id",
            "requested_before",
            postgresql_nulls_not_distinct=True,
            info={"code": "dossier.round_exists"},
        ),
        Index("ix_rating_round__place_id", "place_id", "requested_before"),
    )


class ProductCodeSerial(Base):
    """The last serial a commune gave in a year; its row lock keeps two lodgings apart."""

    __tablename__ = "product_code_serial"

    place_id: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    serial: Mapped[int]
