"""Decisions with their annexes, numbers in their parts, gaps of numbers, confirmations of recorded ones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f039"
down_revision = "f038"
branch_labels = None
depends_on = None

RECORDS = ("recognition_decision", "signed_decision", "certificate_confirmation", "certificate_number_gap")

# What stands before the last two separators is the prefix, whatever the form; the first of several numbers
# with the same parts keeps them, since nothing tells which one is meant.
NUMBER_PARTS = r"""
with written as (
  select id, created_at, regexp_match(
    upper(regexp_replace(regexp_replace(number, '[‐-―−]', '-', 'g'), '\s*([-/.])\s*', '\1', 'g')),
    '^([^[:space:][:punct:]].{0,39})[-/.]([0-9]{1,6})[-/.](20[0-9]{2})$') as part
  from certificate where number is not null
), read as (
  select id, part[1] as prefix, part[3]::int as year, part[2]::int as serial,
         row_number() over (
           partition by part[1], part[3]::int, part[2]::int order by created_at, id) as claim
  from written where part is not null and part[2]::int > 0 and part[3]::int >= 2018
)
update certificate c set number_prefix = r.prefix, number_year = r.year, number_serial = r.serial
from read r where r.id = c.id and r.claim = 1
"""

SERIALS = """
insert into certificate_serial (prefix, year, serial)
select number_prefix, number_year, max(number_serial) from certificate
where number_prefix is not null group by 1, 2
on conflict (prefix, year) do update set serial = greatest(certificate_serial.serial, excluded.serial)
"""

# A serial is jumped over when a recorded number above it comes before any number was given above it; of
# several that could have done it, the first one recorded did.
GAPS = """
with missing as (
  select s.prefix, s.year, n from certificate_serial s, generate_series(1, s.serial) n
  where not exists (select from certificate c where c.number_prefix = s.prefix and c.number_year = s.year
                    and c.number_serial = n)
), caused as (
  select m.*, (
    select c.id from certificate c
    where c.number_prefix = m.prefix and c.number_year = m.year and c.number_serial > m.n
      and c.source <> 'issued' and not exists (
        select from certificate i where i.number_prefix = m.prefix and i.number_year = m.year
          and i.source = 'issued' and i.number_serial > m.n and i.number_serial < c.number_serial)
    order by c.created_at, c.id limit 1) as cause
  from missing m
), ranked as (
  select *, n - row_number() over (partition by prefix, year, cause order by n) as island from caused
)
insert into certificate_number_gap
  (id, prefix, year, first_serial, last_serial, reason, certificate_id, made_at)
select gen_random_uuid(), r.prefix, r.year, min(n), max(n),
       case when r.cause is null then 'before_records' else 'recorded' end, r.cause,
       coalesce(min(c.created_at), now())
from ranked r left join certificate c on c.id = r.cause
group by r.prefix, r.year, r.cause, r.island
"""

DECISIONS = r"""
with issued as (
  select c.*, case when c.level = 'central' then null else coalesce(
    (select u.id from unnest(c.area_path) with ordinality as u(id, place)
     where u.id ~ case when c.level = 'district' then '^63:\d{3}$'
                       when c.decided_on < date '2025-07-01' then '^63:\d{2}$' else '^34:\d{2}$' end
     order by u.place limit 1), c.area_path[1], '') end as unit
  from certificate c where c.source = 'issued' and c.decision_number is not null
)
insert into recognition_decision
  (id, number, decided_on, level, place_id, issuing_authority, signer_title, place, area_path, created_at)
select gen_random_uuid(), decision_number, decided_on, level, unit,
       coalesce((array_agg(issuing_authority order by id))[1], ''),
       coalesce((array_agg(signer_title order by id))[1], ''),
       coalesce((array_agg(place order by id))[1], ''),
       case when unit is null then '{}'::text[] else array[unit] end, min(created_at)
from issued group by decision_number, decided_on, level, unit
"""

# The area of an issuer: its own path and that of its successors, or of the successors of the unit above.
AREAS = """
update recognition_decision d set area_path = array(
  select u.id from (
    select unnest(p.path) as id
    union
    select unnest(n.path) from place_succession s join place n on n.id = s.new_id
    where s.old_id = (select up.id from unnest(p.path) with ordinality as up(id, depth)
                      where exists (select from place_succession x where x.old_id = up.id)
                      order by up.depth desc limit 1)
  ) u order by u.id)
