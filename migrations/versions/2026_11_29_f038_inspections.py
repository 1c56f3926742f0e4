"""Plans of inspections, inspections with checklists, photos and minutes, and what follows from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f038"
down_revision = "f037"
branch_labels = None
depends_on = None

RECORDS = ("inspection_step", "inspection_improvement_step", "inspection_evidence", "inspection_minutes")
PARTS = ("inspection_item", "inspection_photo", "inspection_inspector")
CONCLUSION = (
    "conclusion, ground, summary, venue, people, inspected_on, concluded_at, begun_at, edition, set_number, "
    "contents, kind, certificate_id"
)


def upgrade() -> None:
    op.create_table(
        "inspection_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("basis_number", sa.Text(), nullable=True),
        sa.Column("basis_on", sa.Date(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("contents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("lead_body", sa.Text(), nullable=False),
        sa.Column("taking_part", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(level = 'central') = (place_id is null)", name=op.f("ck_inspection_plan__place")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at is not null)", name=op.f("ck_inspection_plan__closed")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (approved_at is null)", name=op.f("ck_inspection_plan__approved")
        ),
        sa.CheckConstraint(
            "contents <@ array['criteria', 'food_safety', 'environment', 'use_of_mark']::text[] and "
            "cardinality(contents) > 0",
            name=op.f("ck_inspection_plan__contents"),
        ),
        sa.CheckConstraint("level in ('province', 'central')", name=op.f("ck_inspection_plan__level")),
        sa.CheckConstraint(
            "state in ('draft', 'approved', 'closed')", name=op.f("ck_inspection_plan__state")
        ),
        sa.CheckConstraint(
            "(basis_number is null) = (basis_on is null)", name=op.f("ck_inspection_plan__basis")
        ),
        sa.CheckConstraint("period_from <= period_to", name=op.f("ck_inspection_plan__period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_plan")),
    )
    op.create_index("ix_inspection_plan__created_at", "inspection_plan", ["created_at", "id"], unique=False)
    op.create_table(
        "inspection_plan_certificate",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("by_query", sa.Boolean(), nullable=False),
        sa.Column("added_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_inspection_plan_certificate__certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["inspection_plan.id"], name=op.f("fk_inspection_plan_certificate__plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "certificate_id", name=op.f("pk_inspection_plan_certificate")),
    )
    op.create_index(
        "ix_inspection_plan_certificate__certificate_id",
        "inspection_plan_certificate",
        ["certificate_id"],
        unique=False,
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("contents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("cause_note", sa.Text(), nullable=True),
        sa.Column("scheduled_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begun_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("set_number", sa.SmallInteger(), nullable=True),
        sa.Column("concluded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("venue", sa.Text(), nullable=True),
        sa.Column("people", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(ground is not null) = (conclusion is not distinct from 'withdrawal_proposed')",
            name=op.f("ck_inspection__ground"),
        ),
        sa.CheckConstraint("(kind = 'periodic') = (plan_id is not null)", name=op.f("ck_inspection__plan")),
        sa.CheckConstraint("(kind = 'unannounced') = (cause is not null)", name=op.f("ck_inspection__cause")),
        sa.CheckConstraint("(level = 'central') = (place_id is null)", name=op.f("ck_inspection__place")),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at is not null)", name=op.f("ck_inspection__closed")
        ),
        sa.CheckConstraint(
            "(state in ('concluded', 'closed')) = (conclusion is not null) and (conclusion is null) = "
            "(concluded_at is null) and (conclusion is null) = (inspected_on is null) and (conclusion "
            "is null) = (summary is null) and (conclusion is null) = (people is null)",
            name=op.f("ck_inspection__concluded"),
        ),
        sa.CheckConstraint(
            "begun_at is not null or state in ('planned', 'cancelled')", name=op.f("ck_inspection__begun")
        ),
        sa.CheckConstraint(
            "cause in ('complaint', 'sign_of_violation', 'request')", name=op.f("ck_inspection__cause_known")
        ),
        sa.CheckConstraint(
            "conclusion in ('kept', 'improvements_required', 'withdrawal_proposed')",
            name=op.f("ck_inspection__conclusion"),
        ),
        sa.CheckConstraint(
            "contents <@ array['criteria', 'food_safety', 'environment', 'use_of_mark']::text[] and "
            "cardinality(contents) > 0",
            name=op.f("ck_inspection__contents"),
        ),
        sa.CheckConstraint(
            "ground in ('dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', "
            "'production_stopped', 'other_conclusion')",
            name=op.f("ck_inspection__ground_known"),
        ),
        sa.CheckConstraint("kind in ('periodic', 'unannounced')", name=op.f("ck_inspection__kind")),
        sa.CheckConstraint("level in ('province', 'central')", name=op.f("ck_inspection__level")),
        sa.CheckConstraint(
            "state in ('planned', 'under_way', 'concluded', 'closed', 'cancelled')",
            name=op.f("ck_inspection__state"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_inspection__certificate_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["inspection_plan.id"], name=op.f("fk_inspection__plan_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_inspection__producer_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_inspection__product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    op.create_index(
        "ix_inspection__area_path", "inspection", ["area_path"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_inspection__certificate_id", "inspection", ["certificate_id", "inspected_on"], unique=False
    )
    op.create_index("ix_inspection__created_at", "inspection", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_inspection__producer_id"), "inspection", ["producer_id"], unique=False)
    op.create_index(op.f("ix_inspection__product_id"), "inspection", ["product_id"], unique=False)
    op.create_index(
        "uq_inspection__plan_id_certificate_id",
        "inspection",
        ["plan_id", "certificate_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_index(
        "uq_inspection__unannounced",
        "inspection",
        ["certificate_id", "level"],
        unique=True,
        postgresql_where=sa.text("kind = 'unannounced' and state in ('planned', 'under_way')"),
    )
    op.create_table(
        "inspection_inspector",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("declared_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("has_interest", sa.Boolean(), nullable=True),
        sa.Column("declaration", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(declared_at is null) = (has_interest is null)", name=op.f("ck_inspection_inspector__declared")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_inspector__inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name=op.f("fk_inspection_inspector__user_id")
        ),
        sa.PrimaryKeyConstraint("inspection_id", "user_id", name=op.f("pk_inspection_inspector")),
    )
    op.create_index("ix_inspection_inspector__user_id", "inspection_inspector", ["user_id"], unique=False)
    op.create_table(
        "inspection_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("expected", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "content in ('criteria', 'food_safety', 'environment', 'use_of_mark')",
            name=op.f("ck_inspection_item__content"),
        ),
        sa.CheckConstraint(
            "finding in ('kept', 'not_kept', 'not_applicable', 'not_checked')",
            name=op.f("ck_inspection_item__finding"),
        ),
        sa.CheckConstraint(
            "ground in ('dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', "
            "'production_stopped', 'other_conclusion')",
            name=op.f("ck_inspection_item__ground"),
        ),
        sa.CheckConstraint(
            "kind in ('fixed', 'criterion', 'gate', 'document')", name=op.f("ck_inspection_item__kind")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_item__inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_item")),
        sa.UniqueConstraint("inspection_id", "code", name=op.f("uq_inspection_item__inspection_id_code")),
    )
    op.create_table(
        "inspection_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("taken_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_inspection_photo__size")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_photo__inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_photo")),
        sa.UniqueConstraint(
            "inspection_id", "sha256", name=op.f("uq_inspection_photo__inspection_id_sha256")
        ),
    )
    op.create_index("ix_inspection_photo__sha256", "inspection_photo", ["sha256"], unique=False)
    op.create_table(
        "inspection_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_step__inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_step")),
        sa.UniqueConstraint(
            "inspection_id", "ordinal", name=op.f("uq_inspection_step__inspection_id_ordinal")
        ),
    )
    op.create_table(
        "inspection_improvement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reminded", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reminded in ('7', '1', 'overdue')", name=op.f("ck_inspection_improvement__reminded")
        ),
        sa.CheckConstraint(
            "state in ('required', 'reported', 'not_accepted', 'accepted')",
            name=op.f("ck_inspection_improvement__state"),
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_improvement__inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_improvement")),
        sa.UniqueConstraint(
            "inspection_id", "ordinal", name=op.f("uq_inspection_improvement__inspection_id_ordinal")
        ),
    )
    op.create_index(
        "ix_inspection_improvement__due_on",
        "inspection_improvement",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('required', 'not_accepted')"),
    )
    op.create_table(
        "inspection_improvement_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("improvement_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(due_on is not null) = (action = 'not_accepted')",
            name=op.f("ck_inspection_improvement_step__due_on"),
        ),
        sa.CheckConstraint(
            "action in ('reported', 'accepted', 'not_accepted')",
            name=op.f("ck_inspection_improvement_step__action"),
        ),
        sa.ForeignKeyConstraint(
            ["improvement_id"],
            ["inspection_improvement.id"],
            name=op.f("fk_inspection_improvement_step__improvement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_improvement_step")),
        sa.UniqueConstraint(
            "improvement_id", "ordinal", name=op.f("uq_inspection_improvement_step__improvement_id_ordinal")
        ),
    )
    op.create_table(
        "inspection_evidence",
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_inspection_evidence__document_id")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["inspection_improvement_step.id"], name=op.f("fk_inspection_evidence__step_id")
        ),
        sa.PrimaryKeyConstraint("step_id", "document_id", name=op.f("pk_inspection_evidence")),
    )
    op.create_index(
        "ix_inspection_evidence__document_id", "inspection_evidence", ["document_id"], unique=False
    )
    op.create_table(
        "inspection_minutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("generated_sha256", sa.Text(), nullable=False),
        sa.Column("generated_size", sa.Integer(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("signatories", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(replaces_id is null) = (reason is null)", name=op.f("ck_inspection_minutes__reason")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_minutes__inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["inspection_minutes.id"], name=op.f("fk_inspection_minutes__replaces_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_minutes")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_inspection_minutes__replaces_id")),
    )
    op.create_index(
        "ix_inspection_minutes__inspection_id",
        "inspection_minutes",
        ["inspection_id", "uploaded_at"],
        unique=False,
    )
    op.create_index(
        "uq_inspection_minutes__first",
        "inspection_minutes",
        ["inspection_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id is null"),
    )
    op.create_foreign_key(
        op.f("fk_withdrawal_case__inspection_id"), "withdrawal_case", "inspection", ["inspection_id"], ["id"]
    )
    for table in RECORDS:
        op.execute(
            f"create trigger {table}_is_a_record before update or delete on {table} "
            "for each row execute function refuse_change_of_record()"
        )
    # What was found stays as it was found, whoever is connected.
    op.execute(
        """
        create function refuse_change_of_ended_inspection() returns trigger language plpgsql as $$
        begin
            if exists (select 1 from inspection where id = coalesce(new.inspection_id, old.inspection_id)
                       and state in ('concluded', 'closed', 'cancelled')) then
                raise exception 'the inspection of this row of % has ended', tg_table_name
                    using errcode = 'restrict_violation';
            end if;
            return coalesce(new, old);
        end $$
        """
    )
    for table in PARTS:
        op.execute(
            f"create trigger {table}_ends_with_its_inspection before insert or update or delete on {table} "
            "for each row execute function refuse_change_of_ended_inspection()"
        )
    old, new = (", ".join(f"{row}.{name}" for name in CONCLUSION.split(", ")) for row in ("old", "new"))
    op.execute(
        f"""
        create function refuse_change_of_conclusion() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE' or (old.concluded_at is not null and ({old}) is distinct from ({new})) then
                raise exception 'an inspection and its conclusion cannot be changed'
                    using errcode = 'restrict_violation';
            end if;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger inspection_conclusion_is_a_record before update or delete on inspection "
        "for each row execute function refuse_change_of_conclusion()"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_withdrawal_case__inspection_id"), "withdrawal_case")
    for table in (
        "inspection_minutes",
        "inspection_evidence",
        "inspection_improvement_step",
        "inspection_improvement",
        "inspection_step",
        "inspection_photo",
        "inspection_item",
        "inspection_inspector",
        "inspection",
        "inspection_plan_certificate",
        "inspection_plan",
    ):
        op.drop_table(table)
    op.execute("drop function refuse_change_of_conclusion()")
    op.execute("drop function refuse_change_of_ended_inspection()")
