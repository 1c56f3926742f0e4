"""Shapes of imports in the API."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from ocop_api.bulk.kinds.kind import RowOutcome
from ocop_api.bulk.sources.record import FileFormat
from ocop_api.web.schemas import Input, Instant, Output, PageQuery

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class ImportState(StrEnum):
    """Where an import stands."""

    OPEN = "open"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


class ImportOrder(Input):
    """What to do with the file."""

    kind: str = Field("products", max_length=60, description="what the rows are: see `GET /v1/imports/kinds`")
    sheet: str | None = Field(
        None, max_length=300, description="sheet of a workbook; else the first with a known header"
    )
    dry_run: bool = Field(False, description="check every row and store none")
    import_id: UUID | None = Field(
        None, description="chosen by the client; the same id with the same file is the same import"
    )


class ImportFilter(PageQuery):
    """Filters of the list of imports."""

    state: ImportState | None = None
    kind: str | None = Field(None, max_length=60)


class RowFilter(PageQuery):
    """Filters of the results."""

    outcome: RowOutcome | None = None
    with_remarks: bool | None = Field(None, description="true: stored rows with remarks only")
    code: str | None = Field(None, max_length=80, description="rows of which this is said")
    column: str | None = Field(None, max_length=80, description="rows with something said of this column")


class ImportCounts(Output):
    """Rows by outcome; the four add up to ``total`` when the import is complete."""

    total: int | None = Field(description="rows of the file; null until they are counted", examples=[205])
    done: int = Field(description="rows whose result is committed", examples=[120])
    created: int
    updated: int
    unchanged: int
    rejected: int
    stored_with_remarks: int = Field(description="among the stored ones")


class FileRemark(Output):
    """Something to be said about the file as a whole."""

    column: str | None = Field(examples=["commune"])
    code: str = Field(examples=["bulk.header_ignored"])
    message: str = Field(description="what it is and what to do, in the answer's language")
    suggestion: str | None = Field(description="what may be meant instead")
    data: dict[str, Any] = Field(description="facts behind it, by code")


class ImportRead(Output):
    """One import and how far it has come."""

    id: UUID = Field(examples=[_ID])
    kind: str = Field(examples=["products"])
    dry_run: bool
    state: ImportState
    format: FileFormat
    sheet: str | None = Field(description="the sheet that is read, of a workbook")
    size: int = Field(description="bytes of the file")
    counts: ImportCounts
    remarks: list[FileRemark] = Field(description="about the header and the file as a whole")
    failure: FileRemark | None = Field(description="what ended a failed import")
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    rows_url: str = Field(description="results row by row", examples=[f"/v1/imports/{_ID}/rows"])
    events_url: str = Field(description="progress as server-sent events")
    report_url: str = Field(description="the summary")
    rejected_url: str = Field(description="the rejected rows as CSV, to correct and send again")
    version: int


class CodeCount(Output):
    """How often something was said of rows."""

    code: str = Field(examples=["bulk.place_not_found"])
    column: str | None = Field(examples=["commune"])
    outcome: RowOutcome
    rows: int
    message: str = Field(description="as said of the first of these rows")
    examples: list[int] = Field(description="numbers of the first rows", examples=[[4, 17, 23]])


class ImportReport(Output):
    """The summary of an import: counts, reasons and remarks by frequency, and how long it took."""

    imported: ImportRead = Field(serialization_alias="import", validation_alias="import")
    seconds: float | None = Field(description="from its start to its end, or to now while it runs")
    rows_per_second: float | None
    codes: list[CodeCount]


class RowProblem(Output):
    """A reason of rejection, or a remark on a stored row."""

    pointer: str = Field(description="row and column", examples=["/rows/4/producer"])
    column: str | None = Field(examples=["producer"])
    code: str = Field(examples=["bulk.producer_missing"])
    message: str = Field(description="what it is and what to do, in the answer's language")
    suggestion: str | None = Field(description="what may be meant instead")
    data: dict[str, Any] = Field(description="facts behind it, by code")


class RowSubject(Output):
    """Something a row is about."""

    type: str = Field(examples=["product"])
    id: UUID
    url: str | None = Field(examples=[f"/v1/products/{_ID}"])


class RowRead(Output):
    """What became of one row."""

    row_number: int = Field(
        description="as a spreadsheet counts: the first row of the file is 1; the line of NDJSON",
        examples=[4],
    )
    outcome: RowOutcome
    problems: list[RowProblem] = Field(description="reasons of a rejection, remarks on a stored row")
    subjects: list[RowSubject] = Field(description="what the row is about; empty in a dry run")


class ImportColumnRead(Output):
    """One column of a kind."""

    name: str = Field(examples=["product_name"])
    title_vi: str = Field(examples=["Tên sản phẩm"])
    title_en: str = Field(examples=["Product name"])
    type: str = Field(examples=["text"])
    required: bool
    max_length: int
    synonyms: list[str]
    choices: list[str]
    example: str
    help_vi: str
    help_en: str


class ImportKindRead(Output):
    """One kind of import: what its rows are and which columns they have."""

    name: str = Field(examples=["products"])
    title_vi: str
    title_en: str
    natural_key_vi: str = Field(description="by what a row is recognised as registered already")
    natural_key_en: str
    may_import: bool = Field(description="the caller may import this kind, and so download its files")
    workbook_url: str = Field(
        description="the workbook to fill in", examples=["/v1/imports/templates/products.xlsx"]
    )
    csv_url: str = Field(description="the heading alone", examples=["/v1/imports/templates/products.csv"])
    columns: list[ImportColumnRead]


class ImportKindList(Output):
    """The kinds of import, in the order in which they are offered."""

    items: list[ImportKindRead]
