"""Programme: what agencies report of the targets that the records cannot tell."""

import sqlalchemy as sa
from alembic import op

revision = "f012"
down_revision = "f011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "target_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.Text(), nullable=False),
        sa.Column("target_code", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(value is null) <> (done is null)", name=op.f("ck_target_report__one_figure")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_target_report__value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_report")),
    )
    op.create_index(
        "ix_target_report__latest",
        "target_report",
        ["plan_code", "target_code", "reported_on", "recorded_at", "id"],
    )
    op.execute(
        """
        create function target_report_is_final() returns trigger language plpgsql as $$
        begin
            raise exception 'rows of % are records and cannot be changed', tg_table_name;
        end $$
        """
    )
    op.execute(
        "create trigger target_report_is_final before update or delete on target_report "
        "for each row execute function target_report_is_final()"
    )


def downgrade() -> None:
    op.drop_table("target_report")
    op.execute("drop function target_report_is_final()")
