"""Shapes of imports in the API."""

from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from ocop_api.web.schemas import Input, Instant, Output, PageQuery

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class ImportState(StrEnum):
    """Where an import stands."""

    OPEN = "open"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class ImportOrder(Input):
    """What to do with the file."""

    kind: Literal["products"] = Field("products", description="what the rows are")
    dry_run: bool = Field(False, description="check every row and store none")
    import_id: UUID | None = Field(
        None, description="chosen by the client; the same id with the same file is the same import"
    )


class ImportFilter(PageQuery):
    """Filters of the list of imports."""

    state: ImportState | None = None


class RowFilter(PageQuery):
    """Filters of the results."""

    outcome: RowOutcome | None = None
    with_remarks: bool | None = Field(None, description="true: stored rows with remarks only")


class ImportCounts(Output):
    """Rows by outcome; the first four add up to ``total`` when the import is complete."""

    total: int = Field(examples=[205])
    created: int
    updated: int
    unchanged: int
    rejected: int
    stored_with_remarks: int = Field(description="among the stored ones")


class ImportRead(Output):
    """One import and how far it has come."""

    id: UUID = Field(examples=[_ID])
    kind: Literal["products"]
    dry_run: bool
    state: ImportState
    counts: ImportCounts
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    rows_url: str = Field(description="results row by row", examples=[f"/v1/imports/{_ID}/rows"])
    rejected_url: str = Field(description="the rejected rows as CSV, to correct and send again")
    version: int


class RowProblem(Output):
    """A reason of rejection, or a remark on a stored row."""

    pointer: str = Field(description="row and column", examples=["/rows/4/producer"])
    column: str | None = Field(examples=["producer"])
    code: str = Field(examples=["bulk.producer_missing"])
    message: str = Field(description="what it is and what to do, in the answer's language")
    suggestion: str | None = Field(description="what may be meant instead")
    data: dict[str, Any] = Field(description="facts behind it, by code")


class RowRead(Output):
    """What became of one row."""

    row_number: int = Field(description="as a spreadsheet counts: the header is row 1", examples=[4])
    outcome: RowOutcome
    problems: list[RowProblem] = Field(description="reasons of a rejection, remarks on a stored row")
    product_id: UUID | None
    producer_id: UUID | None
    product_url: str | None
    producer_url: str | None
