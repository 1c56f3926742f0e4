"""Imports: the job, the file as it was sent in pieces, and what became of each row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Stamped, Versioned


class ImportJob(Stamped, Versioned, Base):
    """One import. Its row lock is what keeps two workers from doing the same rows."""

    __tablename__ = "import_job"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Chosen by the client, so that a request sent twice is one import."""
    kind: Mapped[str]
    dry_run: Mapped[bool]
    state: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the file."""
    format: Mapped[str]
    sheet: Mapped[str | None]
    """The sheet of a workbook that is read."""
    header: Mapped[list[str]]
    """Names of the columns as the file writes them."""
    actor: Mapped[dict[str, Any]]
    """Who imports and what they were allowed when they asked for it; the job acts as this person."""
    created_by: Mapped[UUID | None] = mapped_column(index=True)
    remarks: Mapped[list[dict[str, Any]]]
    """What is to be said about the file as a whole, its header above all."""
    failure: Mapped[dict[str, Any] | None]
    """Code and data of what ended a failed import."""
    total: Mapped[int | None]
    """Rows of the file; None until they are counted."""
    done_through: Mapped[int]
    """Number of the last row whose result is committed; the next run starts after it."""
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    stored_with_remarks: Mapped[int]
    attempts: Mapped[int]
    """Runs that broke off by a fault."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("format in ('csv', 'ndjson', 'xlsx', 'ods')", name="format"),
        CheckConstraint("state in ('open', 'running', 'completed', 'failed', 'aborted')", name="state"),
        CheckConstraint("created + updated + unchanged + rejected <= total", name="counts"),
        Index("ix_import_job__created_at", "created_at", "id"),
        Index("ix_import_job__finished_at", "finished_at"),
    )


class ImportChunk(Base):
    """A piece of the file as it came, so that a job can start again where it stopped.

    Kept with the job in one transaction, and deleted some time after the import has ended.
    """

    __tablename__ = "import_file"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportKey(Base):
    """Which row of an import was the first about a thing, by the thing's natural key within the file."""

    __tablename__ = "import_key"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    """MD5 of the key's text: only sameness counts, and texts would fill the index."""
    row_number: Mapped[int]
    subject_id: Mapped[UUID | None]
    """The thing; None in a dry run."""


class ImportRow(Base):
    """What became of one row; written once, in the transaction that stored the row."""

    __tablename__ = "import_row"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """As a spreadsheet counts: the header is row 1."""
    outcome: Mapped[str]
    problems: Mapped[list[dict[str, Any]]]
    """Reasons of a rejection, or remarks on a stored row: column, code, data, suggestion."""
    cells: Mapped[list[str] | None]
    """The original cells of a rejected row."""
    subjects: Mapped[dict[str, Any]]
    """Ids of what the row is about by type, such as ``product``; empty in a dry run."""

    __table_args__ = (
        CheckConstraint("outcome in ('created', 'updated', 'unchanged', 'rejected')", name="outcome"),
        # The few rows that a person looks at first.
        Index(
            "ix_import_row__rejected",
            "import_id",
            "row_number",
            postgresql_where=text("outcome = 'rejected'"),
        ),
    )
