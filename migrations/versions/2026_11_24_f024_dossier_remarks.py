"""Comments on dossiers, and records of the samples handed in."""

import sqlalchemy as sa
from alembic import op

revision = "f024"
down_revision = "f023"
branch_labels = None
depends_on = None

LEVELS = "'commune', 'district', 'province', 'central'"
SECTIONS = (
    "'registration', 'report', 'self_assessment', 'evidence', 'changes', 'updates', 'form_03', 'general'"
)
PARTIES = "'producer', 'office', 'advisory_group', 'council', 'authority'"
ENDS = {
    "dossier_comment": ("resolved_at", "resolved_by"),
    "dossier_sample": ("cancelled_at", "cancelled_by", "cancel_reason"),
}


def upgrade() -> None:
    op.create_table(
        "dossier_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("version_number", sa.SmallInteger(), nullable=True),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=True),
        sa.Column("criterion", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_party", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.CheckConstraint(f"section in ({SECTIONS})", name=op.f("ck_dossier_comment__section")),
        sa.CheckConstraint(f"author_party in ({PARTIES})", name=op.f("ck_dossier_comment__author_party")),
        sa.CheckConstraint(
            "not (internal and author_party = 'producer')", name=op.f("ck_dossier_comment__internal")
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_dossier_comment__dossier_id"),
        sa.ForeignKeyConstraint(
            ["dossier_id", "version_number"],
            ["dossier_version.dossier_id", "dossier_version.number"],
            name="fk_dossier_comment__dossier_id_version_number",
        ),
        sa.ForeignKeyConstraint(["reply_to"], ["dossier_comment.id"], name="fk_dossier_comment__reply_to"),
        sa.PrimaryKeyConstraint("id", name="pk_dossier_comment"),
    )
    op.create_index("ix_dossier_comment__dossier_id", "dossier_comment", ["dossier_id", "created_at", "id"])
    op.create_index("ix_dossier_comment__reply_to", "dossier_comment", ["reply_to"])
    op.create_table(
        "dossier_sample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("for_level", sa.Text(), nullable=False),
        sa.Column("arrival", sa.SmallInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("units", sa.SmallInteger(), nullable=False),
        sa.Column("received_at_place", sa.Text(), nullable=True),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("received_by_name", sa.Text(), nullable=False),
        sa.Column("handed_in_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(f"level in ({LEVELS})", name=op.f("ck_dossier_sample__level")),
        sa.CheckConstraint(f"for_level in ({LEVELS})", name=op.f("ck_dossier_sample__for_level")),
        sa.CheckConstraint("arrival >= 0", name=op.f("ck_dossier_sample__arrival")),
        sa.CheckConstraint("units between 1 and 1000", name=op.f("ck_dossier_sample__units")),
        sa.CheckConstraint(
            "(cancelled_at is null) = (cancel_reason is null)", name=op.f("ck_dossier_sample__cancelled")
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_dossier_sample__dossier_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dossier_sample"),
    )
    op.create_index("ix_dossier_sample__dossier_id", "dossier_sample", ["dossier_id", "created_at", "id"])
    # Numbers told before there were records become one record of each file, at the level that holds it.
    op.execute(
        """
        insert into dossier_sample (id, dossier_id, level, for_level, arrival, received_on, units,
            received_by_name, note, created_at)
        select gen_random_uuid(), d.id, d.level,
            case d.level when 'commune' then 'province' else d.level end,
            (select count(*) from dossier_step s where s.dossier_id = d.id and s.action = 'forward'
                and s.from_state = 'awaiting_decision' and s.to_level = d.level),
            coalesce(d.received_on, d.lodged_on, (d.updated_at at time zone 'Asia/Ho_Chi_Minh')::date),
            least(d.samples, 1000), 'system', 'Số mẫu đã ghi trước khi có sổ nhận mẫu.', d.updated_at
        from dossier d where d.samples > 0
        """
    )
    op.execute("update dossier set samples = 1000 where samples > 1000")
    op.execute(
        """
        create function dossier_remark_is_kept() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE' or (to_jsonb(old) ->> tg_argv[0]) is not null
                or to_jsonb(new) - tg_argv is distinct from to_jsonb(old) - tg_argv then
                raise exception 'rows of % are records and cannot be changed', tg_table_name;
            end if;
            return new;
        end $$
        """
    )
    for table, ends in ENDS.items():
        arguments = ", ".join(f"'{column}'" for column in ends)
        op.execute(
            f"create trigger {table}_is_kept before update or delete on {table} "
            f"for each row execute function dossier_remark_is_kept({arguments})"
        )


def downgrade() -> None:
    op.drop_table("dossier_sample")
    op.drop_table("dossier_comment")
    op.execute("drop function dossier_remark_is_kept()")
