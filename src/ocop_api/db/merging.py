"""Moving everything that points to one record over to another, as the declared foreign keys know it.

Pointers move, contents never do: what a decision, a frozen version, an event of the ledger or an EPCIS
payload says about the absorbed record stays as it was written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, Table, UniqueConstraint, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import Base
from ocop_api.db.tables.merging import MergedRecord


class Settling(StrEnum):
    """What becomes of a row of the absorbed record whose key the survivor holds already."""

    DROP = "drop"
    """It says the same; it is kept in the snapshot only."""
    STEP_DOWN = "step_down"
    """It loses the mark that only one may carry."""
    REVOKE = "revoke"
    """It ends, as its table's rows do."""


# Pointers without a foreign key, because the table stands before the register.
_UNDECLARED: Mapping[str, tuple[tuple[str, str], ...]] = {"producer": (("role_grant", "producer_id"),)}
_SETTLED: Mapping[str, tuple[Settling, str]] = {
    "uq_producer_year__producer_id_year": (Settling.DROP, ""),
    "uq_product_standard__product_id_kind_number": (Settling.DROP, ""),
    "uq_product_right__product_id_kind_number": (Settling.DROP, ""),
    "uq_product_gtin__primary": (Settling.STEP_DOWN, "is_primary"),
    "uq_product_photo__product_id_sha256": (Settling.DROP, ""),
    "uq_product_photo__main": (Settling.STEP_DOWN, "is_main"),
    "uq_role_grant__live": (Settling.REVOKE, "revoked_at"),
}


@dataclass(frozen=True, slots=True)
class Collision:
    """A row of the absorbed record that cannot stand beside one of the survivor's."""

    table: str
    key: str
    """Name of the unique key that both hold."""
    old_row: str
    new_row: str


def survivor_of(record_id: UUID) -> ColumnElement[UUID]:
    """The id to compare with in a filter: of the survivor if the record was merged, else the id itself."""
    found = select(MergedRecord.new_id).where(MergedRecord.old_id == record_id).scalar_subquery()
    return func.coalesce(found, literal(record_id))


async def successor_of(session: AsyncSession, record_id: UUID) -> UUID | None:
    """Where a merged record is found today; None when it never was merged."""
    return await session.scalar(select(MergedRecord.new_id).where(MergedRecord.old_id == record_id))


async def absorbed_by(session: AsyncSession, record_id: UUID) -> list[UUID]:
    """Ids of all records that ended in this one."""
    return list(await session.scalars(select(MergedRecord.old_id).where(MergedRecord.new_id == record_id)))


def pointers_to(target: str) -> list[tuple[Table, str]]:
    """Tables and columns that hold ids of ``target``, by table name."""
    declared = [
        (table, key.parent.name)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.target_fullname == f"{target}.id"
    ]
    undeclared = [(Base.metadata.tables[table], column) for table, column in _UNDECLARED.get(target, ())]
    return sorted([*declared, *undeclared], key=lambda pointer: (pointer[0].name, pointer[1]))


def _unique_keys(table: Table, column: str) -> Iterator[tuple[str, list[str], str, bool]]:
    """Unique keys that hold the column: name, its other columns, condition, whether nulls are equal."""
    for item in (*table.indexes, *table.constraints):
        unique = isinstance(item, UniqueConstraint) or (isinstance(item, Index) and item.unique)
        if not unique or not isinstance(item, UniqueConstraint | Index):
            continue
        names = [part.name for part in item.columns]
        if column in names:
            options = item.dialect_options["postgresql"]
            condition = options.get("where") if isinstance(item, Index) else None
            others = [str(name) for name in names if name != column]
            nulls_equal = bool(options.get("nulls_not_distinct"))
            yield str(item.name), others, "true" if condition is None else str(condition), nulls_equal


async def collisions(session: AsyncSession, target: str, *, old: UUID, new: UUID) -> list[Collision]:
    """Rows that the move would put on a key that is taken, one query for each unique key."""
    found = []
    for table, column in pointers_to(target):
        mark = ", ".join(f"{{0}}.{part.name}" for part in table.primary_key.columns)
        for name, others, condition, nulls_equal in _unique_keys(table, column):
            equal = "is not distinct from" if nulls_equal else "="
            joined = " and ".join(f"a.{other} {equal} b.{other}" for other in others) or "true"
            side = f"(select * from {table.name} where ({condition}) and {column} = "  # noqa: S608 - own names
            rows = await session.execute(
                text(
                    f"select concat_ws(',', {mark.format('a')}), concat_ws(',', {mark.format('b')})"  # noqa: S608
                    f" from {side} :old) a join {side} :new) b on {joined} limit 50"
                ),
                {"old": old, "new": new},
            )
            found += [Collision(str(table.name), name, row[0], row[1]) for row in rows]
    return found


