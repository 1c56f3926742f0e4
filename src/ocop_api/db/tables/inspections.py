"""Plans of inspections, inspections with their checklists and photos, and what follows from them.

``inspection_step``, ``inspection_improvement_step`` and ``inspection_minutes`` are records: a trigger refuses
to change or remove a row. Items and photos of an inspection are refused any change once it is concluded or
cancelled, and so is the conclusion itself.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned

_CONTENTS = "'criteria', 'food_safety', 'environment', 'use_of_mark'"
_GROUNDS = (
    "'dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', 'production_stopped', "
    "'other_conclusion'"
)
_CONCLUDED = "'concluded', 'closed'"


class InspectionPlan(Stamped, Versioned, Base):
    """A plan of periodic inspections (*kế hoạch kiểm tra*) of one office in one year."""

    __tablename__ = "inspection_plan"

    id: Mapped[Identity]
    name: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    level: Mapped[str]
    place_id: Mapped[str | None]
    """The province; None for a plan of the ministry."""
    area_path: Mapped[AreaPath]
    basis_number: Mapped[str | None]
    basis_on: Mapped[date | None]
    period_from: Mapped[date]
    period_to: Mapped[date]
    contents: Mapped[list[str]]
    lead_body: Mapped[str]
    taking_part: Mapped[list[str]]
    state: Mapped[str]
    queries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Queries by which certificates were put on the plan: ``at``, ``by``, ``query``, ``added``."""
    created_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('draft', 'approved', 'closed')", name="state"),
        CheckConstraint("level in ('province', 'central')", name="level"),
        CheckConstraint("(level = 'central') = (place_id is null)", name="place"),
        CheckConstraint("period_from <= period_to", name="period"),
        CheckConstraint(
            f"contents <@ array[{_CONTENTS}]::text[] and cardinality(contents) > 0", name="contents"
        ),
        CheckConstraint("(basis_number is null) = (basis_on is null)", name="basis"),
        CheckConstraint("(state = 'draft') = (approved_at is null)", name="approved"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed"),
        Index("ix_inspection_plan__created_at", "created_at", "id"),
    )


class InspectionPlanCertificate(Base):
    """A certificate put on a plan."""

    __tablename__ = "inspection_plan_certificate"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("inspection_plan.id"), primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    by_query: Mapped[bool]
    added_at: Mapped[datetime]

    __table_args__ = (Index("ix_inspection_plan_certificate__certificate_id", "certificate_id"),)


class Inspection(Stamped, Versioned, Base):
    """The inspection of one certificate (*kiểm tra, giám sát*, Decision 26/2026, Art. 9)."""

    __tablename__ = "inspection"

    id: Mapped[Identity]
    kind: Mapped[str]
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection_plan.id"))
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"), index=True)
    level: Mapped[str]
    place_id: Mapped[str | None]
    """The province whose office inspects; None for the ministry's."""
    area_path: Mapped[AreaPath]
    """Of the certificate."""
    contents: Mapped[list[str]]
    cause: Mapped[str | None]
    cause_note: Mapped[str | None]
    """Why without notice; may name who complained, so the producer never reads it."""
    scheduled_on: Mapped[date | None]
    state: Mapped[str]
    begun_at: Mapped[datetime | None]
    edition: Mapped[str | None]
    set_number: Mapped[int | None] = mapped_column(SmallInteger)
    """Criteria the checklist was made from; None when no set is known."""
    concluded_at: Mapped[datetime | None]
    inspected_on: Mapped[date | None]
    conclusion: Mapped[str | None]
    ground: Mapped[str | None]
    summary: Mapped[str | None]
    venue: Mapped[str | None]
    people: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    """People present: ``name``, ``title``, ``side``."""
    closed_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("kind in ('periodic', 'unannounced')", name="kind"),
        CheckConstraint(
            "state in ('planned', 'under_way', 'concluded', 'closed', 'cancelled')", name="state"
        ),
        CheckConstraint("level in ('province', 'central')", name="level"),
        CheckConstraint("(level = 'central') = (place_id is null)", name="place"),
        CheckConstraint("(kind = 'periodic') = (plan_id is not null)", name="plan"),
        CheckConstraint("(kind = 'unannounced') = (cause is not null)", name="cause"),
        CheckConstraint("cause in ('complaint', 'sign_of_violation', 'request')", name="cause_known"),
        CheckConstraint(
            f"contents <@ array[{_CONTENTS}]::text[] and cardinality(contents) > 0", name="contents"
        ),
        CheckConstraint(
            "conclusion in ('kept', 'improvements_required', 'withdrawal_proposed')", name="conclusion"
        ),
        CheckConstraint(
            f"(state in ({_CONCLUDED})) = (conclusion is not null) and "
            "(conclusion is null) = (concluded_at is null) and (conclusion is null) = (inspected_on is null) "
            "and (conclusion is null) = (summary is null) and (conclusion is null) = (people is null)",
            name="concluded",
        ),
        CheckConstraint(
            "(ground is not null) = (conclusion is not distinct from 'withdrawal_proposed')", name="ground"
        ),
        CheckConstraint(f"ground in ({_GROUNDS})", name="ground_known"),
        CheckConstraint("begun_at is not null or state in ('planned', 'cancelled')", name="begun"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed"),
        Index(
            "uq_inspection__plan_id_certificate_id",
            "plan_id",
            "certificate_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
            info={"code": "inspection.already_on_plan"},
        ),
        Index(
            "uq_inspection__unannounced",
            "certificate_id",
            "level",
            unique=True,
            postgresql_where=text("kind = 'unannounced' and state in ('planned', 'under_way')"),
            info={"code": "inspection.already_open"},
        ),
        Index("ix_inspection__certificate_id", "certificate_id", "inspected_on"),
        Index("ix_inspection__created_at", "created_at", "id"),
        Index("ix_inspection__area_path", "area_path", postgresql_using="gin"),
    )


