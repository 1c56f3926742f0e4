"""Imports of any kind and size: files in pieces, natural keys apart from results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f020"
down_revision = "f019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_job", sa.Column("size", sa.BigInteger(), nullable=True))
    op.execute(
        "update import_job set size = coalesce((select length(content) from import_file "
        "where import_id = import_job.id), 0)"
    )
    op.alter_column("import_job", "size", nullable=False)

    op.add_column(
        "import_file", sa.Column("number", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.alter_column("import_file", "number", server_default=None)
    op.drop_constraint("pk_import_file", "import_file", type_="primary")
    op.create_primary_key("pk_import_file", "import_file", ["import_id", "number"])
    # Files of before are at most 5 MB; pieces are 1 MB.
    op.execute(
        "insert into import_file (import_id, number, content) "
        "select import_id, n, substring(content from n * 1048576 + 1 for 1048576) from import_file, "
        "generate_series(1, greatest(length(content) - 1, 0) / 1048576) n"
    )
    op.execute("update import_file set content = substring(content for 1048576) where number = 0")

    op.create_table(
        "import_key",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_job.id"], name="fk_import_key__import_id"),
        sa.PrimaryKeyConstraint("import_id", "key", name="pk_import_key"),
    )
    # Keys serve imports that are not at their end.
    for keyed in ("producer_key, row_number, producer_id", "product_key, row_number, product_id"):
        key = keyed.partition(",")[0]
        op.execute(
            "insert into import_key (import_id, key, row_number, subject_id) "  # noqa: S608 - own names
            f"select distinct on (import_id, {key}) import_id, md5({key})::uuid, {keyed.partition(', ')[2]} "
            "from import_row join import_job on import_job.id = import_id "
            f"where {key} is not null and state in ('open', 'running', 'failed') "
            f"order by import_id, {key}, row_number on conflict do nothing"
        )

    op.add_column("import_job", sa.Column("format", sa.Text(), nullable=False, server_default="csv"))
    op.add_column("import_job", sa.Column("sheet", sa.Text(), nullable=True))
    op.add_column(
        "import_job",
        sa.Column("remarks", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
    )
    op.add_column("import_job", sa.Column("failure", postgresql.JSONB(), nullable=True))
    op.alter_column("import_job", "format", server_default=None)
    op.alter_column("import_job", "remarks", server_default=None)
    op.alter_column("import_job", "total", nullable=True)
    op.drop_constraint(op.f("ck_import_job__kind"), "import_job", type_="check")
    op.create_check_constraint(
        op.f("ck_import_job__format"), "import_job", "format in ('csv', 'ndjson', 'xlsx', 'ods')"
    )
    op.create_index("ix_import_job__finished_at", "import_job", ["finished_at"])

    op.add_column(
        "import_row",
        sa.Column("subjects", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
    op.execute(
        "update import_row set subjects = "
        "jsonb_strip_nulls(jsonb_build_object('product', product_id, 'producer', producer_id)) "
        "where product_id is not null or producer_id is not null"
    )
    op.alter_column("import_row", "subjects", server_default=None)
    for name in ("producer_key", "product_key", "producer_id", "product_id"):
        op.drop_index(f"ix_import_row__{name}", "import_row")
    for name in ("producer_id", "product_id"):
        op.drop_constraint(f"fk_import_row__{name}", "import_row", type_="foreignkey")
    for name in ("producer_key", "product_key", "producer_id", "product_id"):
        op.drop_column("import_row", name)
    op.create_index(
        "ix_import_row__rejected",
        "import_row",
        ["import_id", "row_number"],
        postgresql_where=sa.text("outcome = 'rejected'"),
    )


def downgrade() -> None:
    op.execute(
        "update import_file set content = whole.content from ("
        "select import_id, string_agg(content, ''::bytea order by number) as content "
        "from import_file group by import_id) whole "
        "where whole.import_id = import_file.import_id and import_file.number = 0"
    )
    op.execute("delete from import_file where number > 0")
    op.drop_constraint("pk_import_file", "import_file", type_="primary")
    op.create_primary_key("pk_import_file", "import_file", ["import_id"])
    op.drop_column("import_file", "number")

    op.drop_index("ix_import_row__rejected", "import_row")
    for name in ("producer_key", "product_key"):
        op.add_column("import_row", sa.Column(name, sa.Text(), nullable=True))
    for name in ("producer", "product"):
        op.add_column("import_row", sa.Column(f"{name}_id", sa.Uuid(), nullable=True))
        op.execute(
            f"update import_row set {name}_id = found.id from {name} found "  # noqa: S608 - own names
            f"where found.id::text = subjects ->> '{name}'"
        )
        op.create_foreign_key(f"fk_import_row__{name}_id", "import_row", name, [f"{name}_id"], ["id"])
        op.create_index(f"ix_import_row__{name}_id", "import_row", [f"{name}_id"])
        op.create_index(f"ix_import_row__{name}_key", "import_row", ["import_id", f"{name}_key"])
    op.drop_column("import_row", "subjects")

    op.drop_index("ix_import_job__finished_at", "import_job")
    op.drop_constraint(op.f("ck_import_job__format"), "import_job", type_="check")
    # Imports of the newer kinds stay as they are, so the check of before has to let them be.
    op.create_check_constraint(
        op.f("ck_import_job__kind"),
        "import_job",
        "kind in ('products', 'producers', 'certificates', 'listings', 'growing_areas', 'users')",
    )
    op.execute("update import_job set total = created + updated + unchanged + rejected where total is null")
    op.alter_column("import_job", "total", nullable=False)
    for name in ("failure", "remarks", "sheet", "format", "size"):
        op.drop_column("import_job", name)
    op.drop_table("import_key")