def is_settled(collision: Collision) -> bool:
    """Whether the move itself knows what to do with the absorbed record's row."""
    return collision.key in _SETTLED


async def settle(
    session: AsyncSession, collision: Collision, *, at: datetime, by: UUID | None
) -> dict[str, Any]:
    """Take the absorbed record's row off the key; gives the row as it was, for the snapshot."""
    what, mark = _SETTLED[collision.key]
    name = collision.table
    was = await session.scalar(
        text(f"select to_jsonb(x) from {name} x where id = cast(:id as uuid)"),  # noqa: S608 - own names
        {"id": collision.old_row},
    )
    statements = {
        Settling.DROP: f"delete from {name} where id = cast(:id as uuid)",  # noqa: S608
        Settling.STEP_DOWN: f"update {name} set {mark} = false where id = cast(:id as uuid)",  # noqa: S608
        Settling.REVOKE: f"update {name} set revoked_at = :at, revoked_by = :by, version = version + 1"  # noqa: S608
        " where id = cast(:id as uuid)",
    }
    given: dict[str, Any] = {"id": collision.old_row}
    if what is Settling.REVOKE:
        given |= {"at": at, "by": by}
    await session.execute(text(statements[what]), given)
    return {"table": name, "row": was}


async def count_pointers(session: AsyncSession, target: str, record_id: UUID) -> dict[str, int]:
    """How many rows of each table point to the record; tables without any are left out."""
    counts: dict[str, int] = {}
    for table, column in pointers_to(target):
        counted = select(func.count()).select_from(table).where(table.c[column] == record_id)
        number = await session.scalar(counted) or 0
        if number:
            name = str(table.name)
            counts[name] = counts.get(name, 0) + number
    return counts


async def move_pointers(
    session: AsyncSession,
    target: str,
    *,
    old: UUID,
    new: UUID,
    at: datetime,
    along: Mapping[str, UUID] | None = None,
) -> dict[str, int]:
    """Point everything to the survivor; collisions must be settled. Gives the number of rows by table.

    Args:
        session: a transaction that holds both records locked.
        target: table of the records.
        old: id of the absorbed one.
        new: id of the survivor.
        at: instant of the change; rows that have a version count one, so that no stale copy is written.
        along: further columns that follow, where a moved table has them (a product's producer).
    """
    counts: dict[str, int] = {}
    for table, column in pointers_to(target):
        values: dict[str, Any] = {column: new}
        if "version" in table.c:
            values["version"] = table.c.version + 1
        if "updated_at" in table.c:
            values["updated_at"] = at
        values |= {name: value for name, value in (along or {}).items() if name in table.c}
        moved = await session.execute(table.update().where(table.c[column] == old).values(values))
        number = int(getattr(moved, "rowcount", 0))
        if number:
            name = str(table.name)
            counts[name] = counts.get(name, 0) + number
    return counts


async def absorb(
    session: AsyncSession,
    target: str,
    *,
    old: UUID,
    new: UUID,
    at: datetime,
    by: UUID | None,
    dropped: list[dict[str, Any]],
) -> None:
    """Remove the absorbed row and keep what it was; a pointer left behind would make this fail.

    Records that ended in it before now end in the survivor, so a redirect never takes two steps.
    """
    snapshot = await session.scalar(
        text(f"select to_jsonb(x) - 'search' from {target} x where id = :old"),  # noqa: S608 - own names
        {"old": old},
    )
    await session.execute(
        MergedRecord.__table__.update()  # type: ignore[attr-defined]
        .where(MergedRecord.new_id == old)
        .values(new_id=new)
    )
    session.add(
        MergedRecord(
            old_id=old,
            kind=target,
            new_id=new,
            merged_into=new,
            at=at,
            by=by,
            snapshot={"record": snapshot, "dropped": dropped},
        )
    )
    await session.execute(text(f"delete from {target} where id = :old"), {"old": old})  # noqa: S608
    # The record of the merger must be there before anything else is told of it.
    await session.flush()
