"""Shapes of merging, of likely duplicates, and of what happened to a record."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from ocop_api.db.merging import Collision
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery, ShortText


class Merge(Input):
    """Which record is absorbed, and what the survivor takes over from it beside filling its gaps."""

    absorbed_id: UUID = Field(description="it disappears; its address leads to the survivor from then on")
    take: Annotated[list[Code], Field(max_length=60)] = Field(
        default_factory=list,
        description="fields in which the absorbed record is right",
        examples=[["address"]],
    )
    dry_run: bool = Field(False, description="only tell what would happen")


class MergeConflict(Output):
    """Two rows that cannot stand side by side; one has to be merged or removed first."""

    table: str = Field(examples=["product"])
    key: str = Field(description="the unique key that both hold")
    absorbed_row: str = Field(description="id of the absorbed record's row")
    survivor_row: str = Field(description="id of the survivor's row")

    @classmethod
    def of(cls, collision: Collision) -> Self:
        """As the contract shows a collision."""
        return cls(
            table=collision.table,
            key=collision.key,
            absorbed_row=collision.old_row,
            survivor_row=collision.new_row,
        )


class MergeRead(Output):
    """What a merger did, or with ``dry_run`` would do."""

    dry_run: bool
    survivor_id: UUID
    absorbed_id: UUID
    moved: dict[str, int] = Field(description="rows that point to the survivor now, by table")
    filled: list[str] = Field(description="fields the survivor took over")
    differing: list[str] = Field(description="fields in which the survivor's value stands against another")
    conflicts: list[MergeConflict] = Field(description="what stands in the way; empty when merged")


class MovedRead(Output):
    """The record was merged with another; `Location` leads there."""

    id: UUID = Field(description="of the absorbed record")
    merged_into: UUID = Field(
        description="where it is found today", examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]
    )


class HistoryEntry(Output):
    """One thing that happened to a record or to what was merged into it."""

    at: Instant
    kind: str = Field(examples=["producer.updated"])
    record_id: UUID = Field(description="the record as it was then; another one before a merger")
    fields: list[str] = Field(description="fields that changed", examples=[["address"]])
    change: str | None = Field(None, description="`added`, `changed` or `removed` for a part of the record")
    by: str | None = Field(None, description="who did it; only for officers of the area and the producer")


class HistoryFilter(PageQuery):
    """Paging of a history. Sorts: newest first."""


class DuplicateFilter(PageQuery):
    """Where duplicates are looked for."""

    place: ShortText | None = Field(None, description="id, code or name of a unit; default the caller's area")
    at_least: float = Field(70, ge=50, le=100, description="lowest score told")