class InspectionInspector(Base):
    """Somebody assigned to an inspection, and what they declared about interests in the producer."""

    __tablename__ = "inspection_inspector"

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), primary_key=True)
    name: Mapped[str]
    lead: Mapped[bool]
    """Heads the inspection (*trưởng đoàn*)."""
    declared_at: Mapped[datetime | None]
    has_interest: Mapped[bool | None]
    declaration: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("(declared_at is null) = (has_interest is null)", name="declared"),
        Index("ix_inspection_inspector__user_id", "user_id"),
    )


class InspectionItem(Base):
    """One line of the checklist, made when the inspection began, with its answer."""

    __tablename__ = "inspection_item"

    id: Mapped[Identity]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str]
    content: Mapped[str]
    kind: Mapped[str]
    """``fixed``, ``criterion``, ``gate`` or ``document``."""
    text_vi: Mapped[str]
    text_en: Mapped[str]
    source: Mapped[str]
    ground: Mapped[str]
    expected: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What was found when the product was rated, or the document of the rated file."""
    finding: Mapped[str]
    note: Mapped[str]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("inspection_id", "code", info={"code": "inspection.item_twice"}),
        CheckConstraint(f"content in ({_CONTENTS})", name="content"),
        CheckConstraint("kind in ('fixed', 'criterion', 'gate', 'document')", name="kind"),
        CheckConstraint("finding in ('kept', 'not_kept', 'not_applicable', 'not_checked')", name="finding"),
        CheckConstraint(f"ground in ({_GROUNDS})", name="ground"),
    )


class InspectionPhoto(Base):
    """A photo taken at an inspection without the metadata of its file; what, where and when stand beside."""

    __tablename__ = "inspection_photo"

    id: Mapped[Identity]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    item_code: Mapped[str | None]
    what: Mapped[str]
    place: Mapped[str]
    taken_at: Mapped[datetime]
    media_type: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str]
    uploaded_by: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("inspection_id", "sha256", info={"code": "inspection.photo_twice"}),
        CheckConstraint("size > 0", name="size"),
        Index("ix_inspection_photo__sha256", "sha256"),
    )


class InspectionStep(Base):
    """One step: what was done, by whom in which capacity, and the data it was done with."""

    __tablename__ = "inspection_step"

    id: Mapped[Identity]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    party: Mapped[str]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    data: Mapped[dict[str, Any]]

    __table_args__ = (
        UniqueConstraint("inspection_id", "ordinal", info={"code": "inspection.changed_meanwhile"}),
    )


class InspectionImprovement(Base):
    """What a producer has to mend by a day, and how far it is."""

    __tablename__ = "inspection_improvement"

    id: Mapped[Identity]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    what: Mapped[str]
    items: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    due_on: Mapped[date]
    state: Mapped[str]
    reminded: Mapped[str | None]
    """The last reminder told for this due day: days before it, or ``overdue``."""

    __table_args__ = (
        UniqueConstraint("inspection_id", "ordinal", info={"code": "inspection.changed_meanwhile"}),
        CheckConstraint("state in ('required', 'reported', 'not_accepted', 'accepted')", name="state"),
        CheckConstraint("reminded in ('7', '1', 'overdue')", name="reminded"),
        Index(
            "ix_inspection_improvement__due_on",
            "due_on",
            "id",
            postgresql_where=text("state in ('required', 'not_accepted')"),
        ),
    )


class InspectionImprovementStep(Base):
    """A report of the producer on an improvement, or what the inspectors said to it."""

    __tablename__ = "inspection_improvement_step"

    id: Mapped[Identity]
    improvement_id: Mapped[UUID] = mapped_column(ForeignKey("inspection_improvement.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    action: Mapped[str]
    text: Mapped[str]
    due_on: Mapped[date | None]
    """The new day after a verdict of not accepted."""
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("improvement_id", "ordinal", info={"code": "inspection.changed_meanwhile"}),
        CheckConstraint("action in ('reported', 'accepted', 'not_accepted')", name="action"),
        CheckConstraint("(due_on is not null) = (action = 'not_accepted')", name="due_on"),
    )


class InspectionEvidence(Base):
    """A document a producer's report on an improvement relies on; it cannot be withdrawn."""

    __tablename__ = "inspection_evidence"

    step_id: Mapped[UUID] = mapped_column(ForeignKey("inspection_improvement_step.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)

    __table_args__ = (Index("ix_inspection_evidence__document_id", "document_id"),)


class InspectionMinutes(Base):
    """Signed minutes of an inspection (*biên bản kiểm tra*); the one that no other replaces counts."""

    __tablename__ = "inspection_minutes"

    id: Mapped[Identity]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    sha256: Mapped[str]
    """Of what was uploaded; it is kept in the object store under this name."""
    size: Mapped[int]
    generated_sha256: Mapped[str]
    """Of the PDF as the system gave it then, kept likewise."""
    generated_size: Mapped[int]
    signed_on: Mapped[date]
    document_number: Mapped[str]
    signatories: Mapped[str]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection_minutes.id"))
    reason: Mapped[str | None]
    uploaded_by: Mapped[UUID | None]
    uploaded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(replaces_id is null) = (reason is null)", name="reason"),
        UniqueConstraint("replaces_id", info={"code": "inspection.minutes_replaced"}),
        Index(
            "uq_inspection_minutes__first",
            "inspection_id",
            unique=True,
            postgresql_where=text("replaces_id is null"),
            info={"code": "inspection.minutes_signed_already"},
        ),
        Index("ix_inspection_minutes__inspection_id", "inspection_id", "uploaded_at"),
    )