from place p where p.id = d.place_id
"""

ANNEXES = r"""
with issued as (
  select c.id, d.id as decision_id, row_number() over (partition by d.id order by c.id) as place
  from certificate c join recognition_decision d
    on d.number = c.decision_number and d.decided_on = c.decided_on and d.level = c.level
   and (d.level = 'central' or d.place_id = coalesce(
    (select u.id from unnest(c.area_path) with ordinality as u(id, place)
     where u.id ~ case when c.level = 'district' then '^63:\d{3}$'
                       when c.decided_on < date '2025-07-01' then '^63:\d{2}$' else '^34:\d{2}$' end
     order by u.place limit 1), c.area_path[1], ''))
  where c.source = 'issued'
)
update certificate c set recognition_decision_id = i.decision_id, annex_place = i.place
from issued i where i.id = c.id
"""


def upgrade() -> None:
    _create_tables()
    _extend_certificates()
    op.alter_column("certificate_serial", "issuer", new_column_name="prefix")
    for statement in (NUMBER_PARTS, SERIALS, GAPS, DECISIONS, AREAS, ANNEXES):
        op.execute(statement)
    for table in RECORDS:
        op.execute(
            f"create trigger {table}_is_a_record before update or delete on {table} "
            "for each row execute function refuse_change_of_record()"
        )


def _create_tables() -> None:
    op.create_table(
        "recognition_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("issuing_authority", sa.Text(), nullable=False),
        sa.Column("signer_title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("area_path", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "level in ('district', 'province', 'central')", name=op.f("ck_recognition_decision__level")
        ),
        sa.CheckConstraint(
            "(place_id is null) = (level = 'central')", name=op.f("ck_recognition_decision__place")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_decision")),
        sa.UniqueConstraint(
            "level",
            "place_id",
            "number",
            "decided_on",
            name=op.f("uq_recognition_decision__issuer_number_day"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_recognition_decision__decided_on", "recognition_decision", ["decided_on", "id"])
    op.create_index(
        "ix_recognition_decision__area_path", "recognition_decision", ["area_path"], postgresql_using="gin"
    )
    op.create_table(
        "signed_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(replaces_id is null) = (reason is null)", name=op.f("ck_signed_decision__reason")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["recognition_decision.id"], name=op.f("fk_signed_decision__decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["signed_decision.id"], name=op.f("fk_signed_decision__replaces_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_decision")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_signed_decision__replaces_id")),
    )
    op.create_index(
        "uq_signed_decision__first",
        "signed_decision",
        ["decision_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id is null"),
    )
    op.create_index("ix_signed_decision__decision_id", "signed_decision", ["decision_id", "uploaded_at"])
    op.create_table(
        "certificate_confirmation",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "basis in ('decision', 'certificate', 'register', 'issuer_statement')",
            name=op.f("ck_certificate_confirmation__basis"),
        ),
        sa.CheckConstraint(
            "level in ('province', 'central')", name=op.f("ck_certificate_confirmation__level")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_confirmation__certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_confirmation")),
    )
    op.create_table(
        "certificate_number_gap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("first_serial", sa.Integer(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "first_serial between 1 and last_serial", name=op.f("ck_certificate_number_gap__serials")
        ),
        sa.CheckConstraint(
            "reason in ('recorded', 'before_records')", name=op.f("ck_certificate_number_gap__reason")
        ),
        sa.CheckConstraint(
            "(reason = 'recorded') = (certificate_id is not null)",
            name=op.f("ck_certificate_number_gap__certificate"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_number_gap__certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_number_gap")),
        sa.UniqueConstraint(
            "prefix", "year", "first_serial", name=op.f("uq_certificate_number_gap__prefix_year_first_serial")
        ),
    )


def _extend_certificates() -> None:
    op.add_column("certificate", sa.Column("number_prefix", sa.Text(), nullable=True))
    op.add_column("certificate", sa.Column("number_year", sa.SmallInteger(), nullable=True))
    op.add_column("certificate", sa.Column("number_serial", sa.Integer(), nullable=True))
    op.add_column("certificate", sa.Column("recognition_decision_id", sa.Uuid(), nullable=True))
    op.add_column("certificate", sa.Column("annex_place", sa.Integer(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_certificate__number_parts"), "certificate", ["number_prefix", "number_year", "number_serial"]
    )
    op.create_check_constraint(
        op.f("ck_certificate__number_parts"),
        "certificate",
        "(number_prefix is null) = (number_serial is null)"
        " and (number_prefix is null) = (number_year is null)"
        " and (number_prefix is null or number is not null)",
    )
    op.create_foreign_key(
        op.f("fk_certificate__recognition_decision_id"),
        "certificate",
        "recognition_decision",
        ["recognition_decision_id"],
        ["id"],
    )
    op.create_unique_constraint(
        op.f("uq_certificate__recognition_decision_id_annex_place"),
        "certificate",
        ["recognition_decision_id", "annex_place"],
    )
    op.create_check_constraint(
        op.f("ck_certificate__annex_place"),
        "certificate",
        "(recognition_decision_id is null) = (annex_place is null)",
    )


def downgrade() -> None:
    # Certificates keep number, day and authority of their decision; a decision has nothing beyond them but
    # its order and signed paper. Counters of prefixes that older code does not use do no harm.
    op.drop_constraint(op.f("fk_certificate__recognition_decision_id"), "certificate", type_="foreignkey")
    for name in ("number_prefix", "number_year", "number_serial", "recognition_decision_id", "annex_place"):
        op.drop_column("certificate", name)
    op.alter_column("certificate_serial", "prefix", new_column_name="issuer")
    for table in reversed(RECORDS):
        op.drop_table(table)
