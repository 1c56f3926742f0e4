"""Documents in full: versions, withdrawal, search, announced uploads and citations by dossiers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f018"
down_revision = "f017"
branch_labels = None
depends_on = None

# The chain of versions is walked from its first document; those before this migration have no words of
# their title folded yet, so the plain lower case stands in until they are next written or processed.
_SERIES = """
with recursive chain(id, series_id) as (
    select id, id from document where replaces_id is null
    union all
    select d.id, c.series_id from document d join chain c on d.replaces_id = c.id
)
update document d
set series_id = c.series_id,
    current = not exists (select from document n where n.replaces_id = d.id)
from chain c where c.id = d.id
"""
_CITATIONS = """
insert into document_citation (document_id, dossier_id, version)
select distinct d.id, v.dossier_id, v.number
from dossier_version v
cross join lateral jsonb_array_elements(
    case jsonb_typeof(v.contents -> 'evidence') when 'array' then v.contents -> 'evidence' else '[]' end
) item
join document d on d.id::text = item ->> 'document_id'
"""


def upgrade() -> None:
    op.add_column("document", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.add_column("document", sa.Column("product_id", sa.Uuid(), nullable=True))
    op.add_column("document", sa.Column("original_name", sa.Text(), nullable=True))
    op.add_column("document", sa.Column("pages", sa.Integer(), nullable=True))
    op.add_column("document", sa.Column("current", sa.Boolean(), nullable=True))
    op.add_column("document", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("withdrawn_reason", sa.Text(), nullable=True))
    op.add_column(
        "document", sa.Column("processing", sa.Text(), nullable=False, server_default=sa.text("'pending'"))
    )
    op.add_column("document", sa.Column("processing_code", sa.Text(), nullable=True))
    op.add_column(
        "document", sa.Column("has_preview", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("document", sa.Column("reminded_days", sa.SmallInteger(), nullable=True))
    op.add_column("document", sa.Column("search_text", sa.Text(), nullable=True))
    op.add_column(
        "document", sa.Column("content_words", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.execute(_SERIES)
    op.execute(
        "update document set search_text = coalesce(btrim(regexp_replace("
        "lower(concat_ws(' ', title, number, issuer)), '[^[:alnum:]]+', ' ', 'g')), '')"
    )
    for name in ("series_id", "current", "search_text"):
        op.alter_column("document", name, nullable=False)
    for name in ("processing", "has_preview", "content_words"):
        op.alter_column("document", name, server_default=None)
    op.add_column(
        "document",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "array_to_tsvector(string_to_array(btrim(search_text || ' ' || content_words), ' '))",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.create_foreign_key("fk_document__product_id", "document", "product", ["product_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_document__processing"), "document", "processing in ('pending', 'done', 'failed')"
    )
    op.create_check_constraint(
        op.f("ck_document__withdrawn"), "document", "withdrawn_at is null or not current"
    )
    op.drop_index("uq_document__replaces_id", "document")
    op.drop_index("uq_document__producer_id_kind_sha256", "document")
    op.create_index(
        "uq_document__producer_id_kind_sha256",
        "document",
        ["producer_id", "kind", "sha256"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_index(
        "uq_document__current", "document", ["series_id"], unique=True, postgresql_where=sa.text("current")
    )
    op.create_index("ix_document__series_id", "document", ["series_id"])
    op.create_index("ix_document__product_id", "document", ["product_id"])
    op.create_index("ix_document__search", "document", ["search"], postgresql_using="gin")
    op.create_table(
        "document_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("size > 0", name=op.f("ck_document_upload__size")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_document_upload__producer_id"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_document_upload__document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_document_upload"),
    )
    op.create_index("ix_document_upload__expires_at", "document_upload", ["expires_at"])
    op.create_index("ix_document_upload__document_id", "document_upload", ["document_id"])
    op.create_table(
        "document_citation",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_document_citation__document_id"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name="fk_document_citation__dossier_id"),
        sa.PrimaryKeyConstraint("document_id", "dossier_id", "version", name="pk_document_citation"),
    )
    op.create_index("ix_document_citation__dossier_id", "document_citation", ["dossier_id"])
    op.execute(_CITATIONS)


def downgrade() -> None:
    op.drop_table("document_citation")
    op.drop_table("document_upload")
    op.drop_index("uq_document__producer_id_kind_sha256", "document")
    # Before, a document had one successor and a file came once per kind; only what was withdrawn can
    # stand against that, and it gives way.
    op.execute("update document set replaces_id = null where withdrawn_at is not null")
    op.execute(
        "update document set replaces_id = null where replaces_id in "
        "(select id from document where withdrawn_at is not null)"
    )
    op.execute(
        "delete from document d where d.withdrawn_at is not null and exists (select from document o "
        "where o.producer_id = d.producer_id and o.kind = d.kind and o.sha256 = d.sha256 "
        "and (o.withdrawn_at is null or o.id > d.id))"
    )
    op.create_index(
        "uq_document__producer_id_kind_sha256", "document", ["producer_id", "kind", "sha256"], unique=True
    )
    op.create_index("uq_document__replaces_id", "document", ["replaces_id"], unique=True)
    for name in ("search", "product_id", "series_id"):
        op.drop_index(f"ix_document__{name}", "document")
    op.drop_index("uq_document__current", "document")
    op.drop_constraint(op.f("ck_document__withdrawn"), "document", type_="check")
    op.drop_constraint(op.f("ck_document__processing"), "document", type_="check")
    op.drop_constraint("fk_document__product_id", "document", type_="foreignkey")
    for name in (
        "search",
        "content_words",
        "search_text",
        "reminded_days",
        "has_preview",
        "processing_code",
        "processing",
        "withdrawn_reason",
        "withdrawn_at",
        "current",
        "pages",
        "original_name",
        "product_id",
        "series_id",
    ):
        op.drop_column("document", name)
